import type { Backend, DType } from '@tesserae/tensor';
import { OptionError, checkOptions } from '@tesserae/tensor';
import type { Tolerance } from './compare.js';
import { DEFAULT_TOLERANCES } from './compare.js';
import { MismatchError } from './mismatch-error.js';
import { addContractCases } from './suite/contract-cases.js';
import { addDonationCases } from './suite/donation-cases.js';
import { addLifetimeCases } from './suite/lifetime-cases.js';
import { addModelCases } from './suite/model-cases.js';
import { addOpCases } from './suite/op-cases.js';
import type { Suite } from './suite/suite.js';
import type { Skip, TestApi } from './test-api.js';

/** What the conformance suite needs. */
export interface BackendSuiteOptions {
  /** Title of the suite. */
  readonly name: string;
  /** Makes the backend under test; called twice, since one case closes what it made. */
  readonly create: () => Backend | Promise<Backend>;
  /** What is right: `createCpuBackend()`. It stays open. */
  readonly reference: Backend;
  readonly testApi: TestApi;
  /** Cases this backend cannot pass, each with its reason; one that matches no case fails the suite. */
  readonly skip?: readonly Skip[];
  /** Tolerances that differ from the kit's, by the dtype of the compared output. */
  readonly tolerances?: { readonly [D in DType]?: Tolerance };
}

interface Case {
  readonly path: readonly [string, string, string];
  readonly body: () => Promise<void>;
}

const KNOWN = ['name', 'create', 'reference', 'testApi', 'skip', 'tolerances'];

/**
 * Declares the whole conformance suite of a backend: every op, sample and dtype against the reference, fused and
 * decomposed composites, gradients, symbolic sizes, ownership, donation, constants, random numbers and refusals.
 * Await it at the top of a test file: the backend is made first, since its capabilities decide which cases there are.
 * @throws OptionError for a skip without a reason
 */
export async function describeBackend(options: BackendSuiteOptions): Promise<void> {
  checkOptions('describeBackend', options, KNOWN);
  const { name, create, reference, testApi, skip = [], tolerances } = options;
  for (const { reason } of skip) requireReason(reason);
  const backend = await create();
  const cases: Case[] = [];
  const suite: Suite = {
    add: (path, body) => cases.push({ path, body }),
    backend,
    create,
    reference,
    tolerances: { ...DEFAULT_TOLERANCES, ...tolerances },
  };
  addOpCases(suite);
  addModelCases(suite);
  addContractCases(suite);
  addDonationCases(suite);
  addLifetimeCases(suite);
  const { describe, it, afterAll } = testApi;
  describe(name, () => {
    afterAll(() => backend.close());
    declareCases(cases, { skip, testApi });
    it('every skip names cases that exist', () => requireUsed(skip, cases));
  });
}

function declareCases(
  cases: readonly Case[],
  { skip, testApi }: { readonly skip: readonly Skip[]; readonly testApi: TestApi },
): void {
  const { describe, it } = testApi;
  for (const [part, inPart] of groupBy(cases, ({ path }) => path[0])) {
    describe(part, () => {
      for (const [group, inGroup] of groupBy(inPart, ({ path }) => path[1])) {
        describe(group, () => inGroup.forEach((one) => declareCase(one, skip, it)));
      }
    });
  }
}

function declareCase({ path, body }: Case, skip: readonly Skip[], it: TestApi['it']): void {
  const reason = skip.find((entry) => matches(entry, path.join(' › ')))?.reason;
  if (reason === undefined) it(path[2], body);
  else it.skip(`${path[2]} (skipped: ${reason})`, body);
}

function matches({ cases }: Skip, name: string): boolean {
  return typeof cases === 'function'
    ? cases(name)
    : new RegExp(cases.source, cases.flags.replace(/[gy]/g, '')).test(name);
}

function requireUsed(skip: readonly Skip[], cases: readonly Case[]): void {
  const unused = skip.filter((entry) => !cases.some(({ path }) => matches(entry, path.join(' › '))));
  if (unused.length === 0) return;
  throw new MismatchError({
    op: 'describeBackend',
    problem: `skips that match no case: ${unused.map(({ reason }) => reason).join('; ')}`,
    likely: 'The case was renamed or the backend passes it now; delete the skip.',
    page: 'conformance-skip',
  });
}

function requireReason(reason: string): void {
  if (reason.trim() !== '') return;
  throw new OptionError({
    op: 'describeBackend',
    problem: 'a skip has no reason',
    likely: 'Say what the backend lacks, and where that is tracked.',
    page: 'conformance-skip',
  });
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
