import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSafetensors } from '@tesserae/weights';
import { flattenTree } from '@tesserae/tensor';
import type { HostTensor } from '@tesserae/tensor';
import { folderCheckpointStore } from '../../src/node/folder-store.js';
import { collect, lineRun } from '../runs.js';

/** A training with a checkpoint after every second step, resumed where it was; the result goes into a file. */
const folder = process.argv[2]!;
const store = folderCheckpointStore(join(folder, 'checkpoints'));
const options = await lineRun({
  totalSteps: 400,
  schedule: (step) => 0.1 / (1 + step / 100),
  checkpoints: { store, everySteps: 2, resume: true },
});
process.stdout.write('training\n');
const { result } = await collect(options);
const params = flattenTree<HostTensor>(result.params).map(({ path, leaf }) => [path, leaf] as const);
await writeFile(join(folder, 'params.safetensors'), Buffer.concat(writeSafetensors(params)));
