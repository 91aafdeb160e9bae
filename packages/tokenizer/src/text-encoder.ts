import { createAddedTokenMatcher, type AddedTokenMatcher, type TextPiece } from './added-token-matcher.js';
import {
  alignedSlice,
  mapToOriginal,
  sliceAligned,
  textOf,
  wholeText,
  type AlignedText,
} from './text/aligned-text.js';
import { Scratch } from './text/scratch.js';
import type { TokenSink } from './text/token-sink.js';
import type { AddedToken, TokenizerParts } from './tokenizer-parts.js';

/** Where a text's tokens go, and how it is read. */
export interface TextJob {
  readonly sink: TokenSink;
  /** Special tokens in the text are text like any other. */
  readonly splitSpecialTokens: boolean;
}

/** Appends the tokens of one text, without post-processing; offsets are in the original text. */
export type TextEncoder = (text: string, job: TextJob) => void;

/** The pipeline with its matchers made. */
interface Machinery {
  readonly parts: TokenizerParts;
  /** With and without special tokens. */
  readonly matchLiteral: AddedTokenMatcher | undefined;
  readonly matchLiteralPlain: AddedTokenMatcher | undefined;
  readonly matchNormalized: AddedTokenMatcher | undefined;
  readonly matchNormalizedPlain: AddedTokenMatcher | undefined;
  readonly scratch: Scratch;
}

/**
 * Runs added tokens, normaliser, pre-tokenizer and model over a text.
 * Added tokens are looked for twice, as in Hugging Face: literal ones in the text, the others after
 * normalisation.
 */
export function createTextEncoder(parts: TokenizerParts): TextEncoder {
  const { addedTokens = [] } = parts;
  const literal = addedTokens
    .filter(({ normalized }) => !normalized)
    .map((token) => ({ pattern: token.content, token }));
  const normalized = addedTokens
    .filter((token) => token.normalized)
    .map((token) => {
      const { content } = token;
      return { pattern: textOf(normalize(parts, content, { start: 0, end: content.length })), token };
    });
  const isPlain = ({ token }: { readonly token: AddedToken }) => !token.special;
  const machinery: Machinery = {
    parts,
    matchLiteral: createAddedTokenMatcher(literal),
    matchLiteralPlain: createAddedTokenMatcher(literal.filter(isPlain)),
    matchNormalized: createAddedTokenMatcher(normalized),
    matchNormalizedPlain: createAddedTokenMatcher(normalized.filter(isPlain)),
    scratch: new Scratch(),
  };
  return (text, job) => {
    const match = job.splitSpecialTokens ? machinery.matchLiteralPlain : machinery.matchLiteral;
    const pieces = match?.(text) ?? [{ start: 0, end: text.length, id: undefined }];
    for (const piece of pieces) {
      if (piece.id === undefined) encodePlain(text, { piece, job, machinery });
      else pushAddedToken(job.sink, piece.id, piece);
    }
  };
}

interface NormalizeJob {
  readonly start: number;
  readonly end: number;
  readonly scratch?: Scratch;
}

function normalize({ normalizer }: TokenizerParts, text: string, job: NormalizeJob): AlignedText {
  const { start, end, scratch } = job;
  if (normalizer !== undefined) return normalizer.normalize(text, start, end, scratch);
  return alignedSlice(text, start, end, scratch?.builder(end - start));
}

interface PlainJob {
  readonly piece: TextPiece;
  readonly job: TextJob;
  readonly machinery: Machinery;
}

/** A stretch without literal added tokens. */
function encodePlain(input: string, { piece: { start, end }, job, machinery }: PlainJob): void {
  const { parts, scratch, matchNormalized, matchNormalizedPlain } = machinery;
  const { sink } = job;
  scratch.reset();
  const text = normalize(parts, input, { start, end, scratch });
  if (text.length === 0) return;
  const match = job.splitSpecialTokens ? matchNormalizedPlain : matchNormalized;
  if (match === undefined) {
    encodeWords(text, machinery, sink);
    return;
  }
  for (const piece of match(textOf(text))) {
    if (piece.id === undefined) {
      encodeWords(sliceAligned(text, piece.start, piece.end), machinery, sink);
    } else {
      pushAddedToken(sink, piece.id, piece);
      mapToOriginal(text, sink.offsets, 2 * sink.length - 2, 2 * sink.length);
    }
  }
}

function encodeWords(text: AlignedText, { parts, scratch }: Machinery, sink: TokenSink): void {
  const whole = wholeText(text);
  const words = parts.preTokenizer?.preTokenize(whole, scratch) ?? whole;
  const before = sink.length;
  parts.model.encode(words, sink);
  mapToOriginal(words.text, sink.offsets, 2 * before, 2 * sink.length);
}

/** An added token is a word of its own. */
function pushAddedToken(sink: TokenSink, id: number, { start, end }: TextPiece): void {
  sink.push(id, start, end);
  sink.wordCount++;
}
