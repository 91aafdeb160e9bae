import { electraExamples, encoderIds, plainEncoder } from '@tesserae/data';
import { pretrainingBatch } from '@tesserae/electra-model';
import type { Tokenizer } from '@tesserae/tokenizer';
import type { ExampleSet } from './example-set.js';
import type { PretrainingTexts, ReadTextsOptions } from './texts.js';
import { noExamples, sentencesOf, watchedLines } from './texts.js';
import { TokenStore } from './token-store.js';

/** How texts become examples. */
interface ElectraExamplesOptions extends ReadTextsOptions {
  readonly tokenizer: Tokenizer;
  /** Tokens of an example. */
  readonly seqLen: number;
  readonly seed: number;
  /** What errors call the texts. */
  readonly name: string;
}

/**
 * ELECTRA's examples of texts, as Google's code makes them: sentences of a document are gathered to `seqLen`, in one or
 * two segments. They are kept in memory, 4 bytes a token, unmasked: the graph masks them anew each time.
 * @throws TrainingDataError (training-empty) for texts without an example
 */
export async function readElectraExamples(
  texts: PretrainingTexts,
  { tokenizer, seqLen, seed, name, onProgress, signal }: ElectraExamplesOptions,
): Promise<ExampleSet> {
  const ids = encoderIds(tokenizer);
  const store = new TokenStore();
  const onRead = (characters: number): void => onProgress?.({ characters, tokens: store.numTokens });
  const lines = watchedLines(texts, { onRead, ...(signal === undefined ? {} : { signal }) });
  const examples = electraExamples(() => sentencesOf(lines), {
    encode: plainEncoder(tokenizer),
    ids,
    maxLength: seqLen,
    seed,
  });
  for await (const { inputIds } of examples) store.push(inputIds);
  if (store.size === 0) throw noExamples(name, 'one sentence');
  return {
    size: store.size,
    batch(indices) {
      const rows = indices.map((index) => {
        const inputIds = store.row(index);
        return { inputIds, typeIds: segmentsOf(inputIds, ids.sep) };
      });
      return {
        inputs: pretrainingBatch(rows, { seqLen, padId: ids.pad }),
        numTokens: rows.reduce((sum, { inputIds }) => sum + inputIds.length, 0),
      };
    },
  };
}

/** 0 up to the first [SEP], 1 behind it. */
function segmentsOf(inputIds: Int32Array, sep: number): Int32Array {
  return new Int32Array(inputIds.length).fill(1, inputIds.indexOf(sep) + 1);
}
