import { readFileSync } from 'node:fs';

/** A fixture of tools/golden: rows of numbers by name, and facts. This package has no safetensors reader to lean on. */
export interface GoldenFile {
  rows(name: string): readonly (readonly number[])[];
  values(name: string): readonly number[];
  fact<T>(name: string): T;
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** Stands for a score that is not defined. */
export const MISSING = -9;

/** Reads `tools/golden/fixtures/NAME.safetensors`. */
export function goldenFile(name: string): GoldenFile {
  const file = readFileSync(new URL(`../../../tools/golden/fixtures/${name}.safetensors`, import.meta.url));
  const headerLength = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, 8 + headerLength)) as Record<string, unknown>;
  const facts = header['__metadata__'] as Record<string, string>;
  const values = (tensor: string): readonly number[] => {
    const { dtype, data_offsets: range } = header[tensor] as Entry;
    const [start, end] = range.map((offset) => 8 + headerLength + offset) as [number, number];
    const bytes = Uint8Array.from(file.subarray(start, end)).buffer;
    return Array.from(dtype === 'F64' ? new Float64Array(bytes) : new Int32Array(bytes));
  };
  return {
    values,
    rows: (tensor) => {
      const [count = 0, width = 1] = (header[tensor] as Entry).shape;
      const flat = values(tensor);
      return Array.from({ length: count }, (_, row) => flat.slice(row * width, (row + 1) * width));
    },
    fact: <T>(key: string) => JSON.parse(facts[key]!) as T,
  };
}
