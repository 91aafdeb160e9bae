import type { HostTensor } from '@tesserae/tensor';
import { FormatError, flattenTree, mapTree } from '@tesserae/tensor';
import type { ModelFolder, ParamSpec } from '@tesserae/weights';
import { joinChunks, openSafetensors, writeSafetensors } from '@tesserae/weights';
import { namedParameters } from './adapted-params.js';
import {
  ADAPTER_CONFIG,
  ADAPTER_WEIGHTS,
  parsedConfig,
  requireAdapterFiles,
  requireTensors,
} from './adapter-folder.js';
import type { BottleneckAdapter, BottleneckParams } from './bottleneck.js';
import { bottleneckSpecs } from './bottleneck.js';
import type { BottleneckConfig } from './bottleneck-config.js';
import { resolveBottleneckConfig } from './bottleneck-config.js';
import type { BottleneckPlan } from './bottleneck-targets.js';
import { planBottleneck } from './bottleneck-targets.js';

const op = 'bottleneckAdapter';
/** What the config says it is of. */
const KIND = 'bottleneck';

/**
 * The files of bottleneck adapters: adapter_config.json and adapter_model.safetensors, whose names are those of the modules
 * they are behind, `….output.dense.adapter.down.weight`.
 */
export function bottleneckFiles(
  { config, plan, params }: BottleneckAdapter,
  { baseModel }: { readonly baseModel?: string } = {},
): ReadonlyMap<string, string | Uint8Array> {
  const kept = new Map(flattenTree<HostTensor>(params).map(({ path, leaf }) => [path, leaf]));
  const entries = namesOf(plan).map(({ path, name }): [string, HostTensor] => [name, kept.get(path)!]);
  const json = { kind: KIND, baseModel: baseModel ?? null, ...config };
  return new Map<string, string | Uint8Array>([
    [ADAPTER_CONFIG, `${JSON.stringify(json, null, 2)}\n`],
    [ADAPTER_WEIGHTS, joinChunks(writeSafetensors(entries))],
  ]);
}

/** Paths in `BottleneckParams` and names in the file. */
function namesOf({
  targets,
  whole,
}: BottleneckPlan): readonly { readonly path: string; readonly name: string }[] {
  const parts = ['down.weight', 'down.bias', 'up.weight', 'up.bias'];
  return [
    ...targets.flatMap(({ path, module }) =>
      parts.map((part) => ({ path: `bottlenecks.${path}.${part}`, name: `${module}.adapter.${part}` })),
    ),
    ...whole.map(({ path, name }) => ({ path: `whole.${path}`, name })),
  ];
}

/**
 * Reads bottleneck adapters for a model.
 * @param options.specs  of the model they are for
 * @throws FormatError when a file is missing, damaged, of another kind, or does not fit the model
 */
export async function readBottleneck(
  folder: ModelFolder,
  { specs, signal }: { readonly specs: object; readonly signal?: AbortSignal },
): Promise<BottleneckAdapter> {
  await requireAdapterFiles(folder, op);
  const config = resolveBottleneckConfig(
    readConfig(await folder.readText(ADAPTER_CONFIG, { signal }), folder.name),
  );
  const plan = planBottleneck(specs, config);
  const file = await openSafetensors(await folder.open(ADAPTER_WEIGHTS, { signal }), { signal });
  const form = formOf(specs, { config, plan });
  const shapes = new Map(flattenTree<ParamSpec>(form).map(({ path, leaf }) => [path, leaf.shape]));
  const names = new Map(namesOf(plan).map(({ path, name }) => [path, name]));
  const expected = new Map([...names].map(([path, name]) => [name, shapes.get(path)!]));
  requireTensors(file, { expected, op });
  const read = new Map<string, HostTensor>();
  for (const [path, name] of names) read.set(path, await file.read(name, { signal }));
  const params = mapTree(form, (_: ParamSpec, path) => read.get(path)!) as BottleneckParams<HostTensor>;
  return { config, plan, params };
}

function formOf(
  specs: object,
  { config, plan }: Pick<BottleneckAdapter, 'config' | 'plan'>,
): BottleneckParams<Pick<ParamSpec, 'shape'>> {
  const shapes = new Map(namedParameters(specs).map(({ path, shape }) => [path, shape]));
  const form = (shape: readonly number[]) => ({ shape, dtype: 'f32' as const });
  return {
    bottlenecks: Object.fromEntries(
      plan.targets.map((target) => [target.path, bottleneckSpecs(target, config)]),
    ),
    whole: Object.fromEntries(plan.whole.map(({ path }) => [path, form(shapes.get(path)!)])),
  };
}

function readConfig(text: string, folder: string): BottleneckConfig {
  const refuse = (problem: string, needed: string): never => {
    throw new FormatError({
      op,
      problem: `adapter_config.json: ${problem}, needed ${needed}`,
      likely: 'The adapter is of another kind: readAdapter opens those of LoRA.',
      page: 'adapter-files',
      file: folder,
    });
  };
  const { kind, baseModel: _, ...config } = parsedConfig(text, refuse) as Readonly<Record<string, unknown>>;
  if (kind !== KIND) refuse(`kind is ${JSON.stringify(kind)}`, KIND);
  return config;
}
