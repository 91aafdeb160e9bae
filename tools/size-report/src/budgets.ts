/** Line budgets of docs/architecture.md, section 2: shipped sources, without tests. */

const defaultBudget = 1200;

const budgets: Readonly<Record<string, number>> = {
  tensor: 4500,
  tokenizer: 2200,
  'backend-cpu': 1300,
  'backend-onnx': 1600,
  'backend-webgpu': 2500,
  'backend-cuda': 2200,
  't5-model': 1600,
  'electra-model': 900,
  training: 1500,
};

/** Lines a package is meant to stay under. */
export function budgetOf(packageName: string): number {
  return budgets[packageName] ?? defaultBudget;
}

/** Lines no source file may exceed; tests and tables of data are exempt. */
export const fileLimit = 400;

/** A file of pure data says so in its name, and only there may it pass the limit. */
export function isDataTable(path: string): boolean {
  return /(-table|-data|\.data)\.ts$/.test(path);
}
