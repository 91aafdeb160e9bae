import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { OptionError, checkOptions } from '@tesserae/tensor';
import { HubError, listed, quoted } from '../errors.js';
import type { ModelFolder } from '../folder.js';
import { checkFileName, missingFile } from '../folder.js';
import { describe, isRecord } from '../json.js';
import type { Connection, DownloadProgress, RemoteFile } from './download.js';
import { download, request, unreachable } from './download.js';
import { openFolder } from './folder.js';
import { placeFile, temporaryFor } from './save-folder.js';

/** Which version of a model to use, and how to fetch it. */
export interface HubOptions {
  /** Branch, tag or commit. Default 'main'. */
  readonly revision?: string;
  /** Default `.cache/tesserae` in the home directory. */
  readonly cacheDir?: string;
  /** Default https://huggingface.co. */
  readonly endpoint?: string;
  /** For private and gated models; sent to the endpoint only. */
  readonly token?: string;
  readonly fetch?: typeof globalThis.fetch;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** True: nothing is asked of the network; what the cache lacks is an error. Default false. */
  readonly localFilesOnly?: boolean;
  /** Longest silence of the hub, in ms. Default 30,000. */
  readonly timeoutMs?: number;
}

const op = 'hub';
const KNOWN = 'revision cacheDir endpoint token fetch signal onProgress localFilesOnly timeoutMs'.split(' ');
/** What a person without network has to bring. */
const USUAL_FILES = ['config.json', 'model.safetensors', "the tokenizer's files"];

/** A version of a model: its commit and its files. */
interface Snapshot {
  readonly commit: string;
  readonly files: readonly RemoteFile[];
}

/**
 * A model by its id on the Hugging Face hub, or by the path of a folder. Files are fetched when they are
 * opened and kept under `cacheDir/models/OWNER--NAME/snapshots/COMMIT`; a revision is asked for once per
 * call, and when the hub cannot be reached the version last seen is used.
 * @throws HubError when the hub refuses, cannot be reached, or sends something else than it announced
 */
export async function hubFolder(idOrPath: string, options: HubOptions = {}): Promise<ModelFolder> {
  checkOptions('hubFolder', options, KNOWN);
  if (await isDirectory(idOrPath)) return openFolder(idOrPath);
  checkId(idOrPath);
  const hub = new Hub(idOrPath, options);
  return hub.open();
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

function checkId(id: string): void {
  if (/^[\w-][\w.-]*(\/[\w-][\w.-]*)?$/.test(id) && !id.includes('..') && id.length <= 200) return;
  throw new HubError({
    op,
    problem: `${quoted(id)} is neither a folder nor the id of a model`,
    likely: 'There is no folder of this name; an id looks like google/electra-small-discriminator.',
    page: 'hub-id',
    got: id,
  });
}

class Hub {
  private readonly id: string;
  private readonly revision: string;
  private readonly endpoint: string;
  private readonly directory: string;
  private readonly localFilesOnly: boolean;
  private readonly connection: Connection;
  /** Files being fetched, so that two readers wait for one download. */
  private readonly pending = new Map<string, Promise<void>>();

  constructor(id: string, options: HubOptions) {
    const { revision = 'main', cacheDir = join(homedir(), '.cache', 'tesserae') } = options;
    const { endpoint = 'https://huggingface.co', localFilesOnly = false } = options;
    const { fetch = globalThis.fetch, token, signal, timeoutMs = 30_000, onProgress } = options;
    if (!/^\w[\w./-]*$/.test(revision) || revision.includes('..')) {
      const problem = `revision is ${quoted(revision)}; the name of a branch or tag, or a commit is needed`;
      throw new OptionError({ op, problem, page: 'option-value', got: revision });
    }
    this.id = id;
    this.revision = revision;
    this.endpoint = endpoint.replace(/\/+$/, '');
    this.directory = join(cacheDir, 'models', id.replace('/', '--'));
    this.localFilesOnly = localFilesOnly;
    this.connection = { fetch, token, signal, timeoutMs, onProgress };
  }

  async open(): Promise<ModelFolder> {
    const snapshot = await this.snapshot();
    const path = this.snapshotPath(snapshot.commit);
    await mkdir(path, { recursive: true });
    const folder = await openFolder(path);
    const files = new Map(snapshot.files.map((file) => [file.name, file]));
    const name = `${this.id}@${this.revision}`;
    const fetched = async (file: string): Promise<void> => {
      const remote = files.get(checkFileName(file, name));
      if (remote === undefined) throw missingFile(file, { folder: name, names: [...files.keys()] });
      if (!(await folder.has(file))) await this.fetchOnce(remote, { commit: snapshot.commit, path });
    };
    return {
      name,
      list: async () => [...files.keys()].sort(),
      has: async (file) => files.has(checkFileName(file, name)),
      open: async (file, options) => (await fetched(file), folder.open(file, options)),
      readText: async (file, options) => (await fetched(file), folder.readText(file, options)),
    };
  }

  private snapshotPath(commit: string): string {
    return join(this.directory, 'snapshots', commit);
  }

  private get refPath(): string {
    return join(this.directory, 'refs', `${encodeURIComponent(this.revision)}.json`);
  }

  /**
   * What the revision stands for: asked of the hub, else as last seen, else as somebody put it there by hand.
   */
  private async snapshot(): Promise<Snapshot> {
    let cause: unknown;
    if (!this.localFilesOnly) {
      try {
        return await this.askHub();
      } catch (error) {
        if (!(error instanceof HubError) || error.code !== 'hub-unreachable') throw error;
        cause = error;
      }
    }
    return (
      (await this.lastSeen()) ??
      (await this.putByHand()) ??
      this.refuseOffline(USUAL_FILES, this.revision, cause)
    );
  }

  private async askHub(): Promise<Snapshot> {
    const revision = encodeURIComponent(this.revision);
    const url = `${this.endpoint}/api/models/${this.id}/revision/${revision}?blobs=true`;
    const snapshot = checkSnapshot(await this.readJson(url), url);
    await mkdir(dirname(this.refPath), { recursive: true });
    const temporary = temporaryFor(this.refPath);
    await writeFile(temporary, JSON.stringify(snapshot));
    await placeFile(temporary, this.refPath, { overwrite: true });
    return snapshot;
  }

  private async readJson(url: string): Promise<unknown> {
    const { response, done } = await request(url, this.connection);
    try {
      return await response.json();
    } catch (cause) {
      this.connection.signal?.throwIfAborted();
      if (!(cause instanceof SyntaxError)) throw unreachable(url, cause);
      const problem = `${url} does not answer with JSON`;
      throw new HubError({ op, problem, likely: BAD_ENDPOINT, page: 'hub-answer', cause });
    } finally {
      done();
    }
  }

  private async lastSeen(): Promise<Snapshot | undefined> {
    try {
      return checkStored(JSON.parse(await readFile(this.refPath, 'utf8')));
    } catch {
      return undefined; // never seen, or a damaged note: the hub will be asked next time
    }
  }

  private async putByHand(): Promise<Snapshot | undefined> {
    const path = this.snapshotPath(this.revision);
    if (!(await isDirectory(path))) return undefined;
    const names = await (await openFolder(path)).list();
    return names.length === 0 ? undefined : { commit: this.revision, files: names.map((name) => ({ name })) };
  }

  private fetchOnce(file: RemoteFile, at: { readonly commit: string; readonly path: string }): Promise<void> {
    if (this.localFilesOnly) this.refuseOffline([file.name], at.commit);
    const target = join(at.path, ...file.name.split('/'));
    const urlPath = file.name.split('/').map(encodeURIComponent).join('/');
    const url = `${this.endpoint}/${this.id}/resolve/${at.commit}/${urlPath}`;
    const running = this.pending.get(file.name);
    if (running !== undefined) return running;
    const started = download(url, target, { file, connection: this.connection }).finally(() =>
      this.pending.delete(file.name),
    );
    this.pending.set(file.name, started);
    return started;
  }

  private refuseOffline(files: readonly string[], commit: string, cause?: unknown): never {
    const needed = files.length === 1 ? listed(files) : files.join(', ');
    throw new HubError({
      op,
      problem: `no network, and the cache lacks ${needed} of ${quoted(this.id)} (${this.revision})`,
      likely:
        `Fetch from ${this.endpoint}/${this.id}/tree/${this.revision} on another machine and ` +
        `put into ${this.snapshotPath(commit)}, or into any folder and pass its path.`,
      page: 'hub-offline',
      got: this.directory,
      needed: files,
      cause,
    });
  }
}

const BAD_ENDPOINT = 'The endpoint is not a Hugging Face hub, or a proxy answers in its place.';

function checkSnapshot(answer: unknown, url: string): Snapshot {
  const commit = isRecord(answer) ? answer['sha'] : undefined;
  const siblings = isRecord(answer) ? answer['siblings'] : undefined;
  const isSound = typeof commit === 'string' && /^\w{1,64}$/.test(commit) && Array.isArray(siblings);
  if (!isSound) {
    const problem = `${url} gives no commit and files: ${describe(answer)}`;
    throw new HubError({ op, problem, likely: BAD_ENDPOINT, page: 'hub-answer', got: answer });
  }
  return { commit, files: siblings.map((sibling: unknown) => remoteFile(sibling, url)) };
}

/** A note that `askHub` left; its commit becomes part of a path. */
function checkStored(note: unknown): Snapshot | undefined {
  const isSound = isRecord(note) && /^\w{1,64}$/.test(String(note['commit'])) && Array.isArray(note['files']);
  return isSound ? (note as unknown as Snapshot) : undefined;
}

function remoteFile(sibling: unknown, url: string): RemoteFile {
  const { rfilename, size, blobId, lfs } = isRecord(sibling) ? sibling : {};
  if (typeof rfilename !== 'string') {
    const problem = `${url} lists a file without a name: ${describe(sibling)}`;
    throw new HubError({ op, problem, likely: BAD_ENDPOINT, page: 'hub-answer', got: sibling });
  }
  const sizeBytes = Number.isSafeInteger(size) ? (size as number) : undefined;
  const sha256 = isRecord(lfs) && typeof lfs['sha256'] === 'string' ? lfs['sha256'] : undefined;
  const isBlob = sha256 === undefined && sizeBytes !== undefined && typeof blobId === 'string';
  return { name: checkFileName(rfilename, url), sizeBytes, sha256, gitSha1: isBlob ? blobId : undefined };
}
