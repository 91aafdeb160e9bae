"""Values and gradients of every sample of every op, computed by PyTorch in float64.

The samples are the project's own: `src/main.ts` writes inputs, parameters and cotangents, and each op is
defined here once more, by PyTorch's operator of that meaning or in a few of its primitives.
"""

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from fixture_file import Fixture, to_metadata

REPOSITORY = Path(__file__).parents[3]
EXPORT = ["npx", "tsx", "--conditions=@tesserae/source", "tools/golden/src/main.ts"]
TORCH_DTYPES = {"f32": torch.float64, "i32": torch.int32, "i8": torch.int8, "bool": torch.bool}

Tensor = torch.Tensor
Params = dict[str, Any]
Definition = Callable[[list[Tensor], Params], list[Tensor]]


def threefry(key: np.ndarray, counters: np.ndarray, stream: int) -> np.ndarray:
    """Threefry-2x32 with 20 rounds (Salmon et al. 2011), counters beside one stream: uint32[blocks, 2]."""
    rotations = [13, 15, 26, 6, 17, 29, 16, 24]
    schedule = [key[0], key[1], key[0] ^ key[1] ^ np.uint32(0x1BD11BDA)]
    x = counters.astype(np.uint32) + schedule[0]
    y = np.full_like(x, np.uint32(stream & 0xFFFFFFFF)) + schedule[1]
    for step in range(20):
        x = x + y
        turn = np.uint32(rotations[step % 8])
        y = ((y << turn) | (y >> (np.uint32(32) - turn))) ^ x
        if step % 4 == 3:
            injection = step // 4 + 1
            x = x + schedule[injection % 3]
            y = y + schedule[(injection + 1) % 3] + np.uint32(injection)
    return np.stack([x, y], axis=1)


def random_bits(key: Tensor, shape: list[int], stream: int, width: int) -> Tensor:
    """The random integers of one stream; 16-bit draws are the halves of each word, the low one first."""
    count = int(np.prod(shape))
    words = key.numpy().astype(np.int32).view(np.uint32)
    blocks = np.arange((count + 1) // 2 if width != 16 else (count + 3) // 4)
    with np.errstate(over="ignore"):
        drawn = threefry(words, blocks, stream).reshape(-1)
    if width == 16:
        drawn = np.stack([drawn & np.uint32(0xFFFF), drawn >> np.uint32(16)], axis=1).reshape(-1)
    if width == 24:
        drawn = drawn >> np.uint32(8)
    return torch.from_numpy(drawn[:count].view(np.int32).reshape(shape).copy())


def bernoulli(key: Tensor, shape: list[int], stream: int, threshold: int) -> Tensor:
    """True where a 16-bit draw is below the threshold."""
    return random_bits(key, shape, stream, 16) < threshold


def dropout(x: Tensor, key: Tensor, p: Params) -> Tensor:
    """Inverted dropout with the mask of (key, stream)."""
    keep = bernoulli(key, list(x.shape), p["stream"], round((1 - p["rate"]) * 65536))
    return torch.where(keep, x / (1 - p["rate"]), torch.zeros_like(x))


def attention(inputs: list[Tensor], p: Params) -> list[Tensor]:
    """Scaled dot-product attention over [batch, len, numHeads, headDim]; weights are those before dropout."""
    query, key, value = inputs[:3]
    scores = torch.einsum("bqhd,bkhd->bhqk", query, key) * p["scale"]
    weights = torch.softmax(scores + inputs[3] if p["hasBias"] else scores, -1)
    used = weights if p["dropout"] is None else dropout(weights, inputs[-1], p["dropout"])
    return [torch.einsum("bhqk,bkhd->bqhd", used, value), weights]


def layer_norm(inputs: list[Tensor], p: Params) -> list[Tensor]:
    """PyTorch's layer norm, and the two statistics that its forward keeps."""
    x, scale, bias = inputs
    variance = x.var(-1, correction=0, keepdim=True)
    inverse = torch.rsqrt(variance + p["epsilon"])
    return [F.layer_norm(x, x.shape[-1:], scale, bias, p["epsilon"]), x.mean(-1, keepdim=True), inverse]


def rms_norm(inputs: list[Tensor], p: Params) -> list[Tensor]:
    """PyTorch's RMS norm, and 1/rms."""
    x, scale = inputs
    inverse = torch.rsqrt(x.square().mean(-1, keepdim=True) + p["epsilon"])
    return [F.rms_norm(x, x.shape[-1:], scale, p["epsilon"]), inverse]


def cross_entropy(inputs: list[Tensor], p: Params) -> list[Tensor]:
    """Cross-entropy of each row, and the log-sum-exp of its logits."""
    logits, labels = inputs
    rows = F.cross_entropy(
        logits.reshape(-1, logits.shape[-1]), labels.reshape(-1).long(), ignore_index=p["ignoreIndex"], reduction="none"
    )
    return [rows.reshape(labels.shape), torch.logsumexp(logits, -1, keepdim=True)]


def gather(inputs: list[Tensor], p: Params) -> list[Tensor]:
    """Slices of a table along an axis; the index axes take the place of that axis."""
    table, indices = inputs
    axis = p["axis"]
    picked = table.index_select(axis, indices.reshape(-1))
    return [picked.reshape(*table.shape[:axis], *indices.shape, *table.shape[axis + 1 :])]


def scatter_add(inputs: list[Tensor], p: Params) -> list[Tensor]:
    """Zeros with rows added at indices."""
    indices, updates = inputs
    axis, rank = p["axis"], indices.dim()
    rows = updates.reshape(*updates.shape[:axis], indices.numel(), *updates.shape[axis + rank :])
    zeros = torch.zeros(*rows.shape[:axis], p["size"], *rows.shape[axis + 1 :], dtype=updates.dtype)
    return [zeros.index_add(axis, indices.reshape(-1), rows)]


def block(starts: Tensor, sizes: list[int]) -> tuple[slice, ...]:
    """The index of a block."""
    return tuple(slice(start, start + size) for start, size in zip(starts.tolist(), sizes))


def update_slice(inputs: list[Tensor], _: Params) -> list[Tensor]:
    """A copy with one block replaced."""
    x, update, starts = inputs
    result = x.clone()
    result[block(starts, list(update.shape))] = update
    return [result]


def cumulative_sum(inputs: list[Tensor], p: Params) -> list[Tensor]:
    """Running sums, from either end, with or without the element itself."""
    (x,) = inputs
    axis = p["axis"]
    turned = x.flip(axis) if p["reverse"] else x
    sums = turned.cumsum(axis) - (turned if p["exclusive"] else 0)
    return [sums.flip(axis) if p["reverse"] else sums]


def top_k(inputs: list[Tensor], p: Params) -> list[Tensor]:
    """Largest values first; a stable sort puts equal ones in the order of their indices, as topk does not promise."""
    values, indices = inputs[0].sort(dim=-1, descending=True, stable=True)
    return [values[..., : p["k"]], indices[..., : p["k"]]]


def pad(inputs: list[Tensor], p: Params) -> list[Tensor]:
    """Constant padding; PyTorch names the last axis first."""
    amounts = [n for pair in reversed(list(zip(p["before"], p["after"]))) for n in pair]
    return [F.pad(inputs[0], amounts, value=p["value"])]


def transposed(x: Tensor, swap: bool) -> Tensor:
    """x, or x with its last two axes swapped."""
    return x.mT if swap else x


def cast(inputs: list[Tensor], p: Params) -> list[Tensor]:
    """Another dtype."""
    return [inputs[0].to(TORCH_DTYPES[p["dtype"]])]


def constant(_: list[Tensor], p: Params) -> list[Tensor]:
    """The value itself."""
    return [to_tensor(p["value"])]


def iota(_: list[Tensor], p: Params) -> list[Tensor]:
    """Counts along one axis."""
    shape, axis = p["shape"], p["axis"]
    counts = torch.arange(shape[axis], dtype=TORCH_DTYPES[p["dtype"]])
    return [counts.reshape([-1 if at == axis else 1 for at in range(len(shape))]).expand(shape)]


def element_wise(function: Callable[..., Tensor]) -> Definition:
    """A function of tensors without parameters."""
    return lambda inputs, _: [function(*inputs)]


DEFINITIONS: dict[str, Definition] = {
    "constant": constant,
    "iota": iota,
    "dimSize": lambda _, p: [torch.tensor(p["dim"], dtype=TORCH_DTYPES[p["dtype"]])],
    "neg": element_wise(torch.neg),
    "abs": element_wise(torch.abs),
    "sign": element_wise(torch.sign),
    "floor": element_wise(torch.floor),
    "exp": element_wise(torch.exp),
    "log": element_wise(torch.log),
    "sqrt": element_wise(torch.sqrt),
    "tanh": element_wise(torch.tanh),
    "erf": element_wise(torch.erf),
    "not": element_wise(torch.logical_not),
    "add": element_wise(torch.add),
    "sub": element_wise(torch.sub),
    "mul": element_wise(torch.mul),
    "div": element_wise(torch.div),
    "pow": element_wise(torch.pow),
    "maximum": element_wise(torch.maximum),
    "minimum": element_wise(torch.minimum),
    "remainder": element_wise(torch.remainder),
    "equal": element_wise(torch.eq),
    "less": element_wise(torch.lt),
    "lessEqual": element_wise(torch.le),
    "and": element_wise(torch.logical_and),
    "or": element_wise(torch.logical_or),
    "where": element_wise(torch.where),
    "cast": cast,
    "reshape": lambda x, p: [x[0].reshape(p["shape"])],
    "transpose": lambda x, p: [x[0].permute(p["permutation"])],
    "broadcastTo": lambda x, p: [x[0].expand(p["shape"])],
    "slice": lambda x, p: [x[0][tuple(slice(a, b) for a, b in zip(p["starts"], p["limits"]))]],
    "pad": pad,
    "concat": lambda x, p: [torch.cat(x, p["axis"])],
    "reduceSum": lambda x, p: [x[0].sum(p["axes"], keepdim=p["keepDims"])],
    "reduceMax": lambda x, p: [x[0].amax(p["axes"], keepdim=p["keepDims"])],
    "argMax": lambda x, p: [x[0].argmax(p["axis"])],
    "cumSum": cumulative_sum,
    "topK": top_k,
    "matmul": lambda x, p: [transposed(x[0], p["transposeA"]) @ transposed(x[1], p["transposeB"])],
    "gather": gather,
    "scatterAdd": scatter_add,
    "dynamicSlice": lambda x, p: [x[0][block(x[1], p["sizes"])]],
    "updateSlice": update_slice,
    "randomBits": lambda x, p: [random_bits(x[0], p["shape"], p["stream"], p["bitWidth"])],
    "stopGradient": lambda x, _: [x[0].detach()],
    "relu": element_wise(torch.relu),
    "sigmoid": element_wise(torch.sigmoid),
    "silu": element_wise(F.silu),
    "gelu": element_wise(F.gelu),
    "geluTanh": lambda x, _: [F.gelu(x[0], approximate="tanh")],
    "softmax": lambda x, p: [torch.softmax(x[0], p["axis"])],
    "logSoftmax": lambda x, p: [torch.log_softmax(x[0], p["axis"])],
    "layerNorm": layer_norm,
    "rmsNorm": rms_norm,
    "bernoulli": lambda x, p: [bernoulli(x[0], p["shape"], p["stream"], p["threshold"])],
    "dropout": lambda x, p: [dropout(x[0], x[1], p)],
    "attention": attention,
    "embedding": lambda x, p: [F.embedding(x[1].long(), x[0], padding_idx=p["paddingId"])],
    "takeAlong": lambda x, _: [x[0].gather(-1, x[1].long().unsqueeze(-1)).squeeze(-1)],
    "crossEntropy": cross_entropy,
    "quantizedMatmul": lambda x, _: [x[0] @ (x[1].double() * x[2][:, None]).mT],
}


def to_tensor(value: dict[str, Any]) -> Tensor:
    """A tensor of the exported case; floats become float64."""
    return torch.tensor(value["data"], dtype=TORCH_DTYPES[value["dtype"]]).reshape(value["shape"])


def stored(tensor: Tensor) -> Tensor:
    """The form a fixture holds: float32, or int32 for integers and booleans."""
    return tensor.detach().to(torch.float32 if tensor.is_floating_point() else torch.int32).contiguous().clone()


def run_case(case: dict[str, Any]) -> dict[str, Tensor]:
    """Inputs, outputs, and the gradients of sum(output · cotangent) over the float outputs."""
    inputs = [to_tensor(value) for value in case["inputs"]]
    floats = [tensor.requires_grad_() for tensor in inputs if tensor.is_floating_point()]
    outputs = DEFINITIONS[case["op"]](inputs, case["params"])
    tensors = {f"input/{index}": stored(tensor) for index, tensor in enumerate(inputs)}
    tensors |= {f"output/{index}": stored(tensor) for index, tensor in enumerate(outputs)}
    if case["cotangents"]:
        cotangents = [to_tensor(value) for value in case["cotangents"]]
        results = [tensor for tensor in outputs if tensor.is_floating_point()]
        pairs = [(tensor, cotangent) for tensor, cotangent in zip(results, cotangents) if tensor.requires_grad]
        for (result, cotangent) in pairs:
            assert result.shape == cotangent.shape, case["name"]
        gradients = (
            torch.autograd.grad([a for a, _ in pairs], floats, [b for _, b in pairs], allow_unused=True)
            if pairs
            else [None] * len(floats)
        )
        tensors |= {f"cotangent/{index}": stored(tensor) for index, tensor in enumerate(cotangents)}
        for index, (tensor, gradient) in enumerate(zip(floats, gradients)):
            tensors[f"grad/{index}"] = stored(torch.zeros_like(tensor) if gradient is None else gradient)
    return tensors


def export_cases() -> list[dict[str, Any]]:
    """The samples as the TypeScript side draws them; needs Node and `npm ci`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cases.json"
        subprocess.run([*EXPORT, str(path)], cwd=REPOSITORY, check=True)
        return json.loads(path.read_text())


def fixtures() -> Iterator[Fixture]:
    """One file with all ops: `NAME/SAMPLE/input/I`, `…/output/I`, `…/cotangent/I`, `…/grad/I`."""
    cases = export_cases()
    missing = sorted({case["op"] for case in cases} - DEFINITIONS.keys())
    if missing:
        raise SystemExit(f"ops without a definition in {Path(__file__).name}: {', '.join(missing)}")
    fixture = Fixture("ops")
    for case in cases:
        for name, tensor in run_case(case).items():
            fixture.tensors[f"{case['name']}/{name}"] = tensor
    fixture.metadata = to_metadata(
        {
            "generator": "tools/golden/topics/op_values.py",
            "note": "Values and gradients of every op's samples, computed in float64 and stored in float32.",
            "seed": "sampleSeed(op, index) of @tesserae/backend-testkit",
            "torch": torch.__version__.split("+")[0],
            "version": "1",
            "params": {case["name"]: case["params"] for case in cases},
        }
    )
    yield fixture
