import { createAddedTokenMatcher, type TextPiece } from './added-token-matcher.js';
import { alignedSlice, mapToOriginal, sliceAligned, textOf, type AlignedText } from './text/aligned-text.js';
import { TokenSink } from './text/token-sink.js';
import type { TokenizerParts } from './tokenizer-parts.js';

/** Tokens of one text, without post-processing; offsets are in the original text. */
export type PipelineEncoder = (text: string) => TokenSink;

/**
 * Runs added tokens, normaliser, pre-tokenizer and model over a text.
 * Added tokens are looked for twice, as in Hugging Face: literal ones in the text, the others after normalisation.
 */
export function createTextEncoder(parts: TokenizerParts): PipelineEncoder {
  const { normalizer, preTokenizer, model, addedTokens = [] } = parts;
  const normalize = (text: string, start: number, end: number): AlignedText =>
    normalizer === undefined ? alignedSlice(text, start, end) : normalizer.normalize(text, start, end);
  const literal = addedTokens.filter((token) => !token.normalized);
  const normalized = addedTokens.filter((token) => token.normalized);
  const matchLiteral = createAddedTokenMatcher(literal.map((token) => ({ pattern: token.content, token })));
  const matchNormalized = createAddedTokenMatcher(
    normalized.map((token) => ({ pattern: textOf(normalize(token.content, 0, token.content.length)), token })),
  );

  const encodeWords = (text: AlignedText, sink: TokenSink): void => {
    const words = preTokenizer?.preTokenize(text) ?? { text, spans: Int32Array.of(0, text.length) };
    const before = sink.length;
    model.encode(words, sink);
    mapToOriginal(words.text, sink.offsets, 2 * before, 2 * sink.length);
  };

  const encodePlain = (text: string, { start, end }: TextPiece, sink: TokenSink): void => {
    const aligned = normalize(text, start, end);
    if (aligned.length === 0) return;
    if (matchNormalized === undefined) {
      encodeWords(aligned, sink);
      return;
    }
    for (const piece of matchNormalized(textOf(aligned))) {
      if (piece.id === undefined) {
        encodeWords(sliceAligned(aligned, piece.start, piece.end), sink);
      } else {
        sink.push(piece.id, piece.start, piece.end);
        sink.wordCount++;
        mapToOriginal(aligned, sink.offsets, 2 * sink.length - 2, 2 * sink.length);
      }
    }
  };

  return (text) => {
    const sink = new TokenSink((text.length >> 2) + 4);
    const pieces = matchLiteral?.(text) ?? [{ start: 0, end: text.length, id: undefined }];
    for (const piece of pieces) {
      if (piece.id === undefined) {
        encodePlain(text, piece, sink);
      } else {
        sink.push(piece.id, piece.start, piece.end);
        sink.wordCount++;
      }
    }
    return sink;
  };
}
