import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { take } from '@tesserae/data';
import { findFiles, openShardFolder } from '@tesserae/data/node';
import { OptionError } from '@tesserae/tensor';
import type { Tokenizer } from '@tesserae/tokenizer';
import type { CommandContext } from '../command-context.js';
import { readInput } from '../data-input.js';
import type { InputFormat } from '../data-input.js';
import { sentinelsOf, shownExamples } from '../shown-examples.js';
import type { ShownExample, ShownPart, ShownSource } from '../shown-examples.js';
import { loadTokenizer } from '../tokenizer-file.js';

/** Options of the command. */
interface DataShowOptions {
  readonly inputs: readonly string[];
  readonly tokenizer: string;
  readonly task?: string;
  readonly objective?: string;
  readonly inputsLength?: number;
  readonly count: number;
  readonly seed: number;
  readonly format: InputFormat;
  readonly field: string;
}

/** Shows a few examples as the model will see them. */
export async function runDataShow(
  options: DataShowOptions,
  { output, signal }: CommandContext,
): Promise<void> {
  const { task, objective, inputsLength, count, seed } = options;
  if (task !== undefined && objective !== undefined) throw both(task, objective);
  const tokenizer = await loadTokenizer(options.tokenizer);
  const source = await openSource(options, { tokenizer, signal });
  const making = {
    ...{ tokenizer, seed, signal },
    ...(objective === undefined ? {} : { objective }),
    ...(inputsLength === undefined ? {} : { inputsLength }),
  };
  let number = 0;
  try {
    for await (const example of take(shownExamples(source, making), count)) {
      output.result(asJson(example, tokenizer), asText(example, { number: number++, tokenizer }));
    }
  } finally {
    if ('shards' in source) await source.shards.close();
  }
}

async function openSource(
  { inputs, format, field, task }: DataShowOptions,
  { tokenizer, signal }: { readonly tokenizer: Tokenizer; readonly signal: AbortSignal },
): Promise<ShownSource> {
  const [folder, ...others] = inputs;
  const isShards =
    others.length === 0 && (await stat(join(folder!, 'manifest.json')).catch(() => undefined)) !== undefined;
  if (isShards) return { shards: await openShardFolder(folder!, { tokenizer, signal }) };
  const files = await findFiles(inputs);
  const input = { format, field, ...(task === undefined ? {} : { task }), signal };
  return { documents: () => readInput(files, input) };
}

/** Tokens of an example that are listed for people; --json has all. */
const listedTokens = 24;
/** Characters of a text that are shown for people. */
const shownCharacters = 2000;

function asText(
  example: ShownExample,
  { number, tokenizer }: { readonly number: number; readonly tokenizer: Tokenizer },
): string {
  const lengths = example.map(({ name, ids }) => `${name} ${ids.length}`).join(', ');
  const parts = example.map((part) => {
    const listed = Array.from(part.ids.subarray(0, listedTokens), (id, at) => {
      const place = part.positions === undefined ? '' : `${part.positions[at]}: `;
      return `${place}${tokenOf(id, tokenizer)} ${id}`;
    });
    const more = part.ids.length > listedTokens ? `  … ${part.ids.length - listedTokens} more` : '';
    const text =
      part.positions === undefined ? `${part.name}: ${shortened(visibleText(part.ids, tokenizer))}\n` : '';
    return `${text}${part.name}, tokens: ${listed.join('  ')}${more}`;
  });
  return [`example ${number} (tokens: ${lengths})`, ...parts, ''].join('\n');
}

function shortened(text: string): string {
  const rest = text.length - shownCharacters;
  return rest <= 0 ? text : `${text.slice(0, shownCharacters)} … ${rest} more characters`;
}

function asJson(example: ShownExample, tokenizer: Tokenizer): object {
  const part = ({ ids, positions }: ShownPart) => ({
    text: visibleText(ids, tokenizer),
    ids: [...ids],
    tokens: Array.from(ids, (id) => tokenOf(id, tokenizer)),
    length: ids.length,
    ...(positions === undefined ? {} : { positions: [...positions] }),
  });
  return Object.fromEntries(example.map((one) => [one.name, part(one)]));
}

function tokenOf(id: number, tokenizer: Tokenizer): string {
  return tokenizer.idToToken(id) ?? `<${id}>`;
}

/** Text of ids with all special tokens; also with ByT5's sentinels, which are bytes that no text has. */
function visibleText(ids: Int32Array, tokenizer: Tokenizer): string {
  const isByte = tokenizer.parts.model.type === 'Bytes';
  if (!isByte) return tokenizer.decode(ids);
  const { first } = sentinelsOf(tokenizer);
  let text = '';
  let start = 0;
  ids.forEach((id, at) => {
    if (id > first || id < first - 10) return; // bytes 0xf5 … 0xff are in no UTF-8
    text += `${tokenizer.decode(ids.subarray(start, at))}<extra_id_${first - id}>`;
    start = at + 1;
  });
  return text + tokenizer.decode(ids.subarray(start));
}

function both(task: string, objective: string): OptionError {
  return new OptionError({
    op: 'data show',
    problem: `--task ${task} and --objective ${objective} exclude each other`,
    likely: 'A task has inputs and targets of its own; an objective makes them of running text.',
    page: 'data-show',
    got: { task, objective },
  });
}
