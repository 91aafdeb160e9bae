import { ELECTRA_DEFAULTS } from '@tesserae/electra-model';
import { createBertTokenizer } from '@tesserae/tokenizer';

const VOCAB = '[PAD] [UNK] [CLS] [SEP] [MASK] good bad fine poor film the a was'.split(' ');

/** Knows the words of the reviews, and no others. */
export const tokenizer = createBertTokenizer({ vocab: VOCAB });

/** A tiny ELECTRA without dropout. */
export const config = {
  ...ELECTRA_DEFAULTS,
  vocabSize: VOCAB.length,
  embeddingSize: 16,
  hiddenSize: 16,
  numLayers: 1,
  numHeads: 2,
  intermediateSize: 32,
  maxPositions: 16,
  hiddenDropout: 0,
  attentionDropout: 0,
  labels: ['bad', 'good'],
};

/** Words that decide the label. */
export const adjectives = ['good', 'bad', 'fine', 'poor'];

/** So many reviews: `the film was poor`. */
export const reviews = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${at % 3 === 0 ? 'the' : 'a'} film was ${adjectives[at % 4]}`);

/** What a review says. */
export const labelOf = (text: string): string => (/good|fine/.test(text) ? 'good' : 'bad');
