import { ELECTRA_WORKLOADS } from './electra-workloads.js';
import { readMemory } from './memory-read.js';
import { servePeer } from './serve-peer.js';
import { T5_WORKLOADS } from './t5-workloads.js';
import { TEXT_TRAININGS } from './text-training.js';

/** Our side of a benchmark as a process; and how fast the machine reads memory. */
await servePeer(
  { hello: 'tesserae' },
  { ...T5_WORKLOADS, ...ELECTRA_WORKLOADS, ...TEXT_TRAININGS, 'read-memory': readMemory },
);
