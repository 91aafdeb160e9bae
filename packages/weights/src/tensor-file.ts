import type { HostTensor } from '@tesserae/tensor';
import type { ReadOptions } from './byte-source.js';
import type { StoredSpec } from './safetensors/header.js';

/** Named tensors in storage, read one at a time: a safetensors file, or several under one index. */
export interface TensorFile {
  /** How errors call it. */
  readonly name: string;
  readonly names: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  has(name: string): boolean;
  /** @throws FormatError when there is no tensor of this name */
  spec(name: string): StoredSpec;
  /**
   * Reads one tensor; its array is the caller's.
   * @throws FormatError for an unknown name or a truncated file · DtypeError when no host dtype holds its
   *   bits
   */
  read(name: string, options?: ReadOptions): Promise<HostTensor>;
  /**
   * Reads a tensor of integers of any width as i32 (ids are stored as I64 by PyTorch).
   * @throws FormatError when a value does not fit into 32 bits · DtypeError for floats
   */
  readIntegers(name: string, options?: ReadOptions): Promise<HostTensor>;
}
