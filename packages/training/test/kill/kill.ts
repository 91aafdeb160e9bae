import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** How a training process ended. */
interface Ended {
  readonly how: 'killed' | 'done';
  /** From the beginning of training, not of the process. */
  readonly elapsedMs: number;
}

/**
 * Runs the worker on a folder, and kills it (SIGKILL) some milliseconds after training began.
 * @param afterMs  undefined: it is left alone
 */
export function trainIn(folder: string, afterMs: number | undefined): Promise<Ended> {
  const args = ['--conditions=@tesserae/source', '--import', TSX, WORKER, folder];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    let started = 0;
    child.stdout.once('data', () => {
      started = performance.now();
      if (afterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), afterMs);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      const elapsedMs = performance.now() - started;
      if (signal === 'SIGKILL') resolve({ how: 'killed', elapsedMs });
      else if (code === 0) resolve({ how: 'done', elapsedMs });
      else reject(new Error(`the training ended with exit code ${String(code)}`));
    });
  });
}

/** The bytes of the parameters that a training wrote at its end; undefined when it has not ended. */
export async function paramsIn(folder: string): Promise<Buffer | undefined> {
  const file = join(folder, 'params.safetensors');
  return existsSync(file) ? readFile(file) : undefined;
}
