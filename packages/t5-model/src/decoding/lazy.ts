/** Something that is released when it is no longer needed. */
interface Releasable {
  release(): void;
}

/** Made when first asked for, then kept; a failure is not kept. */
export class Lazy<Value extends Releasable> {
  private made: Promise<Value> | undefined;

  constructor(private readonly make: () => Promise<Value>) {}

  get(): Promise<Value> {
    this.made ??= this.make().catch((error: unknown) => {
      this.made = undefined;
      throw error;
    });
    return this.made;
  }

  /** Releases the value if there is one, or as soon as there is. */
  release(): void {
    void this.made?.then(
      (value) => value.release(),
      () => undefined,
    );
    this.made = undefined;
  }
}
