/**
 * The layer rules of docs/architecture.md as constraints of @nx/enforce-module-boundaries.
 * A package imports strictly lower layers; models never see a backend. Tests may look sideways: a conformance
 * test needs the reference backend beside the one under test, and a model's golden test needs a backend.
 */

const layers = [0, 1, 2, 3, 4];

const tools = { sourceTag: 'layer:tool', onlyDependOnLibsWithTags: ['*'] };

/** Constraints of shipped sources. */
export const sourceConstraints = [
  ...layers.map((layer) => ({
    sourceTag: `layer:${layer}`,
    onlyDependOnLibsWithTags: layers.filter((lower) => lower < layer).map((lower) => `layer:${lower}`),
  })),
  { sourceTag: 'layer:2', notDependOnLibsWithTags: ['type:backend', 'type:testkit'] },
  { sourceTag: 'layer:3', notDependOnLibsWithTags: ['type:testkit'] },
  tools,
];

/** Constraints of tests: the same layer too, and any backend below the model under test. */
export const testConstraints = [
  ...layers.map((layer) => ({
    sourceTag: `layer:${layer}`,
    onlyDependOnLibsWithTags: layers.filter((lower) => lower <= layer).map((lower) => `layer:${lower}`),
  })),
  tools,
];
