"""Metrics of generated cases, by sacreBLEU, scikit-learn, SciPy and the definitions in metric_definitions."""

import re
import sys
import unicodedata
import warnings
import zlib

import numpy as np
import regex
import sacrebleu
import scipy
import scipy.stats
import sklearn
import sklearn.metrics as skm
import torch
from sacrebleu.metrics import BLEU, CHRF, TER
from sacrebleu.significance import _compute_p_value
from sacrebleu.tokenizers.tokenizer_zh import TokenizerZh

from fixture_file import Fixture, to_metadata
from topics import metric_cases as cases
from topics import metric_definitions as own

BLEU_SETTINGS = [
    {},
    {"tokenize": "intl"},
    {"tokenize": "none", "smooth_method": "none"},
    {"tokenize": "char", "lowercase": True},
    {"tokenize": "zh"},
    {"smooth_method": "floor"},
    {"smooth_method": "floor", "smooth_value": 0.375, "lowercase": True},
    {"smooth_method": "add-k"},
    {"smooth_method": "add-k", "smooth_value": 0.5, "effective_order": True},
    {"tokenize": "zh", "effective_order": True, "max_ngram_order": 2},
]
CHRF_SETTINGS = [
    {},
    {"word_order": 2},
    {"word_order": 1, "lowercase": True, "beta": 3},
    {"whitespace": True, "char_order": 4},
    {"eps_smoothing": True, "word_order": 2},
]
TER_SETTINGS = [
    {},
    {"case_sensitive": True},
    {"normalized": True},
    {"normalized": True, "asian_support": True},
    {"no_punct": True},
    {"no_punct": True, "asian_support": True, "normalized": True},
]
ROUGE_KINDS = ["rouge1", "rouge2", "rouge3", "rougeL", "rougeLsum"]
SPAN_READERS = {
    "conlleval": ("BIES", own.conll_spans),
    "electra": ("BIES", own.electra_spans),
    "IOB1": ("BI", lambda tags: own.strict_spans(tags, "IOB1")),
    "IOB2": ("BI", lambda tags: own.strict_spans(tags, "IOB2")),
    "IOBES": ("BIES", lambda tags: own.strict_spans(tags, "IOBES")),
    "BILOU": ("BILU", lambda tags: own.strict_spans(tags, "BILOU")),
}
COUNTS = {
    "corpora": 80,
    "edit_pairs": 40,
    "labels": 200,
    "scores": 200,
    "tags": 40,
    "questions": 150,
    "spans": 100,
    "options": 40,
    "distributions": 100,
    "words": 100,
    "sigma": 40,
}


def fixtures():
    warnings.filterwarnings("ignore", module="sklearn")  # of a single class in both lists
    yield text_fixture()
    yield number_fixture()
    yield unicode_fixture()


def fixture_of(name: str, values: dict[str, list], facts: dict[str, object]) -> Fixture:
    metadata = {"generator": "metric_values", "counts": COUNTS, **facts}
    fixture = Fixture(name, metadata=to_metadata(metadata))
    for key, rows in values.items():
        fixture.tensors[key] = torch.tensor(np.array(rows, dtype=np.float64))
    return fixture


def streams(targets: list[list[str]]) -> list[list[str | None]]:
    """References as sacreBLEU wants them: one list per number of reference, None where a sentence has fewer."""
    most = max(len(refs) for refs in targets)
    return [[refs[at] if at < len(refs) else None for refs in targets] for at in range(most)]


def corpus_scores(metric, targets, predictions) -> tuple[float, str]:
    score = metric.corpus_score(predictions, streams(targets)).score
    return score, str(metric.get_signature())


def text_fixture() -> Fixture:
    """BLEU, chrF, TER and ROUGE of corpora; answers; edit distances."""
    values: dict[str, list] = {name: [] for name in ("bleu", "chrf", "ter", "rouge", "edits")}
    signatures = []
    for seed in range(COUNTS["corpora"]):
        targets, predictions = cases.corpus(seed)
        rows = {
            "bleu": [corpus_scores(BLEU(**kw), targets, predictions) for kw in BLEU_SETTINGS],
            "chrf": [corpus_scores(CHRF(**kw), targets, predictions) for kw in CHRF_SETTINGS],
            "ter": [corpus_scores(TER(**kw), targets, predictions) for kw in TER_SETTINGS],
        }
        for name, pairs in rows.items():
            values[name].append([score for score, _ in pairs])
        if seed < 8:
            signatures.append([signature for pairs in rows.values() for _, signature in pairs])
        values["rouge"].append(rouge_row(targets, predictions))
        values["edits"].append(edit_row(targets, predictions))
    pairs = [cases.edit_pair(seed) for seed in range(COUNTS["edit_pairs"])]
    values["ter_limits"] = [TER().corpus_score([prediction], [[target]]).score for target, prediction in pairs]
    values.update(answer_values())
    values["stems"] = [zlib.crc32(" ".join(map(own.porter, cases.english_words(s))).encode()) for s in range(COUNTS["words"])]
    facts = {
        "sacrebleu": sacrebleu.__version__,
        "bleu_settings": BLEU_SETTINGS,
        "chrf_settings": CHRF_SETTINGS,
        "ter_settings": TER_SETTINGS,
        "rouge_kinds": ROUGE_KINDS,
        "signatures": signatures,
        "words": cases.WORDS,
        "separators": cases.SEPARATORS,
        "stems": cases.STEMS,
        "suffixes": cases.SUFFIXES,
    }
    return fixture_of("metrics-text", values, facts)


def rouge_row(targets, predictions) -> list[float]:
    """Means over sentences of precision, recall and F1 of the reference with the best F1; without and with stems."""
    row: list[float] = []
    for stem in (False, True):
        for kind in ROUGE_KINDS:
            best = [
                max((own.rouge(t, p, kind, stem) for t in refs), key=lambda scores: scores[2])
                for refs, p in zip(targets, predictions)
            ]
            row += np.mean(best, axis=0).tolist()
    return row


def edit_row(targets, predictions) -> list[float]:
    """T5's statistics of word edits; then word and character error rates (MISSING where there is nothing)."""
    firsts = [refs[0][:60] for refs in targets]
    cut = [text[:60] for text in predictions]

    def words(text: str) -> tuple[str, ...]:
        return tuple(re.split(r"[^\w]", text.lower()))

    counts = [own.edits(words(p), words(t)) for p, t in zip(cut, firsts)]
    row = [min(counts), max(counts), float(np.mean(counts)), float(np.median(counts)), sum(counts)]
    for units in (lambda text: tuple(text.split()), tuple):
        total = sum(len(units(t)) for t in firsts)
        errors = sum(own.edits(units(p), units(t)) for p, t in zip(cut, firsts))
        row.append(errors / total if total else own.MISSING)
    return row


def answer_values() -> dict[str, list]:
    values: dict[str, list] = {"squad": [], "trivia": [], "coqa": [], "squad2": [], "span_squad": []}
    for seed in range(COUNTS["questions"]):
        targets, predictions, no_answer = cases.questions(seed)
        filled = [answers or [""] for answers in targets]
        values["squad"].append(own.answer_scores(filled, predictions, own.normalize_squad))
        values["trivia"].append(own.answer_scores(filled, predictions, own.normalize_trivia))
        values["coqa"].append(own.coqa_f1(filled, predictions))
        values["squad2"].append(own.squad2(targets, predictions, no_answer, 0.75))
        questions, spans = cases.span_questions(seed)
        texts = own.span_answers(questions, spans)
        values["span_squad"].append(own.answer_scores([a for _, a in questions], texts, own.normalize_squad))
    return values


def number_fixture() -> Fixture:
    """Classification, ranking, correlation, spans, calibration; a bootstrap."""
    values = {
        "labels": [label_row(seed) for seed in range(COUNTS["labels"])],
        "scores": [score_row(seed) for seed in range(COUNTS["scores"])],
        "options": [option_row(seed, n) for n in (2, 3, None) for seed in range(COUNTS["options"])],
        "distributions": [distribution_row(seed) for seed in range(COUNTS["distributions"])],
        "bootstrap": bootstrap_row(),
    }
    for name, (prefixes, read) in SPAN_READERS.items():
        rows = [own.span_scores(*cases.tags(seed, prefixes), read) for seed in range(COUNTS["tags"])]
        values[f"spans/{name}"] = rows
    facts = {"sklearn": sklearn.__version__, "scipy": scipy.__version__, "types": cases.TYPES}
    return fixture_of("metrics-numbers", values, facts)


def label_row(seed: int) -> list[float]:
    """Accuracy, weighted accuracy, MCC, weighted MCC; P, R, F1 micro, macro, weighted, weighted macro; T5's two."""
    classes, targets, predictions, weights = cases.labels(seed)
    row = [skm.accuracy_score(targets, predictions), skm.accuracy_score(targets, predictions, sample_weight=weights)]
    for weight in (None, weights):
        row.append(skm.matthews_corrcoef(targets, predictions, sample_weight=weight))
    for average, weight in (("micro", None), ("macro", None), ("weighted", None), ("macro", weights)):
        row += skm.precision_recall_fscore_support(
            targets, predictions, average=average, zero_division=0, sample_weight=weight
        )[:3]
    kwargs = {"labels": range(classes), "average": "macro", "zero_division": 0}
    row.append(skm.f1_score(targets, [p or -1 for p in predictions], **kwargs))
    binary = [int(target > 0) for target in targets]
    mended = [p if p in (0, 1) else 1 - t for t, p in zip(binary, predictions)]
    row.append(skm.f1_score(binary, mended, zero_division=0))
    return [float(value) for value in row]


def score_row(seed: int) -> list[float]:
    """AUC and average precision, plain and weighted; Pearson, Spearman, squared error; P and R above 0.6."""
    targets, values, weights = cases.scores(seed)
    row = []
    for weight in (None, weights):
        row.append(skm.roc_auc_score(targets, values, sample_weight=weight))
        row.append(skm.average_precision_score(targets, values, sample_weight=weight))
    is_constant = len(set(values)) == 1 or len(set(weights)) == 1
    for correlate in (scipy.stats.pearsonr, scipy.stats.spearmanr):
        row.append(own.MISSING if is_constant else correlate(weights, values)[0])
    row.append(skm.mean_squared_error(weights, values))
    calls = [int(value > 0.6) for value in values]
    row.append(skm.precision_score(targets, calls, zero_division=0))
    row.append(skm.recall_score(targets, calls))
    return [float(value) for value in row]


def option_row(seed: int, classes: int | None) -> list[float]:
    """T5's rank classification: accuracy plain and by length; then what it adds for two and three classes."""
    rows, values = cases.options(seed, classes)
    examples = sorted({row[0] for row in rows})
    grouped = [[(row, value) for row, value in zip(rows, values) if row[0] == example] for example in examples]
    row = []
    for by_length in (False, True):
        right, total = 0.0, 0.0
        for group in grouped:
            likely = [np.float32(v / r[4] if by_length else v) if classes else (v / r[4] if by_length else v) for r, v in group]
            chosen = group[int(np.argmax(likely))][0]
            right, total = right + chosen[2] * chosen[3], total + chosen[3]
        row.append(right / total)
    if classes is None:
        return row + [own.MISSING] * 3
    actual = [next(r[1] for r, _ in group if r[2]) for group in grouped]
    logits = np.array([[v for _, v in group] for group in grouped], np.float32)
    weights = [group[0][0][3] for group in grouped]
    predicted = logits.argmax(1)
    if classes > 2:
        f1 = skm.f1_score(actual, predicted, labels=range(classes), average="macro", sample_weight=weights, zero_division=0)
        return row + [float(f1), own.MISSING, own.MISSING]
    odds = np.exp(logits - logits.max(1, keepdims=True))
    positive = (odds / odds.sum(1, keepdims=True))[:, 1]
    f1 = skm.f1_score(actual, predicted, sample_weight=weights, zero_division=0)
    auc = skm.roc_auc_score(actual, positive, sample_weight=weights)
    return row + [float(f1), float(auc), float(skm.average_precision_score(actual, positive, sample_weight=weights))]


def distribution_row(seed: int) -> list[float]:
    """Calibration error with 15 and 4 bins, Brier score, perplexity of the targets."""
    targets, rows = cases.distributions(seed)
    classes = list(range(len(rows[0])))
    proba = np.array(rows)
    brier = skm.brier_score_loss(targets, proba[:, 1] if len(classes) == 2 else proba, labels=classes)
    logs = np.log([row[target] for target, row in zip(targets, rows)])
    return [
        own.calibration_error(targets, rows, 15),
        own.calibration_error(targets, rows, 4),
        float(brier),
        float(np.exp(-logs.mean())),
    ]


def bootstrap_row() -> list[float]:
    """BLEU of corpus 3 and a system that answers with the references of corpus 3, on the same resamples."""
    targets, predictions = cases.corpus(3)
    other = [refs[-1] for refs in targets]
    random = cases.Random(11)
    picks = [[random.below(len(targets)) for _ in targets] for _ in range(50)]

    def scores(system: list[str]) -> np.ndarray:
        metric = BLEU()
        return np.array([
            corpus_scores(metric, [targets[i] for i in pick], [system[i] for i in pick])[0] for pick in picks
        ])  # fmt: skip

    a, b = scores(predictions), scores(other)
    real = abs(corpus_scores(BLEU(), targets, predictions)[0] - corpus_scores(BLEU(), targets, other)[0])
    differences = np.abs(b - a)
    p_value = _compute_p_value(differences - differences.mean(), real)
    return [*np.percentile(a, [5, 50, 95]).tolist(), float(a.mean()), float(p_value)]


def unicode_fixture() -> Fixture:
    """Python's classes of characters and lower case, for every code point its Unicode version has."""
    assigned = [c for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) not in ("Cn", "Cs")]

    def ranges(holds) -> torch.Tensor:
        found: list[list[int]] = []
        for code in (c for c in assigned if holds(chr(c))):
            if found and found[-1][1] == code:
                found[-1][1] = code + 1
            else:
                found.append([code, code + 1])
        return torch.tensor(found, dtype=torch.int32)

    fixture = fixture_of("metrics-unicode", {}, {"unicode": unicodedata.unidata_version, "regex": regex.__version__})
    fixture.tensors["assigned"] = ranges(lambda _: True)
    fixture.tensors["space"] = ranges(str.isspace)
    fixture.tensors["word"] = ranges(lambda c: bool(re.match(r"\w", c)))
    fixture.tensors["zh"] = ranges(TokenizerZh._is_chinese_char)
    for kind in "PSN":
        pattern = regex.compile(rf"\p{{{kind}}}")
        fixture.tensors[kind] = ranges(lambda c, p=pattern: bool(p.match(c)))
    lower = [[code, *map(ord, chr(code).lower()), 0][:3] for code in assigned if chr(code).lower() != chr(code)]
    fixture.tensors["lower"] = torch.tensor(lower, dtype=torch.int32)
    sigma = [zlib.crc32("|".join(cases.sigma_text(s * 20 + k).lower() for k in range(20)).encode()) for s in range(COUNTS["sigma"])]
    fixture.tensors["sigma"] = torch.tensor(np.array(sigma, dtype=np.float64))
    return fixture
