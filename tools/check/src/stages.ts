/** What `npm test` runs. Each stage is a command that also runs alone. */

/** One command of the check, with the name it is reported under. */
export interface Stage {
  readonly name: string;
  readonly command: string;
}

/** Checks that read sources only; two run at a time. The longest come first. */
export const staticStages: readonly Stage[] = [
  { name: 'lint and boundaries', command: 'npm run --silent lint' },
  { name: 'types', command: 'npm run --silent typecheck' },
  { name: 'API reference', command: 'npm run --silent check-api' },
  { name: 'format', command: 'npm run --silent format:check' },
  { name: 'import cycles', command: 'npm run --silent cycles' },
  { name: 'dead code and dependencies', command: 'npm run --silent knip' },
  { name: 'size report', command: 'npm run --silent size-report' },
];

/** Unit, conformance and golden tests: one vitest run that uses both cores by itself. */
export const testStage: Stage = {
  name: 'unit, conformance and golden tests',
  command: 'npm run --silent test:unit',
};
