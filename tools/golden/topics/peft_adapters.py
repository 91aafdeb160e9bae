"""LoRA adapters of PEFT on tiny models: outputs, the merged model's, and gradients of the factors.

Needs `peft` (0.21.0 made the files; `pip install --target DIR --no-deps peft accelerate psutil`, PYTHONPATH=DIR); without it the topic is left out.
"""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import ElectraForSequenceClassification

from fixture_file import Fixture, to_metadata
from hugging_face import SavedModel, base_metadata, save_and_load
from random_models import generator_for, length_mask, random_ids, randomise
from topics.electra_models import electra_config as tiny_electra
from topics.t5_models import tied_t5

TOPIC = "peft_adapters"


def t5_config() -> dict:
    """Two kinds of modules, ranks of their own, rank-stabilised scales."""
    return {
        "r": 3,
        "lora_alpha": 6,
        "target_modules": ["q", "v", "wo"],
        "use_rslora": True,
        "rank_pattern": {"wo": 2},
        "alpha_pattern": {"wo": 5},
    }


def electra_config() -> dict:
    """Adapters on queries and values of one layer, the head trained whole, biases of adapted modules too."""
    return {
        "r": 2,
        "lora_alpha": 8,
        "target_modules": r".*layer\.[01]\..*(query|dense)",
        "exclude_modules": ["output.dense"],
        "modules_to_save": ["classifier"],
    }


def randomise_adapter(model: torch.nn.Module, rng: torch.Generator) -> None:
    """Adapters as if trained: PEFT begins with B at zero, where a port that forgets B would pass."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                parameter.copy_(0.3 * torch.randn(parameter.shape, generator=rng))


def adapted_fixture(name: str, saved: SavedModel, inputs: dict, config: dict, task: str, seed: int) -> Fixture:
    """One model with one adapter, through PEFT's own files."""
    from peft import LoraConfig, get_peft_model

    rng = generator_for(seed + 1)
    model = get_peft_model(saved.model.eval(), LoraConfig(task_type=task, **config))
    randomise_adapter(model, rng)
    result = model(**inputs)
    result.loss.backward()
    grads = {
        key.removeprefix("base_model.model.").replace(".default", "").replace("modules_to_save.", ""): parameter.grad
        for key, parameter in model.named_parameters()
        if parameter.requires_grad
    }
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        adapter = load_file(Path(folder) / "adapter_model.safetensors")
        adapter_config = json.loads((Path(folder) / "adapter_config.json").read_text())
    adapter_config["target_modules"] = config["target_modules"]  # a set: its order is not stable
    note = "adapter/… and adapter_config are the files that PEFT 0.21.0 wrote."
    metadata = base_metadata(saved, TOPIC, seed, note) | to_metadata({"adapter_config": adapter_config})
    fixture = Fixture(name, metadata=metadata)
    fixture.add("weight", saved.weights)
    fixture.add("adapter", adapter)
    fixture.add("input", inputs)
    fixture.add("output", {"logits": result.logits, "loss": result.loss})
    fixture.add("grad", grads)
    return fixture


def fixtures() -> Iterator[Fixture]:
    """All fixtures of the topic."""
    try:
        import peft  # noqa: F401
    except ImportError:
        print("  peft is not installed: left out")
        return
    rng = generator_for(3101)
    t5 = tied_t5(rng)
    mask = length_mask([9, 5], 9)
    inputs = {
        "input_ids": random_ids(mask.shape, 40, rng) * mask,
        "attention_mask": mask,
        "labels": random_ids((2, 7), 40, rng),
    }
    yield adapted_fixture("peft-t5", t5, inputs, t5_config(), "SEQ_2_SEQ_LM", 3101)
    rng = generator_for(3102)
    electra = save_and_load(randomise(ElectraForSequenceClassification(tiny_electra(num_labels=3)), rng))
    mask = length_mask([8, 6, 3], 8)
    inputs = {
        "input_ids": random_ids(mask.shape, 40, rng) * mask,
        "attention_mask": mask,
        "labels": torch.tensor([0, 2, 1]),
    }
    yield adapted_fixture("peft-electra", electra, inputs, electra_config(), "SEQ_CLS", 3102)
