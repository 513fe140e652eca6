exports.handler = (event, context => {};
