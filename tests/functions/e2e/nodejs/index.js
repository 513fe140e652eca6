'use strict';

// The Node.js function of the end-to-end tests: does what the event's "do" member names.

const fs = require('fs');

const state = { initialized: 0, invoked: 0, ticks: 0 };

exports.initializer = (context, callback) => {
  state.initialized += 1;
  console.log('initializer ran for', context.requestId);
  callback(null, '');
};

const actions = {
  echo: (event, context, callback) => callback(null, event.value),
  raw: (event, context, callback) => callback(null, Buffer.from(event.text)),
  environment: (event, context, callback) => callback(null, process.env),
  state: (event, context, callback) => callback(null, Object.assign({ pid: process.pid }, state)),
  describe: (event, context, callback) => callback(null, context),
  process: (event, context, callback) =>
    callback(null, {
      cwd: process.cwd(),
      uid: process.getuid(),
      home: process.env.HOME,
      version: process.version,
      offset: new Date().getTimezoneOffset(),
    }),
  write: (event, context, callback) => {
    try {
      fs.writeFileSync(event.path, 'x');
      callback(null, { written: 1 });
    } catch (error) {
      callback(null, { code: error.code });
    }
  },
  handledError: (event, context, callback) => callback(new Error(event.message)),
  handledText: (event, context, callback) => callback(event.message),
  fail: (event) => {
    throw new TypeError(event.message);
  },
  failLater: (event) => {
    setImmediate(() => {
      throw new RangeError(event.message);
    });
  },
  reject: (event) => Promise.reject(new Error(event.message)),
  leave: (event) => process.exit(event.status === undefined ? 1 : event.status),
  never: () => {},
  sleep: (event, context, callback) => setTimeout(() => callback(null, 'slept'), event.seconds * 1000),
  allocate: (event, context, callback) => {
    const block = Buffer.alloc(event.megabytes << 20, 1);
    callback(null, String(block.length >> 20));
  },
  say: (event, context, callback) => {
    for (let number = 0; number < (event.lines || 1); number += 1) console.log(event.text || 'line', number);
    if (event.stderr) console.error(event.stderr);
    callback(null, 'said');
  },
  tick: (event, context, callback) => {
    if (state.ticks === 0) setInterval(() => (state.ticks += 1), 5);
    callback(null, { ticks: state.ticks });
  },
  meet: (event, context, callback) => {
    state.inside = (state.inside || 0) + 1;
    const deadline = Date.now() + 1000 * (event.patience || 5);
    const look = () => {
      if (state.inside >= event.others || Date.now() > deadline) callback(null, { inside: state.inside });
      else setTimeout(look, 2);
    };
    look();
  },
  twice: (event, context, callback) => {
    callback(null, 'first');
    callback(null, 'second');
  },
};

exports.handler = (event, context, callback) => {
  state.invoked += 1;
  if (event.length === 0) {
    callback(null, '');
    return undefined;
  }
  const request = JSON.parse(event.toString());
  return actions[request.do](request, context, callback);
};

exports.eventType = (event, context, callback) => callback(null, Buffer.isBuffer(event) ? 'Buffer' : typeof event);
