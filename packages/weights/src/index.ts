export type { ByteSource, ReadOptions } from './byte-source.js';
export { blobSource, bytesSource } from './byte-source.js';
export { castTensor } from './cast.js';
export { FolderError, HubError } from './errors.js';
export type { FileContent, ModelFolder } from './folder.js';
export { memoryFolder } from './folder.js';
export type { GuessedConfig } from './guess-config.js';
export { guessConfig } from './guess-config.js';
export type { InitOptions } from './init.js';
export { initParam, initParams } from './init.js';
export { linearSpec, normSpec, normalSpec } from './layer-specs.js';
export type { LoadOptions, LoadedParams } from './load.js';
export { loadParams, sameTensor } from './load.js';
export type { Mismatch } from './load-plan.js';
export type { NameMap, NameMapOptions } from './name-map.js';
export { nameMap } from './name-map.js';
export type { ElectraHalf } from './names/electra-tensorflow.js';
export type { OpenWeightsOptions, OpenedWeights, WeightsFormat } from './open-weights.js';
export {
  WEIGHTS_FORMATS,
  checkElectraHalf,
  hasWeights,
  openCheckpoint,
  openWeights,
} from './open-weights.js';
export type { Initializer, ParamSpec, ParamSpecOptions, ParamTree, ParamsOf } from './param-spec.js';
export { paramSpec } from './param-spec.js';
export type { SafetensorsHeader, StoredSpec } from './safetensors/header.js';
export { readSafetensorsHeader } from './safetensors/header.js';
export type { SafetensorsFile } from './safetensors/reader.js';
export { openSafetensors } from './safetensors/reader.js';
export type { WeightFilesOptions } from './safetensors/shard-writer.js';
export { weightFiles } from './safetensors/shard-writer.js';
export type { ShardedOptions } from './safetensors/sharded.js';
export { WEIGHTS_FILE, WEIGHTS_INDEX, openSharded } from './safetensors/sharded.js';
export type { StoredDType } from './safetensors/stored-dtype.js';
export type { TensorEntries, WriteOptions } from './safetensors/writer.js';
export { joinChunks, writeSafetensors } from './safetensors/writer.js';
export type { SaveOptions } from './save.js';
export { saveParams } from './save.js';
export { openPyTorch } from './pytorch/open-pytorch.js';
export type { StoredTensor } from './stored/gather.js';
export type { Layout } from './stored/layout.js';
export type { StoredFile } from './stored/stored-file.js';
export { openT5X } from './t5x/open-t5x.js';
export { openTensorFlow } from './tensorflow/bundle.js';
export type { TensorFile } from './tensor-file.js';
