"""Runs a Hugging Face model through a saved folder, so that a fixture holds what a user's files hold."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import PreTrainedModel

from fixture_file import Fixture, to_metadata

Tensors = dict[str, torch.Tensor]


@dataclass
class SavedModel:
    """A model as `from_pretrained` makes it, with the folder's config.json and tensors."""

    model: PreTrainedModel
    config: dict[str, object]
    weights: Tensors


def save_and_load(
    model: PreTrainedModel,
    config_edits: dict[str, object] | None = None,
    config_drops: tuple[str, ...] = (),
    extra_weights: Tensors | None = None,
) -> SavedModel:
    """Saves the folder, edits config.json and model.safetensors, and loads it again with eager attention."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model.save_pretrained(folder)
        config = json.loads((folder / "config.json").read_text()) | (config_edits or {})
        config = {key: value for key, value in config.items() if key not in config_drops}
        (folder / "config.json").write_text(json.dumps(config))
        weights = load_file(folder / "model.safetensors") | (extra_weights or {})
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        loaded = type(model).from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
    return SavedModel(loaded, config, weights)


def forward_and_gradients(
    model: PreTrainedModel, inputs: Tensors, output_names: list[str], cotangent: torch.Tensor | None = None
) -> tuple[Tensors, Tensors]:
    """Named outputs, and the gradient of the loss for every parameter (zero where it is not reached).

    A model without a loss takes sum(last_hidden_state · cotangent) for it.
    """
    model.zero_grad(set_to_none=True)
    result = model(**inputs)
    loss = result.loss if cotangent is None else (result.last_hidden_state * cotangent).sum()
    loss.backward()
    outputs = {name: result[name].detach() for name in output_names}
    gradients = {
        name: torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        for name, parameter in model.named_parameters()
    }
    return outputs, gradients


def zero_tensors(exact: Tensors) -> list[str]:
    """Names of tensors that are zero but for float64 rounding, such as gradients of the keys' biases."""
    return sorted(name for name, value in exact.items() if float(value.abs().max()) < 1e-12)


def relative_difference(values: Tensors, exact: Tensors) -> float:
    """Largest over the tensors of max|values − exact| / max|exact|, leaving out what is exactly zero."""
    zeros = zero_tensors(exact)
    return max(
        float((values[name].double() - value.double()).abs().max() / value.abs().max())
        for name, value in exact.items()
        if name not in zeros
    )


def base_metadata(saved: SavedModel, topic: str, seed: int, note: str) -> dict[str, str]:
    """The metadata that every fixture carries."""
    return to_metadata(
        {
            "class": type(saved.model).__name__,
            "config": saved.config,
            "generator": f"tools/golden/topics/{topic}.py",
            "note": note,
            "seed": str(seed),
            "torch": torch.__version__.split("+")[0],
            "transformers": transformers.__version__,
        }
    )


def model_fixture(
    name: str,
    saved: SavedModel,
    inputs: Tensors,
    output_names: list[str],
    metadata: dict[str, str],
    cotangent: torch.Tensor | None = None,
) -> Fixture:
    """Weights, inputs, outputs and gradients of one model, and their distance from a float64 run."""
    outputs, gradients = forward_and_gradients(saved.model, inputs, output_names, cotangent)
    if gradients.keys() != saved.weights.keys():
        raise ValueError(
            f"{name}: trained and saved tensors differ: {gradients.keys() ^ saved.weights.keys()}"
        )
    fixture = Fixture(name, metadata=dict(metadata))
    fixture.add("weight", saved.weights)
    fixture.add("grad", gradients)
    fixture.add("input", inputs)
    fixture.add("output", outputs)
    if cotangent is not None:
        fixture.add("cotangent", {"last_hidden_state": cotangent})
    saved.model.double()
    exact = forward_and_gradients(saved.model, as_double(inputs), output_names, as_double_or_none(cotangent))
    saved.model.float()
    fixture.metadata |= to_metadata({"zero_gradients": zero_tensors(exact[1])})
    fixture.metadata["float64_relative_output_diff"] = f"{relative_difference(outputs, exact[0]):.1e}"
    fixture.metadata["float64_relative_gradient_diff"] = f"{relative_difference(gradients, exact[1]):.1e}"
    return fixture


def as_double(tensors: Tensors) -> Tensors:
    """Floating tensors in float64; ids and masks as they are."""
    return {name: value.double() if value.is_floating_point() else value for name, value in tensors.items()}


def as_double_or_none(tensor: torch.Tensor | None) -> torch.Tensor | None:
    """float64 copy, or nothing."""
    return None if tensor is None else tensor.double()


def logit_difference(
    saved: SavedModel, inputs: Tensors, apply_mistake: Callable[[PreTrainedModel], Callable[[], None]]
) -> float:
    """Largest change of a counted logit under a mistake; `apply_mistake` returns what undoes it."""
    counted = inputs["labels"] != -100
    with torch.no_grad():
        right = saved.model(**inputs).logits
        undo = apply_mistake(saved.model)
        try:
            wrong = saved.model(**inputs).logits
        finally:
            undo()
    return float((wrong - right)[counted].abs().max())
