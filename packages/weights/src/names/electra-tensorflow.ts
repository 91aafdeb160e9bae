import { FormatError } from '@tesserae/tensor';
import { listed } from '../errors.js';
import type { StoredFile } from '../stored/stored-file.js';
import type { Renamed, Translation } from './translate.js';
import { TRANSPOSED, translateFile } from './translate.js';

/** Google's checkpoints hold both models of pre-training; a class reads one of them. */
export type ElectraHalf = 'discriminator' | 'generator';

/** Adam's moments, and the number of steps. */
const STATE = /(^|\/)(adam_m|adam_v|global_step)$/;
const HEADS: Readonly<Record<ElectraHalf, string>> = {
  discriminator: 'discriminator_predictions/',
  generator: 'generator_predictions/',
};

/** True for the names of Google's ELECTRA. */
export function isElectraTensorFlow(names: readonly string[]): boolean {
  return names.some((name) => name.startsWith('electra/embeddings/') || name.startsWith('electra/encoder/'));
}

/**
 * One half of a checkpoint of google-research/electra under Hugging Face's names. The generator shares the
 * discriminator's embeddings, unless it has its own, and its encoder too where it has none (`untied_generator`
 * false).
 * @throws FormatError when the checkpoint lacks the half, as fine-tuned ones lack the generator
 */
export function translateElectra(file: StoredFile, half: ElectraHalf): Translation {
  const owns = (prefix: string): boolean => file.names.some((name) => name.startsWith(prefix));
  if (half === 'generator' && !owns(HEADS.generator)) throw missingHalf(file);
  const others = half === 'generator' ? 'discriminator' : 'generator';
  return translateFile(file, (name) => {
    if (STATE.test(name) || name.startsWith(HEADS[others])) return 'ignored';
    const [scope, ...path] = name.split('/');
    if (scope === 'generator') return half === 'generator' ? encoderName(path) : 'ignored';
    if (scope === 'electra') {
      const isReplaced = half === 'generator' && owns(`generator/${path[0]}/`);
      const isOthers = half === 'generator' && path[0] === 'embeddings_project' && owns('generator/encoder/');
      return isReplaced || isOthers ? 'ignored' : encoderName(path);
    }
    if (scope === 'task_specific') return [parameter(name.replaceAll('/', '.'))]; // a fine-tuned head
    return name.startsWith(HEADS[half]) ? headName(name) : undefined;
  });
}

/** Features of each half's layers, where the checkpoint has it. */
export function electraHiddenSizes(file: StoredFile): Readonly<Partial<Record<ElectraHalf, number>>> {
  const sizeUnder = (scope: string): number | undefined =>
    file.tensors.get(`${scope}/encoder/layer_0/output/dense/bias`)?.shape[0];
  const [discriminator, generator] = [sizeUnder('electra'), sizeUnder('generator')];
  return {
    ...(discriminator === undefined ? {} : { discriminator }),
    ...(generator === undefined ? {} : { generator }),
  };
}

function encoderName(path: readonly string[]): readonly Renamed[] {
  if (path[0] === 'embeddings' && path.length === 2)
    return [{ name: `electra.embeddings.${path[1]}.weight` }];
  return [parameter(`electra.${path.join('.').replace(/(^|\.)layer_(\d+)\./, '$1layer.$2.')}`)];
}

function headName(name: string): readonly Renamed[] {
  if (name === 'generator_predictions/output_bias') return [{ name: 'generator_lm_head.bias' }];
  const path = name.replace(
    'discriminator_predictions/dense_1/',
    'discriminator_predictions/dense_prediction/',
  );
  return [parameter(path.replaceAll('/', '.'))];
}

/** The last word says what a parameter is to its layer. */
function parameter(path: string): Renamed {
  if (path.endsWith('.kernel')) return { name: path.replace(/kernel$/, 'weight'), arrangement: TRANSPOSED };
  return { name: path.replace(/\.gamma$/, '.weight').replace(/\.beta$/, '.bias') };
}

function missingHalf(file: StoredFile): FormatError {
  const scopes = [...new Set(file.names.map((name) => name.split('/')[0]!))];
  return new FormatError({
    op: 'electra',
    problem: `the checkpoint has no generator; it holds ${listed(scopes)}`,
    likely:
      'It was fine-tuned, which keeps the discriminator only. Load another class, such as ElectraForPreTraining.',
    page: 'electra-half',
    file: file.name,
    got: scopes,
    needed: 'generator_predictions',
  });
}
