import type { Graph, Tensor, TensorSpec } from '@tesserae/tensor';
import {
  FLOAT_DTYPES,
  flattenTree,
  formatSpec,
  lowerGraph,
  mapTree,
  planMemory,
  printGraph,
  sizeOf,
  spec,
  symbol,
  toDot,
  trace,
} from '@tesserae/tensor';
import { readModelSource } from 'tesserae';
import type { Architecture, Json, WeightsReport } from 'tesserae';
import type { ParamSpec, WeightsFormat } from '@tesserae/weights';
import { openFolder } from '@tesserae/weights/node';
import type { CommandContext } from '../command-context.js';

interface InspectOptions {
  readonly model: string;
  readonly what: 'config' | 'params' | 'graph' | 'dot' | 'plan' | 'all';
  readonly batch: number;
  readonly length: number;
  readonly class?: string;
  readonly format?: WeightsFormat;
}

/** Shows a model without running it; weights are not read, only their header. */
export async function runInspect(options: InspectOptions, { output, signal }: CommandContext): Promise<void> {
  const folder = await openFolder(options.model);
  const source = await readModelSource(folder, { className: options.class, format: options.format, signal });
  const { architecture, config, specs, report } = source;
  const shows = (part: InspectOptions['what']): boolean => options.what === part || options.what === 'all';
  if (shows('config'))
    output.result(
      { class: architecture.name, config, ...(report === undefined ? {} : { weights: report }) },
      [architecture.name, formatConfig(config as Json), ...formatReport(report)].join('\n'),
    );
  if (shows('params')) {
    const params = describeParams(specs);
    output.result(params, params.text);
  }
  if (options.what === 'config' || options.what === 'params') return;
  const graph = traceForward(architecture, config, specs);
  if (options.what === 'graph') output.result({ graph: printGraph(graph) }, printGraph(graph));
  if (options.what === 'dot') output.result({ dot: toDot(graph) }, toDot(graph));
  if (options.what === 'all')
    output.result({ nodes: graph.nodes.length, ops: countOps(graph) }, formatOps(graph));
  if (shows('plan')) {
    const plan = describePlan(graph, options);
    output.result(plan, plan.text);
  }
}

function formatReport(report: WeightsReport | undefined): readonly string[] {
  if (report === undefined) return ['no weights in the folder'];
  const { format, ignored, guessed } = report;
  return [
    `weights: ${format}${ignored.length > 0 ? `, ${ignored.length} tensors left out on purpose` : ''}`,
    ...(guessed.length > 0 ? ['no config.json; the config was made from the shapes:'] : []),
    ...guessed.map((reason) => `  ${reason}`),
  ];
}

function formatConfig(config: Json): string {
  return Object.entries(config)
    .map(
      ([key, value]) =>
        `  ${key.padEnd(24)} ${Array.isArray(value) ? value.slice(0, 8).join(', ') : String(value)}`,
    )
    .join('\n');
}

function describeParams(specs: object) {
  const entries = flattenTree<ParamSpec>(specs);
  const total = entries.reduce((sum, { leaf }) => sum + sizeOf(leaf.shape), 0);
  const params = entries.map(({ path, leaf }) => ({
    path,
    name: leaf.name,
    spec: formatSpec(leaf),
    init: leaf.init.kind,
  }));
  const lines = params.map(({ path, name, spec: text }) => `  ${text.padEnd(22)} ${path}  (${name ?? path})`);
  return {
    total,
    params,
    text: [`${entries.length} parameters, ${total.toLocaleString('en')} values`, ...lines].join('\n'),
  };
}

/** The forward pass with symbolic sizes, composites decomposed. */
function traceForward(architecture: Architecture, config: unknown, specs: object): Graph {
  const [batch, length] = [symbol('batch'), symbol('length')];
  const isMultipleChoice = architecture.name === 'ElectraForMultipleChoice';
  const ids = spec('i32', isMultipleChoice ? [batch, 2, length] : [batch, length]);
  const wanted = ['input_ids', 'attention_mask', 'token_type_ids', 'decoder_input_ids'];
  const inputs = Object.fromEntries(
    Object.keys(architecture.inputs)
      .filter((name) => wanted.includes(name))
      .map((name) => [name, ids]),
  );
  const paramSpecs = mapTree(specs, ({ dtype, shape }: ParamSpec): TensorSpec => ({ dtype, shape }));
  const { graph } = trace(
    (args: { params: unknown; inputs: Readonly<Record<string, Tensor>> }) =>
      architecture.forward(args.params, args.inputs, { config, rng: undefined }),
    { params: paramSpecs, inputs } as never,
    { name: architecture.name },
  );
  const capabilities = { dtypes: FLOAT_DTYPES, symbolicDims: true, nativeComposites: new Set<string>() };
  return lowerGraph(graph, { capabilities });
}

function countOps(graph: Graph): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { op } of graph.nodes) counts[op] = (counts[op] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort(([, a], [, b]) => b - a));
}

function formatOps(graph: Graph): string {
  const ops = Object.entries(countOps(graph)).map(([op, count]) => `${op} ${count}`);
  return `${graph.nodes.length} nodes: ${ops.join(', ')}`;
}

function describePlan(graph: Graph, { batch, length }: InspectOptions) {
  const { arenaBytes, totalBytes, buffers } = planMemory(graph, { batch, length });
  const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return {
    batch,
    length,
    arenaBytes,
    totalBytes,
    buffers: buffers.size,
    text: `memory at batch ${batch} × ${length}: ${megabytes(arenaBytes)} for ${buffers.size} values that would take ${megabytes(totalBytes)} unplanned`,
  };
}
