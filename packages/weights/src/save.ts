import { ShapeError, equalShapes, flattenTree, formatSpec, isFloat } from '@tesserae/tensor';
import type { DType, HostTensor } from '@tesserae/tensor';
import { castTensor } from './cast.js';
import { namedSpecs } from './checkpoint-names.js';
import { quoted } from './errors.js';
import type { NameMap } from './name-map.js';
import type { ParamsOf } from './param-spec.js';

/** How parameters are saved. */
export interface SaveOptions {
  /** The map that loads them; default: the specs' own names, or their paths. */
  readonly nameMap?: NameMap;
  /** Element type of float parameters in the file; default: as they are. */
  readonly dtype?: DType;
}

/**
 * Parameters under their checkpoint names, ready for `weightFiles` or `writeSafetensors`; arrays are not
 * copied unless they are cast.
 * @throws ShapeError when a parameter is absent or has another shape than its spec
 */
export function saveParams<T>(
  specs: T,
  params: ParamsOf<T>,
  options: SaveOptions = {},
): [string, HostTensor][] {
  const { nameMap, dtype } = options;
  const tensors = new Map(flattenTree<HostTensor>(params).map(({ path, leaf }) => [path, leaf]));
  const entries = namedSpecs(specs, nameMap).map(({ path, name, spec }): [string, HostTensor] => {
    const tensor = tensors.get(path);
    if (tensor === undefined || !equalShapes(tensor.shape, spec.shape)) {
      const got = tensor === undefined ? 'absent' : formatSpec(tensor);
      throw new ShapeError({
        op: 'saveParams',
        problem: `${quoted(path)} is ${got}, its spec says ${formatSpec(spec)}`,
        likely: 'The parameters belong to another model or config.',
        page: 'save-shape',
        got: tensor?.shape,
        needed: spec.shape,
      });
    }
    tensors.delete(path);
    return [name, dtype !== undefined && isFloat(tensor.dtype) ? castTensor(tensor, dtype) : tensor];
  });
  if (tensors.size > 0) {
    throw new ShapeError({
      op: 'saveParams',
      problem: `${[...tensors.keys()].slice(0, 8).map(quoted).join(', ')} have no spec and would be lost`,
      likely: 'The parameters belong to another model or config.',
      page: 'save-shape',
      got: [...tensors.keys()],
    });
  }
  return entries;
}
