/** Replacements by text, as a SentencePiece character map holds them. */
export type CharacterRules = ReadonlyMap<string, string>;

/** Controls, which vanish. */
const removed = /[\u0001-\u0008\u000b\u000e-\u001f\u007f\u008f\u009f]/;

/** What becomes a space besides NFKC's own: line ends, invisible marks, ▁ itself, the replacement character. */
const spaces = '\t\n\f\r\u1680\u200b\u200c\u200e\u200f\u2028\u2029\u2581\ufeff\ufffd';

/** The full-width tilde, which NFKC would make `~`, stays: Japanese and Korean texts write ranges with it. */
const kept = '\uff5e';

/**
 * SentencePiece's default normalisation `nmt_nfkc` as rules: NFKC of every character, canonical compositions of
 * every composed character from its parts, also from half-width kana, and the clean-up of controls and spaces.
 *
 * SentencePiece lists, besides, compositions from all other compatibility variants of the parts (a full-width A
 * with a combining accent, half-width jamo): seven times as many rules for sequences that texts do not have. It
 * lacks some from parts that are composed themselves (ê and a hook above), which are here. The rules are those
 * of the Unicode version that the JavaScript engine has; a saved tokenizer keeps them.
 * @see Unicode Standard Annex 15; SentencePiece's doc/normalization.md
 */
export function nmtNfkcRules(): CharacterRules {
  const rules = new Map<string, string>();
  const halfWidth = halfWidthKana();
  for (let codePoint = 1; codePoint < 0x110000; codePoint++) {
    if (codePoint === 0xd800) codePoint = 0xe000;
    const char = String.fromCodePoint(codePoint);
    const normalized = char.normalize('NFKC');
    if (removed.test(char)) rules.set(char, '');
    else if (normalized !== char) rules.set(char, normalized);
    const parts = Array.from(char.normalize('NFD'));
    if (parts.length === 1 || parts.join('').normalize('NFC') !== char) continue;
    for (let taken = 1; taken < parts.length; taken++) {
      const start = parts.slice(0, taken).join('').normalize('NFC');
      rules.set(start + parts.slice(taken).join(''), normalized);
    }
    const [kana, mark] = parts.map((part) => halfWidth.get(part));
    if (kana === undefined || mark === undefined || parts.length > 2) continue;
    for (const spelling of [kana + mark, kana + parts[1]!, parts[0]! + mark]) rules.set(spelling, normalized);
  }
  for (const char of spaces) rules.set(char, ' ');
  rules.delete(kept);
  return rules;
}

/** Half-width kana and their voice marks, by what they stand for. */
function halfWidthKana(): ReadonlyMap<string, string> {
  const kana = Array.from({ length: 0xff9f - 0xff66 + 1 }, (_, index) => String.fromCharCode(0xff66 + index));
  return new Map(kana.map((char) => [char.normalize('NFKC'), char]));
}
