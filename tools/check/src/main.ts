/** Runs every check, reports each stage as it ends, and fails if any failed. */
import { spawn } from 'node:child_process';
import { staticStages, testStage, type Stage } from './stages.js';

interface StageResult {
  readonly stage: Stage;
  readonly isPassed: boolean;
  readonly seconds: number;
}

const concurrentStages = 2;

async function runStage(stage: Stage, isStreamed: boolean): Promise<StageResult> {
  const startedAt = performance.now();
  const chunks: Buffer[] = [];
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    const output = isStreamed ? 'inherit' : 'pipe';
    const child = spawn(stage.command, { shell: true, stdio: ['ignore', output, output] });
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', resolve);
  });
  const result = { stage, isPassed: exitCode === 0, seconds: (performance.now() - startedAt) / 1000 };
  if (!isStreamed) printHeader(result);
  process.stdout.write(Buffer.concat(chunks));
  return result;
}

function printHeader({ stage, isPassed, seconds }: StageResult): void {
  console.log(`\n== ${stage.name}: ${isPassed ? 'passed' : 'FAILED'} in ${seconds.toFixed(1)} s`);
}

async function runAll(stages: readonly Stage[]): Promise<StageResult[]> {
  const waiting = [...stages];
  const results: StageResult[] = [];
  const lane = async (): Promise<void> => {
    for (let stage = waiting.shift(); stage !== undefined; stage = waiting.shift()) {
      results.push(await runStage(stage, false));
    }
  };
  await Promise.all(Array.from({ length: concurrentStages }, lane));
  return results;
}

const results = await runAll(staticStages);
console.log(`\n== ${testStage.name}`);
results.push(await runStage(testStage, true));

console.log('\n== summary');
for (const { stage, isPassed, seconds } of results) {
  console.log(`${isPassed ? 'passed' : 'FAILED'}  ${seconds.toFixed(1).padStart(6)} s  ${stage.name}`);
}
process.exitCode = results.every((result) => result.isPassed) ? 0 : 1;
