"""Random models of the published sizes as folders that all sides of the benchmark open.

    python export_models.py OUT [--only t5-small] [--vocab FOLDER]

Each folder has config.json and model.safetensors for PyTorch and for us, and the ONNX files that transformers.js opens: `onnx/model.onnx`
of an encoder; `onnx/encoder_model.onnx` and `onnx/decoder_model_merged.onnx` of a T5, in the form that Hugging Face's exporter gives: one
graph whose `use_cache_branch` chooses between the first step and a step with a cache.
"""

import argparse
import gzip
import json
import shutil
from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper
from transformers import ElectraConfig, ElectraModel, T5Config, T5ForConditionalGeneration
from transformers.cache_utils import DynamicCache, EncoderDecoderCache

OPSET = 17
ELECTRA = {
    "electra-small": {"embedding_size": 128, "hidden_size": 256, "num_attention_heads": 4, "intermediate_size": 1024},
    "electra-base": {"embedding_size": 768, "hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072},
}
T5 = {
    "t5-small": {"d_model": 512, "d_ff": 2048, "num_layers": 6, "num_heads": 8},
    "t5-base": {"d_model": 768, "d_ff": 3072, "num_layers": 12, "num_heads": 12},
}


class Encoder(torch.nn.Module):
    """The encoder of a T5, or an ELECTRA: ids and mask to hidden states."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """float[batch, length, features]"""
        return self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state


class Decoder(torch.nn.Module):
    """A decoder step: without a cache it also gives the cross-attention's keys and values."""

    def __init__(self, model: T5ForConditionalGeneration, with_past: bool) -> None:
        super().__init__()
        self.model, self.with_past = model, with_past

    def forward(self, mask: torch.Tensor, ids: torch.Tensor, hidden: torch.Tensor, *past: torch.Tensor) -> tuple:
        """Logits, then keys and values of each layer: decoder key, value (and encoder key, value)."""
        cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
        for layer in range(len(past) // 4):
            decoder_key, decoder_value, encoder_key, encoder_value = past[4 * layer : 4 * layer + 4]
            cache.self_attention_cache.update(decoder_key, decoder_value, layer)
            cache.cross_attention_cache.update(encoder_key, encoder_value, layer)
            cache.is_updated[layer] = True
        result = self.model(
            encoder_outputs=(hidden,), attention_mask=mask, decoder_input_ids=ids, past_key_values=cache, use_cache=True
        )
        outputs = [result.logits]
        for own, cross in zip(cache.self_attention_cache.layers, cache.cross_attention_cache.layers, strict=True):
            outputs += [own.keys, own.values]
            if not self.with_past:
                outputs += [cross.keys, cross.values]
        return tuple(outputs)


def cache_names(layers: int, prefix: str, parts: tuple[str, ...] = ("decoder", "encoder")) -> list[str]:
    """`past_key_values.0.decoder.key` and so on, in the exporter's order."""
    return [f"{prefix}.{layer}.{part}.{kind}" for layer in range(layers) for part in parts for kind in ("key", "value")]


def export(module: torch.nn.Module, args: tuple, path: Path, inputs: list[str], outputs: list[str]) -> None:
    """torch.onnx's tracing exporter; batch and lengths stay open."""
    axes: dict[str, dict[int, str]] = {}
    for name in inputs + outputs:
        if ".encoder." in name:
            axes[name] = {0: "batch", 2: "encoder_length"}
        elif ".decoder." in name:
            axes[name] = {0: "batch", 2: f"{name.split('.')[0]}_length"}
        elif name == "logits" or (name == "input_ids" and "logits" in outputs):
            axes[name] = {0: "batch", 1: "decoder_length"}
        else:
            axes[name] = {0: "batch", 1: "encoder_length"}
    torch.onnx.export(
        module, args, str(path), input_names=inputs, output_names=outputs, dynamic_axes=axes, opset_version=OPSET, dynamo=False
    )


def merged(first: onnx.ModelProto, later: onnx.ModelProto, layers: int, heads: int) -> onnx.ModelProto:
    """Both steps under one `If`; their weights are the same and are kept once, outside of it."""
    shared: dict[bytes, str] = {}
    weights: list[TensorProto] = []

    def hoisted(graph: onnx.GraphProto, prefix: str) -> list:
        renamed = {}
        for weight in graph.initializer:
            content = weight.raw_data + bytes(str((list(weight.dims), weight.data_type)), "utf8")
            if content not in shared:
                shared[content] = f"{prefix}{weight.name}"
                kept = TensorProto()
                kept.CopyFrom(weight)
                kept.name = shared[content]
                weights.append(kept)
            renamed[weight.name] = shared[content]
        given = {value.name for value in graph.input}
        for node in graph.node:
            node.name = prefix + node.name
            for index, name in enumerate(node.input):
                node.input[index] = renamed.get(name, name if name in given or name == "" else prefix + name)
            for index, name in enumerate(node.output):
                node.output[index] = prefix + name
        return list(graph.node)

    outputs = ["logits", *cache_names(layers, "present")]
    branches = []
    for name, model, prefix in (("first", first, "f_"), ("later", later, "l_")):
        nodes = hoisted(model.graph, prefix)
        own = {value.name for value in model.graph.output}
        results = []
        for output in outputs:
            if output not in own:  # the cross-attention's cache does not change: an empty tensor stands for it
                empty = helper.make_tensor(f"{prefix}{output}", TensorProto.FLOAT, [0, heads, 1, 1], [])
                nodes.append(helper.make_node("Constant", [], [f"{prefix}{output}"], value=empty))
            results.append(helper.make_tensor_value_info(f"{prefix}{output}", TensorProto.FLOAT, open_shape(prefix + output)))
        branches.append(helper.make_graph(nodes, name, [], results))
    inputs = {value.name: value for model in (first, later) for value in model.graph.input}
    order = ["encoder_attention_mask", "input_ids", "encoder_hidden_states", *cache_names(layers, "past_key_values")]
    flag = helper.make_tensor_value_info("use_cache_branch", TensorProto.BOOL, [1])
    node = helper.make_node("If", ["use_cache_branch"], outputs, then_branch=branches[1], else_branch=branches[0])
    results = [helper.make_tensor_value_info(name, TensorProto.FLOAT, open_shape(name)) for name in outputs]
    graph = helper.make_graph([node], "merged", [*(inputs[name] for name in order), flag], results, weights)
    return helper.make_model(graph, opset_imports=first.opset_import, ir_version=first.ir_version)


def open_shape(name: str) -> list[str]:
    """Sizes that are open, each under a name of its own: equal names would mean equal sizes."""
    return [f"{name}_{axis}" for axis in range(3 if name.endswith("logits") else 4)]


@torch.no_grad()
def export_t5(name: str, folder: Path) -> None:
    """A T5 with its two ONNX files."""
    torch.manual_seed(0)
    config = T5Config(vocab_size=32128, d_kv=64, feed_forward_proj="relu", decoder_start_token_id=0, attn_implementation="eager", **T5[name])
    model = T5ForConditionalGeneration(config).eval()
    for key, weight in model.named_parameters():  # else the tied head answers every token with itself
        if key.startswith("decoder.") and key.endswith((".o.weight", ".wo.weight")):
            weight.mul_(5.0)
    model.save_pretrained(folder)
    layers, heads = config.num_decoder_layers, config.num_heads
    (folder / "onnx").mkdir(exist_ok=True)
    ids, mask = torch.ones(2, 5, dtype=torch.long), torch.ones(2, 5, dtype=torch.long)
    hidden = model.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
    export(Encoder(model.encoder), (ids, mask), folder / "onnx/encoder_model.onnx", ["input_ids", "attention_mask"], ["last_hidden_state"])
    first = Decoder(model, with_past=False)
    step = torch.ones(2, 1, dtype=torch.long)
    names = ["encoder_attention_mask", "input_ids", "encoder_hidden_states"]
    paths = [folder / "onnx" / f"decoder_{part}.onnx" for part in ("first", "later")]
    export(first, (mask, step, hidden), paths[0], names, ["logits", *cache_names(layers, "present")])
    past = first(mask, step, hidden)[1:]
    export(
        Decoder(model, with_past=True),
        (mask, step, hidden, *past),
        paths[1],
        names + cache_names(layers, "past_key_values"),
        ["logits", *cache_names(layers, "present", ("decoder",))],
    )
    models = [onnx.load(path) for path in paths]
    for loaded in models:
        keep_inputs(loaded, names)
    onnx.save(merged(models[0], models[1], layers, heads), folder / "onnx/decoder_model_merged.onnx")
    for path in paths:
        path.unlink()


def keep_inputs(model: onnx.ModelProto, names: list[str]) -> None:
    """The exporter leaves out inputs that a graph does not read; both branches are to have the same ones."""
    have = {value.name for value in model.graph.input}
    for name in names:
        if name not in have:
            kind = TensorProto.FLOAT if name == "encoder_hidden_states" else TensorProto.INT64
            shape = ["batch", "encoder_length"] + (["features"] if kind == TensorProto.FLOAT else [])
            model.graph.input.append(helper.make_tensor_value_info(name, kind, shape))


@torch.no_grad()
def export_electra(name: str, folder: Path) -> None:
    """An ELECTRA encoder with its ONNX file."""
    torch.manual_seed(0)
    config = ElectraConfig(vocab_size=30522, num_hidden_layers=12, attn_implementation="eager", **ELECTRA[name])
    model = ElectraModel(config).eval()
    model.save_pretrained(folder)
    (folder / "onnx").mkdir(exist_ok=True)
    ids = torch.ones(2, 5, dtype=torch.long)
    export(Encoder(model), (ids, torch.ones_like(ids)), folder / "onnx/model.onnx", ["input_ids", "attention_mask"], ["last_hidden_state"])


def main() -> None:
    """Folders that exist already are left alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", default="", help="names that contain this")
    parser.add_argument("--vocab", type=Path, help="a folder with T5's tokenizer files, for the cold start")
    options = parser.parse_args()
    for name in [*T5, *ELECTRA]:
        folder = options.out / name
        if options.only not in name or (folder / "done").exists():
            continue
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (export_t5 if name in T5 else export_electra)(name, folder)
        if name in T5 and options.vocab is not None:
            shutil.copyfile(options.vocab / "tokenizer_config.json", folder / "tokenizer_config.json")
            packed = gzip.open(options.vocab / "tokenizer.json.gz").read()
            (folder / "tokenizer.json").write_bytes(packed)
        (folder / "done").touch()
        print(json.dumps({"made": name}), flush=True)


if __name__ == "__main__":
    main()
