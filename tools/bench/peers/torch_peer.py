"""PyTorch as the other side of a benchmark: a process that times one workload at a time, as it is told.

JSON lines in, JSON lines out, so that the caller can interleave its own runs with these and a slow minute of
the machine hits both. README.md has the protocol.
"""

import gc
import json
import platform
import resource
import sys
import time
from typing import TextIO

import torch
import transformers

from workload import CommandError, Workload, read_options
from workloads import WORKLOADS

DEFAULT_THREADS = 2


def peak_rss_bytes() -> int:
    """Largest resident set of this process so far (Linux counts KiB, macOS bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak * 1024


def rss_bytes() -> int | None:
    """Resident set now, where the system says."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        return None


def positive_count(command: dict[str, object], key: str, default: int, least: int) -> int:
    """An integer of the command, `least` or more."""
    value = command.get(key, default)
    if type(value) is not int or value < least:
        raise CommandError(f"{key} must be an integer of {least} or more, got {value!r}")
    return value


class Peer:
    """The workloads set up so far, and the answers to commands."""

    def __init__(self) -> None:
        self.workloads: dict[str, Workload] = {}
        self.commands = {
            "setup": self.setup,
            "run": self.run,
            "check": self.check,
            "memory": self.memory,
            "dispose": self.dispose,
        }

    def hello(self) -> dict[str, object]:
        """Versions and what the process can do; the first line of the output."""
        return {
            "hello": "torch-peer",
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "python": platform.python_version(),
            "threads": torch.get_num_threads(),
            "blas": "mkl" if torch.backends.mkl.is_available() else "other",
            "onednn": torch.backends.mkldnn.is_available(),
            "cpuCapability": torch.backends.cpu.get_cpu_capability(),
            "workloads": sorted(WORKLOADS),
        }

    def setup(self, command: dict[str, object]) -> dict[str, object]:
        """Builds a workload under `id` (its own name unless given)."""
        name = command["setup"]
        if name not in WORKLOADS:
            raise CommandError(f"unknown workload {name!r}; known: {sorted(WORKLOADS)}")
        given = {key: value for key, value in command.items() if key not in ("setup", "id", "threads")}
        options = read_options(str(name), WORKLOADS[name], given)
        torch.set_num_threads(positive_count(command, "threads", DEFAULT_THREADS, 1))
        torch.manual_seed(0)
        started = time.perf_counter()
        workload = WORKLOADS[name].build(options)
        setup_ms = (time.perf_counter() - started) * 1e3
        identifier = str(command.get("id", name))
        self.workloads[identifier] = workload
        facts = workload.facts | {"threads": torch.get_num_threads()}
        return {"ready": identifier, "workload": name, "setupMs": round(setup_ms, 3)} | facts

    def prepared(self, identifier: object) -> Workload:
        """The workload set up under a name."""
        if identifier not in self.workloads:
            raise CommandError(f"no workload {identifier!r}; set up: {sorted(self.workloads)}")
        return self.workloads[str(identifier)]

    def check(self, command: dict[str, object]) -> dict[str, object]:
        """What the workload computes, to be compared with other peers' before anything is timed."""
        return {"check": command["check"]} | self.prepared(command["check"]).check()

    def run(self, command: dict[str, object]) -> dict[str, object]:
        """Times iterations one by one, after `warmup` untimed ones; garbage collection waits meanwhile."""
        identifier = command["run"]
        iterate = self.prepared(identifier).iterate
        iterations = positive_count(command, "iterations", 1, 1)
        for _ in range(positive_count(command, "warmup", 0, 0)):
            iterate()
        milliseconds, values = [], []
        gc.collect()
        gc.disable()
        try:
            for _ in range(iterations):
                started = time.perf_counter()
                values.append(iterate())
                milliseconds.append(round((time.perf_counter() - started) * 1e3, 4))
        finally:
            gc.enable()
        return {"run": identifier, "iterationMs": milliseconds, "values": values}

    def memory(self, command: dict[str, object]) -> dict[str, object]:
        """Resident memory of the process: the peak since its start, and now."""
        return {"peakRssBytes": peak_rss_bytes(), "rssBytes": rss_bytes()}

    def dispose(self, command: dict[str, object]) -> dict[str, object]:
        """Forgets a workload and its model."""
        found = self.workloads.pop(str(command["dispose"]), None) is not None
        gc.collect()
        return {"disposed": command["dispose"], "found": found}

    def answer(self, line: str) -> dict[str, object]:
        """The answer to one line; errors are answers too."""
        try:
            command = json.loads(line)
            if not isinstance(command, dict):
                raise CommandError(f"a command is a JSON object, got {type(command).__name__}")
            names = [name for name in self.commands if name in command]
            if len(names) != 1:
                raise CommandError(
                    f"a command has one of the keys {sorted(self.commands)}, got {sorted(command)}"
                )
            return self.commands[names[0]](command)
        except json.JSONDecodeError as error:
            return {"error": f"not JSON: {error}"}
        except (ValueError, TypeError, RuntimeError, OSError) as error:
            return {"error": f"{type(error).__name__}: {error}"}


def serve(source: TextIO, sink: TextIO) -> None:
    """Says hello, then answers line by line until the input ends."""
    torch.set_num_threads(DEFAULT_THREADS)
    torch.set_num_interop_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    peer = Peer()
    sink.write(json.dumps(peer.hello()) + "\n")
    sink.flush()
    for line in source:
        if line.strip():
            sink.write(json.dumps(peer.answer(line)) + "\n")
            sink.flush()


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout)
