import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DisagreementError } from './agreement.js';
import { rates } from './measured-rounds.js';
import type { Rates } from './measured-rounds.js';

/** Time from the start of a process to its first text, of both libraries. */
export interface ColdStart {
  readonly processes: number;
  readonly oursMs: Rates;
  readonly theirsMs: Rates;
  /** Theirs over ours: of the medians, and the range over pairs of processes. */
  readonly ratio: Rates;
  readonly text: string;
}

const TEXT = 'translate English to German: The house is wonderful, and the garden is not small.';
const NEW_TOKENS = 8;

/** Plain Node on the built packages, as a user's program: a loader of TypeScript would be in the way. */
const ours = (folder: string): string => `
  import { T5ForConditionalGeneration } from 'tesserae';
  const model = await T5ForConditionalGeneration.fromPretrained(${JSON.stringify(folder)});
  const options = { maxNewTokens: ${NEW_TOKENS}, minNewTokens: ${NEW_TOKENS} };
  const [text] = await model.generate(${JSON.stringify(TEXT)}, options);
  process.stdout.write(JSON.stringify(text) + '\\n');
  await model.close();
`;

const theirs = (folder: string): string => `
  import { AutoModelForSeq2SeqLM, AutoTokenizer, env } from '@huggingface/transformers';
  env.allowRemoteModels = false;
  env.localModelPath = ${JSON.stringify(`${dirname(folder)}/`)};
  const name = ${JSON.stringify(basename(folder))};
  const [tokenizer, model] = await Promise.all([
    AutoTokenizer.from_pretrained(name),
    AutoModelForSeq2SeqLM.from_pretrained(name, { dtype: 'fp32', device: 'cpu' }),
  ]);
  const inputs = await tokenizer(${JSON.stringify(TEXT)});
  const options = { max_new_tokens: ${NEW_TOKENS}, min_new_tokens: ${NEW_TOKENS}, do_sample: false };
  const [text] = tokenizer.batch_decode(await model.generate({ ...inputs, ...options }), { skip_special_tokens: true });
  process.stdout.write(JSON.stringify(text) + '\\n');
`;

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** Runs a program to its first line. @throws Error with what it wrote when it ends without one */
async function firstText(program: string): Promise<{ readonly ms: number; readonly text: string }> {
  const started = performance.now();
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: HERE,
    stdio: 'pipe',
  });
  const ended = once(child, 'close');
  let [output, errors, ms] = ['', '', 0];
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (ms === 0 && output.includes('\n')) ms = performance.now() - started;
  });
  await ended;
  if (ms === 0) throw new Error(`a new process gave no text: ${errors}`);
  return { ms, text: JSON.parse(output.split('\n')[0]!) as string };
}

/**
 * Starts processes of both sides by turns; the first of each is not counted: it brings the files into memory.
 * @throws DisagreementError when the two write different texts
 */
export async function coldStart(folder: string, processes: number): Promise<ColdStart> {
  const times = { ours: [] as number[], theirs: [] as number[] };
  const texts = new Set<string>();
  for (let round = -1; round < processes; round++) {
    for (const [side, program] of [
      ['ours', ours(folder)],
      ['theirs', theirs(folder)],
    ] as const) {
      const { ms, text } = await firstText(program);
      texts.add(text);
      if (round >= 0) times[side].push(ms);
    }
  }
  const [text, other] = [...texts];
  if (other !== undefined) {
    throw new DisagreementError(
      `cold start: texts differ: ${JSON.stringify(text)} and ${JSON.stringify(other)}`,
    );
  }
  const ratios = times.theirs.map((ms, at) => ms / times.ours[at]!);
  const [oursMs, theirsMs] = [rates(times.ours), rates(times.theirs)];
  const ratio = { ...rates(ratios), median: theirsMs.median / oursMs.median };
  return { processes, oursMs, theirsMs, ratio, text: text! };
}

/** At most 0.6 of their time. */
const NEEDED = 1 / 0.6;

/** As Markdown. */
export function coldStartTable({ processes, oursMs, theirsMs, ratio }: ColdStart): string {
  const range = ({ median, least, most }: Rates, digits: number): string =>
    `${median.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
  const verdict = ratio.median >= NEEDED ? '' : ': **missed**';
  return [
    `| new process to first text, ${processes} each | ms |`,
    '| --- | --- |',
    `| tesserae | ${range(oursMs, 0)} |`,
    `| transformers.js | ${range(theirsMs, 0)} |`,
    `| over tesserae | ${range(ratio, 2)}, needed ${NEEDED.toFixed(2)}${verdict} |`,
  ].join('\n');
}
