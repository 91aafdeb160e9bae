import type { DataFile, EncoderFeatures } from '@tesserae/data';
import {
  createRandom,
  electraExamples,
  encoderIds,
  plainEncoder,
  readDocuments,
  shuffleBuffer,
} from '@tesserae/data';
import { findFiles } from '@tesserae/data/node';
import type { PretrainingBatch } from '@tesserae/electra-model';
import { pretrainingBatch } from '@tesserae/electra-model';
import type { HostTensor } from '@tesserae/tensor';
import type { Tokenizer } from '@tesserae/tokenizer';
import { trainWordPiece } from '@tesserae/tokenizer/training';
import type { TrainingBatch } from '@tesserae/training';
import type { Plan } from './plan.js';

/** Training files and held-out files of the corpus. */
export interface Corpus {
  readonly train: readonly DataFile[];
  readonly heldOut: readonly DataFile[];
}

/** Opens `train*.txt.gz` and `valid*.txt.gz` of a folder. */
export async function openCorpus(folder: string): Promise<Corpus> {
  const [train, heldOut] = await Promise.all(
    ['train', 'valid'].map((name) => findFiles(`${folder}/${name}*.txt.gz`)),
  );
  return { train: train!, heldOut: heldOut! };
}

async function* paragraphs(files: readonly DataFile[]): AsyncGenerator<string> {
  for await (const document of readDocuments(files, { hasTitle: true })) {
    for (const paragraph of document.paragraphs) yield paragraph;
    yield '';
  }
}

/** Sentences, roughly: ELECTRA's examples are gathered from lines. An empty line ends an article. */
async function* sentences(files: readonly DataFile[]): AsyncGenerator<string> {
  for await (const paragraph of paragraphs(files)) yield* paragraph.split(/(?<=[.!?])\s+/);
}

/** A cased WordPiece vocabulary: names begin with capitals. */
export async function trainVocabulary(
  { train }: Corpus,
  { vocabSize, vocabFiles }: Pick<Plan, 'vocabSize' | 'vocabFiles'>,
): Promise<Tokenizer> {
  const lines: string[] = [];
  for await (const paragraph of paragraphs(train.slice(0, vocabFiles))) lines.push(paragraph);
  return trainWordPiece(lines, {
    vocabSize,
    normalizer: { lowercase: false, stripAccents: false },
    tokenizerClass: 'ElectraTokenizer',
  });
}

/** Examples are mixed within so many, so that a batch is not one article. */
const SHUFFLED = 4096;

/** Endless batches of text, unmasked: the graph draws the masks. */
export async function* textBatches(
  files: readonly DataFile[],
  options: { readonly tokenizer: Tokenizer; readonly plan: Plan; readonly seed: number },
): AsyncGenerator<TrainingBatch & { readonly inputs: PretrainingBatch<HostTensor> }> {
  const { tokenizer, plan, seed } = options;
  const ids = encoderIds(tokenizer);
  const encode = plainEncoder(tokenizer);
  for (let epoch = 0; ; epoch++) {
    const examples = electraExamples(() => sentences(files), {
      encode,
      ids,
      maxLength: plan.seqLen,
      seed: seed + epoch,
    });
    const shuffled = shuffleBuffer(examples, { size: SHUFFLED, random: createRandom(seed, ['mix', epoch]) });
    let rows: EncoderFeatures[] = [];
    for await (const example of shuffled) {
      rows.push(example);
      if (rows.length < plan.batchSize) continue;
      yield {
        inputs: pretrainingBatch(rows, { seqLen: plan.seqLen, padId: ids.pad }),
        numExamples: rows.length,
        numTokens: rows.reduce((sum, { inputIds }) => sum + inputIds.length, 0),
      };
      rows = [];
    }
  }
}
