import { OptionError } from '@tesserae/tensor';
import type { ModelFolder } from '@tesserae/weights';
import { openModelFolder } from './auto.js';
import type { FromPretrainedOptions, ModelFacade } from './model-facade.js';
import type { PipelineTask } from './pipeline-tasks.js';
import { PIPELINE_TASKS } from './pipeline-tasks.js';

/** Names of tasks. */
export type PipelineName = keyof typeof PIPELINE_TASKS | `translation_${string}_to_${string}`;

type TaskOf<Name extends PipelineName> = Name extends keyof typeof PIPELINE_TASKS
  ? (typeof PIPELINE_TASKS)[Name]
  : (typeof PIPELINE_TASKS)['translation'];

type Parts<Name extends PipelineName> =
  TaskOf<Name> extends PipelineTask<infer Input, infer Options, infer Result>
    ? { input: Input; options: Options; result: Result }
    : never;

/** A model made ready for a task: call it with one input, or with several. */
export interface Pipeline<Name extends PipelineName> {
  (input: Parts<Name>['input'], options?: Parts<Name>['options']): Promise<Parts<Name>['result']>;
  (
    inputs: readonly Parts<Name>['input'][],
    options?: Parts<Name>['options'],
  ): Promise<Parts<Name>['result'][]>;
  readonly task: Name;
  readonly model: ModelFacade<unknown>;
  /** Frees the model. */
  close(): Promise<void>;
}

/**
 * A model for a task, by Hugging Face's names: `const tag = await pipeline('ner', './model')`, then `await tag('Ada lives in Rome.')`.
 * Results have the form of Hugging Face's pipelines: always a list for each input; fill-mask one for each mask.
 * @param source  a folder, a path or a hub id
 * @throws OptionError for an unknown task · ConfigError for a model that has no class for it
 */
export async function pipeline<Name extends PipelineName>(
  name: Name,
  source: string | ModelFolder,
  options: FromPretrainedOptions = {},
): Promise<Pipeline<Name>> {
  const { task, defaults } = taskOf(name);
  const model = await task.open(await openModelFolder(source, options), options);
  const call = async (input: unknown, callOptions: object = {}): Promise<unknown> => {
    const isOne = !Array.isArray(input); // two texts in a list are two inputs, not a pair
    const results = await task.call(model as never, isOne ? [input] : input, { ...defaults, ...callOptions });
    return isOne ? results[0] : results;
  };
  return Object.assign(call, { task: name, model, close: () => model.close() }) as unknown as Pipeline<Name>;
}

function taskOf(name: PipelineName): {
  readonly task: PipelineTask<unknown, object, unknown>;
  readonly defaults: object;
} {
  const tasks = PIPELINE_TASKS as unknown as Readonly<Record<string, PipelineTask<unknown, object, unknown>>>;
  if (Object.hasOwn(tasks, name)) return { task: tasks[name]!, defaults: {} };
  if (/^translation_\w+_to_\w+$/.test(name)) return { task: tasks['translation']!, defaults: { task: name } };
  throw new OptionError({
    op: 'pipeline',
    problem: `there is no task '${String(name)}'`,
    likely: `There are ${Object.keys(tasks).join(', ')}, and translation_XX_to_YY.`,
    page: 'option-value',
    got: name,
    needed: Object.keys(tasks),
  });
}
