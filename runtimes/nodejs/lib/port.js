'use strict';
// The control socket: whole frames in and out.

const fs = require('fs');
const net = require('net');

// User code may replace these later; the conversation with the server must not depend on that.
const writeSync = fs.writeSync;
const exit = process.exit.bind(process);

const Type = { configure: 1, initialize: 2, invoke: 3, preFreeze: 7, preStop: 8, ready: 16, result: 17, failure: 18 };
const Flag = { handled: 1, last: 2 };
const headerSize = 12;
const chunkSize = 65536;

class Port {
  constructor(fd) {
    this.fd = fd;
    this.socket = null;
    this.pending = null; // the start of a frame that has not arrived whole
    this.missing = 0; // with pending as the whole frame's buffer: bytes still to come
  }

  open(onFrame) {
    this.onFrame = onFrame;
    this.socket = new net.Socket({
      fd: this.fd,
      readable: true,
      writable: true,
      onread: {
        buffer: Buffer.allocUnsafeSlow(chunkSize),
        callback: (count, buffer) => {
          this.received(buffer.subarray(0, count));
          return true;
        },
      },
    });
    this.socket.on('end', () => exit(0));
    this.socket.on('error', () => exit(1));
  }

  // `bytes` is only valid during the call.
  received(bytes) {
    if (this.missing > 0) bytes = this.fill(bytes);
    else if (this.pending !== null) {
      bytes = Buffer.concat([this.pending, bytes]);
      this.pending = null;
    }
    let at = 0;
    while (bytes.length - at >= headerSize) {
      const length = bytes.readUInt32LE(at);
      const end = at + headerSize + length;
      if (end > bytes.length) {
        this.collect(bytes, at, headerSize + length);
        return;
      }
      this.dispatch(bytes.subarray(at, end));
      at = end;
    }
    if (at < bytes.length) this.pending = Buffer.from(bytes.subarray(at));
  }

  // Begins a frame whose end has not arrived.
  collect(bytes, at, size) {
    this.pending = Buffer.allocUnsafeSlow(size);
    this.missing = size - bytes.copy(this.pending, 0, at);
  }

  // Returns what belongs to the next frame.
  fill(bytes) {
    const count = bytes.copy(this.pending, this.pending.length - this.missing);
    this.missing -= count;
    if (this.missing > 0) return bytes.subarray(count);
    const frame = this.pending;
    this.pending = null;
    this.dispatch(frame);
    return bytes.subarray(count);
  }

  dispatch(frame) {
    this.onFrame(frame[4], frame.readUInt32LE(8), frame.subarray(headerSize));
  }

  ready() {
    this.send(Type.ready, 0, 0, '');
  }

  // Sends a frame, at once when the socket takes it: a process.exit() right afterwards must not lose it.
  send(type, flags, stream, payload) {
    const isText = typeof payload === 'string';
    const length = isText ? Buffer.byteLength(payload) : payload.length;
    const small = isText || length < chunkSize;
    const frame = Buffer.allocUnsafe(headerSize + (small ? length : 0));
    frame.writeUInt32LE(length, 0);
    frame[4] = type;
    frame[5] = flags;
    frame[6] = frame[7] = 0;
    frame.writeUInt32LE(stream, 8);
    if (isText) frame.write(payload, headerSize);
    else if (small) frame.set(payload, headerSize);
    this.write(frame);
    if (!small) this.write(payload);
  }

  write(bytes) {
    let sent = 0;
    if (this.socket.writableLength === 0) {
      try {
        sent = writeSync(this.fd, bytes);
      } catch (error) {
        if (error.code !== 'EAGAIN') exit(1);
      }
    }
    if (sent < bytes.length) this.socket.write(sent === 0 ? bytes : bytes.subarray(sent));
  }

  // Ends the process once everything has been sent.
  finish(code) {
    if (this.socket.writableLength === 0) exit(code);
    this.socket.end(() => exit(code));
  }
}

module.exports = { Port, Type, Flag };
