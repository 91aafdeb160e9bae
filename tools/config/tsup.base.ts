/**
 * The one tsup configuration. Entries come from the package's own package.json, so a new sub-path export
 * needs no second declaration: the source condition of each export names its source, its default condition its output.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Options } from 'tsup';

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** What a package may add to the shared build. */
export interface PackageBuildOptions {
  /** Files that are built but not exported, such as a worker or a command: output name -> source path. */
  readonly extraEntries?: Readonly<Record<string, string>>;
}

const sourceCondition = '@tesserae/source';

/**
 * tsup options of one package: ESM, ES2022, declarations and source maps.
 * @param configUrl  `import.meta.url` of the package's tsup.config.ts, which tells where the package is
 * @throws Error when an export has no source, or a source does not exist
 */
export function packageBuild(configUrl: string, options: PackageBuildOptions = {}): Options {
  const root = fileURLToPath(new URL('.', configUrl));
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  const exported = exportEntries(manifest);
  const entry = { ...exported, ...options.extraEntries };
  for (const [name, source] of Object.entries(entry)) {
    if (!existsSync(join(root, source))) {
      throw new Error(`${manifest.name}: the source of entry "${name}" does not exist: ${source}`);
    }
  }
  return {
    entry,
    format: ['esm'],
    target: 'es2022',
    platform: 'neutral',
    dts: Object.keys(exported).length > 0 ? { entry: exported } : false,
    sourcemap: true,
    clean: true,
    splitting: true,
    treeshake: false,
    silent: true,
    external: [
      /^node:/,
      /^#/, // the package's own imports, resolved by condition where it is used
      ...packageNames(manifest.dependencies).map(withSubPaths),
      ...packageNames(manifest.peerDependencies).map(withSubPaths),
    ],
  };
}

function exportEntries(manifest: Manifest): Record<string, string> {
  const entries: Record<string, string> = {};
  for (const [subPath, target] of Object.entries(manifest.exports ?? {})) {
    if (typeof target === 'string') continue; // ./package.json and other files shipped as they are
    const source = target[sourceCondition];
    const output = target['default'];
    if (source === undefined || output === undefined) {
      throw new Error(
        `${manifest.name}: export "${subPath}" needs "${sourceCondition}" and "default" conditions`,
      );
    }
    entries[outputName(output)] = source;
  }
  return entries;
}

function outputName(path: string): string {
  return path.replace(/^\.\/dist\//, '').replace(/\.js$/, '');
}

function packageNames(dependencies: Readonly<Record<string, string>> = {}): string[] {
  return Object.keys(dependencies);
}

function withSubPaths(name: string): RegExp {
  return new RegExp(`^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(/.*)?$`);
}
