'use strict';
// The floor of a Node.js invocation: frames of u32 length and event on a Unix socket, an FC context, a trivial handler.
// worker.js SOCKET

const fs = require('fs');
const net = require('net');

const path = process.argv[2];
let count = 0;

function contextOf(requestId) {
  return {
    requestId,
    credentials: { accessKeyId: '', accessKeySecret: '', securityToken: '' },
    function: {
      name: 'hello', handler: 'index.handler', memory: 128, timeout: 60, initializer: '', initializationTimeout: 3,
    },
    service: { name: 'bench', logProject: '', logStore: '', qualifier: 'LATEST', versionId: 'LATEST' },
    region: 'cn-hangzhou',
    accountId: '1234567890',
    retryCount: 0,
    tracing: { openTracingSpanContext: '', openTracingSpanBaggages: {}, jaegerEndpoint: '' },
  };
}

function handler(event, context, callback) {
  callback(null, event);
}

function serve(socket) {
  let pending = null;
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes) => {
    if (pending !== null) bytes = Buffer.concat([pending, bytes]);
    pending = null;
    let at = 0;
    while (bytes.length - at >= 4 && bytes.length - at >= 4 + bytes.readUInt32LE(at)) {
      const end = at + 4 + bytes.readUInt32LE(at);
      count += 1;
      handler(bytes.subarray(at + 4, end), contextOf(`request-${count}`), (error, answer) => {
        const frame = Buffer.allocUnsafe(4 + answer.length);
        frame.writeUInt32LE(answer.length, 0);
        frame.set(answer, 4);
        socket.write(frame);
      });
      at = end;
    }
    if (at < bytes.length) pending = bytes.subarray(at);
  });
}

if (fs.existsSync(path)) fs.unlinkSync(path);
net.createServer(serve).listen(path);
