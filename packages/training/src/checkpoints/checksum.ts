import type { HostTensor } from '@tesserae/tensor';
import { flattenTree } from '@tesserae/tensor';

const PRIME = 0x01000193;
const BASIS = 0x811c9dc5;

/**
 * A check number of the tensors of a tree, in any order: FNV-1a over names and 32-bit words, added up. It finds flipped
 * bits and exchanged tensors; it is no protection against intent.
 * @returns eight hexadecimal digits
 */
export function checksum(tree: unknown): string {
  let sum = 0;
  for (const { path, leaf } of flattenTree<HostTensor>(tree)) {
    sum = (sum + hashBytes(leaf.data, hashText(path))) >>> 0;
  }
  return sum.toString(16).padStart(8, '0');
}

function hashText(text: string): number {
  let hash = BASIS;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), PRIME);
  return hash;
}

function hashBytes(data: ArrayBufferView, start: number): number {
  const { buffer, byteOffset, byteLength } = data;
  let hash = start;
  const numWords = byteOffset % 4 === 0 ? byteLength >> 2 : 0;
  const words = new Uint32Array(buffer, numWords === 0 ? 0 : byteOffset, numWords);
  for (let at = 0; at < numWords; at++) hash = Math.imul(hash ^ words[at]!, PRIME);
  const rest = new Uint8Array(buffer, byteOffset + numWords * 4, byteLength - numWords * 4);
  for (const byte of rest) hash = Math.imul(hash ^ byte, PRIME);
  return hash;
}
