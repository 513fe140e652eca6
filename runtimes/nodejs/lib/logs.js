'use strict';
// console.* and context.logger in Function Compute's line form: "<ISO time> <request id> [level] message".

const { format } = require('util');

const levels = ['trace', 'debug', 'verbose', 'info', 'warn', 'error', 'fatal'];
let lowest = 0;
let lastRequest = '';
let storage = null; // set when several calls run at a time

function setConcurrency(count) {
  if (count > 1) storage = new (require('async_hooks').AsyncLocalStorage)();
}

function withRequest(requestId, body) {
  lastRequest = requestId;
  if (storage === null) body();
  else storage.run(requestId, body);
}

function write(level, values) {
  if (levels.indexOf(level) < lowest) return;
  process.stdout.write(line(level, values));
}

function line(level, values) {
  return `${new Date().toISOString()} ${storage?.getStore() ?? lastRequest} [${level}] ${format(...values)}\n`;
}

function setLogLevel(level) {
  const found = levels.indexOf(String(level).toLowerCase());
  if (found >= 0) lowest = found;
}

const methods = {
  log: 'verbose', debug: 'debug', info: 'info', warn: 'warn', error: 'error',
};

const logger = { trace: (...values) => write('trace', values), fatal: (...values) => write('fatal', values), setLogLevel };
for (const [method, level] of Object.entries(methods)) {
  logger[method] = (...values) => write(level, values);
  console[method] = logger[method];
}
console.trace = (...values) => {
  const here = { name: 'Trace', message: format(...values) };
  Error.captureStackTrace(here, console.trace);
  write('trace', [here.stack]);
};
console.setLogLevel = setLogLevel;

module.exports = { line, logger, setConcurrency, withRequest, write };
