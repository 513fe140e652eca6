'use strict';
// Error JSON of runtime-contract 1.2.

const path = require('path');

const ownFolder = path.dirname(__dirname) + path.sep;

// What is told to the caller as a bare message, without type and stack.
class NotAnError {
  constructor(message) {
    this.message = message;
  }
}

// `kind`: "handled" = the function called back with it, "unhandled" = it was thrown.
function describe(error, kind) {
  if (error instanceof NotAnError) return JSON.stringify({ errorMessage: error.message });
  if (!isError(error)) return JSON.stringify({ errorMessage: textOf(error) });
  const name = String(error.name);
  return JSON.stringify({
    errorMessage: String(error.message),
    errorType: kind === 'handled' ? name : `FunctionUnhandledError: ${name}`,
    stackTrace: stackOf(error),
  });
}

function isError(error) {
  return error instanceof Error ||
    (error !== null && typeof error === 'object' && typeof error.message === 'string' && typeof error.stack === 'string');
}

function textOf(value) {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

// The lines of the stack down to the first frame of this folder.
function stackOf(error) {
  const lines = String(error.stack).split('\n');
  const own = lines.findIndex((line) => line.startsWith('    at ') && line.includes(ownFolder));
  return own < 0 ? lines : lines.slice(0, own);
}

// What the function's log says of it: the stack, and the error from which it came.
function told(error) {
  if (error instanceof NotAnError) return error.message;
  if (!isError(error)) return textOf(error);
  const stack = stackOf(error).join('\n');
  return error.cause === undefined ? stack : `${stack}\n  [cause]: ${told(error.cause)}`;
}

module.exports = { describe, NotAnError, told };
