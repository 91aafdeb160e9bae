import type { Backend } from '@tesserae/tensor';
import type { RunLogger } from '@tesserae/training';
import type { ModelFolder } from '@tesserae/weights';

/** How a model is fetched by name. */
export interface OpenModelOptions {
  /** Branch, tag or commit on the hub; default 'main'. */
  readonly revision?: string;
  /** Where fetched files are kept. */
  readonly cacheDir?: string;
  /** True: only what is on this machine. */
  readonly localFilesOnly?: boolean;
  readonly signal?: AbortSignal;
}

/** What differs between Node and browsers; chosen by the `#platform` import condition. */
export interface Platform {
  /** A model by path or hub id. */
  openModel(source: string, options: OpenModelOptions): Promise<ModelFolder>;
  /** The fastest backend that can run here. */
  createDefaultBackend(): Promise<Backend>;
  /** A log in a folder; closing it writes the report too. */
  openRunLog(path: string, about: { readonly title: string }): Promise<RunLogger>;
  /** Writes a model's files into a folder. */
  saveModel(
    path: string,
    files: ReadonlyMap<string, string | Iterable<Uint8Array>>,
    options: { readonly overwrite: boolean },
  ): Promise<void>;
}
