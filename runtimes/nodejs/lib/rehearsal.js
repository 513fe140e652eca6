'use strict';
// Runs the ways of a real first call, so that their code is compiled and their pages are there already.

const { Guest } = require('./guest');
const { Port, Type } = require('./port');
const logs = require('./logs');

function rehearse() {
  const port = new Port(-1);
  port.socket = { writableLength: 1, write: check };
  const guest = new Guest(port);
  guest.say = () => process.stdout.write(''); // makes the stream, and prints nothing
  port.onFrame = (type, stream, payload) => guest.accept(type, stream, payload);
  for (const method of ['returnsText', 'returnsBytes', 'returnsObject']) {
    port.received(frame(Type.configure, Buffer.from(JSON.stringify(configuration(method)))));
    port.received(frame(Type.invoke, call()));
    delete require.cache[require.resolve('./rehearsed')];
  }
  logs.line('info', ['text', { a: [1] }]);
}

// A rehearsal that fails would warm the wrong ways.
function check(bytes) {
  if (bytes[4] === Type.failure) throw new Error(`rehearsal: ${bytes.subarray(12)}`);
}

// With what the server sends, so that objects have their real shape.
function configuration(method) {
  const texts = ['instanceId', 'accountId', 'region', 'serviceName', 'functionName', 'qualifier', 'versionId',
    'initializer', 'preFreeze', 'preStop', 'logProject', 'logStore', 'jaegerEndpoint'];
  return {
    ...Object.fromEntries(texts.map((name) => [name, ''])),
    runtime: 'nodejs14', handler: `rehearsed.${method}`, codePath: __dirname, layersPath: '/opt', compiledPath: '',
    environment: { ...process.env },
    memorySize: 128, timeout: 60, initializationTimeout: 3, instanceConcurrency: 1, resultLimit: 1 << 20,
  };
}

function call() {
  const description = '{"requestId":"","qualifier":"LATEST","retryCount":0}';
  const payload = Buffer.alloc(4 + description.length + 2, '  ');
  payload.writeUInt32LE(description.length, 0);
  payload.write(description, 4);
  return payload;
}

function frame(type, payload) {
  const header = Buffer.from([0, 0, 0, 0, type, 0, 0, 0, 1, 0, 0, 0]);
  header.writeUInt32LE(payload.length, 0);
  return Buffer.concat([header, payload]);
}

module.exports = { rehearse };
