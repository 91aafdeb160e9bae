"""Diverse beams and forced words, which transformers 5 no longer has: `python transformers4_beams.py WHEEL`.

Takes the scorers and constraints from an unpacked wheel of transformers 4.57.6
(`pip download --no-deps transformers==4.57.6`) and runs them in the loop that transformers 4 had, on the models and
sources of the fixtures t5-1.0-generate and t5-1.1-generate. Writes fixtures/t5-beams-of-transformers-4.safetensors.
"""

import importlib.util
import json
import sys
import tempfile
from pathlib import Path
from types import ModuleType

import torch
from safetensors.torch import save_file
from transformers import LogitsProcessorList, NoRepeatNGramLogitsProcessor, RepetitionPenaltyLogitsProcessor
from transformers import T5ForConditionalGeneration

from fixture_file import Fixture, read_fixture, to_metadata, write_fixture

FIXTURES = Path(__file__).parent / "fixtures"
MODELS = ["t5-1.0-generate", "t5-1.1-generate"]
Options = dict[str, object]
GROUPS: Options = {"num_beams": 4, "num_beam_groups": 2, "diversity_penalty": 1.5, "max_new_tokens": 12}
FORCED: Options = {"num_beams": 4, "max_new_tokens": 12}

CASES: dict[str, Options] = {
    "groups": GROUPS,
    "groups, returns": GROUPS | {"num_return_sequences": 3},
    "groups, all, early": GROUPS | {"num_return_sequences": 4, "early_stopping": True},
    "groups, never early": GROUPS | {"num_return_sequences": 2, "early_stopping": "never", "length_penalty": 0.6},
    "six beams, three groups": GROUPS | {"num_beams": 6, "num_beam_groups": 3, "num_return_sequences": 6},
    "four groups": GROUPS | {"num_beam_groups": 4, "num_return_sequences": 4, "diversity_penalty": 0.4},
    "groups, long": GROUPS | {"length_penalty": 2.0, "num_return_sequences": 2},
    "groups, rules": GROUPS | {"no_repeat_ngram_size": 2, "repetition_penalty": 1.3, "num_return_sequences": 2},
    "a word": FORCED | {"force_words_ids": [[12]]},
    "a phrase": FORCED | {"force_words_ids": [[12, 25, 33]]},
    "two words": FORCED | {"force_words_ids": [[12, 7], [33]], "num_return_sequences": 2},
    "one of three": FORCED | {"force_words_ids": [[[12, 25], [33, 7], [21]]], "num_return_sequences": 3},
    "word and one of two": FORCED | {"force_words_ids": [[19], [[12, 25], [33, 7]]], "length_penalty": 2.0},
    "words, early": FORCED | {"force_words_ids": [[12, 25]], "early_stopping": True, "num_return_sequences": 3},
    "words, never early": FORCED | {"force_words_ids": [[12], [7, 9]], "early_stopping": "never"},
    # Not with n-gram blocking: the reference gives a place among the beams to words of probability 0.
    "words, rules": FORCED | {"force_words_ids": [[12, 25]], "repetition_penalty": 1.3, "num_beams": 6},
}


def load_old(wheel: Path, name: str) -> ModuleType:
    """A module of transformers 4 inside the package of transformers 5, whose helpers it imports."""
    path = wheel / "transformers/generation" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"transformers.generation.{name}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class Search:
    """The model, its encoded source and the processors of one case; beams are flat rows, a source's together."""

    def __init__(self, model: T5ForConditionalGeneration, inputs: dict[str, torch.Tensor], options: Options):
        self.model, self.options = model, options
        self.num_beams = options["num_beams"]
        self.max_length = 1 + options["max_new_tokens"]
        self.batch = inputs["input_ids"].shape[0]
        self.mask = inputs["attention_mask"].repeat_interleave(self.num_beams, dim=0)
        hidden = model.encoder(**inputs).last_hidden_state
        self.hidden = hidden.repeat_interleave(self.num_beams, dim=0)
        self.rules = LogitsProcessorList()
        if "repetition_penalty" in options:
            self.rules.append(RepetitionPenaltyLogitsProcessor(options["repetition_penalty"]))
        if "no_repeat_ngram_size" in options:
            self.rules.append(NoRepeatNGramLogitsProcessor(options["no_repeat_ngram_size"]))

    def log_probs(self, ids: torch.Tensor) -> torch.Tensor:
        """f32[rows, vocab]; the whole prefix is read anew, so that no cache can be wrong."""
        outputs = self.model(encoder_outputs=(self.hidden,), attention_mask=self.mask, decoder_input_ids=ids)
        return outputs.logits[:, -1].float().log_softmax(dim=-1)

    def scorer_settings(self) -> Options:
        """What both scorers take."""
        return {
            "batch_size": self.batch,
            "num_beams": self.num_beams,
            "device": torch.device("cpu"),
            "length_penalty": self.options.get("length_penalty", 1.0),
            "do_early_stopping": self.options.get("early_stopping", False),
            "num_beam_hyps_to_keep": self.options.get("num_return_sequences", 1),
            "max_length": self.max_length,
        }


ENDS = {"pad_token_id": torch.tensor(0), "eos_token_id": torch.tensor([1])}


def group_search(search: Search, old: dict[str, ModuleType]) -> tuple[torch.Tensor, torch.Tensor]:
    """Diverse beams: groups step one after the other; later ones pay for the tokens of earlier ones."""
    num_beams, groups = search.num_beams, search.options["num_beam_groups"]
    size, batch = num_beams // groups, search.batch
    scorer = old["beam_search"].BeamSearchScorer(**search.scorer_settings(), num_beam_groups=groups)
    scores = torch.full((batch, num_beams), -1e9)
    scores[:, ::size] = 0
    scores = scores.flatten()
    ids = torch.zeros((batch * num_beams, 1), dtype=torch.long)
    while ids.shape[1] < search.max_length and not scorer.is_done:
        log_probs = search.log_probs(ids)
        chosen = torch.zeros(batch * num_beams, dtype=torch.long)
        for group in range(groups):
            rows = torch.cat([torch.arange(size) + row * num_beams + group * size for row in range(batch)])
            group_ids, group_scores = ids[rows], log_probs[rows].clone()
            for row in range(batch):
                before = chosen[row * num_beams : row * num_beams + group * size]
                counts = torch.bincount(before, minlength=group_scores.shape[1])
                group_scores[row * size : (row + 1) * size] -= search.options["diversity_penalty"] * counts
            group_scores = search.rules(group_ids, group_scores) + scores[rows, None]
            vocab_size = group_scores.shape[1]
            top = group_scores.view(batch, -1).topk(2 * size, dim=1)
            outputs = scorer.process(
                group_ids, top.values, top.indices % vocab_size, top.indices // vocab_size,
                group_index=group, decoder_prompt_len=1, **ENDS,
            )  # fmt: skip
            scores[rows] = outputs["next_beam_scores"]
            ids[rows] = group_ids[outputs["next_beam_indices"]]
            chosen[rows] = outputs["next_beam_tokens"]
        ids = torch.cat([ids, chosen[:, None]], dim=1)
    done = scorer.finalize(ids, scores, None, None, max_length=search.max_length, decoder_prompt_len=1, **ENDS)
    return done["sequences"], done["sequence_scores"]


def constraints_of(words: list, module: ModuleType) -> list:
    """A phrase for a list of ids, alternatives for a list of lists."""
    return [
        module.DisjunctiveConstraint(word) if isinstance(word[0], list) else module.PhrasalConstraint(word)
        for word in words
    ]


def constrained_search(search: Search, old: dict[str, ModuleType]) -> tuple[torch.Tensor, torch.Tensor]:
    """Beams in which words must occur."""
    num_beams, batch = search.num_beams, search.batch
    constraints = constraints_of(search.options["force_words_ids"], old["beam_constraints"])
    scorer = old["beam_search"].ConstrainedBeamSearchScorer(constraints=constraints, **search.scorer_settings())
    scores = torch.full((batch, num_beams), -1e9)
    scores[:, 0] = 0
    scores = scores.flatten()
    ids = torch.zeros((batch * num_beams, 1), dtype=torch.long)
    while ids.shape[1] < search.max_length and not scorer.is_done:
        summed = search.rules(ids, search.log_probs(ids)) + scores[:, None]
        vocab_size = summed.shape[1]
        top = summed.view(batch, -1).topk(2 * num_beams, dim=1)
        outputs = scorer.process(
            ids, top.values, top.indices % vocab_size, top.indices // vocab_size, summed.clone(),
            decoder_prompt_len=1, **ENDS,
        )  # fmt: skip
        scores = outputs["next_beam_scores"]
        ids = torch.cat([ids[outputs["next_beam_indices"]], outputs["next_beam_tokens"][:, None]], dim=1)
    done = scorer.finalize(ids, scores, None, None, max_length=search.max_length, decoder_prompt_len=1, **ENDS)
    return done["sequences"], done["sequence_scores"]


def load_model(golden: Fixture) -> tuple[T5ForConditionalGeneration, dict[str, torch.Tensor]]:
    """The model and the source of a fixture."""
    part = {prefix: {} for prefix in ("weight", "input")}
    for name, tensor in golden.tensors.items():
        prefix, _, rest = name.partition("/")
        if prefix in part:
            part[prefix][rest] = tensor
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "config.json").write_text(golden.metadata["config"])
        save_file(part["weight"], Path(folder) / "model.safetensors", metadata={"format": "pt"})
        model = T5ForConditionalGeneration.from_pretrained(folder, attn_implementation="eager").eval()
    return model, part["input"]


@torch.no_grad()
def main() -> None:
    """Writes the fixture."""
    wheel = Path(sys.argv[1])
    old = {name: load_old(wheel, name) for name in ("beam_constraints", "beam_search")}
    torch.set_num_threads(1)
    fixture = Fixture("t5-beams-of-transformers-4")
    for name in MODELS:
        model, inputs = load_model(read_fixture(FIXTURES / f"{name}.safetensors"))
        for key, options in CASES.items():
            run = group_search if "num_beam_groups" in options else constrained_search
            sequences, scores = run(Search(model, inputs, options), old)
            exact, _ = run(Search(model.double(), inputs, options), old)
            model.float()
            if not torch.equal(sequences, exact):
                print(f"{name}: '{key}' is a close call")
            fixture.add(f"{name}/sequences/{key}", {"ids": sequences})
            fixture.add(f"{name}/scores/{key}", {"scores": scores})
    note = "Scorers and constraints of transformers 4.57.6; models and sources are in the fixtures named."
    facts = {"cases": CASES, "generator": "tools/golden/transformers4_beams.py", "note": note}
    fixture.metadata |= to_metadata(facts)
    print(write_fixture(fixture, FIXTURES))


if __name__ == "__main__":
    main()
