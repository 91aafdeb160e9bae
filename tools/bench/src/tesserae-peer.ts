import { servePeer } from './serve-peer.js';
import { MODEL_WORKLOADS } from './model-workloads.js';
import { WORKLOADS } from './workloads.js';

/** Our side of a benchmark, speaking the protocol of peers/README.md over standard input and output. */
await servePeer('tesserae', { ...WORKLOADS, ...MODEL_WORKLOADS });
