import type { Decoder } from '../pipeline.js';

/** Decodes by several decoders, one after the other. */
export function createDecoderSequence(decoders: readonly Decoder[]): Decoder {
  return Object.freeze({
    type: 'Sequence',
    fuses: decoders.some(({ fuses }) => fuses === true),
    onlyGrows: decoders.every(({ onlyGrows }) => onlyGrows === true),
    decode: (tokens: readonly string[]): readonly string[] =>
      decoders.reduce((pieces, decoder) => decoder.decode(pieces), tokens),
    settledCount: (tokens: readonly string[]) => settledThrough(decoders, tokens),
    toJson: () => ({ type: 'Sequence', decoders: decoders.map((decoder) => decoder.toJson()) }),
  });
}

/** Follows the settled tokens through the decoders; says 0 where their pieces cannot be told apart any more. */
function settledThrough(decoders: readonly Decoder[], tokens: readonly string[]): number {
  let count = tokens.length;
  let pieces = tokens;
  let isFused = false;
  for (const decoder of decoders) {
    if (isFused) {
      if (decoder.onlyGrows !== true) return 0;
      continue;
    }
    const settled = decoder.settledCount?.(pieces) ?? pieces.length;
    if (settled < pieces.length) {
      if (pieces.length !== count) return 0;
      count = settled;
      pieces = pieces.slice(0, settled);
    }
    isFused = decoder.fuses === true;
    if (!isFused) pieces = decoder.decode(pieces);
  }
  return count;
}
