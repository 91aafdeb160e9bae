/** Sizes of @tesserae/tokenizer as a browser loads it: bundled from the sources, minified, gzipped. */
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** What is bundled alone, and how large it came out. */
export interface BundleSize {
  readonly name: string;
  readonly gzippedBytes: number;
  /** What the bundle may have at most, when there is a limit. */
  readonly limitBytes?: number;
}

const sources = fileURLToPath(new URL('../../../packages/tokenizer/src', import.meta.url));

const bundles: readonly (Omit<BundleSize, 'gzippedBytes'> & { readonly contents: string })[] = [
  { name: 'tokenizer', contents: "export * from './index.js'", limitBytes: 25_000 },
  ...['stages', 'sentencepiece', 'training'].map((entry) => ({
    name: `tokenizer/${entry}`,
    contents: `export * from './${entry}.js'`,
  })),
  ...[
    ['createByt5Tokenizer', 'index'],
    ['createBertTokenizer', 'index'],
    ['createT5Tokenizer', 'sentencepiece'],
    ['tokenizerFromFiles', 'index'],
  ].map(([name, entry]) => ({ name: `only ${name}`, contents: `export { ${name} } from './${entry}.js'` })),
];

/** Bundles each entry, and single functions to show what tree-shaking leaves of the rest. */
export async function bundleSizes(): Promise<readonly BundleSize[]> {
  return await Promise.all(
    bundles.map(async ({ name, contents, limitBytes }) => {
      const { outputFiles } = await build({
        stdin: {
          contents,
          resolveDir: sources,
          loader: 'ts',
        },
        bundle: true,
        minify: true,
        format: 'esm',
        write: false,
      });
      return { name, gzippedBytes: gzipSync(outputFiles[0]!.contents, { level: 9 }).length, limitBytes };
    }),
  );
}
