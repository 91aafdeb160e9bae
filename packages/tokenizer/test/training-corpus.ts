import { seededRandom } from './random-text.js';

/** Text that is a little like a language: stems with endings, frequent little words, names, numbers, marks. */

const onsets = 'b br c ch cl d dr f fl g gr h j k l m n p pl pr qu r s sh sp st t th tr v w'.split(' ');
const vowels = 'a e i o u ai ea ee io ou'.split(' ');
const codas = ['', '', 'n', 'r', 's', 't', 'l', 'm', 'nd', 'st', 'ck', 'ng'];
const endings = ['', '', '', 's', 'ed', 'ing', 'er', 'ly', 'ness', 'tion', 'able', 'ment', "'s"];
const little = 'the of and in to a is was for as on by with it at from that'.split(' ');
const rare = ['é', 'ü', 'ñ', 'ß', '—', '“', '”', '東', '京', 'で', 'カ', 'ж', 'λ', '€', '😀', '٣', 'e\u0301'];

/** Lines of 5 to 24 words; the lexicon is the same for every seed, its use is not. */
export function trainingCorpus(seed: number, lineCount: number): readonly string[] {
  const lexicon = stems(seededRandom(11), 1200);
  const random = seededRandom(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const word = (): string => {
    const kind = random();
    if (kind < 0.35) return pick(little);
    if (kind < 0.38) return String(Math.floor(10 ** (1 + 3 * random()))) + pick(['', '', 'th', 'km']);
    if (kind < 0.39) return pick(rare) + (random() < 0.5 ? pick(rare) : '');
    // The lower the number, the more frequent the stem: about Zipf's law.
    const stem = lexicon[Math.floor(lexicon.length ** random()) - 1]!;
    const whole = stem + pick(endings);
    return kind > 0.95 ? whole[0]!.toUpperCase() + whole.slice(1) : whole;
  };
  return Array.from({ length: lineCount }, () => {
    const words = Array.from({ length: 5 + Math.floor(20 * random()) }, word);
    return `${words.map((text) => (random() < 0.08 ? `${text},` : text)).join(' ')}.`;
  });
}

function stems(random: () => number, count: number): readonly string[] {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const syllable = () => pick(onsets) + pick(vowels) + pick(codas);
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + Math.floor(2.6 * random()) }, syllable).join(''),
  );
}
