"""Writes packages/weights/test/fixtures/pytorch/*: what torch.save writes, and what nobody should load.

    python pytorch_files.py
"""

import collections
import io
import json
import os
import pickle
import zipfile
from pathlib import Path

import torch
from torch import nn

FIXTURES = Path(__file__).parents[2] / "packages" / "weights" / "test" / "fixtures" / "pytorch"


def counting(dtype: torch.dtype) -> torch.Tensor:
    """Six values that any element type holds, negative ones where there are."""
    values = torch.arange(6) - (0 if dtype in (torch.uint8, torch.bool) else 2)
    return (values % 2 if dtype == torch.bool else values).to(dtype).reshape(2, 3)


def every_dtype() -> dict[str, torch.Tensor]:
    """A tensor of each element type."""
    names = "float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 bool".split()
    return collections.OrderedDict((name, counting(getattr(torch, name))) for name in names)


def views() -> dict[str, torch.Tensor]:
    """Tensors that share one storage: whole, transposed, a part, every other column, repeated."""
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    return {
        "base": base,
        "transposed": base.t(),
        "rows": base[1:3],
        "columns": base[:, 1::2],
        "expanded": base[0:1].expand(3, 6),
        "permuted": base.reshape(2, 2, 6).permute(2, 0, 1),
        "empty": base[:0],
        "scalar": torch.tensor(3.5),
        "parameter": nn.Parameter(torch.tensor([1.0, 2.0])),
    }


def with_state() -> dict[str, object]:
    """A training checkpoint: state_dict with its _metadata beside plain data of every kind."""
    model = nn.Sequential(nn.Linear(3, 2), nn.LayerNorm(2))
    with torch.no_grad():
        for index, parameter in enumerate(model.parameters()):
            parameter.copy_(torch.arange(parameter.numel()).reshape(parameter.shape) + 10 * index)
    optimizer = torch.optim.AdamW(model.parameters())
    return {
        "state_dict": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "epoch": 3,
        "loss": 0.25,
        "name": "Füße",
        "flags": (True, False, None),
        "seen": {1, 2},
        "large": 2**70,
        "bytes_free": [1, -2, 70000, -(2**40)],
    }


class Calls:
    """Pickled as a call of a function."""

    def __init__(self, function: object, *args: object) -> None:
        self.call = (function, args)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call


class Plain:
    """An object of a class of one's own."""


def zipped(data_pickle: bytes) -> bytes:
    """An archive as torch.save lays it out, around any pickle."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo("model/data.pkl"), data_pickle)
        archive.writestr(zipfile.ZipInfo("model/version"), b"3\n")
    return buffer.getvalue()


def hostile() -> dict[str, bytes]:
    """Pickles that would run code in Python. None is run here: they are only written."""
    call = Calls(os.system, "touch MARKER")
    nested = {"weight": torch.ones(2), "extra": {"deep": [call]}}
    buffer = io.BytesIO()
    torch.save(nested, buffer)
    legacy = io.BytesIO()
    torch.save(nested, legacy, _use_new_zipfile_serialization=False)
    files = {
        "os-system.bin": buffer.getvalue(),
        "os-system-legacy.bin": legacy.getvalue(),
        "eval.bin": zipped(pickle.dumps({"a": Calls(eval, "1+1")}, protocol=2)),
        "new-object.bin": zipped(pickle.dumps({"a": Plain()}, protocol=2)),
        "stack-global.bin": zipped(pickle.dumps({"a": call}, protocol=4)),
        "inst.bin": zipped(b"(dS'a'\n(S'touch MARKER'\nios\nsystem\ns."),
        "whole-model.bin": b"",
    }
    whole = io.BytesIO()
    torch.save(nn.Linear(2, 2), whole)
    files["whole-model.bin"] = whole.getvalue()
    return files


def saved(value: object, **options: object) -> bytes:
    """What torch.save writes."""
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


def deflated(content: bytes) -> bytes:
    """The same archive, compressed: torch.load reads it too."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name), source.read(name), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def big_endian(content: bytes) -> bytes:
    """The same archive as a big-endian machine writes it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name.endswith("/byteorder"):
                data = b"big"
            elif "/data/" in name:  # every tensor of the fixture is f32
                data = torch.frombuffer(bytearray(data), dtype=torch.float32).numpy().byteswap().tobytes()
            target.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


def zip64(content: bytes) -> bytes:
    """The same archive with sizes and places in 64 bits."""
    buffer = io.BytesIO()
    limit, zipfile.ZIP64_LIMIT = zipfile.ZIP64_LIMIT, 1
    count, zipfile.ZIP_FILECOUNT_LIMIT = zipfile.ZIP_FILECOUNT_LIMIT, 1
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w") as target:
            for name in source.namelist():
                target.writestr(zipfile.ZipInfo(name), source.read(name))
    finally:
        zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = limit, count
    return buffer.getvalue()


def shards() -> dict[str, bytes]:
    """A model in two files and their index."""
    names = ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"]
    index = {"metadata": {"total_size": 24}, "weight_map": {"a": names[0], "b": names[1]}}
    return {
        f"sharded/{names[0]}": saved({"a": torch.tensor([1.0, 2.0, 3.0])}),
        f"sharded/{names[1]}": saved({"b": torch.tensor([4.0, 5.0, 6.0])}),
        "sharded/pytorch_model.bin.index.json": json.dumps(index).encode(),
    }


def main() -> None:
    """Writes every file."""
    dtypes, view_tensors, training = saved(every_dtype()), saved(views()), saved(with_state())
    files = {
        "dtypes.bin": dtypes,
        "views.bin": view_tensors,
        "training.bin": training,
        "views-legacy.bin": saved(views(), _use_new_zipfile_serialization=False),
        "dtypes-legacy.bin": saved(every_dtype(), _use_new_zipfile_serialization=False),
        "training-legacy.bin": saved(with_state(), _use_new_zipfile_serialization=False),
        "views-deflated.bin": deflated(view_tensors),
        "views-big-endian.bin": big_endian(view_tensors),
        "views-zip64.bin": zip64(view_tensors),
        **{f"training-protocol-{protocol}.bin": saved(with_state(), pickle_protocol=protocol) for protocol in (3, 4, 5)},
        **shards(),
        **{f"hostile/{name}": content for name, content in hostile().items()},
    }
    for name, content in files.items():
        path = FIXTURES / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        print(f"{name}: {len(content)} bytes")


if __name__ == "__main__":
    main()
