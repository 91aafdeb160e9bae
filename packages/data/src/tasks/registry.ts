import { checkOptions, DataError, show } from '../errors.js';
import type { ExampleSource } from './example-reader.js';
import { createMixture, type Mixture } from './mixture.js';
import type { Rate } from './rates.js';

/** A mixture by names. Parts with a rate of 0 need not be registered. */
export interface MixtureDefinition {
  readonly name: string;
  readonly parts: readonly (string | { readonly name: string; readonly rate: Rate })[];
  /** For parts without a rate. Default 1. */
  readonly defaultRate?: Rate;
}

/** Tasks and mixtures by name. */
export interface TaskRegistry<E> {
  /** @throws DataError (data-task) when the name is taken */
  addTask<T extends ExampleSource<E>>(task: T): T;
  /** @throws DataError (data-task) when the name is taken or a part is not registered; (data-mixture) */
  addMixture(definition: MixtureDefinition): Mixture<E>;
  /** @throws DataError (data-task) */
  task(name: string): ExampleSource<E>;
  /** @throws DataError (data-task) */
  mixture(name: string): Mixture<E>;
  readonly taskNames: readonly string[];
  readonly mixtureNames: readonly string[];
}

/** An empty registry. It belongs to whoever makes it; nothing is registered globally. */
export function createTaskRegistry<E>(): TaskRegistry<E> {
  const tasks = new Map<string, ExampleSource<E>>();
  const mixtures = new Map<string, Mixture<E>>();
  const checkFree = (name: string): void => {
    if (!tasks.has(name) && !mixtures.has(name)) return;
    throw nameError(`the name "${name}" is taken`, 'give each task and mixture a name of its own.');
  };
  return {
    addTask(task) {
      checkFree(task.name);
      tasks.set(task.name, task);
      return task;
    },
    addMixture(definition) {
      checkOptions('addMixture', definition, ['name', 'parts', 'defaultRate']);
      const { name, defaultRate } = definition;
      checkFree(name);
      const parts = positiveParts(definition).map(({ name: part, rate }) => ({
        of: mixtures.get(part) ?? find(tasks, part),
        rate,
      }));
      const mixture = createMixture({ name, parts, defaultRate });
      mixtures.set(name, mixture);
      return mixture;
    },
    task: (name) => find(tasks, name),
    mixture: (name) => find(mixtures, name),
    get taskNames() {
      return [...tasks.keys()];
    },
    get mixtureNames() {
      return [...mixtures.keys()];
    },
  };
}

interface NamedPart {
  readonly name: string;
  readonly rate?: Rate;
}

function positiveParts({ parts }: MixtureDefinition): readonly NamedPart[] {
  const named = parts.map((part): NamedPart => (typeof part === 'string' ? { name: part } : part));
  return named.filter(({ rate }) => rate !== 0);
}

function find<T>(among: ReadonlyMap<string, T>, name: string): T {
  const found = among.get(name);
  if (found !== undefined) return found;
  const known = [...among.keys()].join(', ') || 'none';
  throw nameError(`${show(name)} is not registered`, `register it first. Known here: ${known}.`);
}

function nameError(problem: string, remedy: string): DataError {
  return new DataError({ op: 'taskRegistry', problem, page: 'data-task', remedy });
}
