import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TesseraeError } from '@tesserae/tensor';
import { HubError, quoted } from '../errors.js';
import { placeFile, temporaryFor, writeAll } from './save-folder.js';

/** A file of a hub and what is known of it before it is fetched. */
export interface RemoteFile {
  readonly name: string;
  readonly sizeBytes?: number;
  /** SHA-256 of the content (large files). */
  readonly sha256?: string;
  /** SHA-1 of the content as a git blob (small files). */
  readonly gitSha1?: string;
}

/** Bytes of a file received so far; `totalBytes` is undefined while the hub does not say. */
export interface DownloadProgress {
  readonly file: string;
  readonly loadedBytes: number;
  readonly totalBytes: number | undefined;
}

/** How a hub is asked. */
export interface Connection {
  readonly fetch: typeof globalThis.fetch;
  readonly token?: string;
  readonly signal?: AbortSignal;
  /** Longest silence before a request is given up. */
  readonly timeoutMs: number;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** Requests for one file before giving up; each goes on where the last one broke off. */
const ATTEMPTS = 3;
const op = 'hub';

/**
 * Sends a request that fails as a HubError; `page` tells an unreachable hub ('hub-unreachable') from one that
 * refuses. `isAlive` must be called whenever something arrives, `done` at the end.
 */
export async function request(
  url: string,
  { fetch, token, signal, timeoutMs }: Connection,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly response: Response; isAlive(): void; done(): void }> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), timeoutMs);
  const done = (): void => clearTimeout(timer);
  const isAlive = (): void => {
    done();
    timer = setTimeout(() => silence.abort(), timeoutMs);
  };
  try {
    const response = await fetch(url, {
      headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
      signal: signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]),
    });
    if (!response.ok) throw refusal(url, response.status, token !== undefined);
    return { response, isAlive, done };
  } catch (error) {
    done();
    signal?.throwIfAborted();
    throw error instanceof TesseraeError
      ? error
      : unreachable(url, error, silence.signal.aborted ? timeoutMs : undefined);
  }
}

function refusal(url: string, status: number, hasToken: boolean): HubError {
  const remedies: Readonly<Record<number, string>> = {
    401: `The model is private or not there. ${hasToken ? 'The token is not valid here.' : 'Pass a token.'}`,
    403: 'Access to this model must be granted on its page first, to the account of the token.',
    404: 'Check the model id, the revision and the file name for spelling.',
    429: 'The hub asks for a pause. Try again later, or pass a token.',
  };
  return new HubError({
    op,
    problem: `${url} answers ${status}`,
    likely: remedies[status] ?? 'The hub has a problem of its own. Try again later.',
    page: 'hub-refused',
    got: status,
  });
}

/** The error of a hub that could not be reached, or fell silent. */
export function unreachable(url: string, cause: unknown, silentMs?: number): HubError {
  return new HubError({
    op,
    problem: silentMs === undefined ? `${url} cannot be reached` : `${url} was silent for ${silentMs} ms`,
    likely:
      'No network, or a proxy in between. Files that are in the cache can be used with localFilesOnly: true.',
    page: 'hub-unreachable',
    cause,
  });
}

/**
 * Fetches a file to its place: under a temporary name, resumed when the connection breaks, checked against
 * the size and hash that the hub announced, flushed, renamed.
 * @throws HubError
 */
export async function download(
  url: string,
  target: string,
  { file, connection }: { readonly file: RemoteFile; readonly connection: Connection },
): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const temporary = temporaryFor(target);
  const handle = await open(temporary, 'wx+');
  try {
    const transfer = new Transfer(url, handle, file, connection);
    for (let attempt = 1; !(await transfer.advance(attempt === ATTEMPTS)); attempt++);
    transfer.check();
    await handle.sync();
    await handle.close();
    await placeFile(temporary, target, { overwrite: true });
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
}

/** One file on its way: what has arrived, and its running hash. */
class Transfer {
  private loadedBytes = 0;
  private totalBytes: number | undefined;
  private hash = createHash('sha256');

  constructor(
    private readonly url: string,
    private readonly handle: FileHandle,
    private readonly file: RemoteFile,
    private readonly connection: Connection,
  ) {
    this.totalBytes = file.sizeBytes;
    this.restart();
  }

  private restart(): void {
    const { sha256, gitSha1, sizeBytes } = this.file;
    this.loadedBytes = 0;
    this.hash = createHash(sha256 === undefined && gitSha1 !== undefined ? 'sha1' : 'sha256');
    if (sha256 === undefined && gitSha1 !== undefined) this.hash.update(`blob ${sizeBytes ?? 0}\0`);
  }

  /** One request; true when the file is complete, false when another try may finish it. */
  async advance(isLast: boolean): Promise<boolean> {
    const isResumed = this.loadedBytes > 0;
    // Encoded bodies have another length than the file, and cannot be resumed.
    const headers = {
      'accept-encoding': 'identity',
      ...(isResumed ? { range: `bytes=${this.loadedBytes}-` } : {}),
    };
    const { response, isAlive, done } = await request(this.url, this.connection, headers);
    try {
      if (isResumed && response.status !== 206) await this.rewind();
      this.totalBytes ??= announcedSize(response, this.loadedBytes);
      for await (const chunk of chunksOf(response)) {
        isAlive();
        await this.append(chunk);
      }
    } catch (error) {
      this.connection.signal?.throwIfAborted();
      if (error instanceof TesseraeError) throw error;
      if (isLast) throw unreachable(this.url, error);
      return false;
    } finally {
      done();
    }
    return this.totalBytes === undefined || this.loadedBytes >= this.totalBytes || isLast;
  }

  private async rewind(): Promise<void> {
    await this.handle.truncate(0);
    this.restart();
  }

  private async append(chunk: Uint8Array): Promise<void> {
    if (this.totalBytes !== undefined && this.loadedBytes + chunk.length > this.totalBytes) {
      this.fail('more bytes came than the hub announced', this.loadedBytes + chunk.length, this.totalBytes);
    }
    await writeAll(this.handle, chunk, this.loadedBytes);
    this.hash.update(chunk);
    this.loadedBytes += chunk.length;
    const { loadedBytes, totalBytes } = this;
    this.connection.onProgress?.({ file: this.file.name, loadedBytes, totalBytes });
  }

  check(): void {
    const { sha256, gitSha1 } = this.file;
    if (this.totalBytes !== undefined && this.loadedBytes !== this.totalBytes) {
      this.fail('the file is truncated', this.loadedBytes, this.totalBytes);
    }
    const expected = sha256 ?? gitSha1;
    const digest = this.hash.digest('hex');
    if (expected !== undefined && digest !== expected)
      this.fail('the content has another hash', digest, expected);
  }

  private fail(problem: string, got: unknown, needed: unknown): never {
    throw new HubError({
      op,
      problem: `${quoted(this.file.name)}: ${problem} (got ${String(got)}, needed ${String(needed)})`,
      likely: 'The file was damaged on the way, or changed on the hub. Try again.',
      page: 'hub-damaged',
      file: this.url,
      got,
      needed,
    });
  }
}

/**
 * Node's streams can be iterated; the types of the browser's library, which core code is checked with, lack
 * it.
 */
function chunksOf({ body }: Response): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  return (body as AsyncIterable<Uint8Array> | null) ?? [];
}

function announcedSize(response: Response, already: number): number | undefined {
  const length = Number(response.headers.get('content-length') ?? NaN);
  const isPlain = ['identity', null].includes(response.headers.get('content-encoding'));
  return Number.isSafeInteger(length) && isPlain ? already + length : undefined;
}
