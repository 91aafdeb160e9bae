import type { HostTensor } from '@tesserae/tensor';
import { ShapeError, equalShapes, flattenTree, formatSpec } from '@tesserae/tensor';
import type { PretrainingParams } from './params.js';

/**
 * Parameters of a discriminator that begins with a generator's encoder: the second of the paper's two stages.
 * The first is a plain masked-LM run (`electraObjective: false`) of the same size; pass what it learned here, and as
 * `frozenGenerator` to the second `electraPretraining`.
 * @param fresh  new parameters of the second stage; the discriminator's head stays as it is there
 * @throws ShapeError when the two encoders differ in size
 * @see Clark et al. 2020, section 3.2, "Training Algorithms"
 */
export function discriminatorFromGenerator(
  generator: PretrainingParams<HostTensor>,
  fresh: PretrainingParams<HostTensor>,
): PretrainingParams<HostTensor> {
  const learned = new Map(flattenTree<HostTensor>(generator.electra).map(({ path, leaf }) => [path, leaf]));
  const needed = flattenTree<HostTensor>(fresh.electra);
  for (const { path, leaf } of needed) requireSame(path, learned.get(path), leaf);
  if (learned.size !== needed.length) {
    throw different(`the generator has ${learned.size} parameters, the discriminator ${needed.length}`);
  }
  return { ...fresh, electra: generator.electra };
}

function requireSame(path: string, learned: HostTensor | undefined, needed: HostTensor): void {
  if (learned !== undefined && equalShapes(learned.shape, needed.shape)) return;
  const got = learned === undefined ? 'absent' : formatSpec(learned);
  throw different(`'${path}' of the generator is ${got}, needed ${formatSpec(needed)}`);
}

function different(problem: string): ShapeError {
  return new ShapeError({
    op: 'discriminatorFromGenerator',
    problem,
    likely: 'Both stages need one config: the discriminator takes over the whole encoder.',
    page: 'save-shape',
  });
}
