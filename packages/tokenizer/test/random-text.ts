/**
 * Seeded texts that are hard on tokenizers: every plane, marks, controls, emoji, CJK, long words, special
 * tokens.
 */

/** A generator of numbers in [0, 1): mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Random = () => number;

const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)]!;

const between = (random: Random, low: number, high: number): number =>
  low + Math.floor(random() * (high - low + 1));

const codePoint = (random: Random, low: number, high: number): string =>
  String.fromCodePoint(between(random, low, high));

const syllables = 'ba ke li mo nu ra se ti vo xu che tion ing ed er un re pre pos t s d n'.split(' ');

const emoji = ['😀', '👨‍👩‍👧‍👦', '🏳️‍🌈', '👍🏽', '🇩🇪', '❤️', '1️⃣', '©', '™'];

const controls = [
  '\u0000',
  '\u0001',
  '\u0085',
  '\u00ad',
  '\u200b',
  '\u200d',
  '\u2060',
  '\ufeff',
  '\ufffd',
  '\ud800',
  '\udc00',
];

const spaces = [' ', '  ', '\t', '\n', '\r\n', '\u00a0', '\u2003', '\u3000', '\u2028', '\u000b'];

const oddities = [
  'İ',
  'ẞ',
  'ΑΣ',
  'ǅ',
  'ﬁ',
  '½',
  'Å',
  '각',
  '한국어',
  'ộ',
  'e\u0301\u0323',
  '\u302e',
  '\u0344',
  '𝅗𝅥',
  'Ⅻ',
  'ꙮ',
];

/** A pronounceable word, capitalised now and then. */
export function randomWord(random: Random): string {
  const word = Array.from({ length: between(random, 1, 4) }, () => pick(random, syllables)).join('');
  return random() < 0.2 ? word[0]!.toUpperCase() + word.slice(1) : word;
}

const kinds: readonly ((random: Random) => string)[] = [
  randomWord,
  randomWord,
  randomWord,
  (random) => pick(random, spaces),
  (random) => pick(random, ['.', ',', '!', "'", '-', '#', '##', '$', '^', '—', '“', '。', '[', ']']),
  (random) => pick(random, emoji),
  (random) => pick(random, controls),
  (random) => pick(random, oddities),
  (random) => codePoint(random, 0xc0, 0x24f),
  (random) => codePoint(random, 0x300, 0x36f),
  (random) => codePoint(random, 0x370, 0x5ff),
  (random) => codePoint(random, 0x600, 0x1fff),
  (random) => codePoint(random, 0x2000, 0x33ff),
  (random) => codePoint(random, 0x3400, 0x9fff),
  (random) => codePoint(random, 0xa000, 0xd7ff),
  (random) => codePoint(random, 0xe000, 0xffff),
  (random) => codePoint(random, 0x10000, 0x1ffff),
  (random) => codePoint(random, 0x20000, 0x10ffff),
  (random) => pick(random, ['[MASK]', '[CLS]', '[SEP]', '[mask]', '[UNK]', '[MASK', 'MASK]']),
  (random) => randomWord(random).repeat(between(random, 10, 60)),
];

/** A text of up to some forty parts; most are joined by spaces, some directly. */
export function randomText(random: Random): string {
  const style = random();
  const own = Array.from({ length: between(random, 1, 4) }, () => pick(random, kinds));
  const parts = Array.from({ length: between(random, 0, 40) }, () =>
    pick(random, style < 0.5 ? own : kinds)(random),
  );
  return parts.join(random() < 0.5 ? ' ' : '');
}

/** Texts to learn a vocabulary from: words, accents, several scripts. */
export function* trainingTexts(random: Random, count: number): Generator<string> {
  for (let i = 0; i < count; i++) {
    const words = Array.from({ length: 20 }, () => randomWord(random));
    const extra = Array.from({ length: 4 }, () => pick(random, kinds)(random));
    yield [...words, ...extra].join(' ');
  }
}
