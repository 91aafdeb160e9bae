import { checkOptions, flag, show, TokenizerError, type Rules } from '../errors.js';
import type { Json, PreTokenizer, Words } from '../pipeline.js';
import { sourceOf, type AlignedText } from '../text/aligned-text.js';
import { snakeCased } from '../stage-json.js';
import { Scratch } from '../text/scratch.js';

/** Where a mark is put before a word that has none: before every one, only at the start of the text, nowhere. */
export type PrependScheme = 'always' | 'first' | 'never';

/** How spaces are made visible. */
export interface MetaspaceOptions {
  /** The mark, one UTF-16 code unit. Default `▁` (U+2581). */
  readonly replacement?: string;
  /** Default 'always'. */
  readonly prependScheme?: PrependScheme;
  /** Cuts before every mark. Default true. */
  readonly split?: boolean;
}

/** SentencePiece's mark for a space, U+2581. */
export const METASPACE = '▁';

const SPACE = 0x20;

/**
 * Spaces become a mark, which may be put before a word, too; a new word begins at every mark. A mark put in has
 * the source of the character after it.
 * @throws TokenizerError (bad-option)
 * @see Hugging Face tokenizers, pre_tokenizers/metaspace.rs
 */
export function createMetaspacePreTokenizer(options: MetaspaceOptions = {}): PreTokenizer {
  const op = 'createMetaspacePreTokenizer';
  const { replacement, prependScheme, split } = metaspaceSettings(op, options);
  const mark = replacement.charCodeAt(0);
  return Object.freeze({
    type: 'Metaspace',
    preTokenize(words: Words, scratch = new Scratch()): Words {
      const { text, spans } =
        prependScheme === 'never' ? words : withMarks(words, { mark, prependScheme, scratch });
      const marked = prependScheme === 'never' ? spacesMarked(text, mark) : text;
      return { text: marked, spans: split ? cutAtMarks(marked, spans, { mark, scratch }) : spans };
    },
    toJson: (): Json => metaspaceJson({ replacement, prependScheme, split }),
  });
}

/** What MetaspaceOptions may be. */
export const metaspaceRules: Rules<MetaspaceOptions> = {
  replacement: 'string',
  prependScheme: ['always', 'first', 'never'],
  split: flag,
};

/** The options with their defaults, checked. */
export function metaspaceSettings(op: string, options: MetaspaceOptions): Required<MetaspaceOptions> {
  checkOptions(op, options, metaspaceRules);
  const { replacement = METASPACE, prependScheme = 'always', split = true } = options;
  if (replacement.length === 1) return { replacement, prependScheme, split };
  const problem = `replacement must be one character below U+10000, got ${show(replacement)}`;
  throw new TokenizerError({ code: 'bad-option', op, field: 'replacement', problem });
}

/** The form that tokenizer.json has for the pre-tokenizer and the decoder alike. */
export function metaspaceJson(settings: Required<MetaspaceOptions>): Json {
  return { type: 'Metaspace', ...snakeCased(settings) };
}

/** The same text with a mark for every space. */
function spacesMarked(text: AlignedText, mark: number): AlignedText {
  const { units, length, segments } = text;
  let at = 0;
  while (at < length && units[at] !== SPACE) at++;
  if (at === length) return text;
  const marked = units.slice(0, length);
  markSpaces(marked, at, length, mark);
  return { units: marked, length, segments };
}

function markSpaces(units: Uint16Array, from: number, to: number, mark: number): void {
  for (let i = from; i < to; i++) if (units[i] === SPACE) units[i] = mark;
}

function withMarks(
  { text, spans }: Words,
  {
    mark,
    prependScheme,
    scratch,
  }: { readonly mark: number; readonly prependScheme: PrependScheme; readonly scratch: Scratch },
): Words {
  const builder = scratch.builder(text.length + (spans.length >> 1));
  const moved = scratch.spans();
  for (let k = 0; k < spans.length; k += 2) {
    const start = spans[k]!;
    const end = spans[k + 1]!;
    const unit = text.units[start]!;
    const from = builder.size;
    const lacksMark = unit !== mark && unit !== SPACE;
    if (lacksMark && (prependScheme === 'always' || sourceOf(text, start, start + 1)[0] === 0)) {
      builder.pushMarked(text, { start, end, mark });
    } else {
      builder.pushAligned(text, start, end);
    }
    moved.push(from, builder.size);
  }
  const result = builder.finish();
  markSpaces(result.units, 0, result.length, mark);
  return { text: result, spans: moved.finish() };
}

function cutAtMarks(
  { units }: AlignedText,
  spans: Int32Array,
  { mark, scratch }: { readonly mark: number; readonly scratch: Scratch },
): Int32Array {
  const cuts = scratch.spans();
  for (let k = 0; k < spans.length; k += 2) {
    let start = spans[k]!;
    const end = spans[k + 1]!;
    for (let i = start + 1; i < end; i++) {
      if (units[i] !== mark) continue;
      cuts.push(start, i);
      start = i;
    }
    if (start < end) cuts.push(start, end);
  }
  return cuts.finish();
}
