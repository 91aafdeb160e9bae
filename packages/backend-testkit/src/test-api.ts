/** The functions of a test runner that the kit calls: vitest's and jest's fit as they are. */
export interface TestApi {
  readonly describe: (name: string, body: () => void) => void;
  readonly it: {
    (name: string, body: () => void | Promise<void>): void;
    readonly skip: (name: string, body: () => void | Promise<void>) => void;
  };
  readonly afterAll: (body: () => void | Promise<void>) => void;
}

/** Cases that a backend cannot pass, and why. */
export interface Skip {
  /** Shown in the name of each skipped case; say what is missing and where it is tracked. */
  readonly reason: string;
  /** Cases by full name, such as `ops › topK › f32 sample 1`. */
  readonly cases: RegExp | ((name: string) => boolean);
}
