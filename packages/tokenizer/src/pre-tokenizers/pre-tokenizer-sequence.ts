import type { PreTokenizer, Words } from '../pipeline.js';
import type { Scratch } from '../text/scratch.js';

/** Cuts words by several pre-tokenizers, each within the words of the one before. */
export function createPreTokenizerSequence(preTokenizers: readonly PreTokenizer[]): PreTokenizer {
  return Object.freeze({
    type: 'Sequence',
    preTokenize: (words: Words, scratch?: Scratch): Words =>
      preTokenizers.reduce((cut, preTokenizer) => preTokenizer.preTokenize(cut, scratch), words),
    toJson: () => ({
      type: 'Sequence',
      pretokenizers: preTokenizers.map((preTokenizer) => preTokenizer.toJson()),
    }),
  });
}
