"""Writes or checks the golden fixtures: `python generate.py [--only TEXT] [--out DIR] [--check]`."""

import argparse
import sys
import tempfile
from pathlib import Path

import torch
import transformers

from fixture_file import largest_difference, read_fixture, write_fixture
from topics import (
    adamw_steps,
    electra_google_heads,
    electra_models,
    electra_pretraining,
    generation_modes,
    greedy_generation,
    metric_values,
    objectives,
    op_values,
    peft_adapters,
    t5_models,
    t5_traps,
    t5_variants,
    task_pipelines,
    token_pipeline,
    training_definitions,
)

HERE = Path(__file__).parent
TOPICS = {
    "t5_models": t5_models.fixtures,
    "t5_traps": t5_traps.fixtures,
    "t5_variants": t5_variants.fixtures,
    "task_pipelines": task_pipelines.fixtures,
    "electra_google_heads": electra_google_heads.fixtures,
    "electra_models": electra_models.fixtures,
    "electra_pretraining": electra_pretraining.fixtures,
    "greedy_generation": greedy_generation.fixtures,
    "generation_modes": generation_modes.fixtures,
    "adamw_steps": adamw_steps.fixtures,
    "metric_values": metric_values.fixtures,
    "op_values": op_values.fixtures,
    "objectives": objectives.fixtures,
    "training_definitions": training_definitions.fixtures,
    "peft_adapters": peft_adapters.fixtures,
    "token_pipeline": token_pipeline.fixtures,
}
CHECK_TOLERANCE = 1e-5  # another CPU sums in another order; the tests allow ten times more


def check_against(path: Path, committed: Path) -> bool:
    """Prints how far a new file is from the committed one; false where it is too far or there is none."""
    if not committed.exists():
        print(f"  {committed.name}: not committed")
        return False
    difference, where = largest_difference(read_fixture(committed), read_fixture(path))
    print(f"  {committed.name}: largest difference {difference:.1e} {where}")
    return difference <= CHECK_TOLERANCE


def main() -> int:
    """Exit code 0, or 1 where --check found a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="topics whose name contains this text")
    parser.add_argument("--out", type=Path, default=HERE / "fixtures", help="folder to write to")
    parser.add_argument("--check", action="store_true", help="write nothing; compare with the files in --out")
    options = parser.parse_args()
    torch.set_num_threads(1)  # one order of summation
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    agrees, total = True, 0
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch) if options.check else options.out
        target.mkdir(parents=True, exist_ok=True)
        for topic, fixtures in TOPICS.items():
            if options.only not in topic:
                continue
            print(topic)
            for fixture in fixtures():
                path = write_fixture(fixture, target)
                total += path.stat().st_size
                if options.check:
                    agrees = check_against(path, options.out / path.name) and agrees
                else:
                    print(f"  {path.name}: {path.stat().st_size} bytes, {len(fixture.tensors)} tensors")
    print(f"{total} bytes in all")
    return 0 if agrees else 1


if __name__ == "__main__":
    sys.exit(main())
