"""Answers of the question-answering pipeline, which transformers 5 no longer has: `python transformers4_answers.py WHEEL`.

Takes the pipeline from an unpacked wheel of transformers 4.57.6 (`pip download --no-deps transformers==4.57.6`) and runs it
in the package of transformers 5 on a random ELECTRA over the uncased BERT vocabulary. Writes
fixtures/answers-of-transformers-4.safetensors; positions are UTF-16 code units.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import torch
import transformers
from transformers import ElectraForQuestionAnswering

from fixture_file import Fixture, to_metadata, write_fixture
from random_models import generator_for, randomise
from topics.electra_models import electra_config
from topics.task_pipelines import LONG, bert_tokenizer, logits_of, spans_of, utf16

FIXTURES = Path(__file__).parent / "fixtures"
SEED = 4213
QUESTIONS = [
    ("Who lives in Rome?", "Ada Lovelace, they say, lives in Rome; Anneliese Kirchschläger lived in ROME too."),
    ("Where did 👩‍🚀 go?", "The 👍🏽 astronaut José went to São Paulo. " + LONG + " The José of São Paulo, 👍, did not."),
]
WINDOW, STRIDE = 36, 12
RUNS = {
    "one": {},
    "five": {"top_k": 5},
    "many, may be impossible": {"top_k": 25, "handle_impossible_answer": True},
    "three, not aligned": {"top_k": 3, "align_to_words": False},
    "four, short": {"top_k": 4, "max_answer_len": 3},
}


def load_old(wheel: Path) -> ModuleType:
    """The module of transformers 4; what it imports and transformers 5 lacks, it does not use here."""
    card, files = ModuleType("transformers.modelcard"), ModuleType("transformers.tokenization_utils")
    card.ModelCard, files.PreTrainedTokenizer = object, transformers.PreTrainedTokenizerBase
    sys.modules |= {"transformers.modelcard": card, "transformers.tokenization_utils": files}
    transformers.utils.is_tf_available = lambda: False
    path = wheel / "transformers/pipelines/question_answering.py"
    spec = importlib.util.spec_from_file_location("transformers.pipelines.question_answering", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def answers_of(pipeline: object, example: object, context: str, options: dict[str, object]) -> list[dict]:
    """What the pipeline answers, with positions of JavaScript."""
    parts = list(pipeline.preprocess(example, max_seq_len=WINDOW, doc_stride=STRIDE))
    with torch.no_grad():
        outputs = [pipeline._forward(part) for part in parts]
    found = pipeline.postprocess(outputs, **options)
    return [
        {
            "answer": answer["answer"],
            "score": float(answer["score"]),
            "start": utf16(context, answer["start"]),
            "end": utf16(context, answer["end"]),
        }
        for answer in (found if isinstance(found, list) else [found])
    ]


def main(wheel: Path) -> None:
    """Writes the fixture."""
    old = load_old(wheel)
    config = electra_config(vocab_size=30522, max_position_embeddings=64)
    gains = {"qa_outputs.": 3.0, "intermediate.": 2.0, "output.dense.": 2.0}
    pipeline = object.__new__(old.QuestionAnsweringPipeline)
    pipeline.model = randomise(ElectraForQuestionAnswering(config), generator_for(SEED), gains)
    pipeline.tokenizer, pipeline.framework = bert_tokenizer(), "pt"
    fixture, cases = Fixture("answers-of-transformers-4"), []
    for number, (question, context) in enumerate(QUESTIONS):
        encoded = pipeline.tokenizer(
            [question],
            [context],
            truncation="only_second",
            max_length=WINDOW,
            stride=STRIDE,
            return_overflowing_tokens=True,
        )
        windows = range(len(encoded["input_ids"]))
        for window in windows:
            fixture.add(f"logits/{number}/{window}", logits_of(pipeline.model, encoded, window))
        example = pipeline.create_sample(question, context)
        cases.append(
            {
                "question": question,
                "context": context,
                "windows": [spans_of(encoded, window, [question, context]) for window in windows],
                "answers": {name: answers_of(pipeline, example, context, options) for name, options in RUNS.items()},
            }
        )
    fixture.metadata = to_metadata({"generator": Path(__file__).stem, "seed": SEED, "runs": RUNS, "cases": cases})
    path = write_fixture(fixture, FIXTURES)
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    main(Path(sys.argv[1]))
