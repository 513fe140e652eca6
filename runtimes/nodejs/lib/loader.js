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
  setSearchPaths(path.join(__dirname, '..', '..', 'modules', configuration.runtime));
}

// Where NODE_PATH names the platform's modules; on this machine that folder would be somebody else's.
const platformPlace = '/usr/local/lib/node_modules';

// Gives _initPaths(), the only way to the list that require() goes by, what it derives the list from: NODE_PATH with
// the platform's modules of this runtime, also when the user's NODE_PATH leaves them out, and an interpreter beside
// which no modules of the machine lie. It reads HOME again, too.
function setSearchPaths(platform) {
  const { NODE_PATH: given } = process.env;
  const { execPath } = process;
  const modules = path.join(platform, 'node_modules');
  const places = (given ?? '').split(path.delimiter).map((place) => (place === platformPlace ? modules : place));
  process.env.NODE_PATH = [...places, modules].join(path.delimiter);
  process.execPath = path.join(platform, 'bin', 'node');
  Module._initPaths();
  process.execPath = execPath;
  if (given === undefined) delete process.env.NODE_PATH;
  else process.env.NODE_PATH = given;
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
