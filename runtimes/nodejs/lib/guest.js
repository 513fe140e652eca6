'use strict';
// One instance: its configuration, its handler, and the calls it serves.

const { Type, Flag } = require('./port');
const { ContextMaker } = require('./context');
const { describe, NotAnError, told } = require('./failure');
const loader = require('./loader');
const logs = require('./logs');

const hooks = [[Type.initialize, 'initializer'], [Type.preFreeze, 'preFreeze'], [Type.preStop, 'preStop']];

class Guest {
  constructor(port) {
    this.port = port;
    this.calls = new Map(); // stream → Call: those without an answer
    this.hooks = new Map(); // type → the user's function
    this.major = 0; // of the runtime id, not of the interpreter
  }

  accept(type, stream, payload) {
    if (type === Type.configure) this.configure(stream, JSON.parse(payload.toString()));
    else this.begin(type, stream, payload);
  }

  async configure(stream, configuration) {
    try {
      this.configuration = configuration;
      this.major = Number.parseInt(configuration.runtime.slice('nodejs'.length), 10) || 0;
      this.contexts = new ContextMaker(configuration);
      logs.setConcurrency(configuration.instanceConcurrency);
      loader.enter(configuration);
      this.say(`load code for handler:${configuration.handler}\n`);
      const found = loader.findHandler(configuration.codePath, configuration.handler);
      this.handler = found instanceof Promise ? await found : found;
      for (const [type, name] of hooks) {
        const handler = configuration[name];
        if (handler) this.hooks.set(type, await loader.findHandler(configuration.codePath, handler));
      }
      this.port.send(Type.result, 0, stream, '');
    } catch (error) {
      this.say(`${told(error)}\n`);
      this.port.send(Type.failure, 0, stream, describe(error, 'unhandled'));
    }
  }

  // Whatever level the function's own log has: without it nobody finds the line that failed.
  tell(error) {
    this.say(logs.line('error', [told(error)]));
  }

  say(text) {
    process.stdout.write(text);
  }

  begin(type, stream, payload) {
    const start = 4 + payload.readUInt32LE(0);
    const description = JSON.parse(payload.toString('utf8', 4, start));
    const call = new Call(this, stream);
    this.calls.set(stream, call);
    const context = this.contexts.make(description);
    logs.withRequest(description.requestId, () => {
      if (type === Type.invoke) call.run(() => this.handler(Buffer.from(payload.subarray(start)), context, call.callback));
      else call.run(() => this.hooks.get(type)(context, call.callback));
    });
  }

  // Promises count as answers from nodejs18 on; before, only the callback does.
  get awaitsPromises() {
    return this.major >= 18;
  }

  // Up to nodejs8 an exception that nobody caught ended the process.
  get endsAtExceptions() {
    return this.major <= 8;
  }

  warnOfPromise() {
    if (this.warnedOfPromise) return;
    this.warnedOfPromise = true;
    this.say(logs.line('warn', [`${this.configuration.runtime} ignores a returned promise: answer with callback(error, ` +
      'result), or use nodejs18 or newer']));
  }

  watchProcess() {
    process.on('uncaughtException', (error) => {
      if (process.listenerCount('uncaughtException') === 1) this.die(error);
    });
    process.on('unhandledRejection', (reason) => {
      if (process.listenerCount('unhandledRejection') > 1) return;
      if (this.major >= 15) this.die(reason);
      else console.error('UnhandledPromiseRejectionWarning:', reason);
    });
  }

  // Nothing is known about the state of the process any more: every call fails with this error, and the process ends.
  die(error) {
    this.tell(error);
    if (this.endsAtExceptions) {
      this.port.finish(1);
      return;
    }
    const calls = [...this.calls.values()];
    calls.forEach((call, i) => call.fail(error, i === calls.length - 1 ? Flag.last : 0));
    this.port.finish(1);
  }
}

class Call {
  constructor(guest, stream) {
    this.guest = guest;
    this.stream = stream;
    this.callback = (error, result) => {
      if (error) this.answer(Type.failure, Flag.handled, describe(error, 'handled'));
      else this.succeed(result);
    };
  }

  run(body) {
    try {
      const returned = body();
      if (returned === null || typeof returned !== 'object' || typeof returned.then !== 'function') return;
      if (this.guest.awaitsPromises) returned.then((result) => this.succeed(result), (error) => this.threw(error));
      else if (!this.answered) this.guest.warnOfPromise();
    } catch (error) {
      this.threw(error);
    }
  }

  threw(error) {
    if (this.guest.endsAtExceptions) {
      this.guest.die(error);
      return;
    }
    this.guest.tell(error);
    this.fail(error, 0);
  }

  succeed(result) {
    let bytes;
    try {
      bytes = toBytes(result);
      const limit = this.guest.configuration.resultLimit;
      if (Buffer.byteLength(bytes) > limit) {
        throw new NotAnError(`response payload size exceeds maximum allowed size (${limit} bytes)`);
      }
    } catch (error) {
      this.fail(error, 0);
      return;
    }
    this.answer(Type.result, 0, bytes);
  }

  fail(error, flags) {
    this.answer(Type.failure, flags, describe(error, 'unhandled'));
  }

  get answered() {
    return this.guest.calls.get(this.stream) !== this;
  }

  // Only the first answer counts.
  answer(type, flags, payload) {
    if (this.guest.calls.delete(this.stream)) this.guest.port.send(type, flags, this.stream, payload);
  }
}

function toBytes(result) {
  if (result instanceof Uint8Array) return result;
  if (result === undefined) return '';
  if (typeof result === 'object') return JSON.stringify(result) ?? '';
  return String(result);
}

module.exports = { Guest };
