import { OptionError } from '@tesserae/tensor';

/**
 * The sources that stay when rows go on as `origins`, in order.
 * @throws OptionError when an origin is no row, sources change their order, or they get unequally many rows
 */
export function keptSources(
  origins: readonly number[],
  { numSources, rowsPerSource }: { readonly numSources: number; readonly rowsPerSource: number },
): readonly number[] {
  const rows = numSources * rowsPerSource;
  const stray = origins.find((origin) => !Number.isInteger(origin) || origin < 0 || origin >= rows);
  if (stray !== undefined) throw misfit(`origin ${stray} is none of the ${rows} rows`, origins);
  if (origins.length === 0) throw misfit('no row is left', origins);
  const counts = new Map<number, number>();
  let latest = -1;
  for (const origin of origins) {
    const source = Math.floor(origin / rowsPerSource);
    if (source < latest) throw misfit(`source ${source} comes after source ${latest}`, origins);
    latest = source;
    counts.set(source, (counts.get(source) ?? 0) + 1);
  }
  const [first, ...others] = counts.values();
  if (others.some((count) => count !== first))
    throw misfit('the kept sources have unequally many rows', origins);
  return [...counts.keys()];
}

function misfit(problem: string, origins: readonly number[]): OptionError {
  return new OptionError({
    op: 'select',
    problem,
    likely:
      'Name rows source by source, equally many of each source that stays; release the session when none does.',
    page: 'select-origins',
    got: origins,
  });
}
