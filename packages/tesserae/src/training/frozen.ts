import { OptionError, flattenTree } from '@tesserae/tensor';
import type { ParamSpec } from '@tesserae/weights';

/** From a step on, which parameters are left as they are: those whose name in a checkpoint begins with one of these. */
export interface FrozenPhase {
  /** First step (counted from 0); the first phase begins at 0. */
  readonly fromStep: number;
  /** Such as `electra.embeddings`, `encoder.block.0.`, or none. */
  readonly names: readonly string[];
}

/** Names that are frozen throughout, or fewer and fewer of them: gradual unfreezing. */
export type Frozen = readonly string[] | readonly FrozenPhase[];

/** Phases of a step that leaves parameters as they are. @throws OptionError for names that no parameter begins with */
export function trainedPhases(
  freezes: Frozen,
  specs: object,
): readonly { readonly fromStep: number; readonly trains: (path: string) => boolean }[] {
  const areNames = (given: Frozen): given is readonly string[] =>
    given.every((one) => typeof one === 'string');
  const phases: readonly FrozenPhase[] = areNames(freezes) ? [{ fromStep: 0, names: freezes }] : freezes;
  const named = flattenTree<ParamSpec>(specs).map(({ path, leaf }) => ({ path, name: leaf.name ?? path }));
  return phases.map(({ fromStep, names }) => {
    const unknown = names.find((prefix) => !named.some(({ name }) => name.startsWith(prefix)));
    if (unknown !== undefined) throw noSuch(unknown, named[0]!.name);
    const frozen = new Set(
      named.filter(({ name }) => names.some((prefix) => name.startsWith(prefix))).map(({ path }) => path),
    );
    return { fromStep, trains: (path: string) => !frozen.has(path) };
  });
}

function noSuch(prefix: string, example: string): OptionError {
  return new OptionError({
    op: 'training',
    problem: `no parameter's name begins with '${prefix}'`,
    likely: `Names are those of the checkpoint, such as '${example}'; \`tesserae inspect\` lists them.`,
    page: 'option-value',
    got: prefix,
  });
}
