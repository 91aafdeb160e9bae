import { FormatError, OptionError } from '@tesserae/tensor';
import type { ByteSource, ReadOptions } from './byte-source.js';
import { FolderError, listed, quoted } from './errors.js';
import type { ModelFolder } from './folder.js';
import { translateEarlyNames } from './names/early-names.js';
import type { ElectraHalf } from './names/electra-tensorflow.js';
import { electraHiddenSizes, isElectraTensorFlow, translateElectra } from './names/electra-tensorflow.js';
import { isMeshT5, translateMeshT5 } from './names/mesh-t5.js';
import { translateT5X } from './names/t5x-names.js';
import type { Translation } from './names/translate.js';
import { openPyTorch } from './pytorch/open-pytorch.js';
import { openSafetensors } from './safetensors/reader.js';
import { WEIGHTS_FILE, WEIGHTS_INDEX, openSharded } from './safetensors/sharded.js';
import type { StoredFile } from './stored/stored-file.js';
import { openT5X } from './t5x/open-t5x.js';
import type { TensorFile } from './tensor-file.js';
import { openTensorFlow } from './tensorflow/bundle.js';
import { findTensorFlow } from './tensorflow/find-bundle.js';

/** The forms in which weights are read, in the order in which they are looked for. */
export const WEIGHTS_FORMATS = ['safetensors', 'pytorch', 'tensorflow', 't5x'] as const;
/** One of them. */
export type WeightsFormat = (typeof WEIGHTS_FORMATS)[number];

/** Which weights of a folder are opened. */
export interface OpenWeightsOptions extends ReadOptions {
  /** Default: the first of `WEIGHTS_FORMATS` that the folder has. */
  readonly format?: WeightsFormat;
  /** Which model of a TensorFlow checkpoint of ELECTRA, which holds two; default the discriminator. */
  readonly half?: ElectraHalf;
}

/** Opened weights under Hugging Face's names, and what is to be known of them. */
export interface OpenedWeights {
  readonly file: TensorFile;
  readonly format: WeightsFormat;
  /** Tensors of the file that were left out on purpose: optimisers' state, the other half. */
  readonly ignored: readonly string[];
  /** Features of both halves of an ELECTRA of TensorFlow. */
  readonly hiddenSizes?: Readonly<Partial<Record<ElectraHalf, number>>>;
}

const PYTORCH_FILE = 'pytorch_model.bin';
const PYTORCH_INDEX = 'pytorch_model.bin.index.json';

/** Opens a format's file in a folder; undefined when there is none. */
type OpenFormat = (folder: ModelFolder, options: OpenWeightsOptions) => Promise<OpenedWeights | undefined>;

const OPENERS: Readonly<Record<WeightsFormat, OpenFormat>> = {
  safetensors: async (folder, options) => {
    const { signal } = options;
    const file = (await folder.has(WEIGHTS_FILE))
      ? await openSafetensors(await folder.open(WEIGHTS_FILE, { signal }), { signal })
      : (await folder.has(WEIGHTS_INDEX))
        ? await openSharded(folder, { indexFile: WEIGHTS_INDEX, signal })
        : undefined;
    return file && { ...translateEarlyNames(file), format: 'safetensors' };
  },
  pytorch: async (folder, { signal }) => {
    const sharded = { indexFile: PYTORCH_INDEX, extension: '.bin', openShard: openPyTorch, signal };
    const file = (await folder.has(PYTORCH_FILE))
      ? await openPyTorch(await folder.open(PYTORCH_FILE, { signal }), { signal })
      : (await folder.has(PYTORCH_INDEX))
        ? await openSharded(folder, sharded)
        : undefined;
    return file && { ...translateEarlyNames(file), format: 'pytorch' };
  },
  tensorflow: async (folder, { signal, half = 'discriminator' }) => {
    const prefix = await findTensorFlow(folder, { signal });
    if (prefix === undefined) return undefined;
    const file = await openTensorFlow(folder, prefix, { signal });
    const hiddenSizes = isElectraTensorFlow(file.names) ? { hiddenSizes: electraHiddenSizes(file) } : {};
    return { ...translateTensorFlow(file, half), format: 'tensorflow', ...hiddenSizes };
  },
  t5x: async (folder, { signal }) => {
    const source = await findT5X(folder, { signal });
    if (source === undefined) return undefined;
    return { ...translateT5X(await openT5X(source, folder, { signal })), format: 't5x' };
  },
};

function translateTensorFlow(file: StoredFile, half: ElectraHalf): Translation {
  if (isElectraTensorFlow(file.names)) return translateElectra(file, half);
  return isMeshT5(file.names) ? translateMeshT5(file) : { file, ignored: [] };
}

/** `checkpoint` or `checkpoint_1000`, the latest, when it begins as a msgpack map; TensorFlow's note is text. */
async function findT5X(folder: ModelFolder, options: ReadOptions): Promise<ByteSource | undefined> {
  const named = (await folder.list())
    .map((name) => ({ name, match: /(?:^|[._-])checkpoint(?:_(\d+))?$/.exec(name) }))
    .filter(({ match }) => match !== null)
    .sort((a, b) => Number(b.match![1] ?? 0) - Number(a.match![1] ?? 0));
  for (const { name } of named) {
    const source = await folder.open(name, options);
    const [first] = source.sizeBytes > 0 ? await source.read(0, 1, options) : [];
    const isMap = first !== undefined && ((first & 0xf0) === 0x80 || first === 0xde || first === 0xdf);
    if (isMap) return source;
  }
  return undefined;
}

/**
 * Opens the weights of a model folder, whatever their form, under Hugging Face's names; tensors are read when
 * asked for.
 * @throws FolderError when there are none, saying what there is instead · OptionError for an unknown format ·
 *   FormatError for a damaged or refused file
 */
export async function openCheckpoint(
  folder: ModelFolder,
  options: OpenWeightsOptions = {},
): Promise<OpenedWeights> {
  const { format } = options;
  if (format !== undefined && !WEIGHTS_FORMATS.includes(format)) {
    throw new OptionError({
      op: 'openWeights',
      problem: `format is ${quoted(String(format))}; known are ${WEIGHTS_FORMATS.join(', ')}`,
      likely: 'Leave it out to take what the folder has.',
      page: 'option-value',
      got: format,
      needed: WEIGHTS_FORMATS,
    });
  }
  for (const candidate of format === undefined ? WEIGHTS_FORMATS : [format]) {
    const opened = await OPENERS[candidate](folder, options);
    if (opened !== undefined) return opened;
  }
  return refuseFolder(folder, format);
}

/**
 * Opens the weights of a model folder as one file of tensors; see `openCheckpoint`.
 * @throws as openCheckpoint does
 */
export async function openWeights(
  folder: ModelFolder,
  options: OpenWeightsOptions = {},
): Promise<TensorFile> {
  return (await openCheckpoint(folder, options)).file;
}

/** True when a folder has weights in a form that is read; files are looked at by name, their content is not. */
export async function hasWeights(folder: ModelFolder): Promise<boolean> {
  const known = [WEIGHTS_FILE, WEIGHTS_INDEX, PYTORCH_FILE, PYTORCH_INDEX];
  const names = await folder.list();
  return names.some(
    (name) => known.includes(name) || name.endsWith('.index') || /(?:^|[._-])checkpoint(?:_\d+)?$/.test(name),
  );
}

async function refuseFolder(folder: ModelFolder, format: WeightsFormat | undefined): Promise<never> {
  const names = await folder.list();
  const other = names.find((name) => /\.(h5|msgpack|pt|pth|onnx|ot)$/.test(name));
  throw new FolderError({
    op: 'openWeights',
    problem: `no weights${format === undefined ? '' : ` of the format ${format}`} are in ${folder.name}`,
    likely:
      other === undefined
        ? `The folder has ${names.length > 0 ? listed(names) : 'no files'}. Is it the folder of a model?`
        : `${quoted(other)} is of another format: load it in Python and save_pretrained it as safetensors.`,
    page: 'weights-missing',
    file: folder.name,
    got: names,
    needed: [WEIGHTS_FILE, PYTORCH_FILE, '*.index', 'checkpoint'],
  });
}

/**
 * Throws when a config is that of the other half of an ELECTRA checkpoint than the one that was opened.
 * @throws FormatError naming both sizes
 */
export function checkElectraHalf(
  { hiddenSizes, file }: OpenedWeights,
  hiddenSize: unknown,
  half: ElectraHalf,
): void {
  if (hiddenSizes === undefined || hiddenSizes[half] === hiddenSize) return;
  const other = half === 'generator' ? 'discriminator' : 'generator';
  if (hiddenSizes[other] !== hiddenSize) return;
  throw new FormatError({
    op: 'electra',
    problem: `config.json has hidden_size ${hiddenSize}, which is the ${other}'s; the ${half} has ${hiddenSizes[half]}`,
    likely:
      `The ${half} was asked for by the class. Load ElectraForMaskedLM for the generator and any other class for the ` +
      'discriminator, with the config of that half, or without a config.json.',
    page: 'electra-half',
    file: file.name,
    got: hiddenSize,
    needed: hiddenSizes[half],
  });
}
