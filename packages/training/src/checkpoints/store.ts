import type { ByteSource } from '@tesserae/weights';
import { bytesSource, joinChunks } from '@tesserae/weights';

/** Plain data as JSON has it. */
export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Where checkpoints live, by name: a folder, a bucket, memory. */
export interface CheckpointStore {
  /** How errors and warnings call it: a path. */
  readonly name: string;
  /** Names of whole checkpoints, in any order; what a broken-off write left is not among them. */
  list(): Promise<readonly string[]>;
  /** Writes all of it or nothing; what has the name is replaced in one step. */
  write(name: string, chunks: Iterable<Uint8Array>): Promise<void>;
  /** The bytes of a checkpoint, to be read by range. */
  open(name: string): Promise<ByteSource>;
  /** Does nothing when there is no such checkpoint. */
  remove(name: string): Promise<void>;
}

/** Checkpoints in memory: for tests, and for runs that only want their best parameters back. */
export function memoryCheckpointStore(): CheckpointStore {
  const files = new Map<string, Uint8Array>();
  return {
    name: 'memory',
    list: async () => [...files.keys()],
    write: async (name, chunks) => void files.set(name, joinChunks([...chunks])),
    open: async (name) => bytesSource(name, files.get(name)!),
    remove: async (name) => void files.delete(name),
  };
}
