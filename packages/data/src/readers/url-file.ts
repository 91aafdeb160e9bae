import { checkOptions, DataError } from '../errors.js';
import { type DataFile, dropBytes, type OpenOptions, streamChunks } from './data-file.js';

/** How a web address is fetched. */
export interface UrlFileOptions {
  /** Sent with each request, such as an authorization. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Replaces the global `fetch`. */
  readonly fetch?: typeof fetch;
  /** How errors call it; default the address without its query. */
  readonly name?: string;
}

interface Target {
  readonly url: string;
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof fetch;
}

/**
 * A file on the web, streamed; from an offset, and by range, where the server allows it.
 * Reading throws DataError: data-http when the server refuses, data-network when the connection fails.
 */
export function urlFile(url: string | URL, options: UrlFileOptions = {}): DataFile {
  checkOptions('urlFile', options, ['headers', 'fetch', 'name']);
  const { headers = {}, fetch: fetchUrl = fetch, name = withoutQuery(String(url)) } = options;
  const target: Target = { url: String(url), name, headers, fetch: fetchUrl };
  return {
    name,
    open: (openOptions = {}) => openUrl(target, openOptions),
    ranges: {
      sizeBytes: ({ signal } = {}) => urlSize(target, signal),
      read: async ({ start, end }, { signal } = {}) => {
        if (end <= start) return new Uint8Array(0);
        const response = await request(target, { headers: { range: `bytes=${start}-${end - 1}` }, signal });
        if (response.status !== 206) throw noRanges(target, response);
        return collect(target, response);
      },
    },
  };
}

/** What an address is called in messages: queries may hold keys. */
function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, '');
}

async function* openUrl(target: Target, { startByte = 0, signal }: OpenOptions): AsyncGenerator<Uint8Array> {
  const headers: Record<string, string> = startByte > 0 ? { range: `bytes=${startByte}-` } : {};
  const response = await request(target, { headers, signal, mayBeBeyond: startByte > 0 });
  if (response.status === 416) return; // the file ends where reading should go on
  const chunks = bodyChunks(target, response, signal);
  yield* startByte > 0 && response.status !== 206 ? dropBytes(chunks, startByte) : chunks;
}

async function* bodyChunks(
  target: Target,
  response: Response,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  let received = 0;
  try {
    for await (const chunk of streamChunks(response.body, signal)) {
      received += chunk.length;
      yield chunk;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw networkError(target, `the connection broke off after ${received} bytes`, error);
  }
  const announced = Number(response.headers.get('content-length') ?? Number.NaN);
  const isEncoded = response.headers.get('content-encoding') !== null; // then the length is that before decoding
  if (!isEncoded && received < announced) {
    throw networkError(target, `got ${received} bytes, ${announced} were announced`);
  }
}

async function collect(target: Target, response: Response): Promise<Uint8Array> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw networkError(target, 'the connection broke off', error);
  }
}

async function urlSize(target: Target, signal?: AbortSignal): Promise<number> {
  const response = await request(target, { headers: { range: 'bytes=0-0' }, signal });
  void response.body?.cancel().catch(() => undefined);
  const total = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
  if (response.status === 206 && total !== undefined) return Number(total);
  throw noRanges(target, response);
}

async function request(
  target: Target,
  options: {
    readonly headers: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal;
    readonly mayBeBeyond?: boolean;
  },
): Promise<Response> {
  const { headers, signal, mayBeBeyond = false } = options;
  const { fetch: send } = target; // not called as a method: browsers refuse another `this`
  let response: Response;
  try {
    response = await send(target.url, { headers: { ...target.headers, ...headers }, signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw networkError(target, 'the server cannot be reached', error);
  }
  if (response.ok || (mayBeBeyond && response.status === 416)) return response;
  void response.body?.cancel().catch(() => undefined);
  throw httpError(target, response);
}

function httpError({ name }: Target, { status, statusText }: Response): DataError {
  const reasons: Readonly<Record<number, string>> = {
    401: 'it needs permission. Pass `headers` with an authorization.',
    403: 'it needs permission. Pass `headers` with an authorization.',
    404: 'the address is misspelt, or the file was moved. Open it in a browser.',
    429: 'too many requests. Wait, or download the file once and read it from disk.',
  };
  return new DataError({
    op: 'urlFile',
    problem: `the server answers ${status}${statusText === '' ? '' : ` ${statusText}`}`,
    file: name,
    page: 'data-http',
    remedy: reasons[status] ?? 'a fault of the server. Try again later.',
  });
}

function noRanges({ name }: Target, response: Response): DataError {
  return new DataError({
    op: 'urlFile',
    problem: `the server does not send ranges of the file (it answers ${response.status} instead of 206)`,
    file: name,
    page: 'data-http',
    remedy: 'Parquet is read by ranges. Download the file and read it from disk.',
  });
}

function networkError({ name }: Target, problem: string, cause?: unknown): DataError {
  return new DataError({
    op: 'urlFile',
    problem,
    file: name,
    page: 'data-network',
    remedy: 'no network, a wrong host name, or a server that gave up. Check the address, then try again.',
    cause,
  });
}
