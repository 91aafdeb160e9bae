"""ONNX files as transformers.js reads them: an encoder, and a decoder whose two ways of running are one file.

The merged decoder has the form that Hugging Face's Optimum gives it, which transformers.js was written for: an `If` on
`use_cache_branch`, the first step without a cache in one branch, later steps with one in the other, weights outside of both.
"""

import hashlib
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import onnx
import torch
from onnx import GraphProto, ModelProto, TensorProto, ValueInfoProto, helper
from torch import Tensor, nn
from transformers import EncoderDecoderCache, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput

OPSET = 17
Axes = dict[int, str]
SOURCE: Axes = {0: "batch_size", 1: "encoder_sequence_length"}
CACHE_PARTS = ("decoder.key", "decoder.value", "encoder.key", "encoder.value")


class LastHiddenState(nn.Module):
    """An encoder as a function of its tensors; ONNX knows no dictionaries."""

    def __init__(self, encoder: nn.Module, names: tuple[str, ...]) -> None:
        super().__init__()
        self.encoder = encoder
        self.names = names

    def forward(self, *inputs: Tensor) -> Tensor:
        """The last hidden states."""
        return self.encoder(**dict(zip(self.names, inputs, strict=True))).last_hidden_state


class DecoderStep(nn.Module):
    """One step of T5's decoder; with `past`, four tensors a layer, the cross-attention's are not given back."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, mask: Tensor, ids: Tensor, encoded: Tensor, *past: Tensor) -> tuple[Tensor, ...]:
        """Logits and the cache."""
        layers = [past[start : start + 4] for start in range(0, len(past), 4)]
        outputs = self.model(
            decoder_input_ids=ids,
            attention_mask=mask,
            encoder_outputs=BaseModelOutput(last_hidden_state=encoded),
            past_key_values=EncoderDecoderCache(layers) if past else None,
            use_cache=True,
        )
        cache = outputs.past_key_values
        own, cross = cache.self_attention_cache.layers, cache.cross_attention_cache.layers
        parts = [
            (a.keys, a.values) if past else (a.keys, a.values, b.keys, b.values)
            for a, b in zip(own, cross, strict=True)
        ]
        return outputs.logits, *(tensor for part in parts for tensor in part)


def traced(module: nn.Module, args: tuple[Tensor, ...], inputs: dict[str, Axes], outputs: dict[str, Axes]) -> ModelProto:
    """The module as an ONNX model; names with their axes that may vary."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns of every Python condition in transformers' code
        path = Path(folder) / "model.onnx"
        torch.onnx.export(
            module.eval(),
            args,
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes=inputs | outputs,
        )
        return onnx.load(path)


def export_encoder(encoder: PreTrainedModel, path: Path, names: tuple[str, ...]) -> None:
    """Any encoder of ids."""
    axes: Axes = {0: "batch_size", 1: "sequence_length"}
    # Masked in part, or the tracer takes the mask for one that hides nothing and leaves it out.
    values = {"input_ids": 5, "attention_mask": 1, "token_type_ids": 0}
    args = tuple(torch.full((2, 7), values[name], dtype=torch.int64) for name in names)
    args[names.index("attention_mask")][1, 5:] = 0
    inputs = dict.fromkeys(names, axes)
    onnx.save(traced(LastHiddenState(encoder, names), args, inputs, {"last_hidden_state": axes}), path)


def export_merged_decoder(model: PreTrainedModel, path: Path) -> None:
    """T5's decoder with its head."""
    step, layers = DecoderStep(model), range(model.config.num_decoder_layers)
    mask = torch.tensor([[1] * 7, [1] * 5 + [0] * 2])
    ids, encoded = torch.full((2, 1), 5), torch.randn(2, 7, model.config.d_model)
    with torch.inference_mode():
        past = step(mask, ids, encoded)[1:]
    source: dict[str, Axes] = {
        "encoder_attention_mask": SOURCE,
        "input_ids": {0: "batch_size", 1: "decoder_sequence_length"},
        "encoder_hidden_states": SOURCE,
    }
    names = [f"{layer}.{part}" for layer in layers for part in CACHE_PARTS]
    cache = {f"past_key_values.{name}": cache_axes(name, "past_decoder_sequence_length") for name in names}
    present = {f"present.{name}": cache_axes(name, "present_decoder_sequence_length") for name in names}
    logits: dict[str, Axes] = {"logits": {0: "batch_size", 1: "decoder_sequence_length"}}
    own = {name: axes for name, axes in present.items() if ".decoder." in name}
    first = traced(step, (mask, ids, encoded), source, logits | present)
    later = traced(step, (mask, ids, encoded, *past), source | cache, logits | own)
    onnx.save(merged(first, later), path)


def cache_axes(name: str, own_length: str) -> Axes:
    """Axes of [batch, heads, length, features] that vary."""
    return {0: "batch_size", 2: "encoder_sequence_length" if ".encoder." in name else own_length}


def merged(first: ModelProto, later: ModelProto) -> ModelProto:
    """One model: `later` where `use_cache_branch` is true, else `first`."""
    weights: dict[str, TensorProto] = {}
    outputs = [output.name for output in first.graph.output]
    branches = {
        "then_branch": branch(later.graph, "later", outputs, weights),
        "else_branch": branch(first.graph, "first", outputs, weights),
    }
    condition = helper.make_tensor_value_info("use_cache_branch", TensorProto.BOOL, [1])
    inputs: dict[str, ValueInfoProto] = {i.name: i for i in (*first.graph.input, *later.graph.input)}
    node = helper.make_node("If", ["use_cache_branch"], outputs, **branches)
    graph = helper.make_graph(
        [node], "merged", [*inputs.values(), condition], list(first.graph.output), initializer=list(weights.values())
    )
    return helper.make_model(graph, opset_imports=first.opset_import, ir_version=first.ir_version)


def branch(graph: GraphProto, name: str, outputs: list[str], weights: dict[str, TensorProto]) -> GraphProto:
    """A graph as a branch: its inputs are those outside, its weights move out (equal ones once), all else is renamed."""
    renamed = {value.name: value.name for value in graph.input}
    for weight in graph.initializer:
        renamed[weight.name] = shared_name(weight, weights)
    rename: Callable[[str], str] = lambda old: renamed.get(old, f"{name}/{old}") if old else old
    body = GraphProto(name=name)
    for node in graph.node:
        copy = body.node.add()
        copy.CopyFrom(node)
        copy.input[:] = [rename(value) for value in node.input]
        copy.output[:] = [rename(value) for value in node.output]
        if any(attribute.type == onnx.AttributeProto.GRAPH for attribute in node.attribute):
            raise ValueError(f"{node.op_type} has a graph of its own, whose names would have to be changed too")
    by_name = {output.name: output for output in graph.output}
    for output in outputs:
        value = body.output.add()
        value.CopyFrom(by_name[output] if output in by_name else empty_cache(body, output, graph))
        value.name = rename(output)
    return body


def shared_name(weight: TensorProto, weights: dict[str, TensorProto]) -> str:
    """The name outside of the branches: by contents, so that both branches share it."""
    content = weight.raw_data or weight.SerializeToString()
    key = hashlib.sha256(content + repr((weight.dims, weight.data_type)).encode()).hexdigest()[:16]
    if key not in weights:
        weights[key] = TensorProto()
        weights[key].CopyFrom(weight)
        weights[key].name = key
    return key


def empty_cache(body: GraphProto, output: str, graph: GraphProto) -> ValueInfoProto:
    """Later steps give no cross-attention keys: the caller keeps those of the first. Something must stand there."""
    own = next(value for value in graph.output if value.name.endswith("decoder.key"))
    _, heads, _, features = (dim.dim_value for dim in own.type.tensor_type.shape.dim)
    nothing = helper.make_tensor("nothing", TensorProto.FLOAT, [0, heads, 1, features], [])
    body.node.append(helper.make_node("Constant", [], [f"later/{output}"], value=nothing))
    return helper.make_tensor_value_info(output, TensorProto.FLOAT, [0, heads, 1, features])
