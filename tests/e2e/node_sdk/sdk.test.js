'use strict';

// The official Node.js SDK, unmodified, against a fresh server (harness.py starts it and sets the variables).

const assert = require('node:assert');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const zlib = require('node:zlib');
const { after, before, describe, it } = require('node:test');
const FC = require('@alicloud/fc2');

const { OPENFC_ENDPOINT, OPENFC_KEY_ID, OPENFC_KEY_SECRET, OPENFC_ACCOUNT, OPENFC_REGION, OPENFC_FUNCTIONS } = process.env;

const options = {
  accessKeyID: OPENFC_KEY_ID,
  accessKeySecret: OPENFC_KEY_SECRET,
  region: OPENFC_REGION,
  endpoint: OPENFC_ENDPOINT,
};

// The methods that succeeded, noted for the last test of this file.
const succeeded = new Set();
const methods = Object.getOwnPropertyNames(FC.prototype).filter((name) => name !== 'constructor');
for (const name of methods) {
  const method = FC.prototype[name];
  FC.prototype[name] = function noted(...given) {
    const result = method.apply(this, given);
    if (result instanceof Promise) result.then(() => succeeded.add(name), () => {});
    else succeeded.add(name);
    return result;
  };
}
const client = new FC(OPENFC_ACCOUNT, options);

/// A ZIP of stored entries: {name: Buffer or text}; executable ones end in '*'.
function makeZip(files) {
  const locals = [];
  const central = [];
  let offset = 0;
  for (const [given, content] of Object.entries(files)) {
    const executable = given.endsWith('*');
    const name = Buffer.from(executable ? given.slice(0, -1) : given);
    const data = Buffer.from(content);
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(0x5461, 8);
    head.writeUInt32LE(crc32(data), 10);
    head.writeUInt32LE(data.length, 14);
    head.writeUInt32LE(data.length, 18);
    head.writeUInt16LE(name.length, 22);
    locals.push(Buffer.from('PK\x03\x04', 'latin1'), head, name, data);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((executable ? 0o100755 : 0o100644) << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.from('PK\x01\x02\x14\x03', 'latin1'), head, tail, name);
    offset += 30 + name.length + data.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(Object.keys(files).length, 4);
  end.writeUInt16LE(Object.keys(files).length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from('PK\x05\x06', 'latin1'), end]);
}

function crc32(data) {
  // The last eight bytes of a gzip stream hold the CRC-32 of what was packed.
  const packed = zlib.gzipSync(data);
  return packed.readUInt32LE(packed.length - 8);
}

function read(name, file) {
  return fs.readFileSync(path.join(OPENFC_FUNCTIONS, name, file));
}

const code = {
  python: makeZip({ 'index.py': read('python', 'index.py') }),
  nodejs: makeZip({ 'index.js': read('nodejs', 'index.js') }),
  custom: makeZip({ 'bootstrap*': read('custom', 'bootstrap') }),
};
const runtimes = { python: 'python3', nodejs: 'nodejs12', custom: 'custom' };

function functionOptions(name, kind, more = {}) {
  return Object.assign({
    functionName: name,
    runtime: runtimes[kind],
    handler: 'index.handler',
    memorySize: 128,
    timeout: 10,
    code: { zipFile: code[kind].toString('base64') },
  }, more);
}

function ask(name, event, headers) {
  return client.invokeFunction('node_sdk', name, JSON.stringify(event), headers);
}

/// The error that the SDK makes of a refusal: its name, its code and the text of its message.
async function refused(promise, name, status, text) {
  await assert.rejects(promise, (error) => {
    assert.strictEqual(error.name, `FC${name}Error`);
    assert.strictEqual(error.code, name);
    assert.match(error.message, new RegExp(`failed with ${status}. requestid: .{36}, message: `));
    if (text) assert.ok(error.message.includes(text), error.message);
    return true;
  });
}

before(async () => {
  await client.createService('node_sdk', { description: 'of the SDK' });
  for (const kind of Object.keys(code)) await client.createFunction('node_sdk', functionOptions(kind, kind));
});

describe('services', () => {
  it('are created, read, changed and deleted', async () => {
    const created = await client.createService('crud', { description: 'one' });
    assert.strictEqual(created.data.serviceName, 'crud');
    assert.match(created.headers['x-fc-request-id'], /^.{36}$/);
    assert.ok(created.headers.etag);
    const read = await client.getService('crud');
    assert.deepStrictEqual(read.data, created.data);
    assert.strictEqual(read.headers.etag, created.headers.etag);

    const updated = await client.updateService('crud', { description: 'two' });
    assert.strictEqual(updated.data.description, 'two');
    assert.notStrictEqual(updated.headers.etag, created.headers.etag);

    const deleted = await client.deleteService('crud');
    assert.strictEqual(deleted.data, '');
    await refused(client.getService('crud'), 'ServiceNotFound', 404, "service 'crud' does not exist");
  });

  it('clear tracing with an empty object', async () => {
    await client.createService('traced', {
      tracingConfig: { type: 'Jaeger', params: { endpoint: 'http://127.0.0.1:14268/api/traces' } },
    });
    assert.strictEqual((await client.getService('traced')).data.tracingConfig.type, 'Jaeger');
    await client.updateService('traced', { tracingConfig: {} });
    assert.deepStrictEqual((await client.getService('traced')).data.tracingConfig, { type: null, params: null });
  });

  it('obey If-Match', async () => {
    const created = await client.createService('matched');
    await client.updateService('matched', { description: 'x' }, { 'If-Match': created.headers.etag });
    const stale = { 'If-Match': created.headers.etag };
    await refused(client.updateService('matched', { description: 'y' }, stale), 'PreconditionFailed', 412,
      'the resource being modified has been changed');
    await refused(client.deleteService('matched', stale), 'PreconditionFailed', 412);
    const etag = (await client.getService('matched')).headers.etag;
    await client.deleteService('matched', { 'If-Match': etag });
  });

  it('come in pages', async () => {
    const names = ['page_a', 'page_b', 'page_c', 'page_d', 'page_e'];
    for (const name of names) await client.createService(name);
    const seen = [];
    let nextToken;
    do {
      const page = await client.listServices({ prefix: 'page_', limit: 2, ...(nextToken ? { nextToken } : {}) });
      assert.ok(page.data.services.length <= 2);
      seen.push(...page.data.services.map((service) => service.serviceName));
      nextToken = page.data.nextToken;
    } while (nextToken);
    assert.deepStrictEqual(seen, names);
    const started = await client.listServices({ prefix: 'page_', startKey: 'page_d' });
    assert.deepStrictEqual(started.data.services.map((service) => service.serviceName), ['page_d', 'page_e']);
  });

  it('refuse what the rules forbid', async () => {
    await refused(client.createService('9bad'), 'InvalidArgument', 400, 'ServiceName');
    await refused(client.createService('node_sdk'), 'ServiceAlreadyExists', 409);
    await refused(client.deleteService('node_sdk'), 'ServiceNotEmpty', 409, "service 'node_sdk' has active 'functions'.");
    await refused(client.listServices({ limit: 1000 }), 'InvalidArgument', 400, 'limit');
  });
});

describe('functions', () => {
  it('are created, read, changed and deleted', async () => {
    const created = await client.createFunction('node_sdk', functionOptions('crud', 'nodejs', {
      environmentVariables: { STAGE: 'dev' }, initializer: 'index.initializer', initializationTimeout: 5,
    }));
    assert.strictEqual(created.data.runtime, 'nodejs12');
    assert.strictEqual(created.data.codeSize, code.nodejs.length);
    const read = await client.getFunction('node_sdk', 'crud');
    assert.deepStrictEqual(read.data, created.data);

    const updated = await client.updateFunction('node_sdk', 'crud', {
      memorySize: 256, timeout: '30', initializationTimeout: '20', environmentVariables: { STAGE: 'prod' },
    });
    assert.strictEqual(updated.data.memorySize, 256);
    assert.strictEqual(updated.data.timeout, 30);
    assert.strictEqual(updated.data.initializationTimeout, 20);
    assert.deepStrictEqual(updated.data.environmentVariables, { STAGE: 'prod' });
    assert.strictEqual(updated.data.codeChecksum, created.data.codeChecksum);

    const deleted = await client.deleteFunction('node_sdk', 'crud');
    assert.strictEqual(deleted.data, '');
    await refused(client.getFunction('node_sdk', 'crud'), 'FunctionNotFound', 404);
  });

  it('list by name with a qualifier', async () => {
    const listed = await client.listFunctions('node_sdk', { limit: 1 }, {}, 'LATEST');
    assert.strictEqual(listed.data.functions[0].functionName, 'custom');
    const rest = await client.listFunctions('node_sdk', { nextToken: listed.data.nextToken, prefix: '' });
    assert.strictEqual(rest.data.functions[0].functionName, 'nodejs');
  });

  it('run new code after an update', async () => {
    const text = (number) => makeZip({ 'index.js': `exports.handler = (e, c, cb) => cb(null, 'v${number}');` });
    await client.createFunction('node_sdk', functionOptions('versions', 'nodejs', {
      code: { zipFile: text(0).toString('base64') },
    }));
    for (const number of [0, 1, 2]) {
      if (number) {
        await client.updateFunction('node_sdk', 'versions', { code: { zipFile: text(number).toString('base64') } });
      }
      assert.strictEqual((await client.invokeFunction('node_sdk', 'versions', '')).data, `v${number}`);
    }
  });

  it('obey If-Match', async () => {
    const created = await client.createFunction('node_sdk', functionOptions('matched', 'python'));
    await client.updateFunction('node_sdk', 'matched', { description: 'x' }, { 'If-Match': created.headers.etag });
    await refused(client.updateFunction('node_sdk', 'matched', { description: 'y' }, { 'If-Match': created.headers.etag }),
      'PreconditionFailed', 412);
  });

  it('download as they were uploaded, with their checksum', async () => {
    const answer = await client.getFunctionCode('node_sdk', 'python');
    const { data } = await client.getFunction('node_sdk', 'python');
    assert.strictEqual(answer.data.checksum, data.codeChecksum);
    const loaded = await new Promise((resolve, reject) => {
      http.get(answer.data.url, (response) => {
        const pieces = [];
        response.on('data', (piece) => pieces.push(piece));
        response.on('end', () => resolve({ response, body: Buffer.concat(pieces) }));
      }).on('error', reject);
    });
    assert.strictEqual(loaded.response.statusCode, 200);
    assert.deepStrictEqual(loaded.body, code.python);
    assert.strictEqual(loaded.response.headers['x-oss-hash-crc64ecma'], data.codeChecksum);
  });

  it('refuse what the rules forbid', async () => {
    await refused(client.createFunction('node_sdk', functionOptions('bad', 'python', { runtime: '10' })),
      'InvalidArgument', 400, 'Runtime is set to an invalid value');
    await refused(client.createFunction('node_sdk', functionOptions('python', 'python')), 'FunctionAlreadyExists', 409);
    await refused(client.createFunction('absent', functionOptions('f', 'python')), 'ServiceNotFound', 404);
    await refused(client.createFunction('node_sdk', functionOptions('bad', 'python', { code: { zipFile: 'AAAA' } })),
      'InvalidArgument', 400);
    await refused(client.updateFunction('node_sdk', 'python', { memorySize: 100 }), 'InvalidArgument', 400, '64');
  });

  it('accept the empty settings of the tools', async () => {
    const { data } = await client.createFunction('node_sdk', functionOptions('tooled', 'nodejs', {
      instanceLifecycleConfig: { preFreeze: { handler: '' }, preStop: { handler: '' } },
      customDNS: { nameServers: null, searches: null, dnsOptions: null },
      initializer: '', layers: [], instanceSoftConcurrency: null, instanceType: 'e1',
    }));
    assert.deepStrictEqual(data.layers, []);
  });
});

describe('versions and aliases', () => {
  const text = (number) => makeZip({
    'index.js': `exports.handler = (e, { service }, cb) =>
      cb(null, 'v${number} ' + service.qualifier + ' ' + service.versionId);`,
  }).toString('base64');
  const service = 'node_sdk_versions';
  const run = (qualifier) => client.invokeFunction(service, 'f', '', {}, qualifier);

  before(async () => {
    await client.createService(service, { description: 'current' });
    await client.createFunction(service, functionOptions('f', 'nodejs', { code: { zipFile: text(1) } }));
  });

  it('are published, run, listed and deleted', async () => {
    const first = await client.publishVersion(service, 'the first');
    assert.strictEqual(first.data.versionId, '1');
    assert.strictEqual(first.data.description, 'the first');
    assert.match(first.data.createdTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.ok(first.headers.etag);
    await refused(client.publishVersion(service, 'again'), 'VersionPublishError', 409, "no change since version '1'");
    await client.updateFunction(service, 'f', { code: { zipFile: text(2) } });
    assert.strictEqual((await client.publishVersion(service)).data.description, 'current');

    assert.strictEqual((await client.getService(service, {}, '1')).data.description, 'the first');
    assert.notStrictEqual((await client.getFunction(service, 'f', {}, '1')).data.codeChecksum,
      (await client.getFunction(service, 'f', {}, '2')).data.codeChecksum);
    assert.strictEqual((await client.listFunctions(service, {}, {}, '1')).data.functions.length, 1);
    for (const [qualifier, told] of [['1', 'v1 1 1'], ['2', 'v2 2 2'], ['LATEST', 'v2 LATEST LATEST']]) {
      const { data, headers } = await run(qualifier);
      assert.strictEqual(data, told);
      assert.strictEqual(headers['x-fc-invocation-service-version'], qualifier);
    }

    const listed = await client.listVersions(service, { limit: 1 });
    assert.deepStrictEqual([listed.data.versions.map((version) => version.versionId), listed.data.direction,
      listed.data.nextToken], [['2'], 'BACKWARD', '1']);
    const rest = await client.listVersions(service, { nextToken: listed.data.nextToken });
    assert.deepStrictEqual(rest.data.versions, [first.data]);
    const ascending = await client.listVersions(service, { direction: 'FORWARD', startKey: '2' });
    assert.deepStrictEqual(ascending.data.versions.map((version) => version.versionId), ['2']);

    assert.strictEqual((await client.deleteVersion(service, '2')).data, '');
    await refused(client.deleteVersion(service, '2'), 'VersionNotFound', 404);
    await refused(run('2'), 'VersionNotFound', 404, `version '2' of service '${service}' does not exist`);
    assert.strictEqual((await client.publishVersion(service)).data.versionId, '3');
  });

  it('are named by aliases, which share invocations', async () => {
    const made = await client.createAlias(service, 'prod', '1', {
      description: 'live', additionalVersionWeight: { 3: 0.5 },
    });
    assert.deepStrictEqual(made.data.additionalVersionWeight, { 3: 0.5 });
    const read = await client.getAlias(service, 'prod');
    assert.deepStrictEqual(read.data, made.data);
    assert.strictEqual(read.headers.etag, made.headers.etag);
    const seen = new Set();
    for (let call = 0; call < 60; ++call) seen.add((await run('prod')).data);
    assert.deepStrictEqual([...seen].sort(), ['v1 prod 1', 'v2 prod 3']);

    const updated = await client.updateAlias(service, 'prod', '3', { additionalVersionWeight: {} },
      { 'If-Match': made.headers.etag });
    assert.deepStrictEqual([updated.data.versionId, updated.data.description, updated.data.additionalVersionWeight],
      ['3', 'live', null]);
    await refused(client.updateAlias(service, 'prod', null, { description: 'x' }, { 'If-Match': made.headers.etag }),
      'PreconditionFailed', 412);
    assert.strictEqual((await run('prod')).data, 'v2 prod 3');

    await client.createAlias(service, 'test', '1');
    const listed = await client.listAliases(service, { limit: 1, prefix: '' });
    assert.deepStrictEqual([listed.data.aliases[0].aliasName, listed.data.nextToken], ['prod', 'test']);
    await refused(client.createAlias(service, 'prod', '1'), 'AliasAlreadyExists', 409);
    await refused(client.createAlias(service, 'other', '9'), 'VersionNotFound', 404);
    await refused(client.createAlias(service, 'LATEST', '1'), 'InvalidArgument', 400, 'LATEST');

    assert.strictEqual((await client.deleteAlias(service, 'test')).data, '');
    await refused(client.getAlias(service, 'test'), 'AliasNotFound', 404);
    await refused(run('test'), 'AliasNotFound', 404, `alias 'test' of service '${service}' does not exist`);
  });

  it('keep their service', async () => {
    await client.deleteFunction(service, 'f');
    await refused(client.deleteService(service), 'ServiceNotEmpty', 409, "'versions'");
    for (const version of ['1', '3']) await client.deleteVersion(service, version);
    await refused(run('prod'), 'VersionNotFound', 404);
    await refused(client.deleteService(service), 'ServiceNotEmpty', 409, "'aliases'");
    await client.deleteAlias(service, 'prod');
    await client.deleteService(service);
  });
});

describe('triggers', () => {
  const service = 'node_sdk_triggers';
  const timer = { triggerName: 't', triggerType: 'timer',
    triggerConfig: { payload: 'p', cronExpression: '0 0 4 * * *', enable: false } };

  before(async () => {
    await client.createService(service);
    await client.createFunction(service, functionOptions('f', 'python'));
  });

  it('are created, read, changed, listed and deleted', async () => {
    const role = `acs:ram::${OPENFC_ACCOUNT}:role/source`;
    const sourceArn = `acs:oss:${OPENFC_REGION}:${OPENFC_ACCOUNT}:photos`;
    const config = { events: ['oss:ObjectCreated:PostObject', 'oss:ObjectCreated:PutObject'],
      filter: { key: { prefix: 'p', suffix: 's' } } };
    const made = await client.createTrigger(service, 'f', { triggerName: 'o', triggerType: 'oss', triggerConfig: config,
      sourceArn, invocationRole: role });
    assert.deepStrictEqual([made.data.triggerName, made.data.triggerType, made.data.triggerConfig, made.data.sourceArn,
      made.data.invocationRole, made.data.qualifier], ['o', 'oss', config, sourceArn, role, null]);
    await client.createTrigger(service, 'f', timer);
    const read = await client.getTrigger(service, 'f', 'o');
    assert.deepStrictEqual(read.data, made.data);
    assert.strictEqual(read.headers.etag, made.headers.etag);

    const filter = { key: { prefix: 'other', suffix: '' } };
    const changed = await client.updateTrigger(service, 'f', 'o', { triggerConfig: { filter } });
    assert.deepStrictEqual(changed.data.triggerConfig, { events: config.events, filter });
    await refused(client.updateTrigger(service, 'f', 'o', { description: 'd' }, { 'if-match': made.headers.etag }),
      'PreconditionFailed', 412);

    const listed = await client.listTriggers(service, 'f', { limit: 1 });
    assert.deepStrictEqual([listed.data.triggers.length, listed.data.triggers[0], listed.data.nextToken],
      [1, changed.data, 't']);
    await client.deleteTrigger(service, 'f', 'o');
    await refused(client.getTrigger(service, 'f', 'o'), 'TriggerNotFound', 404, "trigger 'o' does not exist");
  });

  it('refuse what the rules forbid and keep their function', async () => {
    const http = { triggerName: 'h', triggerType: 'http', triggerConfig: { authType: 'anonymous', methods: ['GET'] } };
    await refused(client.createTrigger(service, 'f', timer), 'TriggerAlreadyExists', 409);
    await refused(client.createTrigger(service, 'f', http), 'InvalidArgument', 400);
    await refused(client.createTrigger(service, 'absent', timer), 'FunctionNotFound', 404);
    await refused(client.createTrigger(service, 'f', { ...timer, triggerConfig: { cronExpression: 'often' } }),
      'InvalidArgument', 400, 'cronExpression');
    await refused(client.deleteFunction(service, 'f'), 'FunctionNotEmpty', 409, "'triggers'");
    await client.deleteTrigger(service, 'f', 't');
    const { data } = await client.createTrigger(service, 'f', http);
    assert.deepStrictEqual([data.sourceArn, data.invocationRole], [null, '']);
    assert.ok(data.urlInternet.endsWith(`/2016-08-15/proxy/${service}/f/`));
    await client.deleteTrigger(service, 'f', 'h');
    await client.deleteFunction(service, 'f');
    await client.deleteService(service);
  });
});

describe('custom domains', () => {
  it('are created, read, changed, listed and deleted', async () => {
    const domain = `sdk.${OPENFC_ACCOUNT}.${OPENFC_REGION}.functioncompute.com`;
    const routes = [{ path: '/login/*', serviceName: 's1', functionName: 'f1', qualifier: null, methods: ['GET'] }];
    const made = await client.createCustomDomain(domain, { routeConfig: { routes } });
    assert.deepStrictEqual([made.data.domainName, made.data.protocol, made.data.apiVersion, made.data.routeConfig],
      [domain, 'HTTP', '2016-08-15', { routes }]);
    assert.deepStrictEqual((await client.getCustomDomain(domain)).data, made.data);
    await refused(client.createCustomDomain(domain), 'DomainNameAlreadyExists', 409);
    await refused(client.updateCustomDomain(domain, { protocol: 'HTTP,HTTPS' }), 'InvalidArgument', 400, 'certConfig');

    const changed = await client.updateCustomDomain(domain, { routeConfig: { routes: [] } });
    assert.deepStrictEqual(changed.data.routeConfig, { routes: [] });
    const other = `zzz.${domain}`;
    await client.createCustomDomain(other, { protocol: 'HTTP' });
    const listed = await client.listCustomDomains({ limit: 1 });
    assert.deepStrictEqual([listed.data.customDomains, listed.data.nextToken], [[changed.data], other]);
    for (const name of [domain, other]) assert.strictEqual((await client.deleteCustomDomain(name)).data, '');
    await refused(client.getCustomDomain(domain), 'DomainNameNotFound', 404, `domain name '${domain}' does not exist`);
  });
});

describe('instances', () => {
  const service = 'node_sdk_instances';
  const always = { startTime: '2020-01-01T00:00:00Z', endTime: '2039-01-01T00:00:00Z' };

  /// Asks until the answer has so many provisioned instances.
  async function current(count, qualifier) {
    for (const end = Date.now() + 30000; ;) {
      const { data } = await client.getProvisionConfig(service, 'f', qualifier);
      if (data.current === count) return data;
      assert.ok(Date.now() < end, JSON.stringify(data));
    }
  }

  before(async () => {
    await client.createService(service);
    await client.createFunction(service, functionOptions('f', 'nodejs'));
    await client.publishVersion(service);
    await client.createAlias(service, 'prod', '1');
  });

  it('are kept ready and listed', async () => {
    const scheduledActions = [{ name: 'a', ...always, target: 2, scheduleExpression: 'cron(0 */30 * * * *)' }];
    const put = await client.putProvisionConfig(service, 'f', 'prod', { target: 1, scheduledActions });
    assert.deepStrictEqual([put.data.resource, put.data.target, put.data.scheduledActions],
      [`${OPENFC_ACCOUNT}#${service}#prod#f`, 1, scheduledActions]);
    assert.strictEqual((await current(2, 'prod')).target, 2);
    const { data: { instances } } = await client.listInstances(service, 'f', 'prod');
    assert.deepStrictEqual(instances.map((instance) => instance.versionId), [1, 1]);
    const one = await client.listInstances(service, 'f', 'prod', { instanceIds: [instances[0].instanceId] });
    assert.deepStrictEqual(one.data.instances, [instances[0]]);

    const listed = await client.listProvisionConfigs({ serviceName: service, qualifier: 'prod' });
    assert.strictEqual(listed.data.provisionConfigs.length, 1);
    assert.strictEqual(listed.data.nextToken, undefined);
    await refused(client.putProvisionConfig(service, 'f', 'prod', { target: 1,
      scheduledActions: [...scheduledActions, ...scheduledActions] }), 'InvalidArgument', 400,
    "Duplicate action name 'a' in ScheduledActions is not allowed");
    await refused(client.deleteFunction(service, 'f'), 'ProvisionConfigExist', 409);

    assert.strictEqual((await client.putProvisionConfig(service, 'f', 'prod', { target: 0 })).data.target, 0);
    await current(0, 'prod');
  });

  it('are limited on demand', async () => {
    await refused(client.getOnDemandConfig(service, 'f', 'prod'), 'OnDemandConfigNotFound', 404);
    const put = await client.putOnDemandConfig(service, 'f', 'prod', { maximumInstanceCount: 0 });
    const resource = `services/${service}.prod/functions/f`;
    assert.deepStrictEqual(put.data, { resource, maximumInstanceCount: 0 });
    assert.deepStrictEqual((await client.getOnDemandConfig(service, 'f', 'prod')).data, put.data);
    assert.deepStrictEqual((await client.listOnDemandConfigs({ prefix: resource })).data.configs, [put.data]);
    await refused(client.invokeFunction(service, 'f', '', {}, 'prod'), 'ResourceExhausted', 429);
    await client.deleteOnDemandConfig(service, 'f', 'prod');
    await refused(client.deleteOnDemandConfig(service, 'f', 'prod'), 'OnDemandConfigNotFound', 404);
  });

  it('belong to an account', async () => {
    assert.deepStrictEqual((await client.getAccountSettings()).data.availableAZs, [`${OPENFC_REGION}-a`]);
    assert.deepStrictEqual((await client.getAccountConfigs({ config: ['CodeSizeLimit'] })).data,
      { CodeSizeLimit: '104857600' });
    assert.deepStrictEqual((await client.listReservedCapacities()).data.reservedCapacities, []);
  });
});

describe('invocations', () => {
  it('return what python, nodejs and custom functions return', async () => {
    for (const kind of Object.keys(code)) {
      const { data, headers } = await ask(kind, { do: 'echo', value: { a: [1, 'ä'] } });
      assert.deepStrictEqual(JSON.parse(data), { a: [1, 'ä'] });
      assert.strictEqual(headers['content-type'], 'application/octet-stream');
      assert.ok(headers['x-fc-invocation-duration']);
    }
  });

  it('take strings, buffers and nothing, and give raw bytes on request', async () => {
    assert.strictEqual((await client.invokeFunction('node_sdk', 'python')).data, '');
    const event = Buffer.from(JSON.stringify({ do: 'raw', text: 'bytes' }));
    const { data } = await client.invokeFunction('node_sdk', 'nodejs', event, {}, 'LATEST', { rawBuf: true });
    assert.deepStrictEqual(data, Buffer.from('bytes'));
    assert.strictEqual((await ask('nodejs', { do: 'echo', value: 2 })).data, '2');
  });

  it('run the initializer before the first event in the same process', async () => {
    await client.createFunction('node_sdk', functionOptions('counted', 'nodejs', { initializer: 'index.initializer' }));
    const { data } = await ask('counted', { do: 'state' });
    const state = JSON.parse(data);
    assert.strictEqual(state.initialized + state.invoked, 2);
  });

  it('report every kind of function error with status 200', async () => {
    const kinds = [
      ['nodejs', { do: 'handledText', message: 'text' }, 'Handled', /^text$/],
      ['nodejs', { do: 'handledError', message: 'oops' }, 'Handled', /^oops$/],
      ['nodejs', { do: 'fail', message: 'thrown' }, 'Unhandled', /^thrown$/],
      ['nodejs', { do: 'leave' }, 'Unhandled', /^Process exited unexpectedly before completing request/],
      ['python', { do: 'fail', message: 'raised' }, 'Unhandled', /^raised$/],
      ['python', { do: 'leave' }, 'Unhandled', /^Process exited unexpectedly before completing request/],
      ['python', { do: 'allocate', megabytes: 400 }, 'Unhandled', /^Process exited unexpectedly before completing/],
      ['custom', { do: 'leave' }, 'Unhandled', /^Process exited unexpectedly before completing request/],
    ];
    for (const [name, event, kind, text] of kinds) {
      const { data, headers } = await ask(name, event);
      assert.strictEqual(headers['x-fc-error-type'], `${kind}InvocationError`, JSON.stringify(event));
      assert.match(data.errorMessage, text);
      assert.strictEqual(Object.keys(data)[0], 'errorMessage');
      assert.strictEqual(data.ErrorCode, undefined);
    }
    assert.deepStrictEqual((await ask('nodejs', kinds[0][1])).data, { errorMessage: 'text' });
  });

  it('time out', async () => {
    await client.createFunction('node_sdk', functionOptions('short', 'nodejs', { timeout: 1 }));
    const { data, headers } = await ask('short', { do: 'never' });
    assert.strictEqual(headers['x-fc-error-type'], 'UnhandledInvocationError');
    assert.match(data.errorMessage, /^Function timed out after 1 seconds \(maxMemoryUsage: [\d.]+MB\)$/);
  });

  it('keep the body of a custom runtime\'s error', async () => {
    const { data, headers } = await ask('custom', { do: 'error', text: 'plain' });
    assert.strictEqual(headers['x-fc-error-type'], 'UnhandledInvocationError');
    assert.strictEqual(String(data), 'plain');
  });

  it('show the log tail only when asked', async () => {
    const event = { do: 'say', text: 'printed' };
    const { headers } = await ask('nodejs', event, { 'X-Fc-Log-Type': 'Tail' });
    const log = Buffer.from(headers['x-fc-log-result'], 'base64').toString();
    assert.match(log, new RegExp(`FC Invoke Start RequestId: ${headers['x-fc-request-id']}`));
    assert.match(log, /printed/);
    assert.match(log, /Duration: [\d.]+ ms, Billed Duration: \d+ ms, Memory Size: 128 MB, Max Memory Used: [\d.]+ MB/);
    assert.strictEqual((await ask('nodejs', event)).headers['x-fc-log-result'], undefined);
  });

  it('refuse bad types and absent functions', async () => {
    await refused(ask('nodejs', {}, { 'X-Fc-Log-Type': 'Invalid' }), 'InvalidArgument', 400,
      "LogType is set to an invalid value (allowed: Tail | None, actual: 'Invalid')");
    await refused(ask('absent', {}), 'FunctionNotFound', 404);
    await refused(client.invokeFunction('node_sdk', 'nodejs', 'x', {}, '9'), 'VersionNotFound', 404);
    await refused(client.invokeFunction('node_sdk', 'nodejs', 'x', {}, 'prod'), 'AliasNotFound', 404);
  });

  it('run side by side', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, (_, number) => ask('python', { do: 'echo', value: number })));
    assert.deepStrictEqual(answers.map(({ data }) => Number(data)), Array.from({ length: 40 }, (_, number) => number));
  });
});

describe('keys', () => {
  it('that are wrong are told apart', async () => {
    const wrong = new FC(OPENFC_ACCOUNT, { ...options, accessKeySecret: 'wrong' });
    await refused(wrong.listServices(), 'SignatureNotMatch', 403,
      'The request signature we calculated does not match the signature you provided.');
    const unknown = new FC(OPENFC_ACCOUNT, { ...options, accessKeyID: 'nobody' });
    await refused(unknown.listServices(), 'InvalidAccessKeyID', 403, "invalid access key ID 'nobody'");
  });

  it('need a date close to the server\'s', async () => {
    const date = new Date(Date.now() - 3600e3).toUTCString();
    await refused(client.listServices({}, { date }), 'RequestTimeTooSkewed', 403);
  });
});

describe('tags', () => {
  const arn = `acs:fc:${OPENFC_REGION}:${OPENFC_ACCOUNT}:services/tagged`;

  it('are added, found, read and removed', async () => {
    await client.createService('tagged');
    await client.tagResource(arn, { team: 'media', stage: 'prod' });
    await client.tagResource('services/tagged', { stage: 'test' });
    const read = async () => (await client.getResourceTags({ resourceArn: arn })).data.tags;
    assert.deepStrictEqual(await read(), { team: 'media', stage: 'test' });
    const found = async (tags) => (await client.listServices({ tags })).data.services.map((one) => one.serviceName);
    assert.deepStrictEqual(await found({ team: 'media' }), ['tagged']);
    assert.deepStrictEqual(await found({ team: 'other' }), []);
    await client.untagResource(arn, ['stage']);
    assert.deepStrictEqual(await read(), { team: 'media' });
    await client.untagResource(arn, [], true);
    assert.deepStrictEqual(await read(), {});
    await client.deleteService('tagged');
    await refused(client.getResourceTags({ resourceArn: arn }), 'ServiceNotFound', 404);
  });
});

describe('layers', () => {
  const publish = (text) => client.publishLayerVersion('node_sdk_layer', {
    code: { zipFile: makeZip({ 'said.txt': text }).toString('base64') }, compatibleRuntime: ['nodejs12'],
    description: text,
  });

  it('are published, used, listed and deleted', async () => {
    const first = (await publish('one')).data;
    assert.deepStrictEqual([first.layerName, first.version, first.description], ['node_sdk_layer', 1, 'one']);
    const second = (await publish('two')).data;
    const { data } = await client.getLayerVersion('node_sdk_layer', 2);
    assert.deepStrictEqual([data.arn, data.codeChecksum], [second.arn, second.codeChecksum]);
    assert.strictEqual((await client.getLayerVersionByArn(second.arn)).data.version, 2);
    const versions = (await client.listLayerVersions('node_sdk_layer')).data.layers.map((layer) => layer.version);
    assert.deepStrictEqual(versions.sort(), [1, 2]);
    const named = async (query) => (await client.listLayers(query)).data.layers.map((layer) => layer.layerName);
    assert.deepStrictEqual(await named({ prefix: 'node_sdk_layer' }), ['node_sdk_layer']);

    const source = `exports.handler = (e, c, cb) => cb(null, require('fs').readFileSync('/opt/said.txt', 'utf8'));`;
    await client.createFunction('node_sdk', functionOptions('layered', 'nodejs', {
      layers: [second.arn], code: { zipFile: makeZip({ 'index.js': source }).toString('base64') },
    }));
    assert.strictEqual((await client.invokeFunction('node_sdk', 'layered')).data, 'two');

    await client.putLayerACL('node_sdk_layer', { public: true });
    assert.deepStrictEqual(await named({ public: true, prefix: 'node_sdk_layer' }), ['node_sdk_layer']);
    for (const version of [1, 2]) await client.deleteLayerVersion('node_sdk_layer', version);
    await refused(client.listLayerVersions('node_sdk_layer'), 'LayerNotFound', 404);
    assert.strictEqual((await client.invokeFunction('node_sdk', 'layered')).data, 'two');
  });
});

describe('asynchronous configurations', () => {
  it('are set, read, listed and deleted', async () => {
    const places = ['node_sdk', 'python', 'LATEST'];
    await refused(client.getFunctionAsyncConfig(...places), 'AsyncConfigNotExists', 404);
    const destination = `acs:fc:${OPENFC_REGION}:${OPENFC_ACCOUNT}:services/node_sdk/functions/nodejs`;
    const put = await client.putFunctionAsyncConfig(...places, {
      maxAsyncEventAgeInSeconds: 600, maxAsyncRetryAttempts: 2, destinationConfig: { onFailure: { destination } },
    });
    assert.deepStrictEqual([put.data.maxAsyncEventAgeInSeconds, put.data.maxAsyncRetryAttempts], [600, 2]);
    assert.strictEqual(put.data.destinationConfig.onFailure.destination, destination);
    assert.deepStrictEqual((await client.getFunctionAsyncConfig(...places)).data, put.data);
    const listed = await client.listFunctionAsyncConfigs('node_sdk', 'python', { limit: 1 });
    assert.deepStrictEqual(listed.data.configs, [put.data]);
    await client.deleteFunctionAsyncConfig(...places);
    await refused(client.getFunctionAsyncConfig(...places), 'AsyncConfigNotExists', 404);
  });
});

describe('code that goes through a bucket', () => {
  const { connect } = net.Socket.prototype;
  const { FC_REGION } = process.env;
  const said = (text) => ({
    'index.js': `exports.handler = (e, c, cb) => cb(null, '${text}');`, 'said.txt': text,
  });
  let directory;

  function file(text) {
    const name = path.join(directory, `${text}.zip`);
    fs.writeFileSync(name, makeZip(said(text)));
    return name;
  }

  // The SDK has the hosts of object storage fixed; here their names lead to the server.
  before(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'openfc-node-'));
    process.env.FC_REGION = OPENFC_REGION;
    const { hostname, port } = new URL(OPENFC_ENDPOINT);
    net.Socket.prototype.connect = function connectHere(...given) {
      const [first] = Array.isArray(given[0]) ? given[0] : given;
      if (/\.aliyuncs\.com$/.test(first.host)) Object.assign(first, { host: hostname, port: Number(port) });
      return connect.apply(this, given);
    };
  });

  after(() => {
    net.Socket.prototype.connect = connect;
    if (FC_REGION === undefined) delete process.env.FC_REGION;
    else process.env.FC_REGION = FC_REGION;
    fs.rmSync(directory, { recursive: true });
  });

  it('is asked for with tokens', async () => {
    for (const { data } of [await client.getTempCodeBucketPermission('node_sdk', 'python', 'e1'),
      await client.getTempBucketToken()]) {
      assert.ok(data.ossBucket && data.objectName && data.credentials.AccessKeyId, JSON.stringify(data));
    }
  });

  it('makes and changes functions', async () => {
    const large = (text) => functionOptions('large', 'nodejs', { withoutCodeLimit: true, code: { zipFile: file(text) } });
    await client.createFunction('node_sdk', large('one'));
    assert.strictEqual((await client.invokeFunction('node_sdk', 'large')).data, 'one');
    await client.updateFunction('node_sdk', 'large', large('two'));
    assert.strictEqual((await client.invokeFunction('node_sdk', 'large')).data, 'two');
  });

  it('makes layers', async () => {
    const zipFilePath = file('three');
    const { data } = await client.publishLayerVersionForBigCode('node_sdk_large', {
      codeConfig: { size: fs.statSync(zipFilePath).size, zipFilePath }, compatibleRuntime: ['nodejs12'],
    });
    assert.deepStrictEqual([data.version, data.codeSize], [1, fs.statSync(zipFilePath).size]);
    await client.deleteLayerVersion('node_sdk_large', 1);
  });
});

// Keep this last: it asks what the tests above did.
describe('the methods of the SDK', () => {
  /// What openfc cannot answer, and why. A method that succeeds all the same must leave this list.
  const exempt = {
    websocket: 'serves instanceExec alone',
    instanceExec: 'openfc has no InstanceExec',
  };

  it('have all succeeded', () => {
    assert.deepStrictEqual(methods.filter((name) => !succeeded.has(name)).sort(), Object.keys(exempt).sort());
  });
});
