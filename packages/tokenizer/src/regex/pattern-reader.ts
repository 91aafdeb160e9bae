import { brokenPattern, unsupportedConstruct } from './pattern-errors.js';

/** A place in a pattern that moves to the right, by code points. */
export class PatternReader {
  private position = 0;

  constructor(private readonly source: string) {}

  /** True after the last character. */
  get isAtEnd(): boolean {
    return this.position >= this.source.length;
  }

  /** True when `text` comes next. */
  sees(text: string): boolean {
    return this.source.startsWith(text, this.position);
  }

  /** Moves past `text` when it comes next. */
  skip(text: string): boolean {
    if (!this.sees(text)) return false;
    this.position += text.length;
    return true;
  }

  /** The match of a sticky expression that comes next; moves past it. */
  match(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.position;
    const found = expression.exec(this.source);
    if (found === null) return undefined;
    this.position += found[0].length;
    return found;
  }

  /** The next character; moves past it. @throws TokenizerError at the end */
  next(needed: string): string {
    if (this.isAtEnd) throw this.broken(`${needed} is missing`);
    const char = String.fromCodePoint(this.source.codePointAt(this.position)!);
    this.position += char.length;
    return char;
  }

  /** The error for a construct that begins `back` characters before this place. */
  unsupported(construct: string, back = 0): Error {
    return unsupportedConstruct(this.source, construct, this.position - back);
  }

  /** The error for bad syntax here. */
  broken(problem: string): Error {
    return brokenPattern(this.source, problem, this.position);
  }
}
