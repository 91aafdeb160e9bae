/** Class of a character that takes on the class before it: combining marks, and ▁. */
export const INHERITS = -1;

/** Class of a character that goes with every other. */
export const ANY_SCRIPT = -2;

/** The most frequent first, as each character is tried against them in turn; those of Unicode 12 (ES2020). */
const scriptNames =
  `Common Latin Cyrillic Greek Arabic Hebrew Devanagari Thai Hangul Bengali Tamil Telugu Armenian Georgian
  Gujarati Kannada Malayalam Sinhala Khmer Lao Myanmar Tibetan Ethiopic Gurmukhi Oriya Mongolian Cherokee
  Canadian_Aboriginal Syriac Thaana Bopomofo Yi Adlam Ahom Anatolian_Hieroglyphs Avestan Balinese Bamum
  Bassa_Vah Batak Bhaiksuki Brahmi Braille Buginese Buhid Carian Caucasian_Albanian Chakma Cham Coptic
  Cuneiform Cypriot Deseret Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic Glagolitic Gothic Grantha
  Gunjala_Gondi Hanifi_Rohingya Hanunoo Hatran Imperial_Aramaic Inscriptional_Pahlavi
  Inscriptional_Parthian Javanese Kaithi Kayah_Li Kharoshthi Khojki Khudawadi Lepcha Limbu Linear_A
  Linear_B Lisu Lycian Lydian Mahajani Makasar Mandaic Manichaean Marchen Masaram_Gondi Medefaidrin
  Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mro Multani Nabataean
  Nandinagari New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian Old_Italic
  Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Osage Osmanya
  Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan
  Saurashtra Sharada Shavian Siddham SignWriting Sogdian Sora_Sompeng Soyombo Sundanese Syloti_Nagri
  Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tangut Tifinagh Tirhuta Ugaritic Vai Wancho Warang_Citi
  Zanabazar_Square`.split(/\s+/);

/**
 * Gives a function from a code point to the number of its Unicode script, or to INHERITS. Hiragana,
 * Katakana and the long vowel sign count as Han, as SentencePiece has it; what no script knows is Common.
 */
export function scriptClasses(): (codePoint: number) => number {
  const scripts = scriptNames.map((name) => new RegExp(`^\\p{Script=${name}}$`, 'u'));
  const japanese = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u30fc]$/u;
  const inherited = /^\p{Script=Inherited}$/u;
  return (codePoint) => {
    const char = String.fromCodePoint(codePoint);
    if (japanese.test(char)) return scripts.length;
    if (inherited.test(char)) return INHERITS;
    return Math.max(
      0,
      scripts.findIndex((script) => script.test(char)),
    );
  };
}
