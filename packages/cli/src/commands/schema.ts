import type { CommandContext } from '../command-context.js';
import { CONFIG_SCHEMAS, jsonSchemaOf } from '../training/config-schema.js';

/** Commands that take configs. */
export const CONFIG_COMMANDS = Object.keys(CONFIG_SCHEMAS) as readonly (keyof typeof CONFIG_SCHEMAS)[];

/** Prints the JSON schema of a command's configs; docs/schemas holds the output. */
export async function runSchema(
  { command }: { readonly command: keyof typeof CONFIG_SCHEMAS },
  { output }: CommandContext,
): Promise<void> {
  const schema = jsonSchemaOf(command);
  output.result(schema, JSON.stringify(schema, null, 2));
}
