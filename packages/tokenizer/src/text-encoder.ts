import { createAddedTokenMatcher, type AddedTokenMatcher } from './added-token-matcher.js';
import {
  alignedSlice,
  mapToOriginal,
  sliceAligned,
  textOf,
  wholeText,
  type AlignedText,
} from './text/aligned-text.js';
import { TokenSink } from './text/token-sink.js';
import type { TokenizerParts } from './tokenizer-parts.js';

/** Tokens of one text, without post-processing; offsets are in the original text. */
type PipelineEncoder = (text: string) => TokenSink;

/** The pipeline with its matchers made. */
interface Machinery {
  readonly parts: TokenizerParts;
  readonly matchLiteral: AddedTokenMatcher | undefined;
  readonly matchNormalized: AddedTokenMatcher | undefined;
}

/**
 * Runs added tokens, normaliser, pre-tokenizer and model over a text.
 * Added tokens are looked for twice, as in Hugging Face: literal ones in the text, the others after
 * normalisation.
 */
export function createTextEncoder(parts: TokenizerParts): PipelineEncoder {
  const { addedTokens = [] } = parts;
  const literal = addedTokens.filter((token) => !token.normalized);
  const normalized = addedTokens.filter((token) => token.normalized);
  const machinery: Machinery = {
    parts,
    matchLiteral: createAddedTokenMatcher(literal.map((token) => ({ pattern: token.content, token }))),
    matchNormalized: createAddedTokenMatcher(
      normalized.map((token) => ({
        pattern: textOf(normalize(parts, token.content, { start: 0, end: token.content.length })),
        token,
      })),
    ),
  };
  return (text) => {
    const sink = new TokenSink((text.length >> 2) + 4);
    const pieces = machinery.matchLiteral?.(text) ?? [{ start: 0, end: text.length, id: undefined }];
    for (const piece of pieces) {
      if (piece.id === undefined) encodePlain(normalize(parts, text, piece), { ...machinery, sink });
      else pushAddedToken(sink, piece.id, piece);
    }
    return sink;
  };
}

interface Stretch {
  readonly start: number;
  readonly end: number;
}

function normalize({ normalizer }: TokenizerParts, text: string, { start, end }: Stretch): AlignedText {
  return normalizer === undefined ? alignedSlice(text, start, end) : normalizer.normalize(text, start, end);
}

function encodePlain(
  text: AlignedText,
  { parts, matchNormalized, sink }: Machinery & { readonly sink: TokenSink },
): void {
  if (text.length === 0) return;
  if (matchNormalized === undefined) {
    encodeWords(text, parts, sink);
    return;
  }
  for (const piece of matchNormalized(textOf(text))) {
    if (piece.id === undefined) {
      encodeWords(sliceAligned(text, piece.start, piece.end), parts, sink);
    } else {
      pushAddedToken(sink, piece.id, piece);
      mapToOriginal(text, sink.offsets, 2 * sink.length - 2, 2 * sink.length);
    }
  }
}

function encodeWords(text: AlignedText, { preTokenizer, model }: TokenizerParts, sink: TokenSink): void {
  const whole = wholeText(text);
  const words = preTokenizer?.preTokenize(whole) ?? whole;
  const before = sink.length;
  model.encode(words, sink);
  mapToOriginal(words.text, sink.offsets, 2 * before, 2 * sink.length);
}

/** An added token is a word of its own. */
function pushAddedToken(sink: TokenSink, id: number, { start, end }: Stretch): void {
  sink.push(id, start, end);
  sink.wordCount++;
}
