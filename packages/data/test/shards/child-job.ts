import { sampleTexts, syllableTokenizer } from './sample-texts.js';

/** Texts of the preparation that is killed, with duplicates. */
export function childTexts(): readonly string[] {
  const texts = [...sampleTexts(4000, { seed: 21, words: [150, 250] })];
  for (let at = 600; at < texts.length; at += 10) texts[at] = texts[at - 600]!;
  return texts;
}

/** Its options. */
export function childOptions() {
  return { tokenizer: syllableTokenizer(), shardTokens: 60_000, cleaning: { duplicates: 'near' } } as const;
}
