import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { prepareShards } from '../../src/node.js';
import { childOptions, childTexts } from './child-job.js';
import { filesIn, temporaryFolder, textSource } from './sample-texts.js';

const child = fileURLToPath(new URL('./prepare-child.ts', import.meta.url));

const shardsIn = (folder: string): number =>
  existsSync(folder) ? readdirSync(folder).filter((name) => /^shard-\d+\.bin$/.test(name)).length : 0;

/** Starts a preparation in a process of its own and kills it, without warning, when it has `shards` more shards. */
async function killedAfter(
  out: string,
  { workers, shards }: { readonly workers: number; readonly shards: number },
) {
  const args = ['--import', 'tsx', '--conditions=@tesserae/source', child, out, String(workers)];
  const process_ = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  process_.stderr.on('data', (chunk) => (complaint += String(chunk)));
  const ended = new Promise<string>((resolve) => {
    process_.on('exit', (code, signal) => resolve(signal ?? String(code)));
  });
  const needed = shardsIn(out) + shards;
  while (shardsIn(out) < needed && process_.exitCode === null) await pause(2);
  process_.kill('SIGKILL');
  expect(await ended, complaint).toBe('SIGKILL');
}

describe('a preparation that is killed', () => {
  it('goes on behind its last whole shard, and gives the bytes of one that was not', async () => {
    const [folder, whole] = [await temporaryFolder(), await temporaryFolder()];
    const out = join(folder, 'out');
    await killedAfter(out, { workers: 1, shards: 1 });
    await killedAfter(out, { workers: 2, shards: 2 });
    const before = shardsIn(out);
    expect(before).toBeGreaterThanOrEqual(3);
    expect(existsSync(join(out, 'manifest.json'))).toBe(false);
    const options = { ...childOptions(), workers: 0 };
    const resumed = await prepareShards(textSource(childTexts()), { ...options, out, resume: true });
    expect(resumed.resumedDocuments).toBeGreaterThan(30);
    const uninterrupted = await prepareShards(textSource(childTexts()), { ...options, out: whole });
    expect(resumed.numShards).toBeGreaterThan(before);
    expect(resumed.report.exactDuplicates).toBe(120);
    expect({ ...resumed, resumedDocuments: 0 }).toEqual(uninterrupted);
    expect(await filesIn(out)).toEqual(await filesIn(whole));
  });
});
