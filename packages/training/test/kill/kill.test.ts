import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { paramsIn, trainIn } from './kill.js';

/** 3 in the ordinary test; `npm run test:kill` does the twenty of a release. */
const KILLS = Number(process.env['TESSERAE_KILLS'] ?? 3);

describe('a training that is killed', () => {
  let folder: string;
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'tesserae-kill-'))));
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it(
    `ends with the same bytes after ${KILLS} kills at random moments`,
    async () => {
      const { elapsedMs } = await trainIn(join(folder, 'whole'), undefined);
      const broken = join(folder, 'broken');
      for (let kill = 0; kill < KILLS; kill++) {
        const { how } = await trainIn(broken, (Math.random() * elapsedMs) / KILLS);
        expect(how).toBe('killed');
        expect(await paramsIn(broken)).toBeUndefined();
      }
      expect((await trainIn(broken, undefined)).how).toBe('done');
      expect(await paramsIn(broken)).toEqual(await paramsIn(join(folder, 'whole')));
      const files = await readdir(join(broken, 'checkpoints'));
      expect(files.filter((file) => file.endsWith('.tmp'))).toEqual([]);
    },
    (KILLS + 3) * 10_000,
  );
});
