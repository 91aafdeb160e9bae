import type { PrimitiveParams, Shape } from '@tesserae/tensor';
import { elementCount } from '@tesserae/tensor';
import type { Call, Lower } from './lowering.js';
import { castTo } from './lowering.js';

type RandomBits = PrimitiveParams<'randomBits'>;

const PARITY = 0x1bd11bda;
const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;
const ROUNDS = 20;

/** Random words, made by the host where it can, else by unsigned arithmetic in the graph. */
export const lowerRandomBits: Lower<RandomBits> = (call) => {
  const { node, params } = call;
  const { shape, stream, bitWidth } = params;
  const fromHost = call.hostRandom({ key: node.inputs[0]!, shape, stream, draw: { kind: 'bits', bitWidth } });
  return [fromHost ?? randomWords(call, call.inputs[0]!, params)];
};

/** i32[shape]: the `randomBits` op computed inside the graph, bit for bit. */
export function randomWords(
  { builder, sizes }: Pick<Call<unknown>, 'builder' | 'sizes'>,
  key: string,
  {
    shape,
    stream,
    bitWidth,
  }: { readonly shape: Shape; readonly stream: number; readonly bitWidth: 16 | 24 | 32 },
): string {
  const count = sizes.scalar(elementCount(shape));
  const perBlock = bitWidth === 16 ? 4 : 2;
  const padded = builder.node('Add', [count, builder.integer(perBlock - 1)]);
  const blocks = builder.node('Div', [padded, builder.integer(perBlock)]);
  const counters = castTo(
    builder,
    builder.node('Range', [builder.integer(0), blocks, builder.integer(1)]),
    'u32',
  );
  const [w0, w1] = threefry({ builder }, { key, counters, stream });
  const words = bitWidth === 16 ? [...halves(builder, w0), ...halves(builder, w1)] : [w0, w1];
  const columns = words.map((word) => {
    const bits = bitWidth === 24 ? builder.node('BitShift', [word, builder.word(8)], RIGHT) : word;
    return builder.node('Unsqueeze', [bits, builder.integers([1])]); // [blocks, 1]
  });
  const rows = builder.node('Concat', columns, { attributes: { axis: { int: 1 } } }); // [blocks, perBlock]
  const flat = builder.node('Reshape', [rows, builder.integers([-1])]);
  const limit = builder.node('Reshape', [count, builder.integers([1])]);
  const used = builder.node('Slice', [flat, builder.integers([0]), limit]);
  return sizes.reshape(castTo(builder, used, 'i32'), shape);
}

const LEFT = { attributes: { direction: { text: 'LEFT' } } };
const RIGHT = { attributes: { direction: { text: 'RIGHT' } } };

type Builder = Call<unknown>['builder'];

const halves = (builder: Builder, word: string): readonly string[] => [
  builder.node('BitwiseAnd', [word, builder.word(0xffff)]),
  builder.node('BitShift', [word, builder.word(16)], RIGHT),
];

/** Threefry-2x32-20 over all counters at once; u32 additions wrap around. @see Salmon et al. 2011 */
function threefry(
  { builder }: { readonly builder: Builder },
  { key, counters, stream }: { readonly key: string; readonly counters: string; readonly stream: number },
): readonly [string, string] {
  const add = (a: string, b: string): string => builder.node('Add', [a, b]);
  const xor = (a: string, b: string): string => builder.node('BitwiseXor', [a, b]);
  const keys = castTo(builder, key, 'u32');
  const [k0, k1] = [0, 1].map((at) => builder.node('Gather', [keys, builder.integer(at)])) as [
    string,
    string,
  ];
  const schedule = [k0, k1, xor(xor(k0, k1), builder.word(PARITY))] as const;
  let x = add(counters, k0);
  let y = add(builder.word(stream >>> 0), k1);
  for (let round = 0; round < ROUNDS; round++) {
    const rotation = ROTATIONS[round % ROTATIONS.length]!;
    x = add(x, y);
    const left = builder.node('BitShift', [y, builder.word(rotation)], LEFT);
    const right = builder.node('BitShift', [y, builder.word(32 - rotation)], RIGHT);
    y = xor(builder.node('BitwiseOr', [left, right]), x);
    if (round % 4 !== 3) continue;
    const injection = (round + 1) / 4;
    x = add(x, schedule[injection % 3]!);
    y = add(add(y, schedule[(injection + 1) % 3]!), builder.word(injection));
  }
  return [x, y];
}
