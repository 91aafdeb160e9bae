import type { Tokenizer } from '@tesserae/tokenizer';

/** What a tokenizer.json may hold beside what decides ids. */
const indifferent = ['truncation', 'padding', 'decoder'];

/**
 * Tells tokenizers apart: a SHA-256 of what decides their ids. The same model read from `spiece.model` and from the
 * `tokenizer.json` made of it have the same fingerprint.
 */
export async function tokenizerFingerprint(tokenizer: Pick<Tokenizer, 'toFiles'>): Promise<string> {
  const files = tokenizer.toFiles();
  const main = files['tokenizer.json'];
  const decisive =
    main === undefined
      ? [files['tokenizer_config.json'], files['special_tokens_map.json']]
      : Object.entries(JSON.parse(main) as object).filter(([name]) => !indifferent.includes(name));
  return sha256(new TextEncoder().encode(JSON.stringify(decisive)));
}

/** A SHA-256 in hexadecimal. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
