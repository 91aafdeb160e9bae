import { type Tokenizer, type TokenizerFiles, tokenizerFromFiles } from '@tesserae/tokenizer';
import { moreStages } from '@tesserae/tokenizer/stages';
import { DataError } from '../../errors.js';
import { tokenizerFingerprint } from '../tokenizer-fingerprint.js';

/**
 * Files from which a worker makes the same tokenizer.
 * @throws DataError (data-worker) when no files do
 */
export async function portableTokenizer(tokenizer: Tokenizer): Promise<TokenizerFiles> {
  const fingerprint = await tokenizerFingerprint(tokenizer);
  const { 'tokenizer.json': _, ...withoutJson } = tokenizer.toFiles();
  let cause: unknown;
  for (const files of [tokenizer.toFiles(), withoutJson]) {
    try {
      if ((await tokenizerFingerprint(tokenizerFromFiles(files, { stages: moreStages }))) === fingerprint)
        return files;
    } catch (error) {
      cause ??= error;
    }
  }
  throw new DataError({
    op: 'prepareShards',
    field: 'tokenizer',
    problem: 'the tokenizer cannot be handed to workers: what its files load is another one',
    page: 'data-worker',
    remedy: 'a tokenizer of stages of your own. Pass workers: 0.',
    cause,
  });
}
