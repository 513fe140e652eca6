'use strict';

exports.handler = (event, context, callback) => {
  const { name = 'world' } = event.length > 0 ? JSON.parse(event) : {};
  console.log('greeting %s', name);
  callback(null, { greeting: `Hello, ${name}!`, requestId: context.requestId });
};
