"""ELECTRA's pre-training from the paper and Google's facts, in plain PyTorch: losses, gradients, ten steps.

Nothing of transformers is used here, and nothing of Tesserae: parameters are a dictionary by checkpoint name, masks and
Gumbel noise are given, dropout is 0. Every variant is one fixture.
"""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

import torch
from torch.nn.functional import gelu, layer_norm, log_softmax, logsigmoid, softplus

from fixture_file import Fixture, to_metadata

TOPIC = "electra_pretraining"
PAD, CLS, SEP, MASK, FIRST = 0, 1, 2, 3, 4
NO_DECAY = ("bias", "LayerNorm")
Params = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Sizes:
    """One encoder."""

    hidden: int
    layers: int
    heads: int
    ff: int
    embedding: int


@dataclass(frozen=True)
class Variant:
    """What is trained; field names are Google's options."""

    electra_objective: bool = True
    electric_objective: bool = False
    ablation: str = ""
    temperature: float = 1.0
    disallow_correct: bool = False
    uniform_generator: bool = False
    two_tower_generator: bool = False
    untied_generator_embeddings: bool = False
    untied_generator: bool = True
    gen_weight: float = 1.0
    disc_weight: float = 50.0
    mask_prob: float = 0.25
    generator_layers: float = 0.5
    generator_hidden_size: float = 0.5


@dataclass(frozen=True)
class Recipe:
    """Google's optimiser: Adam without bias correction, decay and warm-up multiplied."""

    learning_rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-6
    weight_decay: float = 0.01
    max_grad_norm: float = 1.0
    warmup_steps: int = 3
    total_steps: int = 10


@dataclass(frozen=True)
class Setting:
    """Sizes that all variants share."""

    vocab: int = 40
    positions: int = 12
    types: int = 2
    predictions: int = 3
    lengths: tuple[int, ...] = (12, 9, 6)
    main: Sizes = field(default_factory=lambda: Sizes(16, 2, 2, 32, 8))
    layer_norm_eps: float = 1e-12


SETTING = Setting()


def generator_sizes(variant: Variant) -> Sizes:
    """Google's rule: share of width and depth, heads of 64, feed-forward of four times the width."""
    main = SETTING.main
    if not variant.untied_generator:
        return main
    hidden = round(main.hidden * variant.generator_hidden_size)
    layers = round(main.layers * variant.generator_layers)
    embedding = hidden if variant.untied_generator_embeddings else main.embedding
    return Sizes(hidden, layers, max(1, hidden // 64), 4 * hidden, embedding)


# Parameters, by name.


def linear_names(name: str, outputs: int, inputs: int) -> dict[str, tuple[int, ...]]:
    """Shapes of an affine map."""
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def norm_names(name: str, size: int) -> dict[str, tuple[int, ...]]:
    """Shapes of a layer norm."""
    return {f"{name}.weight": (size,), f"{name}.bias": (size,)}


def embedding_names(prefix: str, size: int) -> dict[str, tuple[int, ...]]:
    """Shapes of the tables and their norm."""
    at = f"{prefix}embeddings"
    return {
        f"{at}.word_embeddings.weight": (SETTING.vocab, size),
        f"{at}.position_embeddings.weight": (SETTING.positions, size),
        f"{at}.token_type_embeddings.weight": (SETTING.types, size),
    } | norm_names(f"{at}.LayerNorm", size)


def tower_names(prefix: str, sizes: Sizes) -> dict[str, tuple[int, ...]]:
    """Shapes of the layers, and of the projection where the widths differ."""
    shapes: dict[str, tuple[int, ...]] = {}
    if sizes.embedding != sizes.hidden:
        shapes |= linear_names(f"{prefix}embeddings_project", sizes.hidden, sizes.embedding)
    for layer in range(sizes.layers):
        at = f"{prefix}encoder.layer.{layer}"
        for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            shapes |= linear_names(f"{at}.{part}", sizes.hidden, sizes.hidden)
        shapes |= norm_names(f"{at}.attention.output.LayerNorm", sizes.hidden)
        shapes |= linear_names(f"{at}.intermediate.dense", sizes.ff, sizes.hidden)
        shapes |= linear_names(f"{at}.output.dense", sizes.hidden, sizes.ff)
        shapes |= norm_names(f"{at}.output.LayerNorm", sizes.hidden)
    return shapes


def mlm_names(name: str, features: int, embedding: int) -> dict[str, tuple[int, ...]]:
    """Shapes of a masked-LM head; its table is the word embeddings."""
    return (
        linear_names(f"{name}_predictions.dense", embedding, features)
        | norm_names(f"{name}_predictions.LayerNorm", embedding)
        | {f"{name}_lm_head.bias": (SETTING.vocab,)}
    )


def is_masked_lm(variant: Variant) -> bool:
    """BERT's objective: nothing is detected or replaced."""
    return not variant.electra_objective and not variant.electric_objective


def has_own_generator(variant: Variant) -> bool:
    """Whether the generator has an encoder of its own."""
    return variant.untied_generator and not variant.uniform_generator and not is_masked_lm(variant)


def parameter_shapes(variant: Variant) -> dict[str, tuple[int, ...]]:
    """Every parameter of a variant."""
    main, own = SETTING.main, generator_sizes(variant)
    shapes = embedding_names("electra.", main.embedding) | tower_names("electra.", main)
    names_tokens = variant.ablation in ("replace-mlm", "all-tokens-mlm")
    if not is_masked_lm(variant) and not names_tokens:
        shapes |= linear_names("discriminator_predictions.dense", main.hidden, main.hidden)
        shapes |= linear_names("discriminator_predictions.dense_prediction", 1, main.hidden)
    if has_own_generator(variant):
        prefixes = ("generator_ltr.", "generator_rtl.") if variant.two_tower_generator else ("generator.",)
        for prefix in prefixes:
            shapes |= tower_names(prefix, own)
        if variant.untied_generator_embeddings:
            shapes |= embedding_names(prefixes[0], own.embedding)
    if not variant.uniform_generator:
        reader = own if has_own_generator(variant) else main
        features = reader.hidden * (2 if variant.two_tower_generator else 1)
        shapes |= mlm_names("generator", features, reader.embedding)
    if names_tokens:
        shapes |= mlm_names("main", main.hidden, main.embedding)
    if variant.ablation == "all-tokens-mlm":
        shapes |= linear_names("copy_predictions", 1, main.hidden)
    return shapes


def random_parameters(variant: Variant, rng: torch.Generator) -> Params:
    """Values large enough for every part to show in the losses."""
    params = {}
    for name, shape in parameter_shapes(variant).items():
        values = torch.randn(shape, generator=rng)
        is_scale = name.endswith("LayerNorm.weight")
        params[name] = 1 + 0.1 * values if is_scale else 0.3 * values
    return params


# The network.


def linear(p: Params, name: str, x: torch.Tensor) -> torch.Tensor:
    """x·Wᵀ + b."""
    return x @ p[f"{name}.weight"].T + p[f"{name}.bias"]


def norm(p: Params, name: str, x: torch.Tensor) -> torch.Tensor:
    """Layer norm over the last axis."""
    return layer_norm(x, x.shape[-1:], p[f"{name}.weight"], p[f"{name}.bias"], SETTING.layer_norm_eps)


def embed(p: Params, prefix: str, ids: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
    """Word + type + position, normed."""
    at = f"{prefix}embeddings"
    summed = p[f"{at}.word_embeddings.weight"][ids] + p[f"{at}.token_type_embeddings.weight"][types]
    summed = summed + p[f"{at}.position_embeddings.weight"][: ids.shape[1]]
    return norm(p, f"{at}.LayerNorm", summed)


def encode(
    p: Params, prefix: str, sizes: Sizes, embedded: torch.Tensor, visible: torch.Tensor
) -> torch.Tensor:
    """Post-norm layers; `visible` is bool[batch, 1, queries, keys]."""
    x = embedded if sizes.embedding == sizes.hidden else linear(p, f"{prefix}embeddings_project", embedded)
    batch, length, _ = x.shape

    def heads(values: torch.Tensor) -> torch.Tensor:
        return values.view(batch, length, sizes.heads, -1).transpose(1, 2)

    for layer in range(sizes.layers):
        at = f"{prefix}encoder.layer.{layer}"
        query, key, value = (heads(linear(p, f"{at}.attention.self.{part}", x)) for part in ("query", "key", "value"))
        scores = query @ key.transpose(2, 3) / math.sqrt(sizes.hidden / sizes.heads)
        weights = scores.masked_fill(~visible, torch.finfo(torch.float32).min).softmax(-1)
        context = (weights @ value).transpose(1, 2).reshape(batch, length, sizes.hidden)
        attended = norm(p, f"{at}.attention.output.LayerNorm", x + linear(p, f"{at}.attention.output.dense", context))
        inner = gelu(linear(p, f"{at}.intermediate.dense", attended))
        x = norm(p, f"{at}.output.LayerNorm", attended + linear(p, f"{at}.output.dense", inner))
    return x


def mlm_logits(p: Params, name: str, table: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
    """Dense, GELU, norm, word embeddings, bias."""
    inner = norm(p, f"{name}_predictions.LayerNorm", gelu(linear(p, f"{name}_predictions.dense", states)))
    return inner @ table.T + p[f"{name}_lm_head.bias"]


def mean_over(values: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Σ w·x / (Σ w + 1e-6)."""
    return (values * weights).sum() / (weights.sum() + 1e-6)


def at_positions(x: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """[batch, length, n] -> [batch, predictions, n]."""
    return x.gather(1, positions[..., None].expand(-1, -1, x.shape[-1]))


def token_losses(logits: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    """Cross-entropy per position."""
    return -log_softmax(logits, -1).gather(-1, ids[..., None])[..., 0]


# The objective.


@dataclass
class Losses:
    """Losses of a batch, and what the metrics count."""

    total: torch.Tensor
    generator: torch.Tensor
    main: torch.Tensor
    corrupted: torch.Tensor
    labels: torch.Tensor
    disc_logits: torch.Tensor
    margin: float


def generator_logits(
    p: Params, variant: Variant, batch: Params
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    """Logits at the chosen positions, the generator's loss, and logits everywhere for two towers."""
    ids, positions, weights = batch["inputIds"], batch["maskedPositions"], batch["maskedWeights"]
    originals = ids.gather(1, positions)
    real = batch["attentionMask"].bool()
    if variant.uniform_generator:
        logits = torch.zeros(*positions.shape, SETTING.vocab)
        return logits, mean_over(token_losses(logits, originals), weights), None
    own = has_own_generator(variant)
    sizes = generator_sizes(variant) if own else SETTING.main
    prefixes = ["electra."] if not own else ["generator."]
    if variant.two_tower_generator:
        prefixes = ["generator_ltr.", "generator_rtl."]
    shared = "electra." if not variant.untied_generator_embeddings else prefixes[0]
    table = p[f"{shared}embeddings.word_embeddings.weight"]
    visible = real[:, None, None, :]
    if not variant.two_tower_generator:
        embedded = embed(p, shared, batch["maskedInputIds"], batch["tokenTypeIds"])
        states = encode(p, prefixes[0], sizes, embedded, visible)
        logits = mlm_logits(p, "generator", table, at_positions(states, positions))
        return logits, mean_over(token_losses(logits, originals), weights), None
    embedded = embed(p, shared, ids, batch["tokenTypeIds"])
    past = torch.ones(ids.shape[1], ids.shape[1], dtype=torch.bool).tril()
    left = encode(p, prefixes[0], sizes, embedded, visible & past)
    right = encode(p, prefixes[1], sizes, embedded, visible & past.T)
    states = torch.cat([left.roll(1, 1), right.roll(-1, 1)], -1)
    everywhere = mlm_logits(p, "generator", table, states)
    candidates = real & (ids != CLS) & (ids != SEP) & (ids != MASK)
    loss = mean_over(token_losses(everywhere, ids), candidates.float())
    return at_positions(everywhere, positions), loss, everywhere


def sample(logits: torch.Tensor, variant: Variant, batch: Params) -> tuple[torch.Tensor, float]:
    """Gumbel-max over logits / temperature; also how clear the closest choice was."""
    scores = logits.detach() / variant.temperature
    if variant.disallow_correct:
        originals = batch["inputIds"].gather(1, batch["maskedPositions"])
        scores = scores - 1000.0 * torch.nn.functional.one_hot(originals, SETTING.vocab)
    top = (scores + batch["gumbel"]).topk(2, -1)
    used = batch["maskedWeights"] > 0
    return top.indices[..., 0], float((top.values[..., 0] - top.values[..., 1])[used].min())


def objective(p: Params, variant: Variant, batch: Params) -> Losses:
    """One batch, from ids to the weighted loss."""
    ids, real = batch["inputIds"], batch["attentionMask"].bool()
    logits, generator, everywhere = generator_logits(p, variant, batch)
    samples, margin = sample(logits, variant, batch)
    placed = torch.zeros_like(real)
    corrupted = ids.clone()
    for row, slot in torch.nonzero(batch["maskedWeights"]).tolist():
        position = batch["maskedPositions"][row, slot]
        placed[row, position] = True
        corrupted[row, position] = samples[row, slot]
    none = torch.zeros(1)
    if is_masked_lm(variant):
        return Losses(variant.gen_weight * generator, generator, none, ids, ids, none, margin)
    embedded = embed(p, "electra.", corrupted, batch["tokenTypeIds"])
    states = encode(p, "electra.", SETTING.main, embedded, real[:, None, None, :])
    labels = placed if variant.electric_objective else placed & (corrupted != ids)
    if variant.ablation in ("replace-mlm", "all-tokens-mlm"):
        main, disc_logits, weight = mlm_ablation(p, variant, batch, states, corrupted), none, 1.0
    else:
        inner = gelu(linear(p, "discriminator_predictions.dense", states))
        disc_logits = linear(p, "discriminator_predictions.dense_prediction", inner)[..., 0]
        if variant.electric_objective:
            log_q = log_softmax(everywhere.detach(), -1).gather(-1, corrupted[..., None])[..., 0]
            disc_logits = disc_logits + log_q + math.log(variant.mask_prob / (1 - variant.mask_prob))
        losses = softplus(disc_logits) - disc_logits * labels.float()
        counted = placed if variant.ablation == "electra-15" else real
        main, weight = mean_over(losses, counted.float()), variant.disc_weight
    total = variant.gen_weight * generator + weight * main
    return Losses(total, generator, main, corrupted, labels, disc_logits, margin)


def mlm_ablation(
    p: Params, variant: Variant, batch: Params, states: torch.Tensor, corrupted: torch.Tensor
) -> torch.Tensor:
    """Replace MLM and All-Tokens MLM (with its copy probability)."""
    table = p["electra.embeddings.word_embeddings.weight"]
    ids, positions = batch["inputIds"], batch["maskedPositions"]
    if variant.ablation == "replace-mlm":
        logits = mlm_logits(p, "main", table, at_positions(states, positions))
        return mean_over(token_losses(logits, ids.gather(1, positions)), batch["maskedWeights"])
    named = -token_losses(mlm_logits(p, "main", table, states), ids)
    copy = linear(p, "copy_predictions", states)[..., 0]
    same = torch.where(corrupted == ids, 0.0, -math.inf)
    likelihood = torch.logaddexp(logsigmoid(copy) + same, logsigmoid(-copy) + named)
    return mean_over(-likelihood, batch["attentionMask"].float())


# Batches and steps.


def random_batch(rng: torch.Generator) -> Params:
    """Padded pairs of segments with masks (one row fewer than it has slots) and noise."""
    rows, width, slots = len(SETTING.lengths), max(SETTING.lengths), SETTING.predictions
    ids = torch.zeros(rows, width, dtype=torch.int64)
    types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
    positions, weights = torch.zeros(rows, slots, dtype=torch.int64), torch.zeros(rows, slots)
    masked = ids.clone()
    for row, length in enumerate(SETTING.lengths):
        words = torch.randint(FIRST, SETTING.vocab, (length,), generator=rng)
        words[0], words[length // 2], words[-1] = CLS, SEP, SEP
        ids[row, :length], mask[row, :length] = words, 1
        types[row, length // 2 + 1 : length] = 1
        count = min(max(1, round(length * 0.25)), slots)
        candidates = [place for place in range(length) if words[place] >= FIRST]
        chosen = sorted(candidates[i] for i in torch.randperm(len(candidates), generator=rng)[:count].tolist())
        positions[row, :count], weights[row, :count] = torch.tensor(chosen), 1.0
        masked[row] = ids[row]
        for place in chosen:
            if torch.rand((), generator=rng) < 0.85:
                masked[row, place] = MASK
    noise = torch.rand(rows, slots, SETTING.vocab, generator=rng)
    return {
        "inputIds": ids,
        "attentionMask": mask,
        "tokenTypeIds": types,
        "maskedInputIds": masked,
        "maskedPositions": positions,
        "maskedWeights": weights,
        "gumbel": -torch.log(-torch.log(noise + 1e-9) + 1e-9),
    }


def rate_at(step: int, recipe: Recipe) -> float:
    """Google's: decay from step 0, times the warm-up; the first step's rate is 0."""
    return recipe.learning_rate * (1 - step / recipe.total_steps) * min(1.0, step / recipe.warmup_steps)


@dataclass
class Run:
    """What ten steps leave behind."""

    losses: list[Losses]
    grad_norms: list[torch.Tensor]
    first_grads: Params
    final: Params


def train(params: Params, variant: Variant, batches: list[Params], recipe: Recipe) -> Run:
    """Forward, backward, clipping to the global norm, Adam without bias correction, decoupled decay."""
    p = {name: value.clone().requires_grad_() for name, value in params.items()}
    first = {name: torch.zeros_like(value) for name, value in params.items()}
    second = {name: torch.zeros_like(value) for name, value in params.items()}
    run = Run([], [], {}, {})
    for step, batch in enumerate(batches):
        losses = objective(p, variant, batch)
        grads = torch.autograd.grad(losses.total, list(p.values()), allow_unused=True)
        found = {n: torch.zeros_like(p[n]) if g is None else g for n, g in zip(p, grads, strict=True)}
        run.first_grads = run.first_grads or {name: grad.clone() for name, grad in found.items()}
        total = torch.sqrt(sum((grad**2).sum() for grad in found.values()))
        factor = recipe.max_grad_norm / torch.clamp(total, min=recipe.max_grad_norm)
        rate = rate_at(step, recipe)
        with torch.no_grad():
            for name, value in p.items():
                grad = found[name] * factor
                first[name] = recipe.beta1 * first[name] + (1 - recipe.beta1) * grad
                second[name] = recipe.beta2 * second[name] + (1 - recipe.beta2) * grad**2
                update = first[name] / (second[name].sqrt() + recipe.eps)
                if not any(part in name for part in NO_DECAY):
                    update = update + recipe.weight_decay * value
                value -= rate * update
        run.losses.append(losses)
        run.grad_norms.append(total)
    run.final = {name: value.detach() for name, value in p.items()}
    return run


def metadata_of(variant: Variant, recipe: Recipe, run: Run) -> dict[str, str]:
    """Options, sizes and recipe, as the test reads them."""
    margin = min(losses.margin for losses in run.losses)
    if margin < 1e-3:
        raise ValueError(f"a sample hangs on {margin}: choose another seed")
    zero = [name for name, grad in run.first_grads.items() if grad.abs().max() < 1e-5]  # keys' biases: softmax does not see them
    facts = {
        "topic": TOPIC,
        "variant": asdict(variant),
        "recipe": asdict(recipe),
        "setting": asdict(SETTING),
        "ids": {"cls": CLS, "sep": SEP, "mask": MASK},
        "zero_gradients": zero,
        "least_margin": margin,
        "note": "losses are those before the step they belong to, norms those before clipping",
    }
    return to_metadata(facts)


VARIANTS = {
    "tied": Variant(),
    "untied-embeddings": Variant(untied_generator_embeddings=True),
    "all-tied": Variant(untied_generator=False),
    "two-tower": Variant(two_tower_generator=True),
    "electric": Variant(electra_objective=False, electric_objective=True, two_tower_generator=True),
    "disallow-correct": Variant(disallow_correct=True),
    "temperature": Variant(temperature=0.5),
    "uniform": Variant(uniform_generator=True),
    "electra-15": Variant(ablation="electra-15"),
    "replace-mlm": Variant(ablation="replace-mlm"),
    "all-tokens-mlm": Variant(ablation="all-tokens-mlm"),
    "masked-lm": Variant(electra_objective=False),
}


def pretraining_fixture(name: str, variant: Variant, seed: int) -> Fixture:
    """Initial weights, ten batches, the values along the way, first gradients and final weights."""
    rng = torch.Generator().manual_seed(seed)
    recipe = Recipe()
    params = random_parameters(variant, rng)
    batches = [random_batch(rng) for _ in range(recipe.total_steps)]
    run = train(params, variant, batches, recipe)
    fixture = Fixture(f"electra-pretraining-{name}", metadata=metadata_of(variant, recipe, run))
    fixture.add("weight", params)
    fixture.add("grad", run.first_grads)
    fixture.add("final", run.final)
    for step, batch in enumerate(batches):
        small = {key: value.int() if value.dtype == torch.int64 else value for key, value in batch.items()}
        fixture.add(f"input/step_{step}", small)
    stacked = {
        "losses": [losses.total for losses in run.losses],
        "generator_losses": [losses.generator for losses in run.losses],
        "main_losses": [losses.main.reshape(()) for losses in run.losses],
        "grad_norms": run.grad_norms,
    }
    fixture.add("output", {key: torch.stack(values) for key, values in stacked.items()})
    first = run.losses[0]
    fixture.add(
        "output",
        {"corrupted": first.corrupted.int(), "labels": first.labels.int(), "disc_logits": first.disc_logits},
    )
    return fixture


def fixtures() -> Iterator[Fixture]:
    """All fixtures of the topic."""
    for index, (name, variant) in enumerate(VARIANTS.items()):
        yield pretraining_fixture(name, variant, 700 + index)
