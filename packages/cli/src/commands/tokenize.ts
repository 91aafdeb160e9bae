import { OptionError } from '@tesserae/tensor';
import type { Encoding, TextInput, Tokenizer } from '@tesserae/tokenizer';
import type { CommandContext } from '../command-context.js';
import { textLines } from '../text-lines.js';
import { loadTokenizer } from '../tokenizer-file.js';

interface TokenizeOptions {
  readonly model: string;
  readonly pair: boolean;
  readonly specialTokens: boolean;
  readonly splitSpecialTokens: boolean;
  readonly jsonInput: boolean;
  readonly maxLength?: number;
}

/** A line of input: a text, or its words, and a pair. */
interface LineInput {
  readonly text: TextInput;
  readonly pair?: TextInput;
}

/** Prints one line of tokens per line of standard input, in their order. */
export async function runTokenize(
  options: TokenizeOptions,
  { output, signal }: CommandContext,
): Promise<void> {
  const tokenizer = await loadTokenizer(options.model);
  let line = 0;
  for await (const text of textLines(process.stdin, { signal })) {
    line++;
    const encoding = encode(tokenizer, readLine(text, line, options), options);
    const isForPeople = !output.isJson && process.stdout.isTTY === true;
    await output.drain(isForPeople ? readable(encoding) : JSON.stringify(asJson(encoding)));
  }
}

function readLine(line: string, number: number, { pair, jsonInput }: TokenizeOptions): LineInput {
  if (jsonInput) return readJson(line, number);
  if (!pair) return { text: line };
  const tab = line.indexOf('\t');
  if (tab < 0)
    throw badLine(number, 'no tab between the text and its pair', '--pair reads lines "text<TAB>pair".');
  return { text: line.slice(0, tab), pair: line.slice(tab + 1) };
}

function readJson(line: string, number: number): LineInput {
  const form = 'Give a string, an array of words, or {"text": …, "pair": …}.';
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw badLine(number, 'not JSON', form);
  }
  const isText = (part: unknown): part is TextInput =>
    typeof part === 'string' || (Array.isArray(part) && part.every((word) => typeof word === 'string'));
  if (isText(value)) return { text: value };
  const { text, pair } = (value ?? {}) as { readonly text?: unknown; readonly pair?: unknown };
  if (isText(text) && (pair === undefined || isText(pair)))
    return pair === undefined ? { text } : { text, pair };
  throw badLine(number, 'neither a text nor words', form);
}

function encode(
  tokenizer: Tokenizer,
  { text, pair }: LineInput,
  { specialTokens, splitSpecialTokens, maxLength }: TokenizeOptions,
): Encoding {
  return tokenizer.encode(text, {
    ...(pair === undefined ? {} : { pair }),
    ...(typeof text === 'string' ? {} : { isSplitIntoWords: true }),
    addSpecialTokens: specialTokens,
    splitSpecialTokens,
    ...(maxLength === undefined ? {} : { maxLength }),
  });
}

function asJson(encoding: Encoding): object {
  return {
    ids: [...encoding.ids],
    tokens: encoding.tokens,
    offsets: encoding.tokens.map((_, token) => [
      encoding.offsets[2 * token],
      encoding.offsets[2 * token + 1],
    ]),
    typeIds: [...encoding.typeIds],
    wordIds: [...encoding.wordIds],
  };
}

/** Each token with its id. */
function readable({ ids, tokens }: Encoding): string {
  return tokens.map((token, index) => `${token} ${ids[index]}`).join('  ');
}

function badLine(line: number, problem: string, likely: string): OptionError {
  return new OptionError({
    op: 'tokenize',
    problem: `line ${line} of standard input: ${problem}`,
    likely,
    page: 'tokenize-input',
    got: line,
  });
}
