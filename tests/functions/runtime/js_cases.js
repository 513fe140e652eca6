'use strict';

let counter = 0;
const waiting = [];

exports.initialize = (context, callback) => {
  counter += 1;
  callback();
};
exports.failToInitialize = (context, callback) => callback(new RangeError('cannot begin'));
exports.count = (event, context, callback) => {
  counter += 1;
  callback(null, counter);
};
exports.echo = (event, context, callback) => callback(null, event);
exports.typeOfEvent = (event, context, callback) => callback(null, Buffer.isBuffer(event) ? 'Buffer' : typeof event);
exports.text = (event, context, callback) => callback(null, 'h\u00e9llo \u4e2d\u6587');
exports.value = (event, context, callback) => callback(null, JSON.parse(event));
exports.nothing = (event, context, callback) => callback();
exports.big = (event, context, callback) => callback(null, Buffer.alloc(Number(event), 'x'));
exports.fails = (event, context, callback) => callback(new Error('oops'));
exports.failsWithText = (event, context, callback) => callback('text');
exports.throws = () => {
  throw new TypeError('bad');
};
exports.throwsLater = () => setTimeout(() => {
  throw new Error('later');
}, 1);
exports.rejects = async () => {
  throw new Error('rejected');
};
exports.resolves = async (event) => ({ got: event.toString() });
exports.exits = () => process.exit(5);
exports.answersAndExits = (event, context, callback) => {
  callback(null, 'answered');
  process.exit(0);
};
exports.answersTwice = (event, context, callback) => {
  callback(null, 'first');
  callback(null, 'second');
};
exports.describe = (event, context, callback) => callback(null, {
  context,
  environment: process.env,
  cwd: process.cwd(),
  zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  hours: new Date(0).getHours(),
});
exports.say = (event, context, callback) => {
  console.log('printed', { a: 1 });
  console.error('bad');
  context.logger.info('logged');
  process.stdout.write('no line end');
  callback(null, '');
};
// Answers only when two calls run at the same time.
exports.meet = (event, context, callback) => {
  waiting.push(() => {
    console.log('met');
    callback(null, context.requestId);
  });
  if (waiting.length < 2) return;
  waiting.splice(0).forEach((go) => go());
};
exports.meetLater = (event, context, callback) => {
  setTimeout(() => {
    console.log('late');
    callback(null, context.requestId);
  }, 5);
};
exports.resolvesNodePath = (event, context, callback) => callback(null, require('from_node_path').name);
exports.descriptorsOfAChild = (event, context, callback) =>
  callback(null, require('child_process').execFileSync('ls', ['/proc/self/fd']));
exports.environmentOfAChild = (event, context, callback) =>
  callback(null, require('child_process').execFileSync('/usr/bin/env'));
exports.heapIsSmall = (event, context, callback) =>
  callback(null, require('v8').getHeapStatistics().heap_size_limit < 256 * 1024 * 1024);
