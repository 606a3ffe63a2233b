"""Where an evolved state came from, and how exact it is."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from qtn._checks import choice, fail, finite_array, positive_int, real
from qtn.errors import ArgumentError
from qtn.physics.suzuki import ORDERS
from qtn.physics.terms import pack_operator, unpack_operator

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp

    from qtn.states import MPS

__all__ = ["TDVP", "TEBD", "Evolution"]


MAX_STEPS = 10_000_000


@dataclass(frozen=True, slots=True)
class TEBD:
    """Time-evolving block decimation: for Hamiltonians of neighbours, the fastest choice.

    Args:
        order: 1, 2 or 4 of the product formula. Its error falls as step^order.
        step: time step in units of inverse energy; None chooses one from the Hamiltonian and the
            cutoff.
    """

    order: int = 4
    step: float | None = None

    def __post_init__(self) -> None:
        choice("order", self.order, ORDERS)
        if self.step is not None:
            real("step", self.step, 0.0, open_low=True)


@dataclass(frozen=True, slots=True)
class TDVP:
    """Two-site time-dependent variational principle: any `SparsePauliOp`, long range included.

    Args:
        step: time step in units of inverse energy; None chooses one from the Hamiltonian.
        krylov: largest Krylov dimension of a local exponential.
        tolerance: error allowed in a local exponential.
    """

    step: float | None = None
    krylov: int = 25
    tolerance: float = 1e-12

    def __post_init__(self) -> None:
        positive_int("krylov", self.krylov)
        real("tolerance", self.tolerance, 0.0, 1.0, open_low=True)
        if self.step is not None:
            real("step", self.step, 0.0, open_low=True)


@dataclass(frozen=True, slots=True, eq=False)
class Evolution:
    """Origin of a state: exp(-i H time) applied to `start`, with its error estimates.

    Args:
        hamiltonian: the Hamiltonian.
        time: real, or negative imaginary for imaginary time.
        start: the state at time zero.
        method: how it was evolved.
        step: the time step used last.
        step_error: estimated norm of the error from the finite step.
        discarded: relative squared weight discarded per cut, summed over the evolution.
        verified: False for one read from a file: what it claims about its target was computed by
            whoever wrote the file, and is shown as such.
    """

    kind: ClassVar[str] = "evolution"

    hamiltonian: SparsePauliOp
    time: complex
    start: MPS
    method: TEBD | TDVP
    step: float
    step_error: float
    discarded: np.ndarray
    verified: bool = True

    @property
    def truncation_error(self) -> float:
        """Estimated norm of the error from truncation: sqrt of the discarded weight."""
        return float(np.sqrt(self.discarded.sum()))

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes with the state."""
        arrays, start = self.start.pack()
        arrays = {f"start.{name}": array for name, array in arrays.items()}
        time = complex(self.time)
        header = {
            "hamiltonian": pack_operator(self.hamiltonian),
            "time": [time.real, time.imag],
            "start": start,
            "method": {"name": type(self.method).__name__, **asdict(self.method)},
            "step": float(self.step),
            "step_error": float(self.step_error),
        }
        return {**arrays, "discarded": np.asarray(self.discarded)}, header

    @classmethod
    def unpack(cls, arrays: dict[str, np.ndarray], header: dict[str, Any]) -> Evolution:
        """Rebuild from what `pack` returned."""
        from qtn.states import MPS

        real("step", header["step"], 0.0)
        real("step_error", header["step_error"], 0.0)
        start = {k[6:]: a for k, a in arrays.items() if k.startswith("start.")}
        options = dict(header["method"])
        method = {"TEBD": TEBD, "TDVP": TDVP}[options.pop("name")](**options)
        real_part, imaginary = (real("time", part) for part in header["time"])
        state = MPS.unpack(start, header["start"])
        lost = finite_array("discarded", arrays["discarded"], ndim=1)
        if len(lost) != state.n - 1 or lost.min() < 0:
            raise fail("discarded", f"{state.n - 1} non-negative numbers, one per cut", lost)
        return cls(
            unpack_operator(header["hamiltonian"]),
            complex(real_part, imaginary) if imaginary else real_part,
            state,
            method,
            header["step"],
            header["step_error"],
            arrays["discarded"],
            verified=False,
        )

    def __str__(self) -> str:
        return (
            f"{type(self.method).__name__} to time {self.time:g}: step {self.step:.3g} "
            f"(error {self.step_error:.1e}), truncation error {self.truncation_error:.1e}"
            + ("" if self.verified else "; so says the file")
        )


def step_count(time: float, step: float) -> int:
    """Return how many steps a time takes; refuse what would run for years."""
    count = time / step
    if count > MAX_STEPS:
        raise ArgumentError(
            f"Argument `time` of {time:g} takes {count:.3g} steps of {step:.3g}, more than "
            f"{MAX_STEPS:,}. Give a shorter time, or a longer step "
            "by method=TEBD(step=...) or TDVP(step=...)."
        )
    return max(1, math.ceil(count - 1e-9))
