import { readFileSync } from 'node:fs';
import { createCpuBackend } from '@tesserae/backend-cpu';
import { createOnnxNodeBackend } from '@tesserae/backend-onnx/node';
import { compareTensors } from '@tesserae/backend-testkit';
import type { Backend, HostTensor } from '@tesserae/tensor';
import { toNumbers } from '@tesserae/tensor';
import type { TensorFile } from '@tesserae/weights';
import { bytesSource, joinChunks, memoryFolder, openSafetensors, writeSafetensors } from '@tesserae/weights';
import { expect } from 'vitest';
import type { LoadPretrainedOptions, PretrainedModel } from '../src/pretrained.js';
import { loadPretrained } from '../src/pretrained.js';

/** The backends that every golden test runs on. */
export const BACKENDS: readonly { readonly name: string; readonly create: () => Promise<Backend> }[] = [
  { name: 'cpu', create: async () => createCpuBackend() },
  { name: 'onnx', create: () => createOnnxNodeBackend({ worker: false }) },
];

/** A file of tools/golden/fixtures. */
export const committed = (name: string): URL =>
  new URL(`../../../tools/golden/fixtures/${name}.safetensors`, import.meta.url);

/** A file beside the repository, which need not be there. */
export const shared = (path: string): URL => new URL(`../../../../shared/data/${path}`, import.meta.url);

/** Opens a golden file. */
export function openGolden(url: URL): Promise<TensorFile> {
  return openSafetensors(bytesSource(url.pathname.split('/').at(-1)!, new Uint8Array(readFileSync(url))));
}

/** The tensors under a prefix, by the names after it; integers as i32. */
export async function tensorsUnder(file: TensorFile, prefix: string): Promise<Record<string, HostTensor>> {
  const entries = file.names
    .filter((name) => name.startsWith(prefix))
    .map(async (name): Promise<[string, HostTensor]> => {
      const isFloat = file.spec(name).dtype === 'f32';
      return [name.slice(prefix.length), await (isFloat ? file.read(name) : file.readIntegers(name))];
    });
  return Object.fromEntries(await Promise.all(entries));
}

/**
 * The model of a golden file, through the loader that users call: its weights as a folder with a config.json.
 */
export async function loadGolden(
  file: TensorFile,
  options: LoadPretrainedOptions = {},
): Promise<PretrainedModel> {
  const weights = await tensorsUnder(file, 'weight/');
  const folder = memoryFolder(file.name, {
    'config.json': file.metadata['config']!,
    'model.safetensors': joinChunks(writeSafetensors(Object.entries(weights))),
  });
  const className = file.metadata['class']!.split(' ')[0]!;
  return loadPretrained(folder, { className, ...options });
}

/** Fails with the worst element when an element is off by more than atol + rtol·|needed|. */
export function expectClose(
  got: HostTensor | undefined,
  needed: HostTensor,
  { what, rtol, atol }: { readonly what: string; readonly rtol: number; readonly atol: number },
): void {
  if (got === undefined) expect.fail(`${what} is absent`);
  // A scalar of ours is a vector of one value in the files.
  const shaped = got.shape.length === 0 && needed.shape.length === 1 ? { ...got, shape: needed.shape } : got;
  const { isClose, report } = compareTensors(shaped, needed, { rtol, atol });
  expect(isClose, `${what}: ${report}`).toBe(true);
}

/** Largest magnitude of a tensor. */
export function largest(tensor: HostTensor): number {
  return toNumbers(tensor).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** Gradients that are zero but for rounding have no scale of their own; a real one is 1e-4 and more. */
const ZERO_GRADIENT = 5e-6;

/** Every gradient of the file within 1e-3 of its largest element, and no gradient for anything else. */
export async function expectGradients(
  got: Readonly<Record<string, HostTensor>>,
  file: TensorFile,
): Promise<void> {
  const needed = await tensorsUnder(file, 'grad/');
  const zeros = JSON.parse(file.metadata['zero_gradients'] ?? '[]') as readonly string[];
  expect(Object.keys(got).sort()).toEqual(Object.keys(needed).sort());
  for (const [name, gradient] of Object.entries(needed)) {
    const atol = zeros.includes(name)
      ? ZERO_GRADIENT
      : Math.max(1e-3 * largest(gradient), ZERO_GRADIENT / 10);
    expectClose(got[name], gradient, { what: `grad/${name}`, rtol: 0, atol });
  }
}
