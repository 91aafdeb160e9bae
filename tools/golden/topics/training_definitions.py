"""Optimisers, schedules and losses, fifty steps and value by value.

PyTorch and transformers where they have one; Mesh-TensorFlow's Adafactor and Lion are written here from their
definitions, in float64.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
import torch.nn.functional as functional
from transformers import (
    Adafactor,
    get_cosine_schedule_with_warmup,
    get_linear_schedule_with_warmup,
    get_polynomial_decay_schedule_with_warmup,
)

from fixture_file import Fixture, to_metadata

TOPIC = "training_definitions"
STEPS = 50
SHAPES = {"wide": (6, 10), "tall": (9, 4), "bias": (6,)}
Arrays = dict[str, np.ndarray]


def start(seed: int) -> Arrays:
    """Parameters of different sizes, so that steps relative to them differ."""
    rng = np.random.default_rng(seed)
    scales = {"wide": 1.0, "tall": 0.05, "bias": 0.5}
    return {name: (rng.normal(size=shape) * scales[name]).astype(np.float32) for name, shape in SHAPES.items()}


def targets(seed: int) -> Arrays:
    """Where the loss Σ c·(w − target)² wants the parameters to be, one set a step: gradients jump about."""
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=(STEPS, *shape)).astype(np.float32) for name, shape in SHAPES.items()}


CURVATURE = {"wide": 0.5, "tall": 2.0, "bias": 0.1}


def gradient(name: str, value: np.ndarray, target: np.ndarray) -> np.ndarray:
    return 2 * CURVATURE[name] * (value - target)


def torch_run(build: Callable[[list[dict]], torch.optim.Optimizer], decayed: bool) -> Arrays:
    """Fifty steps in float64 with gradients given by hand; only matrices decay."""
    values = {name: torch.nn.Parameter(torch.tensor(value, dtype=torch.float64)) for name, value in start(1).items()}
    goal = targets(2)
    matrices = [p for p in values.values() if p.dim() >= 2]
    vectors = [p for p in values.values() if p.dim() < 2]
    groups = [{"params": matrices}, {"params": vectors, **({"weight_decay": 0.0} if decayed else {})}]
    optimizer = build(groups)
    for step in range(STEPS):
        for name, value in values.items():
            value.grad = torch.tensor(gradient(name, value.detach().numpy(), goal[name][step].astype(np.float64)))
        optimizer.step()
    return {name: value.detach().numpy() for name, value in values.items()}


def own_run(update: Callable[[str, np.ndarray, np.ndarray, dict, int], np.ndarray]) -> Arrays:
    """The same by an update written here."""
    values = {name: value.astype(np.float64) for name, value in start(1).items()}
    states: dict[str, dict] = {name: {} for name in values}
    goal = targets(2)
    for step in range(STEPS):
        for name, value in values.items():
            slope = gradient(name, value, goal[name][step].astype(np.float64))
            values[name] = update(name, value, slope, states[name], step)
    return values


def rms(x: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(x))))


def mesh_adafactor(least_size: int) -> Callable[[str, np.ndarray, np.ndarray, dict, int], np.ndarray]:
    """AdafactorOptimizer of mesh_tensorflow/optimize.py as T5's operative config sets it, no learning rate given."""

    def update(_: str, value: np.ndarray, slope: np.ndarray, state: dict, step: int) -> np.ndarray:
        squares = np.square(slope) + 1e-30
        decay = 1.0 - (step + 1.0) ** -0.8
        axes = sorted(range(value.ndim), key=lambda axis: -value.shape[axis])
        if value.ndim >= 2 and value.shape[axes[1]] >= least_size:
            largest, second = axes[0], axes[1]
            for slot, axis in (("rows", largest), ("columns", second)):
                mean = squares.mean(axis=axis)
                state[slot] = state.get(slot, np.zeros_like(mean)) * decay + mean * (1 - decay)
            row = np.expand_dims(state["rows"], largest)
            column = np.expand_dims(state["columns"], second)
            direction = slope / np.sqrt(row / row.mean(axis=second, keepdims=True)) / np.sqrt(column)
        else:
            state["whole"] = state.get("whole", np.zeros_like(squares)) * decay + squares * (1 - decay)
            direction = slope / np.sqrt(state["whole"])
        direction = direction / max(1.0, rms(direction) / 1.0)
        rate = min(1.0 / math.sqrt(step + 1.0), 0.01)
        return value - direction * rate * max(rms(value), 1e-3)

    return update


def lion(rate: float, beta1: float, beta2: float, decay: float) -> Callable[..., np.ndarray]:
    """Algorithm 2 of Chen et al. 2023; `closest` keeps how near a sign was to turning."""

    def update(_: str, value: np.ndarray, slope: np.ndarray, state: dict, step: int) -> np.ndarray:
        moment = state.get("moment", np.zeros_like(slope))
        mixed = beta1 * moment + (1 - beta1) * slope
        state["closest"] = min(state.get("closest", np.inf), float(np.abs(mixed).min()))
        assert state["closest"] > 1e-5, "a sign hangs on rounding: choose another seed"
        state["moment"] = beta2 * moment + (1 - beta2) * slope
        wanted = decay if value.ndim >= 2 else 0.0
        return value * (1 - rate * wanted) - rate * np.sign(mixed)

    return update


def optimizer_runs() -> dict[str, Arrays]:
    """Final parameters of each optimiser."""
    no_step = {"scale_parameter": False, "relative_step": False, "warmup_init": False}
    return {
        "adamw": torch_run(lambda g: torch.optim.AdamW(g, lr=0.02, betas=(0.9, 0.99), weight_decay=0.1), True),
        "sgd": torch_run(
            lambda g: torch.optim.SGD(g, lr=0.02, momentum=0.9, nesterov=True, weight_decay=0.05), True
        ),
        "sgd_plain": torch_run(lambda g: torch.optim.SGD(g, lr=0.05, momentum=0.5), False),
        "adafactor_hf": torch_run(lambda g: Adafactor(g), False),
        "adafactor_hf_fixed": torch_run(
            lambda g: Adafactor(g, lr=1e-2, beta1=0.9, weight_decay=0.1, **no_step), True
        ),
        "adafactor_mesh": own_run(mesh_adafactor(5)),
        "adafactor_mesh_whole": own_run(mesh_adafactor(128)),
        "lion": own_run(lion(0.01, 0.9, 0.99, 0.1)),
    }


def rates(build: Callable[[torch.optim.Optimizer], object], peak: float) -> torch.Tensor:
    """What a schedule of transformers gives over 100 steps."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=peak)
    schedule = build(optimizer)
    values = []
    for _ in range(100):
        values.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    return torch.tensor(values, dtype=torch.float64)


def schedules() -> dict[str, torch.Tensor]:
    """By transformers; T5's and ELECTRA's by their own formulas."""
    steps = np.arange(100, dtype=np.float64)
    noam = np.maximum(steps, 20) ** -0.5 * np.minimum(1, (100 - steps) / 10)
    electra = 0.5 * (1 - steps / 100) ** 1.0 * np.minimum(1, steps / 10)
    cut = 10
    triangle = np.where(steps < cut, steps / cut, 1 - (steps - cut) / (cut * (1 / 0.1 - 1)))
    own = {
        "noam": noam,
        "electra": electra,
        "slanted": 0.5 * (1 + triangle * 31) / 32,
    }
    return {
        "linear": rates(lambda o: get_linear_schedule_with_warmup(o, 10, 100), 0.5),
        "cosine": rates(lambda o: get_cosine_schedule_with_warmup(o, 10, 100), 0.5),
        "polynomial": rates(
            lambda o: get_polynomial_decay_schedule_with_warmup(o, 10, 90, lr_end=0.01, power=2.0), 0.5
        ),
        **{name: torch.tensor(values) for name, values in own.items()},
    }


def losses() -> dict[str, torch.Tensor]:
    """Losses over [batch, len, classes] and the gradients of their logits."""
    generator = torch.Generator().manual_seed(7)
    logits = torch.randn((3, 5, 8), generator=generator, dtype=torch.float64) * 2
    teacher = torch.randn((3, 5, 8), generator=generator, dtype=torch.float64) * 2
    labels = torch.randint(0, 8, (3, 5), generator=generator)
    labels[0, 3:] = -100
    labels[2, 1:] = -100
    result = {"logits": logits, "teacher": teacher, "labels": labels.to(torch.int32)}

    def add(name: str, loss_of: Callable[[torch.Tensor], torch.Tensor]) -> None:
        leaf = logits.clone().requires_grad_()
        loss = loss_of(leaf)
        loss.backward()
        result[f"{name}/loss"] = loss.detach()
        result[f"{name}/grad"] = leaf.grad

    def entropy(x: torch.Tensor, smoothing: float, reduction: str) -> torch.Tensor:
        flat = functional.cross_entropy(
            x.reshape(-1, 8), labels.reshape(-1), label_smoothing=smoothing, reduction=reduction
        )
        return flat.reshape(3, 5) if reduction == "none" else flat

    counted = (labels != -100).double()
    add("tokens", lambda x: entropy(x, 0.0, "mean"))
    add("smoothed", lambda x: entropy(x, 0.1, "mean"))
    add("sum", lambda x: entropy(x, 0.0, "sum"))
    add("denominator", lambda x: entropy(x, 0.1, "sum") / 40)
    add("sequences", lambda x: ((entropy(x, 0.0, "none") * counted).sum(1) / counted.sum(1)).mean())
    add(
        "z_loss",
        lambda x: ((entropy(x, 0.1, "none") + 1e-2 * torch.logsumexp(x, -1) ** 2) * counted).sum() / counted.sum(),
    )

    def distilled(x: torch.Tensor) -> torch.Tensor:
        student = functional.log_softmax(x / 3, -1)
        rows = functional.kl_div(student, functional.log_softmax(teacher / 3, -1), reduction="none", log_target=True)
        return 9 * (rows.sum(-1) * counted).sum() / counted.sum()

    add("distilled", distilled)
    return result


def fixtures() -> Iterator[Fixture]:
    """The one file of the topic."""
    metadata = to_metadata(
        {
            "topic": TOPIC,
            "steps": STEPS,
            "curvature": CURVATURE,
            "note": "Gradients are 2·curvature·(value − target of the step); final values in float64.",
            "torch": torch.__version__,
        }
    )
    fixture = Fixture("training-definitions", metadata=metadata)
    fixture.add("start", {name: torch.tensor(value) for name, value in start(1).items()})
    fixture.add("target", {name: torch.tensor(value) for name, value in targets(2).items()})
    for run, values in optimizer_runs().items():
        fixture.add(f"final/{run}", {name: torch.tensor(value) for name, value in values.items()})
    fixture.add("schedule", schedules())
    fixture.add("loss", losses())
    yield fixture
