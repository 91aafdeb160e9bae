import type { ElectraConfig, ElectraParams, PretrainingParams } from '@tesserae/electra-model';
import type { HostTensor } from '@tesserae/tensor';
import { OptionError, ShapeError, equalShapes, flattenTree, formatSpec } from '@tesserae/tensor';
import type { PretrainedModel } from '../pretrained.js';

/** Models that a pre-training goes on from. */
export interface ElectraStart {
  /** Any ELECTRA: its encoder is taken, and its head where the objective has such a one. */
  readonly main: PretrainedModel<ElectraConfig>;
  /** An ElectraForMaskedLM of the generator's size; default random weights. */
  readonly generator?: PretrainedModel<ElectraConfig>;
}

/** What ELECTRA classes have. */
interface Half {
  readonly electra: ElectraParams<HostTensor>;
  readonly head?: object;
}

/**
 * Fresh parameters with what was learned before in its place.
 * @throws ShapeError naming the first tensor that is of another size · OptionError for a generator where none is trained
 */
export function startedParams(
  fresh: PretrainingParams<HostTensor>,
  start: ElectraStart | undefined,
): PretrainingParams<HostTensor> {
  if (start === undefined) return fresh;
  const { electra, head } = start.main.params as Half;
  const name = start.main.architecture.name;
  const begun = {
    ...fresh,
    electra: taken(fresh.electra, electra, 'the encoder'),
    ...(fresh.discriminator !== undefined && name === 'ElectraForPreTraining'
      ? { discriminator: taken(fresh.discriminator, head, "the discriminator's head") }
      : {}),
    ...(fresh.discriminator === undefined && name === 'ElectraForMaskedLM' && head !== undefined
      ? { predictions: taken(fresh.predictions!, head as never, 'the head') }
      : {}),
  };
  return start.generator === undefined ? begun : withGenerator(begun, start.generator);
}

function withGenerator(
  params: PretrainingParams<HostTensor>,
  { params: tree, architecture }: PretrainedModel<ElectraConfig>,
): PretrainingParams<HostTensor> {
  const { generator, predictions } = params;
  if (generator?.towers.length !== 1 || architecture.name !== 'ElectraForMaskedLM') {
    throw new OptionError({
      op: 'pretrain',
      problem: `a generator to go on from is given (${architecture.name}), and the objective trains no ElectraForMaskedLM of its own`,
      likely: 'Uniform, tied and two-tower generators, and plain masked-LM, have no such half: leave it out.',
      page: 'option-value',
    });
  }
  const { electra, head } = tree as Half;
  const { embeddings, ...tower } = electra;
  return {
    ...params,
    generator: {
      towers: [taken(generator.towers[0]!, tower as never, "the generator's encoder")],
      ...(generator.embeddings === undefined
        ? {}
        : { embeddings: taken(generator.embeddings, embeddings, "the generator's embeddings") }),
    },
    predictions: taken(predictions!, head as never, "the generator's head"),
  };
}

/** A tree in the place of another of the same form. */
function taken<Tree extends object>(needed: Tree, found: object | undefined, what: string): Tree {
  const leaves = new Map(flattenTree<HostTensor>(found ?? {}).map(({ path, leaf }) => [path, leaf] as const));
  for (const { path, leaf } of flattenTree<HostTensor>(needed)) {
    const own = leaves.get(path);
    if (own !== undefined && equalShapes(own.shape, leaf.shape)) continue;
    throw new ShapeError({
      op: 'pretrain',
      problem: `'${path}' of ${what} is ${own === undefined ? 'absent' : formatSpec(own)}, needed ${formatSpec(leaf)}`,
      likely: 'The model to go on from is of another size, or has another vocabulary.',
      page: 'save-shape',
    });
  }
  return found as Tree;
}
