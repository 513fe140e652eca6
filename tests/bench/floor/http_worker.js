'use strict';
// The floor of a custom runtime: an echoing HTTP server on a Unix socket. http_worker.js SOCKET

const http = require('http');

http.createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => response.end(Buffer.concat(pieces)));
}).listen(process.argv[2]);
