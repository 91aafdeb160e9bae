export {
  trainUnigram,
  type TrainUnigramOptions,
  type UnigramTrainingProgress,
} from './training/unigram-trainer.js';
export { learnUnigram } from './training/unigram/learn-unigram.js';
export type { LearnUnigramOptions, UnigramProgress } from './training/unigram/unigram-options.js';
export {
  trainWordPiece,
  type TrainingProgress,
  type TrainWordPieceOptions,
} from './training/word-piece-trainer.js';
