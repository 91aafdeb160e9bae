/** A preparation in a process of its own, slow enough to be killed in the middle: arguments out, workers. */
import { setTimeout as pause } from 'node:timers/promises';
import { prepareShards } from '../../src/node.js';
import { childOptions, childTexts } from './child-job.js';

const [out, workers] = process.argv.slice(2);
const source = async function* () {
  for (const [index, text] of childTexts().entries()) {
    if (index % 150 === 149) await pause(25);
    yield { text };
  }
};
await prepareShards(source, { ...childOptions(), out: out!, workers: Number(workers), resume: true });
