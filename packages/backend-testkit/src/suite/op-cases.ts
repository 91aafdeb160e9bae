import type { OpRecord } from '@tesserae/tensor';
import { OPS } from '@tesserae/tensor';
import type { OpCase, OpSample } from '../op-case.js';
import { dtypesOf, gradientCase, hasGradient, opCase } from '../op-case.js';
import type { Suite } from './suite.js';
import { compareBackends } from './suite.js';

/** Every op with every sample in every dtype that record and backend share: values, fused forms, gradients. */
export function addOpCases(suite: Suite): void {
  for (const record of OPS) {
    record.samples.forEach((_, index) => {
      for (const dtype of record.dtypes) addSample(suite, { record, index, dtype });
      addGradient(suite, { record, index, dtype: 'f32' });
    });
  }
}

function addSample(suite: Suite, sample: OpSample): void {
  const { record, index, dtype } = sample;
  const whole = opCase(sample);
  if (!isSupported(suite, whole)) return;
  const name = `${dtype} sample ${index}`;
  if (!isNative(suite, record)) {
    suite.add(['ops', record.name, name], () => compare(suite, whole));
    return;
  }
  suite.add(['ops', record.name, `${name}, native`], () => compare(suite, whole));
  suite.add(['ops', record.name, `${name}, decomposed`], () => compare(suite, whole, true));
  if (whole.graph.outputs.length < 2) return;
  suite.add(['ops', record.name, `${name}, native, first output only`], () =>
    compare(suite, opCase(sample, { outputs: 1 })),
  );
}

function addGradient(suite: Suite, sample: OpSample): void {
  if (!hasGradient(sample)) return;
  const gradient = gradientCase(sample);
  if (!isSupported(suite, gradient)) return;
  suite.add(['gradients', sample.record.name, `sample ${sample.index}`], () => compare(suite, gradient));
}

function compare(suite: Suite, { graph, inputs }: OpCase, decomposed = false): Promise<void> {
  return compareBackends(suite, graph, { inputs, decomposed });
}

function isNative({ backend }: Suite, record: OpRecord): boolean {
  return backend.capabilities.nativeComposites.has(record.name);
}

function isSupported({ backend }: Suite, { graph }: OpCase): boolean {
  return [...dtypesOf(graph)].every((dtype) => backend.capabilities.dtypes.includes(dtype));
}
