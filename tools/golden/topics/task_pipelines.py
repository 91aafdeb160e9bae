"""What Hugging Face makes of logits: entities of the token-classification pipeline, n-best answers of the SQuAD script.

Logits are those of a random ELECTRA over the uncased BERT vocabulary, which is read from VOCAB and not committed: the
fixtures hold the encodings. Positions are UTF-16 code units.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import torch
from transformers import ElectraForQuestionAnswering, ElectraForTokenClassification, ElectraTokenizerFast, PreTrainedModel
from transformers.data.metrics.squad_metrics import compute_predictions_logits
from transformers.data.processors.squad import SquadExample, SquadResult
from transformers.pipelines import TokenClassificationPipeline

from fixture_file import Fixture, to_metadata
from hugging_face import Tensors
from random_models import generator_for, randomise
from topics.electra_models import electra_config

TOPIC = "task_pipelines"
VOCAB = Path(os.environ.get("TESSERAE_BERT_VOCAB", Path(__file__).parents[4] / "shared/data/vocab-bert/uncased-vocab.txt"))
STRATEGIES = ["none", "simple", "first", "average", "max"]
LABELS = ["O", "B-PER", "I-PER", "B-GEO-CITY", "I-GEO-CITY", "MISC"]
TEXTS = [
    "Ada Lovelace lives in Rome.",
    "👍🏽 José went to São Paulo, and the 👩‍🚀 astronaut to Thessaloniki!",
    "Jose\u0301, Ange\u0301lique and Zoe\u0308 met at the cafe\u0301s of Saint-Étienne",
    "東京 and \t Москва\n — “unbelievable” e-mail: ada.lovelace@example.org, 3,141.59 km/h",
    "co\u00adoperation of z\u200da\u200dl\u200dg\u200do",
]
LONG = (
    "The Thessaloniki quartet of Anneliese Kirchschläger, 👍 Björn Ångström-Łukasiewicz and the unforgettable Zoe\u0301 "
    "Papadopoulou-Featherstonehaugh played Shostakovich in Saskatchewan, Llanfairpwllgwyngyll and Reykjavík yesterday."
)
WINDOW, STRIDE = 18, 7


def utf16(text: str, position: int) -> int:
    """A position in code points as one in UTF-16 code units."""
    return len(text[:position].encode("utf-16-le")) // 2


def bert_tokenizer(**options: object) -> ElectraTokenizerFast:
    """The uncased BERT tokenizer."""
    return ElectraTokenizerFast(str(VOCAB), **options)


def logits_of(model: PreTrainedModel, encoded: object, index: int) -> dict[str, torch.Tensor]:
    """Outputs for one window, padding cut off, by their names."""
    names = ["input_ids", "attention_mask", "token_type_ids"]
    length = sum(encoded["attention_mask"][index])
    inputs = {name: torch.tensor([encoded[name][index][:length]]) for name in names}
    with torch.no_grad():
        return {name: value[0] for name, value in model(**inputs).items()}


def spans_of(encoded: object, index: int, texts: list[str]) -> dict[str, list[int]]:
    """One window's tokens as our encodings have them: text 0, and its pair."""
    encoding = encoded.encodings[index]
    length = sum(encoding.attention_mask)
    sequence = [-1 if which is None else which for which in encoding.sequence_ids[:length]]
    offsets = [
        utf16(texts[max(which, 0)], place)
        for which, span in zip(sequence, encoding.offsets)
        for place in span
    ]
    return {
        "offsets": offsets,
        "wordIds": [-1 if word is None else word for word in encoding.word_ids[:length]],
        "specialTokensMask": encoding.special_tokens_mask[:length],
        "sequenceIds": sequence,
    }


class WordPipeline(TokenClassificationPipeline):
    """The pipeline with the words of the tokenizer instead of its own rule; counts where the two differ."""

    encodings: list
    differing: int

    def gather_pre_entities(self, *arguments: object, **options: object) -> list[dict]:
        entities = super().gather_pre_entities(*arguments, **options)
        words = self.encodings.pop(0).word_ids
        for entity in entities:
            at = entity["index"]
            is_subword = words[at] is not None and words[at] == words[at - 1]
            self.differing += is_subword != entity["is_subword"]
            entity["is_subword"] = is_subword
        return entities


def entities_of(text: str, found: list[dict]) -> list[dict]:
    """The pipeline's entities with positions of JavaScript."""
    return [
        {
            "label": entity.get("entity", entity.get("entity_group")),
            "score": float(entity["score"]),
            "start": utf16(text, entity["start"]),
            "end": utf16(text, entity["end"]),
        }
        for entity in found
    ]


def entity_case(model: PreTrainedModel, text: str, windows: bool) -> tuple[dict[str, object], list[torch.Tensor]]:
    """Expected entities of one text under every strategy, and the logits of its windows."""
    tokenizer = bert_tokenizer(model_max_length=WINDOW if windows else 512)
    options = {"return_overflowing_tokens": True, "stride": STRIDE} if windows else {}
    encoded = tokenizer([text], truncation=True, **options)
    count = len(encoded["input_ids"])
    expected: dict[str, object] = {"entities": {}, "pipeline": {}}
    for strategy in STRATEGIES[1:] if windows else STRATEGIES:
        for key, kind in [("entities", WordPipeline), ("pipeline", TokenClassificationPipeline)]:
            run = kind(model=model, tokenizer=tokenizer, aggregation_strategy=strategy, **({"stride": STRIDE} if windows else {}))
            run.encodings, run.differing = list(encoded.encodings), 0
            expected[key][strategy] = entities_of(text, run(text))
            if kind is WordPipeline:
                expected["differing"] = run.differing
    facts = {"text": text, "windows": [spans_of(encoded, index, [text]) for index in range(count)]} | expected
    return facts, [logits_of(model, encoded, index)["logits"] for index in range(count)]


def entities_fixture() -> Fixture:
    """Five short texts and a long one."""
    seed = 4201
    labels = dict(enumerate(LABELS))
    config = electra_config(
        vocab_size=30522, max_position_embeddings=64, id2label=labels, label2id={name: index for index, name in labels.items()}
    )
    gains = {"classifier.": 1.5, "intermediate.": 2.0, "output.dense.": 2.0}
    model = randomise(ElectraForTokenClassification(config), generator_for(seed), gains)
    encoded = bert_tokenizer()(TEXTS)
    logits = torch.cat([logits_of(model, encoded, index)["logits"] for index in range(len(TEXTS))])
    with torch.no_grad():  # else one class wins everywhere
        model.classifier.bias.sub_(logits.mean(0)).mul_(1 / logits.std(0)).mul_(2.0)
        model.classifier.weight.mul_(2.0 / logits.std(0)[:, None])
    note = (
        "'pipeline' is what the pipeline gives; 'entities' what it gives when words are those of the tokenizer. It takes a "
        "token for the continuation of a word when its spelling and its source differ in length ('differing' tokens)."
    )
    fixture = Fixture("task-entities")
    cases = []
    for number, text in enumerate([*TEXTS, LONG]):
        facts, logits = entity_case(model, text, windows=text is LONG)
        cases.append(facts)
        fixture.add(f"logits/{number}", {str(window): values for window, values in enumerate(logits)})
    facts = {"generator": TOPIC, "seed": seed, "note": note, "labels": LABELS, "cases": cases}
    fixture.metadata = to_metadata(facts)
    return fixture


QUESTIONS = [
    ("Who lives in Rome?", "Ada Lovelace, they say, lives in Rome; Anneliese Kirchschläger lived there too."),
    (
        "Where did the 👩‍🚀 astronaut go?",
        "José went to São Paulo (the astronaut of Thessaloniki). The unforgettable Papadopoulou-Featherstonehaugh played "
        "Shostakovich in Saskatchewan, Llanfairpwllgwyngyll and Reykjavík: José, who went to São Paulo, did not.",
    ),
]
MAX_LENGTH, DOC_STRIDE, MAX_QUESTION = 40, 9, 10
N_BEST, MAX_ANSWER = 12, 8


def joined(tokens: list[str]) -> str:
    """Pieces as the first script joined them; a tokenizer's own way also removes spaces, which it then fails to find."""
    return " ".join(tokens).replace(" ##", "").replace("##", "")


def n_best_of(example: SquadExample, features: list, results: list[SquadResult], v2: bool) -> dict[str, object]:
    """The list of the SQuAD script, and what it predicts."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder) / name) for name in ["predictions", "n_best", "odds"]]
        options = [N_BEST, MAX_ANSWER, True, *paths, False, v2, 0.0, SimpleNamespace(convert_tokens_to_string=joined)]
        predictions = compute_predictions_logits([example], features, results, *options)
        n_best = json.loads(Path(paths[1]).read_text())[example.qas_id]
        odds = json.loads(Path(paths[2]).read_text())[example.qas_id] if v2 else None
    return {"prediction": predictions[example.qas_id], "nBest": n_best, "scoreDiff": odds}


def windows_of(question: str, example: SquadExample) -> list[SimpleNamespace]:
    """The script's features: windows on the context, each token's word, and where it has the most context."""
    tokenizer = bert_tokenizer()
    query = tokenizer(question, add_special_tokens=False)["input_ids"][:MAX_QUESTION]
    pieces = [(word, piece) for word, text in enumerate(example.doc_tokens) for piece in tokenizer.tokenize(text)]
    room, before = MAX_LENGTH - len(query) - 3, len(query) + 2
    starts = [0]
    while starts[-1] + room < len(pieces):
        starts.append(starts[-1] + DOC_STRIDE)

    def context_of(start: int, position: int) -> float:
        end = min(start + room, len(pieces)) - 1
        inside = start <= position <= end
        return min(position - start, end - position) + 0.01 * (end - start + 1) if inside else -1.0

    windows = []
    for number, start in enumerate(starts):
        part = pieces[start : start + room]
        ids = tokenizer.convert_tokens_to_ids([piece for _, piece in part])
        best = [max(range(len(starts)), key=lambda other: context_of(starts[other], start + at)) for at in range(len(part))]
        tokens = ["[CLS]", *tokenizer.convert_ids_to_tokens(query), "[SEP]", *[piece for _, piece in part], "[SEP]"]
        windows.append(
            SimpleNamespace(
                unique_id=number,
                example_index=0,
                start=start,
                before=before,
                tokens=tokens,
                input_ids=tokenizer.convert_tokens_to_ids(["[CLS]"]) + query + [102] + ids + [102],
                token_type_ids=[0] * before + [1] * (len(ids) + 1),
                token_to_orig_map={before + at: word for at, (word, _) in enumerate(part)},
                token_is_max_context={before + at: best[at] == number for at in range(len(part))},
            )
        )
    return windows


def spans_of_window(feature: SimpleNamespace, offsets: list[tuple[int, int]], context: str) -> dict[str, list[int]]:
    """A window as `questionWindows` of the data package makes it."""
    places = [
        offsets[feature.start + token - feature.before] if token in feature.token_to_orig_map else None
        for token in range(len(feature.tokens))
    ]
    return {
        "offsets": [-1 if span is None else utf16(context, place) for span in places for place in (span or (0, 0))],
        "isMaxContext": [int(feature.token_is_max_context.get(token, False)) for token in range(len(feature.tokens))],
    }


def answer_case(model: PreTrainedModel, number: int) -> tuple[dict[str, object], list[Tensors]]:
    """N-best answers of a question, and the logits of its windows."""
    question, context = QUESTIONS[number]
    example = SquadExample(str(number), question, context, None, None, None)
    features = windows_of(question, example)
    offsets = bert_tokenizer()(context, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
    results, logits = [], []
    for feature in features:
        inputs = {name: torch.tensor([getattr(feature, name)]) for name in ["input_ids", "token_type_ids"]}
        with torch.no_grad():
            output = model(**inputs)
        logits.append({"start": output["start_logits"][0], "end": output["end_logits"][0]})
        results.append(SquadResult(feature.unique_id, *[values.tolist() for values in logits[-1].values()]))
    facts = {
        "question": question,
        "context": context,
        "windows": [spans_of_window(feature, offsets, context) for feature in features],
        "squad1": n_best_of(example, features, results, v2=False),
        "squad2": n_best_of(example, features, results, v2=True),
    }
    return facts, logits


def n_best_fixture() -> Fixture:
    """A question with one window, and one with several."""
    seed = 4202
    config = electra_config(vocab_size=30522, max_position_embeddings=64)
    gains = {"qa_outputs.": 1.5, "intermediate.": 2.0, "output.dense.": 2.0}
    model = randomise(ElectraForQuestionAnswering(config), generator_for(seed), gains)
    fixture = Fixture("task-n-best")
    cases = []
    for number in range(len(QUESTIONS)):
        facts, logits = answer_case(model, number)
        cases.append(facts)
        for window, tensors in enumerate(logits):
            fixture.add(f"logits/{number}/{window}", tensors)
    facts = {"generator": TOPIC, "seed": seed, "nBest": N_BEST, "maxAnswerLength": MAX_ANSWER, "cases": cases}
    fixture.metadata = to_metadata(facts)
    return fixture


def fixtures() -> Iterator[Fixture]:
    """All fixtures of the topic."""
    yield entities_fixture()
    yield n_best_fixture()
