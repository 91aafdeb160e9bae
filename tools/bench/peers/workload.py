"""What a workload is: one iteration as a function, a check of what it computes, and options that are read strictly."""

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

SAMPLES = 512
CHECKED_STEPS = 3


class CommandError(ValueError):
    """A command that cannot be carried out; the peer says why and goes on."""


@dataclass(frozen=True)
class Workload:
    """One iteration (it returns a value that must be finite), what both sides must agree on, facts to report."""

    iterate: Callable[[], float]
    check: Callable[[], dict[str, object]]
    facts: dict[str, object]


@dataclass(frozen=True)
class WorkloadKind:
    """How a workload is built, and a dataclass of the options it takes: any other is refused."""

    build: Callable[[Any], Workload]
    options: type
    choices: dict[str, tuple[str, ...]]


def camel_case(name: str) -> str:
    """`seq_len` as the caller writes it: `seqLen`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def read_options(name: str, kind: WorkloadKind, given: dict[str, object]) -> object:
    """Options of a setup command; unknown or missing names and values of another type are refused."""
    known = {camel_case(field.name): field for field in fields(kind.options)}
    needed = {key for key, field in known.items() if field.default is MISSING}
    if given.keys() - known.keys() or needed - given.keys():
        raise CommandError(f"{name} takes {sorted(known)} and needs {sorted(needed)}, got {sorted(given)}")
    for key, value in given.items():
        check_option(key, value, known[key].type, kind.choices.get(known[key].name))
    return kind.options(**{known[key].name: value for key, value in given.items()})


def check_option(key: str, value: object, expected: type, choices: tuple[str, ...] | None) -> None:
    """Refuses a value that is not of the option's type, not among the choices, or not positive."""
    if type(value) is not expected and not (expected is float and type(value) is int):
        raise CommandError(f"{key} must be of type {expected.__name__}, got {type(value).__name__}")
    if choices is not None and value not in choices:
        raise CommandError(f"{key} must be one of {list(choices)}, got {value!r}")
    if type(value) is int and expected is int and value < 1:
        raise CommandError(f"{key} must be 1 or more, got {value!r}")


def id_batch(ids: list[list[int]]) -> dict[str, Tensor]:
    """Ids as tensors, with a mask that hides nothing."""
    input_ids = torch.tensor(ids)
    return {"input_ids": input_ids, "attention_mask": torch.ones_like(input_ids)}


def model_facts(model: PreTrainedModel | nn.Module, batch: Tensor) -> dict[str, object]:
    """What a reader of the times needs to know about the model."""
    return {
        "class": type(model).__name__,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "attention": model.config._attn_implementation,
        "dtype": str(next(model.parameters()).dtype).removeprefix("torch."),
        "mode": "eager",
        "inputShape": list(batch.shape),
    }


def sampled(values: Tensor) -> dict[str, object]:
    """Values at equal distances, in the order of the data, for a comparison with another implementation's."""
    flat = values.flatten()
    places = torch.arange(SAMPLES) * flat.numel() // SAMPLES
    return {"values": flat[places].tolist(), "shape": list(values.shape)}


def encode_workload(model: PreTrainedModel, ids: list[list[int]]) -> Workload:
    """One forward pass without gradients to the last hidden states."""
    model.eval()
    batch = id_batch(ids)

    def run() -> Tensor:
        with torch.inference_mode():
            return model(**batch).last_hidden_state

    return Workload(lambda: float(run()[0, 0, 0]), lambda: sampled(run()), model_facts(model, batch["input_ids"]))


OPTIMIZERS = {"for-loop": {"foreach": False}, "foreach": {"foreach": True}, "fused": {"fused": True}}
OPTIMIZER_CHOICES = {"optimizer": tuple(OPTIMIZERS), "attention": ("sdpa", "eager")}


def training_workload(
    model: nn.Module, loss: Callable[[], Tensor], optimizer: str, facts: dict[str, object]
) -> Workload:
    """Forward, backward, clipping to a norm of 1, AdamW. The check is the losses of the first steps."""
    model.train()
    adam = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01, **OPTIMIZERS[optimizer])

    def step() -> float:
        adam.zero_grad(set_to_none=True)
        value = loss()
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        return float(value.detach())

    def check() -> dict[str, object]:
        return {"values": [step() for _ in range(CHECKED_STEPS)]}

    return Workload(step, check, facts | {"optimizer": f"torch.optim.AdamW, {optimizer}"})
