'use strict';
// Starts the Node.js runtime: speaks docs/runtime-protocol.md on fd 3 and runs the user's handler.

const { Guest } = require('./lib/guest');
const { Port } = require('./lib/port');
const { rehearse } = require('./lib/rehearsal');

rehearse();
const port = new Port(3);
const guest = new Guest(port);
guest.watchProcess();
port.open((type, stream, payload) => guest.accept(type, stream, payload));
port.ready();
