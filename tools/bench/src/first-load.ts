import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { rates, type Rates } from './measured-rounds.js';

/**
 * How long the first load of a tokenizer takes in a process: a program loads once, before the engine has compiled
 * anything, so a mean over many loads in one process would flatter us.
 */
interface FirstLoads {
  readonly processes: number;
  /** Milliseconds of `tokenizerFromFiles` alone: neither the start of Node nor reading and importing is in it. */
  readonly loadMs: Rates;
  /** The same with the first short text encoded: work that a load puts off shows here. */
  readonly loadAndEncodeMs: Rates;
}

/** What each process runs, in plain Node on the built package: a loader of TypeScript would be in the way. */
const program = `
  import { readFileSync } from 'node:fs';
  import { tokenizerFromFiles } from '@tesserae/tokenizer';
  import { moreStages } from '@tesserae/tokenizer/stages';
  const files = { 'tokenizer.json': readFileSync(0, 'utf8') };
  const start = performance.now();
  const tokenizer = tokenizerFromFiles(files, { stages: moreStages });
  const loadMs = performance.now() - start;
  const { length } = tokenizer.encode('The first text of a program.').ids;
  process.stdout.write(JSON.stringify({ loadMs, loadAndEncodeMs: performance.now() - start, length }));
`;

/**
 * Loads the text of a tokenizer.json once in each of several new processes, one after another.
 * @throws Error with what a process wrote when it fails
 */
export function firstLoads(tokenizerJson: string, processes: number): FirstLoads {
  const times = Array.from({ length: processes }, () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', program],
      { cwd: fileURLToPath(new URL('.', import.meta.url)), input: tokenizerJson, encoding: 'utf8' },
    );
    if (status === 0) return JSON.parse(stdout) as { loadMs: number; loadAndEncodeMs: number };
    throw new Error(`loading the tokenizer in a new process failed (status ${status}): ${stderr}`);
  });
  return {
    processes,
    loadMs: rates(times.map(({ loadMs }) => loadMs)),
    loadAndEncodeMs: rates(times.map(({ loadAndEncodeMs }) => loadAndEncodeMs)),
  };
}
