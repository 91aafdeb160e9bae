import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OptionError, hostTensor } from '@tesserae/tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HubError } from '../src/errors.js';
import type { DownloadProgress, HubOptions } from '../src/node.js';
import { hubFolder } from '../src/node.js';
import { openWeights } from '../src/open-weights.js';
import { joinChunks, writeSafetensors } from '../src/safetensors/writer.js';

const COMMIT = 'c0ffee'.padEnd(40, '0');
const ID = 'owner/tiny';
const weights = joinChunks(writeSafetensors([['w', hostTensor('f32', [1000], new Array(1000).fill(1))]]));
const config = new TextEncoder().encode('{"model_type":"electra"}');
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const gitSha1 = (bytes: Uint8Array): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

type Answer = (request: IncomingMessage, response: ServerResponse, bytes: Uint8Array) => void;
const whole: Answer = (_, response, bytes) =>
  void response.writeHead(200, { 'content-length': bytes.length }).end(bytes);

describe('hubFolder', () => {
  let cacheDir = '';
  let endpoint = '';
  let requests: string[] = [];
  let answerFile: Answer = whole;
  let answerApi: Answer = whole;
  let close: () => Promise<unknown>;

  const listing = (): Uint8Array =>
    new TextEncoder().encode(
      JSON.stringify({
        sha: COMMIT,
        siblings: [
          { rfilename: 'config.json', size: config.length, blobId: gitSha1(config) },
          {
            rfilename: 'model.safetensors',
            size: weights.length,
            blobId: 'x',
            lfs: { sha256: sha256(weights), size: weights.length },
          },
        ],
      }),
    );

  beforeEach(async () => {
    cacheDir = await mkdtemp(join(tmpdir(), 'hub-'));
    [requests, answerFile, answerApi] = [[], whole, whole];
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url!, 'http://x');
      requests.push(pathname);
      if (pathname === `/api/models/${ID}/revision/main`) answerApi(request, response, listing());
      else if (pathname === `/${ID}/resolve/${COMMIT}/config.json`) whole(request, response, config);
      else if (pathname === `/${ID}/resolve/${COMMIT}/model.safetensors`)
        answerFile(request, response, weights);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    close = () => (server.closeAllConnections(), new Promise((resolve) => server.close(resolve)));
  });
  afterEach(async () => {
    await close();
    await rm(cacheDir, { recursive: true, force: true });
  });

  const hub = (options: HubOptions = {}) => hubFolder(ID, { endpoint, cacheDir, ...options });
  const snapshot = (): string => join(cacheDir, 'models', 'owner--tiny', 'snapshots', COMMIT);
  const cached = (): Promise<string[]> => readdir(snapshot());

  it('fetches files when they are opened, once, and keeps them under their commit', async () => {
    const folder = await hub();
    expect(await folder.list()).toEqual(['config.json', 'model.safetensors']);
    expect(await cached()).toEqual([]);
    expect((await (await openWeights(folder)).read('w')).data).toHaveLength(1000);
    await Promise.all([folder.readText('config.json'), folder.readText('config.json')]);
    expect(await (await hub()).readText('config.json')).toContain('electra');
    expect(requests.filter((path) => path.includes('/resolve/'))).toHaveLength(2);
    expect(await cached()).toEqual(['config.json', 'model.safetensors']);
  });

  it('tells how much has arrived', async () => {
    const events: DownloadProgress[] = [];
    await (await hub({ onProgress: (event) => events.push(event) })).open('model.safetensors');
    expect(events.at(-1)).toEqual({
      file: 'model.safetensors',
      loadedBytes: weights.length,
      totalBytes: weights.length,
    });
  });

  it('goes on where a broken connection stopped', async () => {
    const ranges: (string | undefined)[] = [];
    answerFile = (request, response, bytes) => {
      ranges.push(request.headers.range);
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      response.writeHead(from > 0 ? 206 : 200, { 'content-length': bytes.length - from });
      if (from > 0) response.end(bytes.subarray(from));
      else response.write(bytes.subarray(0, 1500), () => setTimeout(() => response.destroy(), 20));
    };
    await (await hub()).open('model.safetensors');
    expect(ranges).toEqual([undefined, 'bytes=1500-']);
  });

  it.each<[string, Answer]>([
    ['too short', (_, response, bytes) => void response.writeHead(200).end(bytes.subarray(0, 100))],
    ['too long', (_, response, bytes) => void response.writeHead(200).end(joinChunks([bytes, bytes]))],
    [
      'changed',
      (_, response, bytes) =>
        void response.writeHead(200).end(bytes.map((byte, at) => (at === 2000 ? byte ^ 1 : byte))),
    ],
  ])('refuses a file that is %s, and keeps nothing of it', async (_, answer) => {
    answerFile = answer;
    await expect((await hub()).open('model.safetensors')).rejects.toMatchObject({ code: 'hub-damaged' });
    expect(await cached()).toEqual([]);
  });

  it('uses the version last seen when the hub cannot be reached', async () => {
    await (await hub()).readText('config.json');
    await close();
    const folder = await hub();
    expect(await folder.readText('config.json')).toContain('electra');
    await expect(folder.open('model.safetensors')).rejects.toMatchObject({ code: 'hub-unreachable' });
  });

  it('asks nothing of the network with localFilesOnly, and says which file goes where', async () => {
    await (await hub()).readText('config.json');
    requests = [];
    const folder = await hub({ localFilesOnly: true });
    expect(await folder.readText('config.json')).toContain('electra');
    await expect(folder.open('model.safetensors')).rejects.toThrow(`put into ${snapshot()}`);
    expect(requests).toEqual([]);
  });

  it('takes a body that breaks off for no network, and a damaged note for none', async () => {
    await (await hub()).readText('config.json');
    answerApi = (_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{', () => setTimeout(() => response.destroy(), 10));
    };
    expect(await (await hub()).readText('config.json')).toContain('electra');
    await writeFile(join(cacheDir, 'models', 'owner--tiny', 'refs', 'main.json'), '{"commit":');
    await expect(hub()).rejects.toMatchObject({ code: 'hub-offline' });
  });

  it('says which files are needed when it has never seen the model, and takes them from there', async () => {
    const error = (await hub({ localFilesOnly: true }).catch((caught: unknown) => caught)) as HubError;
    expect(error).toBeInstanceOf(HubError);
    expect(error.message).toMatch(/config\.json, model\.safetensors/);
    const place = join(cacheDir, 'models', 'owner--tiny', 'snapshots', 'main');
    expect(error.message).toContain(place);
    await mkdir(place, { recursive: true });
    await writeFile(join(place, 'config.json'), config);
    expect(await (await hub({ localFilesOnly: true })).readText('config.json')).toContain('electra');
  });

  it.each([
    [401, /Pass a token/],
    [403, /must be granted/],
    [404, /Check the model id/],
    [500, /problem of its own/],
  ])('explains the answer %i', async (status, remedy) => {
    answerApi = (_, response) => void response.writeHead(status).end();
    await expect(hub()).rejects.toThrow(remedy);
  });

  it('sends the token to the endpoint, and not to where it redirects', async () => {
    const seen: (string | undefined)[] = [];
    const store = createServer((request, response) => {
      seen.push(request.headers.authorization);
      whole(request, response, weights);
    });
    await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
    answerFile = (request, response) => {
      seen.push(request.headers.authorization);
      response
        .writeHead(302, { location: `http://127.0.0.1:${(store.address() as AddressInfo).port}/blob` })
        .end();
    };
    await (await hub({ token: 'secret' })).open('model.safetensors');
    store.closeAllConnections();
    store.close();
    expect(seen).toEqual(['Bearer secret', undefined]);
  });

  it('gives up when the hub falls silent', async () => {
    answerApi = () => undefined;
    await expect(hub({ timeoutMs: 50 })).rejects.toThrow(/put into/); // silence is taken for no network
    answerApi = whole;
    answerFile = (_, response) =>
      void response.writeHead(200, { 'content-length': weights.length }).write('x');
    await expect((await hub({ timeoutMs: 50 })).open('model.safetensors')).rejects.toMatchObject({
      code: 'hub-unreachable',
    });
    expect(await cached()).toEqual([]);
  });

  it('stops and cleans up when it is aborted', async () => {
    const controller = new AbortController();
    const folder = await hub({ signal: controller.signal, onProgress: () => controller.abort() });
    answerFile = (_, response, bytes) =>
      void response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 100));
    await expect(folder.open('model.safetensors')).rejects.toMatchObject({ name: 'AbortError' });
    expect(await cached()).toEqual([]);
  });

  it.each([
    ['no JSON', '<html>'],
    ['no commit', '{"siblings":[]}'],
    ['a commit that is a path', '{"sha":"../..","siblings":[]}'],
    ['a file without a name', `{"sha":"${COMMIT}","siblings":[{}]}`],
  ])('refuses an answer with %s', async (_, text) => {
    answerApi = (__, response) => void response.writeHead(200).end(text);
    await expect(hub()).rejects.toMatchObject({ code: 'hub-answer' });
  });

  it('refuses a listed file that would leave the cache', async () => {
    answerApi = (_, response) =>
      void response.writeHead(200).end(JSON.stringify({ sha: COMMIT, siblings: [{ rfilename: '../../x' }] }));
    await expect(hub()).rejects.toMatchObject({ code: 'file-name' });
  });

  it('opens a folder when given its path', async () => {
    await writeFile(join(cacheDir, 'config.json'), config);
    expect(await (await hubFolder(cacheDir)).list()).toEqual(['config.json']);
    expect(requests).toEqual([]);
  });

  it.each(['../x', './missing-folder', 'a/b/c', '/no/such/folder', 'own..er/x', ''])(
    'refuses the id %j',
    async (id) => {
      await expect(hubFolder(id, { endpoint, cacheDir })).rejects.toMatchObject({ code: 'hub-id' });
    },
  );

  it('refuses unknown options and revisions that are paths', async () => {
    await expect(hub({ revison: 'x' } as never)).rejects.toBeInstanceOf(OptionError);
    await expect(hub({ revision: '../main' })).rejects.toBeInstanceOf(OptionError);
  });
});
