"""The file format of a fixture: one safetensors file whose bytes depend only on its contents.

The safetensors package writes its metadata in hash order, so two runs give two files; here header keys are
sorted,
and a regenerated fixture can be compared with the committed one by `git diff`.
"""

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open

SAFETENSORS_DTYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.bool: "BOOL",
}


@dataclass
class Fixture:
    """One golden file: tensors by prefixed name (`weight/…`, `grad/…`, `input/…`, …), and metadata."""

    name: str
    tensors: dict[str, torch.Tensor] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)

    def add(self, prefix: str, tensors: dict[str, torch.Tensor]) -> None:
        """Adds copies of `tensors` as `prefix/NAME`; a scalar becomes a vector of one value."""
        for name, tensor in tensors.items():
            values = tensor.detach().clone().contiguous()
            self.tensors[f"{prefix}/{name}"] = values.reshape(1) if values.dim() == 0 else values


def to_metadata(facts: dict[str, object]) -> dict[str, str]:
    """Metadata values as safetensors wants them: strings stay, everything else becomes JSON."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in facts.items()}


def write_fixture(fixture: Fixture, directory: Path) -> Path:
    """Writes `directory/NAME.safetensors`: sorted header, aligned to 8 bytes, tensors in its order."""
    header: dict[str, object] = {"__metadata__": dict(sorted(fixture.metadata.items()))}
    chunks: list[bytes] = []
    offset = 0
    for name, tensor in sorted(fixture.tensors.items()):
        data = tensor.numpy().tobytes()
        header[name] = {
            "dtype": SAFETENSORS_DTYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + len(data)],
        }
        chunks.append(data)
        offset += len(data)
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    path = directory / f"{fixture.name}.safetensors"
    path.write_bytes(struct.pack("<Q", len(encoded)) + encoded + b"".join(chunks))
    return path


def read_fixture(path: Path) -> Fixture:
    """Reads a fixture with the safetensors package: a file only this module understands fails here."""
    fixture = Fixture(path.stem)
    with safe_open(path, "pt") as file:
        fixture.metadata = dict(file.metadata() or {})
        fixture.tensors = {name: file.get_tensor(name) for name in file.keys()}
    return fixture


def largest_difference(a: Fixture, b: Fixture) -> tuple[float, str]:
    """Largest |a − b| over a's largest value (1 at least), and where; infinite where names differ."""
    if a.tensors.keys() != b.tensors.keys():
        return float("inf"), f"names differ: {sorted(a.tensors.keys() ^ b.tensors.keys())[:4]}"
    worst = (0.0, "")
    for name, tensor in a.tensors.items():
        x, y = tensor.numpy().astype(np.float64), b.tensors[name].numpy().astype(np.float64)
        if x.shape != y.shape:
            return float("inf"), f"{name}: shapes {x.shape} and {y.shape}"
        if x.size:
            worst = max(worst, (float(np.abs(x - y).max() / max(1.0, np.abs(x).max())), name))
    return worst
