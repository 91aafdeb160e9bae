import { FormatError } from '@tesserae/tensor';
import { quoted } from './errors.js';

/** Where a JSON text comes from and what is said when it is damaged. */
interface JsonOrigin {
  readonly op: string;
  readonly file: string;
  readonly page: string;
  readonly likely: string;
}

/**
 * Parses a JSON text that must be an object and must not name a member twice (`JSON.parse` would keep the
 * last).
 * @throws FormatError with the origin's page
 */
export function parseJsonObject(text: string, origin: JsonOrigin): Readonly<Record<string, unknown>> {
  const fail = (problem: string, cause?: unknown): never => {
    throw new FormatError({ ...origin, problem, ...(cause === undefined ? {} : { cause }) });
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    fail(`not valid JSON: ${error instanceof Error ? error.message.slice(0, 200) : String(error)}`, error);
  }
  if (!isRecord(value)) return fail(`a JSON object is needed, got ${describe(value)}`);
  const duplicate = repeatedMember(text);
  if (duplicate !== undefined) fail(`${quoted(duplicate)} is given twice`);
  return value;
}

/** True for what JSON calls an object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A JSON value as it may stand in a message: one level deep and never longer than a line. */
export function describe(value: unknown): string {
  if (Array.isArray(value)) return `[${shortened(value.slice(0, 9).map(inside))}]`;
  if (!isRecord(value)) return value === undefined ? 'nothing' : inside(value);
  const members = Object.entries(value).slice(0, 9);
  return `{${shortened(members.map(([name, member]) => `${inside(name)}:${inside(member)}`))}}`;
}

function inside(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '[…]' : '{…}';
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function shortened(parts: readonly string[]): string {
  return parts.length > 8 ? `${parts.slice(0, 8).join(',')},…` : parts.join(',');
}

/** The first member name that occurs twice in one object of a valid JSON text. */
function repeatedMember(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '{') open.push(new Set());
    else if (char === '[') open.push(undefined);
    else if (char === '}' || char === ']') open.pop();
    else if (char === '"') {
      const end = endOfString(text, at);
      if (isFollowedByColon(text, end)) {
        const name = JSON.parse(text.slice(at, end)) as string;
        const members = open.at(-1)!;
        if (members.has(name)) return name;
        members.add(name);
      }
      at = end - 1;
    }
  }
  return undefined;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function isFollowedByColon(text: string, from: number): boolean {
  let at = from;
  while (' \n\r\t'.includes(text[at] ?? 'x')) at++;
  return text[at] === ':';
}
