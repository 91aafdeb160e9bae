import { sampleTexts, syllableTokenizer } from './sample-texts.js';

/** Texts of the preparation that is killed, with duplicates. */
export function childTexts(): readonly string[] {
  const texts = [...sampleTexts(1600, { seed: 21, words: [60, 100] })];
  for (let at = 400; at < texts.length; at += 10) texts[at] = texts[at - 400]!;
  return texts;
}

/** Its options. */
export function childOptions() {
  return { tokenizer: syllableTokenizer(), shardTokens: 20_000, cleaning: { duplicates: 'near' } } as const;
}
