'use strict';
// Makes the process the function's, and finds its handler.

const fs = require('fs');
const Module = require('module');
const path = require('path');

const { NotAnError } = require('./failure');

// Environment, working directory and search paths.
function enter(configuration) {
  for (const name of Object.keys(process.env)) {
    if (!(name in configuration.environment)) delete process.env[name];
  }
  Object.assign(process.env, configuration.environment);
  process.chdir(configuration.codePath);
  Module._initPaths(); // reads NODE_PATH and HOME again
  Module.globalPaths.push(path.join(__dirname, '..', 'node_modules'));
}

function fileOf(codePath, name) {
  const base = path.join(codePath, name);
  for (const ending of ['.js', '.cjs', '.mjs', path.sep + 'index.js']) {
    if (fs.existsSync(base + ending)) return base + ending;
  }
  const error = new Error(`Cannot find module '${base}.js'`);
  error.code = 'MODULE_NOT_FOUND';
  throw error;
}

// The module's exports; a promise of them when only import() can load it.
function load(file) {
  if (!file.endsWith('.mjs')) {
    try {
      return require(file);
    } catch (error) {
      if (error?.code !== 'ERR_REQUIRE_ESM' && error?.code !== 'ERR_REQUIRE_ASYNC_MODULE') throw error;
    }
  }
  return import(require('url').pathToFileURL(file).href);
}

function methodOf(exported, method, name) {
  const found = exported?.[method] ?? exported?.default?.[method];
  if (typeof found !== 'function') throw new NotAnError(`Handler '${method}' missing on module '${name}'`);
  const owner = exported[method] === undefined ? exported.default : exported;
  return (...values) => found.apply(owner, values);
}

// The function that "dir/file.method" names; a promise of it for what only import() can load.
function findHandler(codePath, handler) {
  const dot = handler.lastIndexOf('.');
  if (dot <= 0 || dot === handler.length - 1) throw new NotAnError(`Bad handler '${handler}'`);
  const name = handler.slice(0, dot);
  const method = handler.slice(dot + 1);
  const exported = load(fileOf(codePath, name));
  if (exported instanceof Promise) return exported.then((module) => methodOf(module, method, name));
  return methodOf(exported, method, name);
}

module.exports = { enter, findHandler };
