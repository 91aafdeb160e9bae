import { readFile } from 'node:fs/promises';
import { ConfigError } from '@tesserae/tensor';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { configError } from './config-error.js';

/** Where a config comes from. */
interface ConfigSource {
  /** JSON or YAML file; undefined: flags alone. */
  readonly file: string | undefined;
  /** Values of flags, by the path of the key they set; they win over the file. */
  readonly overrides: readonly (readonly [path: string, value: unknown])[];
}

/**
 * A config from a file and flags, checked against its schema.
 * @throws ConfigError (training-config) naming the file, the key and, for unknown ones, the nearest
 */
export async function readConfig<Schema extends z.ZodType>(
  { file, overrides }: ConfigSource,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const config = file === undefined ? {} : await readConfigFile(file);
  for (const [path, value] of overrides) setAt(config, path.split('.'), value);
  const result = schema.safeParse(config, { reportInput: true });
  if (result.success) return result.data;
  throw configError(result.error.issues, { file: file ?? 'the flags', schema });
}

async function readConfigFile(file: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw wrongFile(file, `it cannot be read: ${(cause as Error).message}`, cause);
  }
  const document = parseDocument(text, { uniqueKeys: true }); // JSON is YAML
  const [error] = document.errors;
  if (error !== undefined) throw wrongFile(file, error.message, error);
  const value: unknown = document.toJS();
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw wrongFile(file, 'it holds no mapping of keys to values');
}

function wrongFile(file: string, problem: string, cause?: unknown): ConfigError {
  return new ConfigError({
    op: 'config',
    problem,
    likely: 'Configs are JSON or YAML; docs/configs has some.',
    page: 'training-config',
    file,
    cause,
  });
}

/** Sets a value at a path, making the mappings on the way; undefined changes nothing. */
function setAt(config: Record<string, unknown>, path: readonly string[], value: unknown): void {
  if (value === undefined) return;
  const [key, ...rest] = path as readonly [string, ...string[]];
  if (rest.length === 0) {
    config[key] = value;
    return;
  }
  const inner = config[key];
  const isMapping = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
  const next = isMapping ? (inner as Record<string, unknown>) : {};
  config[key] = next;
  setAt(next, rest, value);
}

/** `training.epochs=3`: the value as YAML reads it. @throws ConfigError (training-config) without an equals sign */
export function parseSetting(text: string): readonly [path: string, value: unknown] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), parseDocument(text.slice(at + 1)).toJS() as unknown];
  throw wrongFile('--set', `${text} is no KEY=VALUE`);
}
