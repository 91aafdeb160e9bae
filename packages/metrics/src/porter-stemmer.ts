/**
 * The Porter stemmer as NLTK has it by default (its own extensions on), which is what rouge_score uses.
 * @see Porter 1980; nltk.stem.porter, mode NLTK_EXTENSIONS
 */

/** A suffix, what replaces it, and the smallest measure of the stem that allows it. */
type SuffixRule = readonly [suffix: string, replacement: string, minMeasure: number];

const IRREGULAR: Readonly<Record<string, string>> = {
  skies: 'sky',
  sky: 'sky',
  dying: 'die',
  lying: 'lie',
  tying: 'tie',
  news: 'news',
  innings: 'inning',
  inning: 'inning',
  outings: 'outing',
  outing: 'outing',
  cannings: 'canning',
  canning: 'canning',
  howe: 'howe',
  proceed: 'proceed',
  exceed: 'exceed',
  succeed: 'succeed',
};

const pairsOf = (text: string, minMeasure: number): readonly SuffixRule[] =>
  text.split(' ').map((pair): SuffixRule => {
    const [suffix = '', replacement = ''] = pair.split('>');
    return [suffix, replacement, minMeasure];
  });

const STEP_1A = pairsOf('sses>ss ies>i ss>ss s>', 0);

const STEP_2 = pairsOf(
  'ational>ate tional>tion enci>ence anci>ance izer>ize bli>ble alli>al entli>ent eli>e ousli>ous ization>ize ' +
    'ation>ate ator>ate alism>al iveness>ive fulness>ful ousness>ous aliti>al iviti>ive biliti>ble fulli>ful',
  1,
);

const STEP_3 = pairsOf('icate>ic ative> alize>al iciti>ic ical>ic ful> ness>', 1);

const STEP_4 = pairsOf(
  'al> ance> ence> er> ic> able> ible> ant> ement> ment> ent> ion> ou> ism> ate> iti> ous> ive> ize>',
  2,
);

/** Stem of a lower-case word. */
export function porterStem(word: string): string {
  const irregular = Object.hasOwn(IRREGULAR, word) ? IRREGULAR[word] : undefined;
  if (irregular !== undefined) return irregular;
  if (word.length <= 2) return word;
  const inflected = finalY(pastAndProgressive(plural(word)));
  return finalE(replaceSuffix(replaceSuffix(doubleSuffix(inflected), STEP_3), STEP_4));
}

/** Letters as c and v; y is a vowel after a consonant only. */
function shapeOf(word: string): string {
  let shape = '';
  for (const letter of word) {
    const isVowel = 'aeiou'.includes(letter) || (letter === 'y' && shape.endsWith('c'));
    shape += isVowel ? 'v' : 'c';
  }
  return shape;
}

/** Porter's m: how often a consonant follows a vowel. */
const measure = (stem: string): number => shapeOf(stem).split('vc').length - 1;

const endsDoubled = (word: string): boolean =>
  word.length >= 2 && word.at(-1) === word.at(-2) && shapeOf(word).endsWith('c');

/** Consonant, vowel, consonant other than w, x, y; a word of vowel and consonant counts too. */
function endsShort(word: string): boolean {
  const shape = shapeOf(word);
  return shape === 'vc' || (shape.endsWith('cvc') && !/[wxy]$/.test(word));
}

/** The first rule whose suffix the word has decides, whether its measure allows it or not. */
function replaceSuffix(word: string, rules: readonly SuffixRule[]): string {
  const rule = rules.find(([suffix]) => word.endsWith(suffix));
  if (rule === undefined) return word;
  const [suffix, replacement, minMeasure] = rule;
  const stem = word.slice(0, word.length - suffix.length);
  const isAllowed = measure(stem) >= minMeasure && (suffix !== 'ion' || /[st]$/.test(stem));
  return isAllowed ? stem + replacement : word;
}

function plural(word: string): string {
  if (word.length === 4 && word.endsWith('ies')) return word.slice(0, -1);
  return replaceSuffix(word, STEP_1A);
}

function pastAndProgressive(word: string): string {
  if (word.endsWith('ied')) return word.slice(0, word.length === 4 ? -1 : -2);
  if (word.endsWith('eed')) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word;
  const stem = /^(.*)(?:ed|ing)$/.exec(word)?.[1];
  if (stem === undefined || !shapeOf(stem).includes('v')) return word;
  if (/(?:at|bl|iz)$/.test(stem)) return `${stem}e`;
  if (endsDoubled(stem)) return /[lsz]$/.test(stem) ? stem : stem.slice(0, -1);
  return measure(stem) === 1 && endsShort(stem) ? `${stem}e` : stem;
}

function finalY(word: string): string {
  const stem = word.slice(0, -1);
  return word.endsWith('y') && stem.length > 1 && shapeOf(stem).endsWith('c') ? `${stem}i` : word;
}

function doubleSuffix(word: string): string {
  if (word.endsWith('alli') && measure(word.slice(0, -4)) > 0) return doubleSuffix(word.slice(0, -2));
  if (word.endsWith('logi')) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word; // the l is the stem's
  return replaceSuffix(word, STEP_2);
}

function finalE(word: string): string {
  const stem = word.slice(0, -1);
  const isSilent = word.endsWith('e') && (measure(stem) > 1 || (measure(stem) === 1 && !endsShort(stem)));
  const rest = isSilent ? stem : word;
  return rest.endsWith('ll') && measure(rest.slice(0, -1)) > 1 ? rest.slice(0, -1) : rest;
}
