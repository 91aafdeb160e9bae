import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ByteSource } from '../src/byte-source.js';
import { bytesSource } from '../src/byte-source.js';
import type { ModelFolder } from '../src/folder.js';
import { memoryFolder } from '../src/folder.js';

const ROOT = new URL('fixtures/', import.meta.url);

/** Bytes of a file under test/fixtures. */
export function fixtureBytes(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(path, ROOT)));
}

/** A file under test/fixtures as a source that fails the test when it is asked for more than it has. */
export function fixtureSource(path: string): ByteSource {
  return strictSource(path, fixtureBytes(path));
}

/** Bytes whose every read must lie within them. */
export function strictSource(name: string, bytes: Uint8Array): ByteSource {
  const inner = bytesSource(name, bytes);
  return {
    ...inner,
    read: (start, end, options) => {
      if (!(start >= 0 && start <= end && end <= bytes.length))
        throw new RangeError(`asked for ${start}..${end} of ${bytes.length}`);
      return inner.read(start, end, options);
    },
  };
}

/** A folder under test/fixtures, in memory; `changes` replaces, adds or (undefined) removes files. */
export function fixtureFolder(
  path: string,
  changes: Readonly<Record<string, Uint8Array | string | undefined>> = {},
): ModelFolder {
  const files: Record<string, Uint8Array | string | undefined> = {};
  const root = fileURLToPath(new URL(`${path}/`, ROOT));
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const name = `${entry.parentPath}/${entry.name}`.slice(root.length).replace(/^\//, '');
    files[name] = new Uint8Array(readFileSync(`${root}/${name}`));
  }
  const present = Object.entries({ ...files, ...changes }).filter(([, content]) => content !== undefined);
  return memoryFolder(path, Object.fromEntries(present) as Record<string, Uint8Array | string>);
}
