/**
 * Lines per package against their budgets, files over the limit, and sizes of the tokenizer's bundles.
 * Over budget is a warning, because budgets steer; a file or a bundle over its limit fails the run.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { budgetOf, fileLimit, isDataTable } from './budgets.js';
import { bundleSizes, type BundleSize } from './bundle-sizes.js';

interface SourceFile {
  readonly path: string;
  readonly lines: number;
  readonly isTest: boolean;
}

interface PackageSize {
  readonly name: string;
  readonly sourceLines: number;
  readonly testLines: number;
  readonly largest: SourceFile | undefined;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));

function sourceFiles(folder: string): SourceFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/[/\\](node_modules|dist)[/\\]|\.config\.ts$/.test(path))
    .map((path) => ({
      path: relative(root, path),
      lines: readFileSync(path, 'utf8').trimEnd().split('\n').length,
      isTest: path.endsWith('.test.ts') || /[/\\]test[/\\]/.test(path),
    }));
}

function totalLines(files: readonly SourceFile[]): number {
  return files.reduce((total, file) => total + file.lines, 0);
}

function packageSize(name: string, files: readonly SourceFile[]): PackageSize {
  const sources = files.filter((file) => !file.isTest);
  return {
    name,
    sourceLines: totalLines(sources),
    testLines: totalLines(files.filter((file) => file.isTest)),
    largest: [...sources].sort((left, right) => right.lines - left.lines)[0],
  };
}

function printTable(sizes: readonly PackageSize[]): void {
  console.log('package              source   budget    tests   largest file');
  for (const { name, sourceLines, testLines, largest } of sizes) {
    const budget = budgetOf(name);
    const cells = [sourceLines, budget, testLines].map((count) => String(count).padStart(9)).join('');
    const note = sourceLines > budget ? '  over budget' : '';
    const file = largest === undefined ? '-' : `${largest.path} (${largest.lines})`;
    console.log(`${name.padEnd(18)}${cells}   ${file}${note}`);
  }
}

function printBundles(bundles: readonly BundleSize[]): void {
  console.log('\nbundle, minified and gzipped      bytes    limit');
  for (const { name, gzippedBytes, limitBytes } of bundles) {
    console.log(
      `${name.padEnd(28)}${String(gzippedBytes).padStart(11)}${String(limitBytes ?? '').padStart(9)}`,
    );
  }
}

const packageNames = readdirSync(join(root, 'packages')).sort();
const filesOf = new Map(packageNames.map((name) => [name, sourceFiles(join(root, 'packages', name))]));
printTable(packageNames.map((name) => packageSize(name, filesOf.get(name) ?? [])));

const tooLong = [...filesOf.values(), sourceFiles(join(root, 'tools'))]
  .flat()
  .filter((file) => !file.isTest && !isDataTable(file.path) && file.lines > fileLimit);
for (const file of tooLong) {
  console.error(
    `${file.path}: ${file.lines} lines, ${fileLimit} is the limit. Split it by reason to change.`,
  );
}
const bundles = await bundleSizes();
printBundles(bundles);
const tooLarge = bundles.filter(({ gzippedBytes, limitBytes = Infinity }) => gzippedBytes > limitBytes);
for (const { name, gzippedBytes, limitBytes } of tooLarge) {
  console.error(
    `${name}: ${gzippedBytes} bytes, ${limitBytes} is the limit. Move what few need to another entry.`,
  );
}
process.exitCode = tooLong.length + tooLarge.length > 0 ? 1 : 0;
