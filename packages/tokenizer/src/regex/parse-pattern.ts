import { createCharacterClasses, hasLongVariant, ignoringCase, type CharTest } from './character-class.js';
import { parseClass, parseEscape, type ParseContext, type Surroundings } from './parse-class.js';
import { PatternReader } from './pattern-reader.js';
import { anchors, charAfter, charBefore, mayBeEmpty, type Node, type PlaceTest } from './syntax-tree.js';

/** Options that a pattern switches on and off. */
interface Flags extends Surroundings {
  /** `m`: the dot matches a line feed, too. */
  readonly dotMatchesAll: boolean;
}

const MAX_LENGTH = 20_000;
const MAX_DEPTH = 100;
const MAX_COUNT = 100_000;

/**
 * Reads a pattern in Oniguruma's Ruby syntax, without what a machine of linear time cannot do.
 * @throws TokenizerError (unsupported) naming the construct and its place, (malformed-file) for broken syntax
 */
export function parsePattern(source: string): Node {
  const reader = new PatternReader(source);
  if (source.length > MAX_LENGTH) throw reader.unsupported(`a pattern of ${source.length} characters`);
  const context = { reader, classes: createCharacterClasses(), tests: new Map<string, CharTest>() };
  const tree = parseChoice(context, { ignoresCase: false, dotMatchesAll: false, depth: 0 });
  if (!reader.isAtEnd) throw reader.broken('a ) without its (');
  return tree;
}

function parseChoice(context: ParseContext, flags: Flags): Node {
  const { reader } = context;
  if (flags.depth > MAX_DEPTH) throw reader.unsupported(`a group nested more than ${MAX_DEPTH} deep`);
  const items: Node[] = [];
  do items.push(parseSequence(context, flags));
  while (reader.skip('|'));
  return items.length === 1 ? items[0]! : { kind: 'choice', items };
}

function parseSequence(context: ParseContext, flags: Flags): Node {
  const { reader } = context;
  const items: Node[] = [];
  while (!reader.isAtEnd && !reader.sees('|') && !reader.sees(')')) {
    items.push(parseQuantifiers(context, parseAtom(context, flags)));
  }
  if (flags.ignoresCase) refuseFolds(items, reader);
  return items.length === 1 ? items[0]! : { kind: 'sequence', items };
}

/** Oniguruma lets `(?i:ss)` match `ß`: two characters against one, which this engine does not do. */
function refuseFolds(items: readonly Node[], reader: PatternReader): void {
  const text = items.map((item) => (item.kind === 'class' ? (item.folded ?? ' ') : ' ')).join('');
  const fold = /ss|f[fil]|st/i.exec(text);
  if (fold !== null) throw reader.unsupported(`"${fold[0]}" without regard to case`);
}

function parseAtom(context: ParseContext, flags: Flags): Node {
  const { reader } = context;
  const char = reader.next('an expression');
  switch (char) {
    case '(':
      return parseGroup(context, { ...flags, depth: flags.depth + 1 });
    case '[':
      return { kind: 'class', test: parseClass(context, { ...flags, depth: 0 }) };
    case '.':
      return { kind: 'class', test: flags.dotMatchesAll ? anyChar : notLineFeed };
    case '^':
    case '$':
      return { kind: 'place', test: anchors[char]! };
    case '*':
    case '+':
    case '?':
      throw reader.broken(`nothing before the ${char} to repeat`);
    case '\\':
      return parseBackslash(context, flags);
    default:
      return literal(context, char.codePointAt(0)!, flags);
  }
}

const anyChar: CharTest = () => true;
const notLineFeed: CharTest = (char) => char !== 0x0a;

function literal({ reader }: ParseContext, codePoint: number, { ignoresCase }: Flags): Node {
  if (!ignoresCase) return { kind: 'literal', codePoint };
  const folded = String.fromCodePoint(codePoint);
  if (hasLongVariant(codePoint))
    throw reader.unsupported(`"${folded}" without regard to case`, folded.length);
  return { kind: 'class', test: ignoringCase((char) => char === codePoint), folded };
}

function parseBackslash(context: ParseContext, flags: Flags): Node {
  const { reader } = context;
  const anchor = reader.match(/[AzZ]/y);
  if (anchor !== undefined) return { kind: 'place', test: anchors[anchor[0]]! };
  const boundary = reader.match(/[bB]/y);
  if (boundary !== undefined) {
    const isWord = context.classes.named('loneword')!;
    const isInside = (char: number) => char >= 0 && isWord(char);
    const negates = boundary[0] === 'B';
    return {
      kind: 'place',
      test: (place) => (isInside(charBefore(place)) !== isInside(charAfter(place))) !== negates,
    };
  }
  const escape = parseEscape(context, { isInClass: false });
  return typeof escape === 'number' ? literal(context, escape, flags) : { kind: 'class', test: escape };
}

/** Reads a group after its `(`. */
function parseGroup(context: ParseContext, flags: Flags): Node {
  const { reader } = context;
  const options = reader.match(/\?([im]*)(?:-([im]*))?([:)])/y);
  if (options !== undefined) {
    const [, on = '', off = '', close] = options;
    const isOn = (flag: string, now: boolean) => (now || on.includes(flag)) && !off.includes(flag);
    const inner = {
      ...flags,
      ignoresCase: isOn('i', flags.ignoresCase),
      dotMatchesAll: isOn('m', flags.dotMatchesAll),
    };
    // Ruby's (?i) holds for the rest of its group, further alternatives included
    return close === ')' ? parseChoice(context, inner) : closed(reader, parseChoice(context, inner));
  }
  if (reader.match(/\?#[^)]*\)/y) !== undefined) return { kind: 'sequence', items: [] };
  const look = reader.match(/\?(<?)([=!])/y);
  if (look !== undefined) {
    const isBehind = look[1] === '<';
    const test = lookaround(closed(reader, parseChoice(context, flags)), isBehind ? charBefore : charAfter);
    if (test === undefined) throw reader.unsupported('a look ahead or behind at more than one character,');
    return { kind: 'place', test: look[2] === '=' ? test : (place) => !test(place) };
  }
  if (reader.match(/\?<[A-Za-z_]\w*>/y) === undefined && reader.skip('?'))
    throw reader.unsupported(`(?${reader.next('a group option')}`, 3);
  return closed(reader, parseChoice(context, flags));
}

function closed(reader: PatternReader, node: Node): Node {
  if (!reader.skip(')')) throw reader.broken('a ) is missing');
  return node;
}

/** A condition on the next or last character; undefined when the node takes more than one. */
function lookaround(node: Node, charOf: typeof charAfter): PlaceTest | undefined {
  if (node.kind === 'place') return node.test;
  if (node.kind === 'choice') {
    const tests = node.items.map((item) => lookaround(item, charOf));
    return tests.includes(undefined) ? undefined : (place) => tests.some((test) => test!(place));
  }
  const test = charTestOf(node);
  return (
    test &&
    ((place) => {
      const char = charOf(place);
      return char >= 0 && test(char);
    })
  );
}

function charTestOf(node: Node): CharTest | undefined {
  if (node.kind === 'literal') return (char) => char === node.codePoint;
  return node.kind === 'class' ? node.test : undefined;
}

/** Reads the quantifiers after an expression, one upon the other. */
function parseQuantifiers({ reader }: ParseContext, atom: Node): Node {
  let item = atom;
  for (;;) {
    const found = reader.match(/([*+?])|\{(\d+)(?:(,)(\d*))?\}|\{,(\d+)\}/y);
    if (found === undefined) return item;
    if (item.kind === 'place') throw reader.broken('an anchor cannot be repeated:');
    const [text, symbol, low, comma, high, upTo] = found;
    const { min, max } = countsOf(symbol, { low, high: upTo ?? (comma === undefined ? low : high) });
    if (max < min) throw reader.unsupported(text, text.length);
    // Oniguruma ends such a loop at its first empty turn, whatever the count: sometimes, as it optimises
    if (min > 1 && mayBeEmpty(item)) throw reader.unsupported(`${text} after what may be empty`, text.length);
    if (min > MAX_COUNT || (max > MAX_COUNT && max < Infinity)) throw reader.broken('a count is too big');
    // Ruby reads {n}? and {n,m}+ as quantifiers upon quantifiers
    const isExact = low !== undefined && comma === undefined;
    const isLazy = !isExact && reader.skip('?');
    const repeat: Node = { kind: 'repeat', item, min, max, isLazy };
    item = symbol !== undefined && !isLazy && reader.skip('+') ? possessive(repeat, reader) : repeat;
  }
}

function countsOf(
  symbol: string | undefined,
  { low, high }: { readonly low: string | undefined; readonly high: string | undefined },
): { readonly min: number; readonly max: number } {
  if (symbol === undefined) return { min: Number(low ?? 0), max: high ? Number(high) : Infinity };
  return { min: symbol === '+' ? 1 : 0, max: symbol === '?' ? 1 : Infinity };
}

/** A repeat that gives nothing back; of a single character, so that one look ahead says the same. */
function possessive(repeat: Node & { readonly kind: 'repeat' }, reader: PatternReader): Node {
  const test = lookaround(repeat.item, charAfter);
  if (test === undefined || charTestOf(repeat.item) === undefined)
    throw reader.unsupported('a possessive quantifier on more than one character', 2);
  const ends: Node = { kind: 'place', test: (place) => !test(place) };
  return repeat.max === 1
    ? { kind: 'choice', items: [repeat.item, ends] }
    : { kind: 'sequence', items: [repeat, ends] };
}
