import type { PretrainedModel } from '../pretrained.js';
import { hasDefaultNames, labelNames } from './class-labels.js';
import type { DataRow, TaskName } from './task.js';
import type { TrainableConfig } from './tasks/task-context.js';

/** Labels of rows, as the data has them. */
export function labelsIn(task: TaskName, rows: readonly DataRow[]): readonly unknown[] {
  if (task === 'token-classification')
    return rows.flatMap(({ tags }) => (Array.isArray(tags) ? (tags as unknown[]) : []));
  if (task === 'text-classification')
    return rows.flatMap(({ label }) => (Array.isArray(label) ? (label as unknown[]) : [label]));
  return [];
}

/**
 * A model whose config says what its data says: several labels a text, and the names of classes where a new head has none
 * and their number fits. Anything else stays, and labels that do not fit are errors of their rows.
 */
export function withDataLabels(
  model: PretrainedModel<TrainableConfig>,
  { task, rows }: { readonly task: TaskName; readonly rows: readonly DataRow[] },
): PretrainedModel<TrainableConfig> {
  const { config, initialized } = model;
  let next = config;
  const isMulti = task === 'text-classification' && Array.isArray(rows[0]?.['label']);
  if (isMulti && config.problemType === undefined)
    next = { ...next, problemType: 'multi_label_classification' };
  const isNewHead = initialized.some((path) => path.startsWith('head.'));
  if (isNewHead && hasDefaultNames(config.labels) && config.labels.length > 1) {
    const names = labelNames(labelsIn(task, rows));
    const areNames = names.some((name) => !/^\d+$/.test(name));
    if (areNames && names.length === config.labels.length) next = { ...next, labels: names };
  }
  return next === config ? model : { ...model, config: next };
}
