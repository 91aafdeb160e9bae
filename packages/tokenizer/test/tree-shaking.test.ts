import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

interface Bundle {
  readonly gzippedBytes: number;
  /** The source files that something of is left. */
  readonly files: readonly string[];
}

async function bundle(contents: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('../src', import.meta.url)), loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    metafile: true,
  });
  const [output] = Object.values(metafile.outputs);
  const files = Object.entries(output!.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return {
    gzippedBytes: gzipSync(outputFiles[0]!.contents, { level: 9 }).length,
    files: files.map(([path]) => path.replace(/^.*?src\//, '')),
  };
}

describe('bundles of the sources', () => {
  it('the main entry has no trainer, no regular expressions and no protobuf', async () => {
    const { files } = await bundle("export * from './index.js'");
    expect(files).toContain('models/unigram.ts');
    const others = /^(training|sentencepiece)\/|^regex\/(?!text-pattern)|composition|marks/;
    expect(files.filter((file) => others.test(file))).toEqual([]);
  });

  it('who imports only ByT5 gets no Unigram, no WordPiece, no normaliser, and less than half', async () => {
    const whole = await bundle("export * from './index.js'");
    const { gzippedBytes, files } = await bundle("export { createByt5Tokenizer } from './index.js'");
    expect(files).toContain('models/byte-model.ts');
    const others =
      /^models\/(?!byte-model)|^normalizers\/|^pre-tokenizers\/|^files\/(?!write-files)|^unicode\/(?!white-space)/;
    expect(files.filter((file) => others.test(file))).toEqual([]);
    expect(gzippedBytes).toBeLessThan(whole.gzippedBytes / 2);
  });
});
