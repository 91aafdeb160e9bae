import type { HostTensor } from '@tesserae/tensor';
import { flattenTree } from '@tesserae/tensor';
import type { ModelFolder, ParamSpec, TensorFile } from '@tesserae/weights';
import { joinChunks, openSafetensors, writeSafetensors } from '@tesserae/weights';
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS, requireAdapterFiles, requireTensors } from './adapter-folder.js';
import { readAdapterConfig, writeAdapterConfig } from './adapter-config.js';
import type { LoraAdapter } from './lora.js';
import type { LoraFactors } from './lora-params.js';
import { resolveLoraConfig } from './lora-config.js';
import type { LoraPlan, LoraTarget } from './lora-targets.js';
import { planLora } from './lora-targets.js';

/** What PEFT puts before the names of the model. */
const PREFIX = 'base_model.model.';
const op = 'loraAdapter';

/** What PEFT wants to know of the model. */
export interface AdapterFileOptions {
  /** Folder or hub id of the model under the adapters. */
  readonly baseModel?: string;
  /** SEQ_2_SEQ_LM, SEQ_CLS, TOKEN_CLS, QUESTION_ANS, FEATURE_EXTRACTION; default none. */
  readonly taskType?: string;
}

/**
 * The files of a PEFT adapter: adapter_config.json and adapter_model.safetensors.
 */
export function adapterFiles(
  { config, plan, params }: LoraAdapter,
  options: AdapterFileOptions = {},
): ReadonlyMap<string, string | Uint8Array> {
  const entries: [string, HostTensor][] = [];
  for (const { path, module } of plan.targets) {
    const { a, b } = params.lora[path]!;
    entries.push([`${PREFIX}${module}.lora_A.weight`, a], [`${PREFIX}${module}.lora_B.weight`, b]);
  }
  for (const { path, name } of plan.whole)
    entries.push([PREFIX + wholeName(name, plan), params.whole[path]!]);
  return new Map<string, string | Uint8Array>([
    [ADAPTER_CONFIG, `${JSON.stringify(writeAdapterConfig(config, options), null, 2)}\n`],
    [ADAPTER_WEIGHTS, joinChunks(writeSafetensors(entries))],
  ]);
}

/** PEFT wraps an adapted module, whose bias is then one level deeper. */
function wholeName(name: string, { targets }: LoraPlan): string {
  const module = name.slice(0, -'.bias'.length);
  return name.endsWith('.bias') && targets.some((target) => target.module === module)
    ? `${module}.base_layer.bias`
    : name;
}

/**
 * Reads an adapter that PEFT or this library wrote, for a model.
 * @param options.specs  of the model the adapter is for
 * @throws FormatError when a file is missing, damaged, of another kind than LoRA, or does not fit the model · OptionError
 */
export async function readAdapter(
  folder: ModelFolder,
  { specs, signal }: { readonly specs: object; readonly signal?: AbortSignal },
): Promise<LoraAdapter> {
  await requireAdapterFiles(folder, op);
  const config = resolveLoraConfig(
    readAdapterConfig(await folder.readText(ADAPTER_CONFIG, { signal }), folder.name),
  );
  const file = await openSafetensors(await folder.open(ADAPTER_WEIGHTS, { signal }), { signal });
  // the file says which modules have adapters: an expression of a stranger's config is never run
  const { excludeModules: _, layersToTransform: __, ...rest } = config;
  const planned = planLora(specs, { ...rest, modulesToSave: [], targetModules: modulesIn(file) });
  const plan = { ...planned, whole: wholeIn(file, { specs, plan: planned }) };
  requireFit(file, { specs, plan });
  const lora: Record<string, LoraFactors<HostTensor>> = {};
  for (const { path, module } of plan.targets) {
    const [a, b] = await Promise.all(
      ['A', 'B'].map((side) => file.read(`${PREFIX}${module}.lora_${side}.weight`, { signal })),
    );
    lora[path] = { a: a!, b: b! };
  }
  const whole: Record<string, HostTensor> = {};
  for (const { path, name } of plan.whole)
    whole[path] = await file.read(PREFIX + wholeName(name, plan), { signal });
  return { config, plan, params: { lora, whole } };
}

function modulesIn(file: TensorFile): readonly string[] {
  const ending = '.lora_A.weight';
  const names = file.names.filter((name) => name.startsWith(PREFIX) && name.endsWith(ending));
  return names.map((name) => name.slice(PREFIX.length, -ending.length));
}

/** Parameters that a file holds whole: PEFT also saves heads that its config does not name. */
function wholeIn(
  file: TensorFile,
  { specs, plan }: { readonly specs: object; readonly plan: LoraPlan },
): LoraPlan['whole'] {
  return flattenTree<ParamSpec>(specs)
    .map(({ path, leaf }) => ({ path, name: leaf.name ?? path }))
    .filter(
      ({ name }) =>
        file.has(PREFIX + wholeName(name, plan)) || plan.whole.some((planned) => planned.name === name),
    );
}

function requireFit(
  file: TensorFile,
  { specs, plan }: { readonly specs: object; readonly plan: LoraPlan },
): void {
  const shapes = new Map(flattenTree<ParamSpec>(specs).map(({ path, leaf }) => [path, leaf.shape]));
  const expected = new Map<string, readonly number[]>();
  for (const target of plan.targets)
    for (const [name, shape] of factorShapes(target)) expected.set(PREFIX + name, shape);
  for (const { path, name } of plan.whole) expected.set(PREFIX + wholeName(name, plan), shapes.get(path)!);
  requireTensors(file, { expected, op });
}

function factorShapes({
  module,
  rank,
  shape: [outputs, inputs],
}: LoraTarget): readonly [string, readonly number[]][] {
  return [
    [`${module}.lora_A.weight`, [rank, inputs]],
    [`${module}.lora_B.weight`, [outputs, rank]],
  ];
}
