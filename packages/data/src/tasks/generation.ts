import { DataError } from '../errors.js';
import { readRecord, type DataRecord } from './record.js';
import { textFormat, type TextFormat } from './text-format.js';

/** English names of languages, by the first two letters of their codes. */
const languages: Readonly<Record<string, string>> = {
  ar: 'Arabic',
  bg: 'Bulgarian',
  cs: 'Czech',
  da: 'Danish',
  de: 'German',
  el: 'Greek',
  en: 'English',
  es: 'Spanish',
  et: 'Estonian',
  fi: 'Finnish',
  fr: 'French',
  gu: 'Gujarati',
  ha: 'Hausa',
  he: 'Hebrew',
  hi: 'Hindi',
  hu: 'Hungarian',
  is: 'Icelandic',
  it: 'Italian',
  ja: 'Japanese',
  kk: 'Kazakh',
  ko: 'Korean',
  lt: 'Lithuanian',
  lv: 'Latvian',
  nl: 'Dutch',
  pl: 'Polish',
  pt: 'Portuguese',
  ro: 'Romanian',
  ru: 'Russian',
  sv: 'Swedish',
  sw: 'Swahili',
  th: 'Thai',
  tr: 'Turkish',
  uk: 'Ukrainian',
  ur: 'Urdu',
  vi: 'Vietnamese',
  zh: 'Chinese',
};

/** How texts are translated. */
export interface TranslationOptions {
  readonly name: string;
  /** Language codes, such as 'en'; fields of the record, or of its field `translation`. */
  readonly source: string;
  readonly target: string;
}

/**
 * `translate English to German: …` → the translation.
 * @throws DataError (data-language) for a code whose English name is not known
 */
export function translationFormat({ name, source, target }: TranslationOptions): TextFormat {
  const prefix = `translate ${languageName(source)} to ${languageName(target)}: `;
  return textFormat({
    name,
    metrics: ['bleu-intl'],
    examples: (record) => {
      const within = record.optional('translation') === undefined ? '' : 'translation/';
      const [inputs, targets] = [record.text(within + source), record.text(within + target)];
      return [{ inputs: prefix + inputs, targets }];
    },
  });
}

function languageName(code: string): string {
  const name = languages[code.slice(0, 2)];
  if (name !== undefined) return name;
  throw new DataError({
    op: 'translationFormat',
    problem: `the language "${code}" has no English name here`,
    page: 'data-language',
    remedy: `codes known are ${Object.keys(languages).join(', ')}; or write a template.`,
  });
}

/**
 * A translation between two of many languages, of records with lists `translations/language` and
 * `translations/translation`; none for a record that lacks one of the two.
 */
export function multiTranslationFormat(options: TranslationOptions): TextFormat {
  const { name, source, target } = options;
  const pair = translationFormat(options);
  const examples = (record: DataRecord, place?: string): ReturnType<TextFormat['examples']> => {
    const reader = readRecord(record, { task: name, place });
    const codes = reader.texts('translations/language');
    const texts = reader.texts('translations/translation');
    const [from, to] = [texts[codes.indexOf(source)], texts[codes.indexOf(target)]];
    if (from === undefined || to === undefined) return [];
    return pair.examples({ [source]: from, [target]: to }, place);
  };
  return { ...pair, isOneToOne: false, examples };
}

/** Fields of a summarisation task. */
export interface SummaryOptions {
  readonly name: string;
  readonly article: string;
  readonly summary: string;
}

/** `summarize: …` → the summary. */
export function summaryFormat({ name, article, summary }: SummaryOptions): TextFormat {
  return textFormat({
    name,
    metrics: ['rouge-t5'],
    examples: (record) => [{ inputs: `summarize: ${record.text(article)}`, targets: record.text(summary) }],
  });
}

/** Nothing → the text: a language model's task. */
export function languageModelFormat({
  name,
  text = 'text',
}: {
  readonly name: string;
  readonly text?: string;
}): TextFormat {
  return textFormat({ name, examples: (record) => [{ inputs: '', targets: record.text(text) }] });
}

const wmt: readonly (readonly [name: string, target: string])[] = [
  ['wmt14_ende_v003', 'de'],
  ['wmt14_enfr_v003', 'fr'],
  ['wmt15_enfr_v003', 'fr'],
  ['wmt16_enro_v003', 'ro'],
  ['wmt19_ende_v003', 'de'],
  ['wmt_t2t_ende_v003', 'de'],
];

/** Summaries and translations. */
export const GENERATION_FORMATS: readonly TextFormat[] = [
  summaryFormat({ name: 'cnn_dailymail_v002', article: 'article', summary: 'highlights' }),
  ...wmt.map(([name, target]) => translationFormat({ name, source: 'en', target })),
];
