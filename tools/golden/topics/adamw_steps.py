"""Ten training steps with AdamW, clipping and a warm-up schedule, followed value by value."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace

import torch
from transformers import ElectraForSequenceClassification, PreTrainedModel, get_linear_schedule_with_warmup

from fixture_file import Fixture, to_metadata
from hugging_face import SavedModel, Tensors, base_metadata, save_and_load
from random_models import encoder_batch, generator_for, random_ids, randomise, seq2seq_batch
from topics.electra_models import electra_config
from topics.t5_models import tied_t5

TOPIC = "adamw_steps"
NO_DECAY = ("bias", "LayerNorm", "layer_norm")


@dataclass(frozen=True)
class Recipe:
    """Hyper-parameters, all of them in the fixture's metadata."""

    learning_rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    weight_decay: float = 0.01
    max_grad_norm: float = 1.0
    warmup_steps: int = 3
    total_steps: int = 10


@dataclass(frozen=True)
class Run:
    """What ten steps leave behind."""

    losses: torch.Tensor
    grad_norms: torch.Tensor
    learning_rates: torch.Tensor
    final: Tensors


def is_decayed(name: str) -> bool:
    """Weight decay spares norms and everything with `bias` in its name, T5's bias tables included."""
    return not any(part in name for part in NO_DECAY)


def parameter_groups(model: PreTrainedModel, recipe: Recipe) -> list[dict[str, object]]:
    """Decayed and spared parameters, as PyTorch wants them."""
    named = list(model.named_parameters())
    return [
        {"params": [p for name, p in named if is_decayed(name)], "weight_decay": recipe.weight_decay},
        {"params": [p for name, p in named if not is_decayed(name)], "weight_decay": 0.0},
    ]


def train(model: PreTrainedModel, batches: list[Tensors], recipe: Recipe) -> Run:
    """One step a batch; dropout is 0. Norms are those before clipping, losses those before the step."""
    model.train()
    optimizer = torch.optim.AdamW(
        parameter_groups(model, recipe),
        lr=recipe.learning_rate,
        betas=(recipe.beta1, recipe.beta2),
        eps=recipe.eps,
    )
    schedule = get_linear_schedule_with_warmup(optimizer, recipe.warmup_steps, recipe.total_steps)
    losses, grad_norms, learning_rates = [], [], []
    for batch in batches:
        optimizer.zero_grad()
        loss = model(**batch).loss
        loss.backward()
        grad_norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.max_grad_norm))
        learning_rates.append(schedule.get_last_lr()[0])
        losses.append(loss.detach())
        optimizer.step()
        schedule.step()
    final = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    return Run(torch.stack(losses), torch.stack(grad_norms), torch.tensor(learning_rates), final)


def wrong_recipes(recipe: Recipe) -> dict[str, Recipe]:
    """Recipes with one thing wrong, to show what a test on this fixture notices."""
    return {
        "no weight decay": replace(recipe, weight_decay=0.0),
        "no clipping": replace(recipe, max_grad_norm=1e9),
        "no warm-up": replace(recipe, warmup_steps=0),
        "eps 1e-3": replace(recipe, eps=1e-3),
        "beta2 0.99": replace(recipe, beta2=0.99),
    }


def differences(run: Run, right: Run) -> dict[str, object]:
    """Largest change of a loss and of a final weight, and the weight it is in."""
    weights = {name: float((run.final[name] - value).abs().max()) for name, value in right.final.items()}
    worst = max(weights, key=weights.__getitem__)
    loss = float((run.losses - right.losses).abs().max())
    return {"loss": float(f"{loss:.2g}"), "weight": float(f"{weights[worst]:.2g}"), "in": worst}


def sensitivity(build: Callable[[], SavedModel], batches: list[Tensors], recipe: Recipe, right: Run) -> dict:
    """What each wrong recipe changes."""
    wrong = wrong_recipes(recipe)
    return {name: differences(train(build().model, batches, wrong[name]), right) for name in wrong}


def training_fixture(
    name: str, seed: int, build: Callable[[], SavedModel], batches: list[Tensors], recipe: Recipe
) -> Fixture:
    """Initial weights, ten batches, the values along the way and the final weights."""
    saved = build()
    initial = {key: value.clone() for key, value in saved.weights.items()}
    run = train(saved.model, batches, recipe)
    note = (
        "torch.optim.AdamW with clip_grad_norm_ and get_linear_schedule_with_warmup: the first step's rate"
        " is 0. grad_norms are before clipping, losses before the step they belong to. wrong_variants: "
        "largest change of a loss and of a final weight when one thing is got wrong; float64_diff: the "
        "same for a run in float64."
    )
    metadata = base_metadata(saved, TOPIC, seed, note)
    metadata |= to_metadata(
        asdict(recipe)
        | {
            "no_decay": sorted(key for key in run.final if not is_decayed(key)),
            "wrong_variants": sensitivity(build, batches, recipe, run),
            "float64_diff": differences(train(build().model.double(), batches, recipe), run),
        }
    )
    fixture = Fixture(name, metadata=metadata)
    fixture.add("weight", initial)
    fixture.add("final", run.final)
    for step, batch in enumerate(batches):
        fixture.add(f"input/step_{step}", batch)
    fixture.add(
        "output", {"losses": run.losses, "grad_norms": run.grad_norms, "learning_rates": run.learning_rates}
    )
    return fixture


def t5_training() -> Fixture:
    """T5 1.0 on ten padded batches."""
    seed = 400
    rng = generator_for(seed)
    batches = [seq2seq_batch(48, [9, 6, 4], [8, 5, 7], rng) for _ in range(10)]
    return training_fixture(
        "t5-adamw-steps", seed, lambda: tied_t5(generator_for(seed + 1)), batches, Recipe()
    )


def electra_training() -> Fixture:
    """ELECTRA classifier of three classes on ten padded batches; eps 1e-6 as ELECTRA has it.

    The keys' biases have no gradient but rounding (softmax does not see them): a small eps would blow it up.
    Weights are drawn without gains, which would make the losses jump.
    """
    seed = 410
    rng = generator_for(seed)
    batches = []
    for _ in range(10):
        labels = {"labels": random_ids((4,), 3, rng, first=0)}
        batches.append(encoder_batch(40, [9, 7, 5, 3], rng) | labels)

    def build() -> SavedModel:
        model = ElectraForSequenceClassification(electra_config(num_labels=3))
        return save_and_load(randomise(model, generator_for(seed + 1), gains={}))

    return training_fixture("electra-adamw-steps", seed, build, batches, Recipe(eps=1e-6))


def fixtures() -> Iterator[Fixture]:
    """All fixtures of the topic."""
    yield t5_training()
    yield electra_training()
