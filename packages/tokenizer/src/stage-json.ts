import type { Json } from './pipeline.js';

/** A name of ours as files have it: `unkToken` is `unk_token`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Settings as files have them. */
export function snakeCased(settings: object): { readonly [key: string]: Json } {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [snakeCase(name), value]));
}
