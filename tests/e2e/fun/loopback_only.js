'use strict';

// Loaded into a program by NODE_OPTIONS: ends it when it reaches for anything but this machine, however it would have
// dealt with the failure.

const net = require('node:net');

const LOOPBACK = /^(localhost|127\.[\d.]+|::1)$/;
const { connect } = net.Socket.prototype;

/// The host that the arguments of Socket.connect name; none for a path.
function hostOf(given) {
  const [first, second] = Array.isArray(given[0]) ? given[0] : given;
  if (typeof first === 'object') return first.path ? undefined : first.host || 'localhost';
  if (typeof second === 'string') return second;
  return 'localhost';
}

net.Socket.prototype.connect = function connectHere(...given) {
  const host = hostOf(given);
  if (host !== undefined && !LOOPBACK.test(host)) {
    console.error(`loopback_only: refused to connect to ${host}`);
    process.exit(86);
  }
  return connect.apply(this, given);
};
