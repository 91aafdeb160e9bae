import { readFileSync } from 'node:fs';

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** An integer or boolean tensor of a golden file. */
export interface GoldenArray {
  readonly shape: readonly number[];
  readonly data: Int32Array;
}

/** The tensors of a golden file of `tools/golden`, which are int32 and bool here. */
export function readGolden(name: string): ReadonlyMap<string, GoldenArray> {
  const url = new URL(`../../../tools/golden/fixtures/${name}.safetensors`, import.meta.url);
  const bytes = new Uint8Array(readFileSync(url)).slice(); // aligned memory of its own
  const headerLength = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerLength))) as object;
  const entries = Object.entries(header).filter(([key]) => key !== '__metadata__') as [string, Entry][];
  return new Map(
    entries.map(
      ([
        key,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => {
        const part = bytes.slice(8 + headerLength + from, 8 + headerLength + to);
        const data = dtype === 'BOOL' ? Int32Array.from(part) : new Int32Array(part.buffer);
        return [key, { shape, data }];
      },
    ),
  );
}
