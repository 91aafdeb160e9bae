import type { BackendCompileOptions, Graph } from '@tesserae/tensor';
import { OwnershipError, ShapeError, formatSpec } from '@tesserae/tensor';

/** What can be wrong with a call, said once. */

/** @throws ShapeError when a constant does not fit its input, or is donated */
export function checkConstants(graph: Graph, { constants }: BackendCompileOptions): void {
  for (const [index, value] of constants) {
    const expected = graph.inputs[index];
    const name = graph.inputNames[index] ?? `#${index}`;
    const fits =
      expected !== undefined &&
      expected.spec.dtype === value.dtype &&
      expected.spec.shape.length === value.shape.length &&
      expected.spec.shape.every((dim, axis) => typeof dim !== 'number' || dim === value.shape[axis]);
    if (fits && graph.aliases.every(({ input }) => input !== index)) continue;
    const needed =
      expected === undefined ? `one of ${graph.inputs.length} inputs` : formatSpec(expected.spec);
    throw new ShapeError({
      op: graph.name,
      problem: `constant '${name}' is ${formatSpec(value)}, needed ${needed}${fits ? ', and it is donated' : ''}`,
      likely: fits
        ? 'A constant outlives every run; leave it out of the donated inputs.'
        : 'Another model’s weights.',
      page: 'input-spec',
      got: value.shape,
      needed: expected?.spec,
    });
  }
}

/** Too few or too many inputs; names the first that is missing. */
export function countError(
  op: string,
  { got, names }: { readonly got: number; readonly names: readonly string[] },
): ShapeError {
  const first = names[got];
  return new ShapeError({
    op,
    problem: `got ${got} inputs, needed ${names.length}: ${names.join(', ')}`,
    likely:
      first === undefined ? 'Constants are not passed to run.' : `The first that is missing is '${first}'.`,
    page: 'input-count',
    got,
    needed: names.length,
  });
}

/** An input of another backend, or none at all. */
export function foreignError(op: string, name: string): OwnershipError {
  return new OwnershipError({
    op,
    problem: `input '${name}' is no live tensor of this backend`,
    likely: 'Values do not cross backends: download it there and upload it here.',
    page: 'tensor-foreign',
    got: name,
  });
}

/** One tensor given to two inputs, of which one is donated. */
export function sharedDonation(op: string, name: string, other: string): OwnershipError {
  return new OwnershipError({
    op,
    problem: `the tensor donated as '${name}' is input '${other}' too`,
    likely: 'A donated input is overwritten; give the other one a copy of its own.',
    page: 'tensor-donated-twice',
    got: name,
  });
}

/** A run after the executable's release. */
export function releasedError(op: string): OwnershipError {
  return new OwnershipError({
    op,
    problem: 'the executable was released',
    likely: 'Compile again, or release it after the last run.',
    page: 'executable-released',
  });
}
