"""What the PyTorch peer can run: the same work, on the same weights, as the JavaScript sides time."""

from dataclasses import dataclass

import torch

from electra_workloads import ELECTRA_WORKLOADS
from t5_workloads import T5_WORKLOADS
from workload import Workload, WorkloadKind


@dataclass(frozen=True)
class MatmulOptions:
    """Rows and columns."""

    size: int = 1024


def matmul(options: MatmulOptions) -> Workload:
    """A square f32 matrix product, to say how fast the machine is at the moment."""
    rng = torch.Generator().manual_seed(7)
    a, b = (torch.randn(options.size, options.size, generator=rng) for _ in range(2))
    out = torch.empty_like(a)

    def iterate() -> float:
        torch.mm(a, b, out=out)
        return float(out[0, 0])

    return Workload(iterate, lambda: {"values": [iterate()]}, {"flopsPerIteration": 2 * options.size**3})


WORKLOADS: dict[str, WorkloadKind] = (
    {"matmul": WorkloadKind(matmul, MatmulOptions, {})} | T5_WORKLOADS | ELECTRA_WORKLOADS
)
