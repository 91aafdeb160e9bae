"""Writes packages/weights/test/fixtures/{tensorflow,t5x}/*: golden models as TensorFlow and Flax would save them.

    python tensorflow_files.py         # needs tensorflow-cpu, msgpack and safetensors; no PyTorch

TensorFlow's own SaveV2 and MergeV2Checkpoints write the bundles. Flax's form is packed here with msgpack from the
description in flax/serialization.py; Zarr's from its specification (gzip chunks, as T5X configures TensorStore).
"""

import gzip
import json
import re
import shutil
from pathlib import Path

import ml_dtypes
import msgpack
import numpy as np
import tensorflow as tf
from safetensors.numpy import load_file

HERE = Path(__file__).parent
FIXTURES = HERE.parents[1] / "packages" / "weights" / "test" / "fixtures"
Arrays = dict[str, np.ndarray]


def golden_weights(name: str) -> Arrays:
    """The weights of a golden fixture under Hugging Face's names."""
    tensors = load_file(HERE / "fixtures" / f"{name}.safetensors")
    return {key.removeprefix("weight/"): value for key, value in tensors.items() if key.startswith("weight/")}


def electra_name(name: str) -> tuple[str, bool]:
    """Google's name of a parameter of ELECTRA, and whether it is stored transposed."""
    if name == "generator_lm_head.bias":
        return "generator_predictions/output_bias", False
    path = name.replace("dense_prediction", "dense_1").replace(".", "/")
    path = re.sub(r"encoder/layer/(\d+)", r"encoder/layer_\1", path)
    if "embeddings/" in path and path.endswith("_embeddings/weight"):
        return path.removesuffix("/weight"), False
    if "LayerNorm" in path:
        return path.replace("/weight", "/gamma").replace("/bias", "/beta"), False
    return path.replace("/weight", "/kernel"), path.endswith("/weight")


def electra_variables(weights: Arrays, scope: str) -> Arrays:
    """Variables of one half, its encoder under `scope`."""
    variables: Arrays = {}
    for name, value in weights.items():
        path, is_transposed = electra_name(name)
        path = re.sub("^electra/", f"{scope}/", path)
        variables[path] = value.T if is_transposed else value
    return variables


def with_state(variables: Arrays, slots: tuple[str, ...], join: str) -> Arrays:
    """The variables with an optimiser's slots, which differ from them, and the number of steps."""
    state = {f"{name}{join}{slot}": value * 0 + 7 for name, value in variables.items() for slot in slots}
    return {**variables, **state, "global_step": np.array(20, np.int64)}


def save_bundle(prefix: Path, variables: Arrays, shards: int = 1) -> None:
    """SaveV2, in so many data files."""
    prefix.parent.mkdir(parents=True, exist_ok=True)
    names = sorted(variables)
    parts = [f"{prefix}.part{index}" for index in range(shards)]
    for index, part in enumerate(parts):
        mine = names[index::shards]
        tensors = [tf.constant(np.ascontiguousarray(variables[name])) for name in mine]
        tf.raw_ops.SaveV2(prefix=part, tensor_names=mine, shape_and_slices=[""] * len(mine), tensors=tensors)
    tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=parts, destination_prefix=str(prefix), delete_old_dirs=False)


def note(folder: Path, prefix: str) -> None:
    """TensorFlow's note of its last save, with the paths of the machine that trained."""
    text = f'model_checkpoint_path: "/training/out/{prefix}"\nall_model_checkpoint_paths: "{prefix}"\n'
    (folder / "checkpoint").write_text(text)


def write_electra(folder: Path) -> None:
    """Both halves in one checkpoint: the generator with embeddings of its own, and with the shared ones."""
    discriminator = electra_variables(golden_weights("electra-pre-training"), "electra")
    generator = electra_variables(golden_weights("electra-masked-lm"), "generator")
    untied = with_state({**discriminator, **generator}, (), "/")
    save_bundle(folder / "electra-untied" / "model.ckpt-20", untied)
    shared = {name: value for name, value in generator.items() if not name.startswith("generator/embeddings/")}
    both = with_state({**discriminator, **shared}, ("adam_m",), "/")
    save_bundle(folder / "electra-shared" / "model.ckpt-20", both, shards=2)
    note(folder / "electra-shared", "model.ckpt-20")


def mesh_name(name: str, is_first: bool) -> tuple[str, bool]:
    """Mesh TensorFlow's name of a parameter of T5 1.0 (`is_first`) or 1.1, and whether it is transposed."""
    if name == "shared.weight":
        return "shared/embedding", False
    if name == "lm_head.weight":
        return "decoder/logits/kernel", True
    norm = "layer_norm" if is_first else "rms_norm"
    if name.endswith("final_layer_norm.weight"):
        return f"{name.split('.')[0]}/{'final_layer_norm' if is_first else 'rms_norm'}/scale", False
    stack, block, layer, rest = re.match(r"(\w+)\.block\.(\d+)\.layer\.(\d+)\.(.+)\.weight", name).groups()
    at = f"{stack}/block_{int(block):03}/layer_{int(layer):03}"
    if rest == "layer_norm":
        return f"{at}/{norm}/scale", False
    is_kernel = rest.startswith("DenseReluDense")
    return f"{at}/{rest.replace('.', '/')}{'/kernel' if is_kernel else ''}", True


def write_mesh(folder: Path) -> None:
    """T5 1.0 and 1.1 with the slots of Adafactor; an older save beside the newer one."""
    for fixture, is_first in (("t5-1.0", True), ("t5-1.1", False)):
        variables: Arrays = {}
        for name, value in golden_weights(fixture).items():
            path, is_transposed = mesh_name(name, is_first)
            variables[path] = value.T if is_transposed else value
        state = {f"{name}_slot_vr": np.zeros(2, np.float32) for name in list(variables)[:4]}
        target = folder / f"mesh-{fixture}"
        save_bundle(target / "model.ckpt-1000", {**variables, **state, "global_step": np.array(1000, np.int64)})
        save_bundle(target / "model.ckpt-999", {"shared/embedding": np.zeros((2, 2), np.float32)})


def write_kinds(folder: Path) -> None:
    """Every element type, a text, and a variable in two parts."""
    values = np.arange(6).reshape(2, 3)
    names = "float32 float64 float16 int64 int32 int16 int8 uint8 bool uint16 uint32 uint64".split()
    kinds = {name: (values % 2 if name == "bool" else values).astype(name) for name in names}
    kinds["bfloat16"] = values.astype(ml_dtypes.bfloat16)
    prefix = str(folder / "kinds" / "kinds.ckpt")
    (folder / "kinds").mkdir(parents=True, exist_ok=True)
    tf.raw_ops.SaveV2(
        prefix=prefix,
        tensor_names=[*kinds, "note", "scalar", "empty", "parts", "parts"],
        shape_and_slices=[""] * (len(kinds) + 3) + ["4 2 0,2:0,2", "4 2 2,2:0,2"],
        tensors=[
            *[tf.constant(value) for value in kinds.values()],
            tf.constant(["text"]),
            tf.constant(2.5),
            tf.zeros((0, 4)),
            tf.ones((2, 2)),
            tf.ones((2, 2)),
        ],
    )


def ndarray(value: np.ndarray) -> msgpack.ExtType:
    """An array as Flax packs it."""
    content = msgpack.packb((value.shape, value.dtype.name, value.tobytes("C")), use_bin_type=True)
    return msgpack.ExtType(1, content)


def chunked(value: np.ndarray, size: int) -> dict[str, object]:
    """An array in parts, as Flax packs large ones."""
    flat = value.reshape(-1)
    parts = [flat[start : start + size] for start in range(0, flat.size, size)]
    return {
        "__msgpack_chunked_array__": True,
        "shape": {str(axis): length for axis, length in enumerate(value.shape)},
        "chunks": {str(index): ndarray(part) for index, part in enumerate(parts)},
    }


T5X_PARTS = {
    "SelfAttention.q": "{self}/query/kernel",
    "SelfAttention.k": "{self}/key/kernel",
    "SelfAttention.v": "{self}/value/kernel",
    "SelfAttention.o": "{self}/out/kernel",
    "EncDecAttention.q": "encoder_decoder_attention/query/kernel",
    "EncDecAttention.k": "encoder_decoder_attention/key/kernel",
    "EncDecAttention.v": "encoder_decoder_attention/value/kernel",
    "EncDecAttention.o": "encoder_decoder_attention/out/kernel",
    "SelfAttention.relative_attention_bias": "relpos_bias/rel_embedding",
    "DenseReluDense.wi": "mlp/wi/kernel",
    "DenseReluDense.wi_0": "mlp/wi_0/kernel",
    "DenseReluDense.wi_1": "mlp/wi_1/kernel",
    "DenseReluDense.wo": "mlp/wo/kernel",
}
NORMS = {
    "encoder": ["pre_attention_layer_norm", "pre_mlp_layer_norm"],
    "decoder": ["pre_self_attention_layer_norm", "pre_cross_attention_layer_norm", "pre_mlp_layer_norm"],
}
SINGLES = {
    "shared.weight": ("token_embedder/embedding", False),
    "lm_head.weight": ("decoder/logits_dense/kernel", True),
    "encoder.final_layer_norm.weight": ("encoder/encoder_norm/scale", False),
    "decoder.final_layer_norm.weight": ("decoder/decoder_norm/scale", False),
}


def t5x_part(name: str) -> tuple[str, int, str, bool]:
    """Stack, layer, path within it and whether it is transposed, of a parameter in a layer."""
    stack, block, layer, rest = re.match(r"(\w+)\.block\.(\d+)\.layer\.(\d+)\.(.+)\.weight", name).groups()
    if rest == "layer_norm":
        return stack, int(block), f"{NORMS[stack][int(layer)]}/scale", False
    own = "attention" if stack == "encoder" else "self_attention"
    return stack, int(block), T5X_PARTS[rest].format(self=own), True


def t5x_parameters(weights: Arrays) -> Arrays:
    """Layers one by one, attention kernels as matrices; the bias table of block 0 outside the layers."""
    result: Arrays = {}
    for name, value in weights.items():
        if name in SINGLES:
            path, is_transposed = SINGLES[name]
        else:
            stack, block, rest, is_transposed = t5x_part(name)
            path = f"{stack}/{rest}" if rest.startswith("relpos_bias") else f"{stack}/layers_{block}/{rest}"
        result[path] = value.T if is_transposed else value
    return result


def t5x_stacked(weights: Arrays, num_heads: int) -> Arrays:
    """Layers stacked on axis 1 and heads apart, as UMT5 is kept."""
    layers: dict[str, dict[int, np.ndarray]] = {}
    result: Arrays = {}
    for name, value in weights.items():
        if name in SINGLES:
            path, is_transposed = SINGLES[name]
            result[path] = value.T if is_transposed else value
            continue
        stack, block, rest, is_transposed = t5x_part(name)
        value = value.T if is_transposed else value
        if re.search("(query|key|value)/kernel", rest):
            value = value.reshape(value.shape[0], num_heads, -1)
        if rest.endswith("out/kernel"):
            value = value.reshape(num_heads, -1, value.shape[1])
        layers.setdefault(f"{stack}/{stack}/{rest}", {})[block] = value
    for path, parts in layers.items():
        result[path] = np.stack([parts[index] for index in range(len(parts))], axis=1)
    return result


def nested(values: dict[str, object]) -> dict[str, object]:
    """A tree from paths."""
    tree: dict[str, object] = {}
    for path, value in values.items():
        *parents, leaf = path.split("/")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[leaf] = value
    return tree


def t5x_file(target: dict[str, object]) -> bytes:
    """A checkpoint of T5X: version, the parameters, and the optimiser's state, which differs from them."""
    step = msgpack.ExtType(3, msgpack.packb(((), "int32", np.int32(7).tobytes()), use_bin_type=True))
    state = {"step": step, "param_states": {"token_embedder": {"embedding": {"v": ndarray(np.ones(3, np.float32))}}}}
    return msgpack.packb({"version": 3, "optimizer": {"target": target, "state": state}}, use_bin_type=True)


def zarr_files(value: np.ndarray, chunks: tuple[int, ...]) -> dict[str, bytes]:
    """The files of an array in Zarr's version 2, its chunks packed with gzip."""
    names = {"float32": "<f4"}
    description = {
        "chunks": list(chunks),
        "compressor": {"id": "gzip", "level": 1},
        "dtype": names[value.dtype.name],
        "fill_value": None,
        "filters": None,
        "order": "C",
        "shape": list(value.shape),
        "zarr_format": 2,
    }
    files = {".zarray": json.dumps(description).encode()}
    grid = [range(-(-size // chunk)) for size, chunk in zip(value.shape, chunks)]
    for index in np.ndindex(*[len(axis) for axis in grid]):
        part = value[tuple(slice(at * chunk, (at + 1) * chunk) for at, chunk in zip(index, chunks))]
        whole = np.zeros(chunks, value.dtype)
        whole[tuple(slice(0, size) for size in part.shape)] = part
        files[".".join(map(str, index))] = gzip.compress(whole.tobytes(), mtime=0)
    return files


IN_ZARR = ("token_embedder/embedding", "encoder/layers_0/mlp/wi/kernel", "decoder/layers_1/self_attention/out/kernel")


def write_t5x(folder: Path) -> None:
    """T5 1.1 layer by layer, with one array in parts; UMT5 stacked; T5 1.0 with arrays in Zarr directories."""
    folder.mkdir(parents=True, exist_ok=True)
    first = t5x_parameters(golden_weights("t5-1.1"))
    leaves = {path: chunked(value, 50) if path == "token_embedder/embedding" else ndarray(value) for path, value in first.items()}
    (folder / "t5-1.1").mkdir()
    (folder / "t5-1.1" / "checkpoint_1000").write_bytes(t5x_file(nested(leaves)))
    stacked = t5x_stacked(golden_weights("t5-trap-bias-table-per-layer-umt5"), num_heads=4)
    (folder / "umt5").mkdir()
    (folder / "umt5" / "checkpoint").write_bytes(t5x_file(nested({path: ndarray(v) for path, v in stacked.items()})))
    zarr = folder / "t5-1.0-zarr"
    zarr.mkdir()
    leaves = {}
    for path, value in t5x_parameters(golden_weights("t5-1.0")).items():
        directory = f"target.{path.replace('/', '.')}"
        if path not in IN_ZARR:  # T5X keeps small arrays in the file
            leaves[path] = ndarray(value)
            continue
        spec = {"driver": "zarr", "kvstore": {"driver": "file", "path": directory}, "metadata": {"shape": list(value.shape)}}
        leaves[path] = spec if path.startswith("encoder") else f"PLACEHOLDER://{directory}"
        (zarr / directory).mkdir()
        chunks = (7, 5) if path == "token_embedder/embedding" else value.shape
        for name, content in zarr_files(np.ascontiguousarray(value), chunks).items():
            (zarr / directory / name).write_bytes(content)
    (zarr / "checkpoint").write_bytes(t5x_file(nested(leaves)))


def main() -> None:
    """Writes both folders anew."""
    for name, write in (("tensorflow", None), ("t5x", write_t5x)):
        shutil.rmtree(FIXTURES / name, ignore_errors=True)
        if write is not None:
            write(FIXTURES / name)
    for write in (write_electra, write_mesh, write_kinds):
        write(FIXTURES / "tensorflow")
    for path in sorted((FIXTURES / "tensorflow").rglob("*")) + sorted((FIXTURES / "t5x").rglob("checkpoint*")):
        if path.is_file():
            print(f"{path.relative_to(FIXTURES)}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
