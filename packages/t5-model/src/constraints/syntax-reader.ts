import { OptionError } from '@tesserae/tensor';

/** Walks over the characters of a pattern or a grammar. */
export class SyntaxReader {
  /** Where the next character stands, in characters. */
  position = 0;
  private readonly characters: readonly string[];
  private readonly page: string;

  /**
   * @param text  what is read
   * @param options.page  anchor of docs/errors.md for what is wrong with it
   */
  constructor(text: string, { page }: { readonly page: string }) {
    this.characters = Array.from(text);
    this.page = page;
  }

  /** True after the last character. */
  get isAtEnd(): boolean {
    return this.position >= this.characters.length;
  }

  /** The next character, or one further on; '' after the end. */
  peek(ahead = 0): string {
    return this.characters[this.position + ahead] ?? '';
  }

  /** Takes the next character. @throws OptionError at the end */
  next(): string {
    if (this.isAtEnd) this.fail('it ends too early');
    return this.characters[this.position++]!;
  }

  /** Takes a text if it comes next. */
  take(text: string): boolean {
    const letters = Array.from(text);
    if (!letters.every((letter, ahead) => this.peek(ahead) === letter)) return false;
    this.position += letters.length;
    return true;
  }

  /** Takes a text. @throws OptionError when something else comes */
  expect(text: string): void {
    if (!this.take(text)) {
      this.fail(`'${text}' is needed before ${this.isAtEnd ? 'the end' : `'${this.peek()}'`}`);
    }
  }

  /** Takes characters as long as they match. */
  takeWhile(matcher: RegExp): string {
    const start = this.position;
    while (!this.isAtEnd && matcher.test(this.peek())) this.position++;
    return this.characters.slice(start, this.position).join('');
  }

  /** Takes a hexadecimal number of so many digits. */
  hex(digits: number): number {
    const text = Array.from({ length: digits }, () => this.next()).join('');
    if (!/^[0-9a-f]+$/i.test(text)) this.fail(`'${text}' is no hexadecimal number`);
    return Number.parseInt(text, 16);
  }

  /**
   * The number after `\x`, `\u` or `\u{`; undefined for any other letter. The letter has been taken.
   */
  codePointEscape(letter: string): number | undefined {
    if (letter === 'x') return this.hex(2);
    if (letter === 'U') return this.hex(8);
    if (letter !== 'u') return undefined;
    if (!this.take('{')) return this.hex(4);
    const digits = this.takeWhile(/[0-9a-f]/i);
    this.expect('}');
    const codePoint = Number.parseInt(digits, 16);
    return codePoint <= 0x10ffff ? codePoint : this.fail(`'${digits}' is no character`);
  }

  /** `*` `+` `?` `{m}` `{m,}` `{m,n}` as bounds; undefined when none comes. */
  bounds(): readonly [least: number, most: number] | undefined {
    if (this.take('*')) return [0, Infinity];
    if (this.take('+')) return [1, Infinity];
    if (this.take('?')) return [0, 1];
    if (!this.take('{')) return undefined;
    const least = this.takeWhile(/\d/);
    const hasComma = this.take(',');
    const most = hasComma ? this.takeWhile(/\d/) : least;
    this.expect('}');
    if (least === '') this.fail("'{' begins no bounds; write \\{ for the brace");
    const bounds = [Number(least), most === '' ? Infinity : Number(most)] as const;
    return bounds[0] <= bounds[1] ? bounds : this.fail(`bounds {${least},${most}} are the wrong way round`);
  }

  /** Says where and what. @throws OptionError always */
  fail(problem: string): never {
    const text = this.characters.join('');
    const line = this.characters.slice(0, this.position).filter((letter) => letter === '\n').length + 1;
    const where = text.includes('\n')
      ? `line ${line}`
      : `character ${this.position} of ${JSON.stringify(text)}`;
    throw new OptionError({
      op: 'constraint',
      problem: `${problem} (${where})`,
      likely: 'The page lists what is understood.',
      page: this.page,
      got: text,
    });
  }
}
