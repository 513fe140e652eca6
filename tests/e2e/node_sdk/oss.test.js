'use strict';

// The official client of object storage for Node.js, unmodified, against a fresh server.

const assert = require('node:assert');
const { before, describe, it } = require('node:test');
const FC = require('@alicloud/fc2');
const OSS = require('ali-oss');

const { OPENFC_ENDPOINT, OPENFC_KEY_ID, OPENFC_KEY_SECRET, OPENFC_ACCOUNT, OPENFC_REGION } = process.env;

const bucket = `openfc-code-${OPENFC_ACCOUNT}`;
const common = { endpoint: OPENFC_ENDPOINT, region: `oss-${OPENFC_REGION}`, bucket, sldEnable: true, secure: false };
const oss = new OSS({ ...common, accessKeyId: OPENFC_KEY_ID, accessKeySecret: OPENFC_KEY_SECRET });
const fc = new FC(OPENFC_ACCOUNT, {
  accessKeyID: OPENFC_KEY_ID,
  accessKeySecret: OPENFC_KEY_SECRET,
  region: OPENFC_REGION,
  endpoint: OPENFC_ENDPOINT,
});

/// An OSS client with the credentials of a token.
function withToken({ AccessKeyId, AccessKeySecret, SecurityToken }) {
  return new OSS({ ...common, accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret, stsToken: SecurityToken });
}

/// A ZIP with one stored file, index.js.
function zipOf(source) {
  const zlib = require('node:zlib');
  const data = Buffer.from(source);
  const packed = zlib.gzipSync(data);
  const name = Buffer.from('index.js');
  const head = Buffer.alloc(26);
  head.writeUInt16LE(20, 0);
  head.writeUInt16LE(0x5461, 8);
  head.writeUInt32LE(packed.readUInt32LE(packed.length - 8), 10);
  head.writeUInt32LE(data.length, 14);
  head.writeUInt32LE(data.length, 18);
  head.writeUInt16LE(name.length, 22);
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE((0o100644 << 16) >>> 0, 6);
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), head, tail, name]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(30 + name.length + data.length, 12);
  return Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), head, name, data, central,
    Buffer.from('PK\x05\x06', 'latin1'), end]);
}

describe('ali-oss', () => {
  it('puts, reads, lists and deletes objects', async () => {
    const name = 'node/a b+c/你好.txt';
    const put = await oss.put(name, Buffer.from('hello'), { meta: { color: 'blue' }, mime: 'text/plain' });
    assert.strictEqual(put.res.headers.etag, '"5D41402ABC4B2A76B9719D911017C592"');

    const got = await oss.get(name);
    assert.strictEqual(got.content.toString(), 'hello');
    const head = await oss.head(name);
    assert.deepStrictEqual(head.meta, { color: 'blue' });
    assert.strictEqual(head.res.headers['content-type'], 'text/plain');
    const part = await oss.get(name, { headers: { Range: 'bytes=1-3' } });
    assert.deepStrictEqual([part.res.status, part.content.toString()], [206, 'ell']);

    await oss.put('node/deep/er', Buffer.from('x'));
    const page = await oss.list({ prefix: 'node/', delimiter: '/', 'max-keys': 10 });
    assert.deepStrictEqual(page.prefixes, ['node/a b+c/', 'node/deep/']);
    const all = await oss.listV2({ prefix: 'node/', 'max-keys': 1 });
    assert.deepStrictEqual([all.objects.map((object) => object.name), all.isTruncated], [[name], true]);
    const rest = await oss.listV2({ prefix: 'node/', 'continuation-token': all.nextContinuationToken });
    assert.deepStrictEqual(rest.objects.map((object) => object.name), ['node/deep/er']);

    await oss.delete(name);
    await assert.rejects(oss.get(name), { code: 'NoSuchKey', status: 404 });
    await assert.rejects(oss.head(name), { code: 'NoSuchKey' });
  });

  it('streams without a length and reads from a pre-signed URL', async () => {
    const { Readable } = require('node:stream');
    const data = Buffer.alloc(3_000_000, 'abcdefg');
    await oss.putStream('node/stream', Readable.from([data.subarray(0, 1_000_000), data.subarray(1_000_000)]));

    // The client signs no URLs for addresses; the name that it signs for is no part of the signature.
    const named = new OSS({
      ...common, endpoint: OPENFC_ENDPOINT.replace('127.0.0.1', 'localhost'), accessKeyId: OPENFC_KEY_ID,
      accessKeySecret: OPENFC_KEY_SECRET,
    });
    const url = named.signatureUrl('node/stream', { expires: 60, response: { 'content-type': 'x/y' } })
      .replace('localhost', '127.0.0.1');
    const answer = await fetch(url);
    assert.strictEqual(answer.headers.get('content-type'), 'x/y');
    assert.ok(Buffer.from(await answer.arrayBuffer()).equals(data));
    assert.strictEqual((await fetch(url.replace('node/stream', 'node/other'))).status, 403);
    await oss.delete('node/stream');
  });

  it('tells about buckets and refuses what it does not know', async () => {
    const { buckets } = await oss.listBuckets();
    assert.ok(buckets.some((one) => one.name === bucket));
    assert.strictEqual((await oss.getBucketLocation(bucket)).location, `oss-${OPENFC_REGION}`);
    assert.strictEqual((await oss.getBucketInfo(bucket)).bucket.Name, bucket);
    await assert.rejects(oss.useBucket('absent').list(), { code: 'NoSuchBucket' });
    oss.useBucket(bucket);
    await assert.rejects(oss.copy('node/to', 'node/from'), { code: 'NotImplemented' });
    const wrong = new OSS({ ...common, accessKeyId: OPENFC_KEY_ID, accessKeySecret: 'wrong' });
    await assert.rejects(wrong.list(), { code: 'SignatureDoesNotMatch', status: 403 });
  });

  describe('the upload of code with a token', () => {
    const service = 'oss-node';
    before(() => fc.createService(service));

    it('makes a function of what was put, and lets put nothing else', async () => {
      const token = (await fc.getTempCodeBucketPermission(service, 'f', 'e1')).data;
      assert.strictEqual(token.ossBucket, bucket);
      const object = `${OPENFC_ACCOUNT}/${service}/${token.objectName}`;
      const client = withToken(token.credentials);

      await client.put(object, zipOf("exports.handler = (event, context, callback) => callback(null, 'from a bucket');"));
      await assert.rejects(client.put(`${object}x`, Buffer.from('x')), { code: 'AccessDenied', status: 403 });
      await assert.rejects(client.get(object), { code: 'AccessDenied' });
      await assert.rejects(client.list(), { code: 'AccessDenied' });
      await fc.createFunction(service, {
        functionName: 'f', runtime: 'nodejs14', handler: 'index.handler',
        code: { ossBucketName: token.ossBucket, ossObjectName: object },
      });

      assert.strictEqual((await fc.invokeFunction(service, 'f', '')).data, 'from a bucket');
    });

    it('makes a layer of what was put', async () => {
      const token = (await fc.getTempBucketToken()).data;
      const object = `${OPENFC_ACCOUNT}/${token.objectName}`;
      await withToken(token.credentials).put(object, zipOf('exports.x = 1;'));
      const layer = await fc.publishLayerVersion('oss-layer', {
        code: { ossBucketName: token.ossBucket, ossObjectName: object }, compatibleRuntime: ['nodejs14'],
      });
      assert.strictEqual(layer.data.version, 1);
    });
  });
});
