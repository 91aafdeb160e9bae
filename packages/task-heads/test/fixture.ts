import { readFileSync } from 'node:fs';
import type { TensorFile } from '@tesserae/weights';
import { bytesSource, openSafetensors } from '@tesserae/weights';

/** A file of tools/golden/fixtures. */
export function openFixture(name: string): Promise<TensorFile> {
  const url = new URL(`../../../tools/golden/fixtures/${name}.safetensors`, import.meta.url);
  return openSafetensors(bytesSource(name, new Uint8Array(readFileSync(url))));
}
