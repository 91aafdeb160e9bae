/** Values that `pack` writes. */
export type Packable =
  null | boolean | number | string | Uint8Array | Extension | readonly Packable[] | PackableMap;
interface PackableMap {
  readonly [key: string]: Packable;
}

/** Bytes of an extension type. */
export class Extension {
  constructor(
    readonly type: number,
    readonly bytes: readonly number[],
  ) {}
}

const size16 = (size: number): number[] => [size >>> 8, size & 255];

/** A small value in msgpack, sizes in 16 bits. */
export function pack(value: Packable): number[] {
  if (value === null) return [0xc0];
  if (typeof value === 'boolean') return [value ? 0xc3 : 0xc2];
  if (typeof value === 'number') return [0xcd, ...size16(value)];
  if (typeof value === 'string') return [0xda, ...size16(value.length), ...new TextEncoder().encode(value)];
  if (value instanceof Uint8Array) return [0xc5, ...size16(value.length), ...value];
  if (value instanceof Extension) return [0xc8, ...size16(value.bytes.length), value.type, ...value.bytes];
  if (Array.isArray(value)) return [0xdc, ...size16(value.length), ...(value as Packable[]).flatMap(pack)];
  const entries = Object.entries(value as PackableMap);
  return [
    0xde,
    ...size16(entries.length),
    ...entries.flatMap(([key, item]) => [...pack(key), ...pack(item)]),
  ];
}

/** An array as Flax writes it. */
export function flaxArray(values: readonly number[], shape: readonly number[] = [values.length]): Extension {
  return new Extension(1, pack([shape, 'float32', new Uint8Array(new Float32Array(values).buffer)]));
}
