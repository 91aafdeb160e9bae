import { FormatError } from '@tesserae/tensor';
import { quoted } from '../errors.js';
import type { StoredFile } from '../stored/stored-file.js';
import type { Renamed, Translation } from './translate.js';
import { translateFile } from './translate.js';

/** Where a stack of layers in one array has its layers. @see t5x/examples/scalable_t5, nn.scan */
const LAYER_AXIS = 1;
/** A shape may not choose how many names are made. */
const MOST_LAYERS = 10_000;

/** What a part of a layer is called, and how its axes lie once the layers are taken apart. */
interface Part {
  readonly name: string;
  readonly form: 'vector' | 'matrix' | 'heads-out' | 'heads-in';
}

const ATTENTION: Readonly<Record<string, Part>> = {
  'query/kernel': { name: 'q', form: 'heads-out' },
  'key/kernel': { name: 'k', form: 'heads-out' },
  'value/kernel': { name: 'v', form: 'heads-out' },
  'out/kernel': { name: 'o', form: 'heads-in' },
};

/** The parts of a layer of one stack, by their path in it. */
function partsOf(stack: 'encoder' | 'decoder'): Readonly<Record<string, Part>> {
  const isDecoder = stack === 'decoder';
  const attentions = isDecoder
    ? [
        ['self_attention', 'layer.0.SelfAttention'],
        ['encoder_decoder_attention', 'layer.1.EncDecAttention'],
      ]
    : [['attention', 'layer.0.SelfAttention']];
  const norms = isDecoder
    ? ['pre_self_attention_layer_norm', 'pre_cross_attention_layer_norm', 'pre_mlp_layer_norm']
    : ['pre_attention_layer_norm', 'pre_mlp_layer_norm'];
  const parts: Record<string, Part> = {
    'relpos_bias/rel_embedding': {
      name: 'layer.0.SelfAttention.relative_attention_bias.weight',
      form: 'matrix',
    },
  };
  for (const [scope, name] of attentions)
    for (const [path, part] of Object.entries(ATTENTION))
      parts[`${scope}/${path}`] = { name: `${name}.${part.name}.weight`, form: part.form };
  norms.forEach((scope, layer) => {
    parts[`${scope}/scale`] = { name: `layer.${layer}.layer_norm.weight`, form: 'vector' };
  });
  for (const name of ['wi', 'wi_0', 'wi_1', 'wo'])
    parts[`mlp/${name}/kernel`] = {
      name: `layer.${norms.length - 1}.DenseReluDense.${name}.weight`,
      form: 'matrix',
    };
  return parts;
}

const PARTS = { encoder: partsOf('encoder'), decoder: partsOf('decoder') };

/** Parameters outside the layers. */
const SINGLE: Readonly<Record<string, Part>> = {
  'token_embedder/embedding': { name: 'shared.weight', form: 'vector' },
  'encoder/encoder_norm/scale': { name: 'encoder.final_layer_norm.weight', form: 'vector' },
  'decoder/decoder_norm/scale': { name: 'decoder.final_layer_norm.weight', form: 'vector' },
  'decoder/logits_dense/kernel': { name: 'lm_head.weight', form: 'matrix' },
  'encoder/relpos_bias/rel_embedding': partAt('encoder.block.0', PARTS.encoder['relpos_bias/rel_embedding']!),
  'decoder/relpos_bias/rel_embedding': partAt('decoder.block.0', PARTS.decoder['relpos_bias/rel_embedding']!),
};

function partAt(block: string, part: Part): Part {
  return { ...part, name: `${block}.${part.name}` };
}

/**
 * A checkpoint of T5X under Hugging Face's names: layers one by one (`layers_0`), or stacked along axis 1 as
 * scalable_t5 and UMT5 keep them (`encoder/encoder`); heads joined with their features, or apart.
 * @throws FormatError when a stack claims more layers than any model has
 */
export function translateT5X(file: StoredFile): Translation {
  return translateFile(file, (name, shape) => {
    const single = Object.hasOwn(SINGLE, name) ? SINGLE[name] : undefined;
    if (single !== undefined) return [renamed(single, shape.length)];
    const [, stack, layer, path] = /^(encoder|decoder)\/(?:layers_(\d+)|\1)\/(.+)$/.exec(name) ?? [];
    const parts = stack === 'encoder' ? PARTS.encoder : PARTS.decoder;
    const part = path !== undefined && Object.hasOwn(parts, path) ? parts[path] : undefined;
    if (part === undefined) return undefined;
    if (layer !== undefined) return [renamed(partAt(`${stack}.block.${Number(layer)}`, part), shape.length)];
    return layersOf(part, { name, stack: stack!, shape, file: file.name });
  });
}

interface Stacked {
  readonly name: string;
  readonly stack: string;
  readonly shape: readonly number[];
  readonly file: string;
}

function layersOf(part: Part, { name, stack, shape, file }: Stacked): readonly Renamed[] {
  const numLayers = shape[LAYER_AXIS] ?? 0;
  if (numLayers < 1 || numLayers > MOST_LAYERS) {
    throw new FormatError({
      op: 'nameMap',
      problem: `${quoted(name)} [${shape.join(',')}] has no layers on axis ${LAYER_AXIS}`,
      likely: 'The checkpoint is of a variant whose parameters are laid out differently.',
      page: 'checkpoint-layout',
      file,
      got: shape,
    });
  }
  return Array.from({ length: numLayers }, (_, index) => {
    const { name: layerName, arrangement } = renamed(
      partAt(`${stack}.block.${index}`, part),
      shape.length - 1,
    );
    const around = (axis: number): number => (axis < LAYER_AXIS ? axis : axis + 1);
    const axes = (arrangement ?? { axes: [[0]] }).axes.map((group) => group.map(around));
    return { name: layerName, arrangement: { axes, pick: { axis: LAYER_AXIS, index } } };
  });
}

function renamed({ name, form }: Part, rank: number): Renamed {
  if (form === 'vector') return { name };
  if (form === 'heads-out' && rank === 3) return { name, arrangement: { axes: [[1, 2], [0]] } };
  if (form === 'heads-in' && rank === 3) return { name, arrangement: { axes: [[2], [0, 1]] } };
  return { name, arrangement: { axes: [[1], [0]] } };
}
