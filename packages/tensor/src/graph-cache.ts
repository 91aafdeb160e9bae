import type { CompiledGraph } from './compiled-graph.js';
import { CompileError, OwnershipError } from './errors.js';
import type { TensorSpec } from './spec.js';
import { equalSpecs, formatSpec } from './spec.js';
import type { TreeEntry } from './tree.js';
import { flattenTree } from './tree.js';

/** How the graphs of one compiled function are made, and how many there may be. */
interface GraphCacheOptions<Result> {
  readonly name: string;
  readonly maxGraphs: number;
  readonly make: (argSpecs: object) => Promise<CompiledGraph<Result>>;
}

/** The graphs of one compiled function: one for each combination of argument specs, made when first asked for. */
export class GraphCache<Result> {
  readonly #options: GraphCacheOptions<Result>;
  readonly #pending = new Map<string, Promise<CompiledGraph<Result>>>();
  readonly #ready: CompiledGraph<Result>[] = [];
  #newest: readonly TreeEntry<TensorSpec>[] = [];
  #isReleased = false;

  constructor(options: GraphCacheOptions<Result>) {
    this.#options = options;
  }

  /** The graphs that are compiled, oldest first. */
  get ready(): readonly CompiledGraph<Result>[] {
    return this.#ready;
  }

  /**
   * The graph of these specs.
   * @throws CompileError naming the inputs that changed, when it would be one graph too many
   */
  async get(argSpecs: object): Promise<CompiledGraph<Result>> {
    this.requireOpen();
    const specs = flattenTree<TensorSpec>(argSpecs);
    const key = specs
      .map(({ path, leaf }) => `${path}:${formatSpec(leaf)}`)
      .sort()
      .join(';');
    const known = this.#pending.get(key);
    if (known !== undefined) return known;
    if (this.#pending.size >= this.#options.maxGraphs) throw this.#tooMany(specs);
    this.#newest = specs;
    const made = this.#make(argSpecs);
    this.#pending.set(key, made);
    made.catch(() => this.#pending.delete(key)); // a later call may try again
    return made;
  }

  /** Releases every graph, those still being compiled too; the compiled function is unusable afterwards. */
  release(): void {
    this.#isReleased = true;
    for (const { executable } of this.#ready.splice(0)) executable.release();
  }

  /** @throws OwnershipError after `release` */
  requireOpen(): void {
    if (!this.#isReleased) return;
    throw new OwnershipError({
      op: this.#options.name,
      problem: 'the compiled function was released',
      likely: 'Release it after its last call, or compile it again.',
      page: 'function-released',
    });
  }

  async #make(argSpecs: object): Promise<CompiledGraph<Result>> {
    const made = await this.#options.make(argSpecs);
    if (this.#isReleased) made.executable.release();
    this.requireOpen();
    this.#ready.push(made);
    return made;
  }

  #tooMany(specs: readonly TreeEntry<TensorSpec>[]): CompileError {
    const { name, maxGraphs } = this.#options;
    const changes = changedLeaves(this.#newest, specs);
    return new CompileError({
      op: name,
      problem: `${maxGraphs} graphs are compiled already, and now ${changes.join(', ')} asks for another`,
      likely: 'Pad to a few fixed lengths, compile with symbolic dimensions (specs), or raise maxGraphs.',
      page: 'max-graphs',
      got: changes,
      needed: maxGraphs,
    });
  }
}

/** What differs between two calls, in words: `'batch.inputIds' i32[2,7] -> i32[2,8]`. */
function changedLeaves(
  before: readonly TreeEntry<TensorSpec>[],
  after: readonly TreeEntry<TensorSpec>[],
): readonly string[] {
  const old = new Map(before.map(({ path, leaf }) => [path, leaf]));
  const fresh = new Set(after.map(({ path }) => path));
  const changed = after.flatMap(({ path, leaf }) => {
    const earlier = old.get(path);
    if (earlier !== undefined && equalSpecs(earlier, leaf)) return [];
    return [`'${path}' ${earlier === undefined ? 'absent' : formatSpec(earlier)} -> ${formatSpec(leaf)}`];
  });
  const gone = before.filter(({ path }) => !fresh.has(path));
  return [...changed, ...gone.map(({ path, leaf }) => `'${path}' ${formatSpec(leaf)} -> absent`)];
}
