import { type Command, Option } from 'commander';
import { collect, jsonOption, wholeNumber } from './command-options.js';
import { parseSetting } from './training/read-config.js';

/** Flags of every command that takes a config. */
export interface ConfigFlags {
  readonly config?: string;
  readonly dataDir?: string;
  readonly backend?: string;
  readonly threads?: number;
  readonly set: readonly string[];
  readonly overwrite: boolean;
  readonly json: boolean;
}

/** Flags of every command that trains by a config. */
export interface RunFlags extends ConfigFlags {
  readonly out?: string;
  readonly resume: boolean;
}

/** Adds the flags of a command that takes a config. @param options.replaces  what `--overwrite` replaces */
export function addConfigOptions(
  command: Command,
  { schema, replaces }: { readonly schema: string; readonly replaces: string },
): Command {
  return command
    .option('--config <file>', `JSON or YAML; docs/schemas/${schema}.json says what it may hold`)
    .option('--data-dir <dir>', 'folder that paths of data are relative to')
    .option('--set <key=value>', 'any other key of the config: --set training.dropout=0.2', collect, [])
    .option('--overwrite', `replace ${replaces} that is there`, false)
    .addOption(new Option('--backend <name>', 'what runs the model').choices(['auto', 'onnx', 'cpu']))
    .option('--threads <count>', 'threads of ONNX Runtime', wholeNumber)
    .addOption(jsonOption());
}

/** Adds the flags of a command that trains by a config. */
export function addRunOptions(command: Command, schema: string): Command {
  return addConfigOptions(command, { schema, replaces: 'a model' })
    .option('--out <dir>', 'folder of the trained model')
    .option('--resume', 'go on with runs of the folder that have checkpoints, and save such', false);
}

/** What these flags set in a config; `--set` comes last and wins. */
export function configOverrides(
  flags: ConfigFlags,
  own: readonly (readonly [key: string, value: unknown])[],
): readonly (readonly [key: string, value: unknown])[] {
  return [
    ['data.dir', flags.dataDir],
    ['backend', flags.backend],
    ['threads', flags.threads],
    ...own,
    ...flags.set.map(parseSetting),
  ];
}
