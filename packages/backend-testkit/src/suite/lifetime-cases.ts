import type { Executable, Graph, HostTensor, Tensor } from '@tesserae/tensor';
import { BackendError, OwnershipError, add, hostTensor, mul, reduceSum, spec, trace } from '@tesserae/tensor';
import { requireClose } from '../compare.js';
import { requireError, requireThat } from '../mismatch-error.js';
import { callExecutable, compileGraph } from '../run-graph.js';
import type { Suite } from './suite.js';
import { EXACT } from './suite.js';

/** Who owns what, and until when. */

const x = hostTensor('f32', [3], [1, 2, 3]);

/** y = 2x + 1 beside x itself: an output that is computed and one that is merely passed on. */
function doubleGraph(): Graph {
  const fn = (args: { readonly x: Tensor }) => ({ y: add(mul(args.x, 2), 1), same: args.x });
  return trace(fn, { x: spec('f32', [3]) }, { name: 'double' }).graph;
}

const doubled = hostTensor('f32', [3], [3, 5, 7]);

/** Adds the cases about release, reuse and closing. */
export function addLifetimeCases(suite: Suite): void {
  const addCase: AddCase = (group, name, body) =>
    suite.add(['lifetime', group, name], async () => {
      const executable = await compileGraph(suite.backend, doubleGraph());
      await body(executable);
      executable.release();
    });
  addTensorCases(suite, addCase);
  addOutputCases(suite, addCase);
  addExecutableCases(suite, addCase);
  addCloseCase(suite);
}

/** Adds a case that is given an executable of `doubleGraph`. */
type AddCase = (group: string, name: string, body: (executable: Executable) => Promise<void>) => void;

function addTensorCases({ backend }: Suite, addCase: AddCase): void {
  addCase('tensors', 'what is uploaded comes back, and belongs to the caller', async () => {
    const tensor = backend.upload(x);
    requireSame(await backend.download(tensor), x);
    tensor.release();
  });
  addCase('tensors', 'upload and download copy', async () => {
    const own = hostTensor('f32', [3], [1, 2, 3]);
    const tensor = backend.upload(own);
    own.data[0] = 9;
    const first = await backend.download(tensor);
    first.data[1] = 9;
    requireSame(await backend.download(tensor), x);
    tensor.release();
  });
  addCase('tensors', 'a second release does nothing', async () => {
    const tensor = backend.upload(x);
    tensor.release();
    tensor.release();
    tensor[Symbol.dispose]();
  });
  addCase('tensors', 'a released tensor cannot be downloaded', async () => {
    const tensor = backend.upload(x);
    tensor.release();
    await requireError(() => backend.download(tensor), { op: 'download', classes: [OwnershipError] });
  });
  addCase('tensors', 'a released tensor cannot be an input', async (executable) => {
    const tensor = backend.upload(x);
    tensor.release();
    await requireError(() => executable.run([tensor]), { op: 'run', classes: [OwnershipError] });
  });
}

function addOutputCases({ backend }: Suite, addCase: AddCase): void {
  addCase('outputs', 'belong to the caller: a later run does not change them', async (executable) => {
    const [first, other] = [backend.upload(x), backend.upload(hostTensor('f32', [3], [7, 8, 9]))];
    const outputs = await executable.run([first]);
    const later = await executable.run([other]);
    requireSame(await backend.download(outputs[0]!), doubled);
    for (const tensor of [first, other, ...outputs, ...later]) tensor.release();
  });
  addCase('outputs', 'outlive the inputs, even an input passed on unchanged', async (executable) => {
    const tensor = backend.upload(x);
    const outputs = await executable.run([tensor]);
    tensor.release();
    requireSame(await backend.download(outputs[0]!), doubled);
    requireSame(await backend.download(outputs[1]!), x);
    for (const output of outputs) output.release();
  });
  addCase('outputs', 'are inputs of the next run without a detour over the host', async (executable) => {
    const first = await executable.run([backend.upload(x)]);
    const second = await executable.run([first[0]!]);
    requireSame(await backend.download(second[0]!), hostTensor('f32', [3], [7, 11, 15]));
    for (const tensor of [...first, ...second]) tensor.release();
  });
  addCase('outputs', 'outlive the executable', async () => {
    const executable = await compileGraph(backend, doubleGraph());
    const outputs = await executable.run([backend.upload(x)]);
    executable.release();
    requireSame(await backend.download(outputs[0]!), doubled);
    for (const output of outputs) output.release();
  });
}

function addExecutableCases({ backend }: Suite, addCase: AddCase): void {
  addCase('executables', 'do not run after their release', async () => {
    const executable = await compileGraph(backend, doubleGraph());
    executable.release();
    executable.release();
    const tensor = backend.upload(x);
    await requireError(() => executable.run([tensor]), { op: 'run', classes: [OwnershipError] });
    tensor.release();
  });
  addCase('executables', 'take two runs at once', async (executable) => {
    const pairs = [x, hostTensor('f32', [3], [7, 8, 9])];
    const [first, second] = await Promise.all(
      pairs.map((value) => callExecutable(backend, executable, [value])),
    );
    requireSame(first![0]!, doubled);
    requireSame(second![0]!, hostTensor('f32', [3], [15, 17, 19]));
  });
  addCase('executables', 'leave their inputs as they were', async (executable) => {
    const tensor = backend.upload(x);
    const outputs = await executable.run([tensor]);
    requireSame(await backend.download(tensor), x);
    for (const owned of [tensor, ...outputs]) owned.release();
  });
}

function addCloseCase({ add, create }: Suite): void {
  add(['lifetime', 'close', 'frees the backend, which then refuses work'], async () => {
    const backend = await create();
    const tensor = backend.upload(x);
    const executable = await compileGraph(backend, doubleGraph());
    await backend.close();
    const refusal = { op: 'after close', classes: [OwnershipError, BackendError] };
    await requireError(() => executable.run([tensor]), refusal);
    await requireError(() => backend.download(tensor), refusal);
    await requireError(() => backend.upload(x), refusal);
    await requireError(() => compileGraph(backend, sumGraph()), refusal);
    tensor.release();
    executable.release();
    await backend.close();
  });
}

function sumGraph(): Graph {
  return trace((args: { readonly x: Tensor }) => reduceSum(args.x), { x: spec('f32', [3]) }, { name: 'sum' })
    .graph;
}

function requireSame(got: HostTensor, needed: HostTensor): void {
  requireThat(got.data !== needed.data, { op: 'lifetime', problem: 'host and device share memory' });
  requireClose(got, needed, { op: 'lifetime', tolerances: EXACT });
}
