"""The fine-tuning heads of google-research/electra in plain PyTorch, from what its code computes: logits, losses, gradients.

Nothing of transformers is used here, and nothing of Tesserae. Hidden states are random, dropout is off; dense weights are
[out, in]. Losses are a value for each example; gradients are those of their sum, for every weight and the hidden states.
"""

from collections.abc import Callable, Iterator

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, gelu, log_softmax, one_hot, softmax

from fixture_file import Fixture, to_metadata

TOPIC = "electra_google_heads"
BATCH, SEQ_LEN, HIDDEN, INNER, BEAM = 3, 9, 5, 512, 4
LENGTHS, QUESTIONS = [9, 7, 8], [3, 4, 2]  # real tokens; those before the context, [CLS] and [SEP] included
CLASSES = 3
Tensors = dict[str, torch.Tensor]


def dense(params: Tensors, name: str, x: torch.Tensor) -> torch.Tensor:
    """An affine map."""
    return x @ params[f"{name}.weight"].T + params[f"{name}.bias"]


def draw(layers: dict[str, tuple[int, int]], rng: torch.Generator) -> Tensors:
    """Random layers: {name: (inputs, outputs)}."""
    params = {}
    for name, (inputs, outputs) in layers.items():
        params[f"{name}.weight"] = torch.randn((outputs, inputs), generator=rng) * (2.0 / inputs**0.5)
        params[f"{name}.bias"] = torch.randn(outputs, generator=rng) * 0.2
    return params


def classification(params: Tensors, inputs: Tensors) -> Tensors:
    """One dense layer on token 0."""
    logits = dense(params, "classifier", inputs["hidden"][:, 0])
    return {"logits": logits, "losses": cross_entropy(logits, inputs["labels"], reduction="none")}


def regression(params: Tensors, inputs: Tensors) -> Tensors:
    """One output, squared error."""
    logits = dense(params, "classifier", inputs["hidden"][:, 0])
    return {"logits": logits, "losses": (logits[:, 0] - inputs["labels"]) ** 2}


def tagging(params: Tensors, inputs: Tensors) -> Tensors:
    """Tokens at given positions are gathered and scored; a mask says how many there are; their losses are summed."""
    rows = torch.arange(BATCH)[:, None]
    words = inputs["hidden"][rows, inputs["positions"]]
    losses = cross_entropy(dense(params, "classifier", words).transpose(1, 2), inputs["word_labels"], reduction="none")
    logits = dense(params, "classifier", inputs["hidden"])
    return {"logits": logits, "losses": (losses * inputs["word_mask"]).sum(1)}


def answers(joint: bool, answerable: bool, reads_starts: bool) -> Callable[[Tensors, Tensors], Tensors]:
    """The SQuAD head: in training on the gold start, and with its beams."""

    def run(params: Tensors, inputs: Tensors) -> Tensors:
        hidden = inputs["hidden"]
        mask = inputs["attention_mask"].float() * inputs["token_type_ids"].float()
        mask = mask + one_hot(torch.zeros(BATCH, dtype=torch.long), SEQ_LEN)
        shut = 1000.0 * (mask - 1)
        start_logits = dense(params, "qa_start", hidden)[..., 0] + shut
        outputs = {"start_logits": start_logits}
        if joint:
            chosen = hidden[torch.arange(BATCH), inputs["start_positions"]][:, None].expand(-1, SEQ_LEN, -1)
            inner = gelu(dense(params, "qa_hidden", torch.cat([chosen, hidden], -1)))
            end_logits = dense(params, "qa_end", inner)[..., 0] + shut
            values, indices = log_softmax(start_logits, -1).topk(BEAM)
            starts = torch.stack([hidden[row, indices[row]] for row in range(BATCH)])  # [batch, beam, hidden]
            pairs = torch.cat(
                [starts[:, :, None].expand(-1, -1, SEQ_LEN, -1), hidden[:, None].expand(-1, BEAM, -1, -1)], -1
            )
            beams = dense(params, "qa_end", gelu(dense(params, "qa_hidden", pairs)))[..., 0] + shut[:, None]
            end_values, end_indices = log_softmax(beams, -1).topk(BEAM)
            outputs |= {"start_top_log_probs": values, "start_top_index": indices}
            outputs |= {"end_top_log_probs": end_values, "end_top_index": end_indices}
        else:
            end_logits = dense(params, "qa_end", hidden)[..., 0] + shut
        outputs["end_logits"] = end_logits
        starts_loss = cross_entropy(start_logits, inputs["start_positions"], reduction="none")
        losses = (starts_loss + cross_entropy(end_logits, inputs["end_positions"], reduction="none")) / 2
        if answerable:
            read = hidden[:, 0]
            if reads_starts:
                weighted = (softmax(start_logits, -1)[..., None] * hidden).sum(1)
                read = gelu(dense(params, "qa_answerability_hidden", torch.cat([read, weighted], -1)))
            logit = dense(params, "qa_answerability", read)[:, 0]
            targets = inputs["is_impossible"].float()
            losses = losses + 0.5 * binary_cross_entropy_with_logits(logit, targets, reduction="none")
            outputs["answerable_logit"] = logit
        return outputs | {"losses": losses}

    return run


START = {"qa_start": (HIDDEN, 1)}
JOINT = START | {"qa_hidden": (2 * HIDDEN, INNER), "qa_end": (INNER, 1)}
READS = {"qa_answerability_hidden": (2 * HIDDEN, INNER), "qa_answerability": (INNER, 1)}
DIRECT = {"qa_answerability": (HIDDEN, 1)}
CASES: dict[str, tuple[dict[str, tuple[int, int]], Callable[[Tensors, Tensors], Tensors]]] = {
    "classification": ({"classifier": (HIDDEN, CLASSES)}, classification),
    "regression": ({"classifier": (HIDDEN, 1)}, regression),
    "tagging": ({"classifier": (HIDDEN, CLASSES)}, tagging),
    "joint": (JOINT | READS, answers(True, True, True)),
    "joint-direct": (JOINT | DIRECT, answers(True, True, False)),
    "joint-only": (JOINT, answers(True, False, False)),
    "independent": (START | {"qa_end": (HIDDEN, 1)} | READS, answers(False, True, True)),
}


def inputs_for(name: str, rng: torch.Generator) -> Tensors:
    """Hidden states, masks and every kind of label."""
    places = torch.arange(SEQ_LEN)[None]
    lengths, questions = torch.tensor(LENGTHS)[:, None], torch.tensor(QUESTIONS)[:, None]
    inputs = {"hidden": torch.randn((BATCH, SEQ_LEN, HIDDEN), generator=rng)}
    if name == "classification":
        return inputs | {"labels": torch.tensor([2, 0, 1])}
    if name == "regression":
        return inputs | {"labels": torch.tensor([0.2, 1.0, 0.55])}
    if name == "tagging":
        return inputs | {
            "positions": torch.tensor([[1, 3, 4, 6], [1, 2, 0, 0], [1, 4, 6, 0]]),
            "word_labels": torch.tensor([[2, 0, 1, 1], [0, 1, 0, 0], [2, 2, 0, 0]]),
            "word_mask": torch.tensor([[1.0, 1, 1, 1], [1, 1, 0, 0], [1, 1, 1, 0]]),
        }
    return inputs | {
        "attention_mask": (places < lengths).long(),
        "token_type_ids": ((places >= questions) & (places < lengths)).long(),
        "start_positions": torch.tensor([4, 0, 5]),
        "end_positions": torch.tensor([6, 0, 5]),
        "is_impossible": torch.tensor([0, 1, 0]),
    }


def fixtures() -> Iterator[Fixture]:
    """One fixture with every case under its name."""
    seed = 4301
    rng = torch.Generator().manual_seed(seed)
    fixture = Fixture("electra-google-heads")
    for name, (layers, run) in CASES.items():
        params = {key: value.requires_grad_() for key, value in draw(layers, rng).items()}
        inputs = inputs_for(name, rng)
        inputs["hidden"].requires_grad_()
        outputs = run(params, inputs)
        outputs["losses"].sum().backward()
        fixture.add(f"{name}/weight", params)
        fixture.add(f"{name}/input", inputs)
        fixture.add(f"{name}/output", outputs)
        fixture.add(f"{name}/grad", {key: value.grad for key, value in (params | {"hidden": inputs["hidden"]}).items()})
    fixture.metadata = to_metadata({"generator": TOPIC, "seed": seed, "beam_size": BEAM, "torch": torch.__version__})
    yield fixture
