const ready = await Promise.resolve('awaited'); export const handler = (event, context, callback) => callback(null, ready);
