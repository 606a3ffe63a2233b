"""What every engine is: circuits in, bits or expectation values out, its capabilities as data.

An engine is one file: a subclass of `Engine` with `sample` (or `values`, for an estimator), and the
attributes that say what it can do. An instance is a device: `qtn.run(..., device=MyEngine())`.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.primitives import BitArray
from qiskit.quantum_info import SparsePauliOp
from qiskit.transpiler import Target

from qtn.devices.measurements import bits_of
from qtn.errors import ArgumentError, DeviceError

__all__ = ["Engine", "JobFailedError", "Pub", "Raw", "RemoteEngine", "Values", "sampler_bits"]


@dataclass(frozen=True, slots=True)
class Pub:
    """One circuit in the device's gates, with all that is to be executed of it.

    Args:
        circuit: measured, or unmeasured where expectation values are asked for.
        values: of its parameters, (bindings, parameters); None for a single execution.
        observables: on the device's qubits, for an engine that `gives_values`; else None.
    """

    circuit: QuantumCircuit
    values: NDArray[np.float64] | None = None
    observables: tuple[SparsePauliOp, ...] | None = None

    @property
    def bindings(self) -> int:
        """Number of executions: the bindings, or one."""
        return 1 if self.values is None else len(self.values)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of what comes back: (bindings,), or () for a single execution."""
        return () if self.values is None else (len(self.values),)


@dataclass(frozen=True, slots=True)
class Values:
    """What an estimator returns for one circuit: values and errors, shape (bindings, observables).

    The axis over bindings is absent for a circuit without parameters.
    """

    value: NDArray[np.float64]
    stderr: NDArray[np.float64]
    method: str


Raw: TypeAlias = BitArray | Values


class Engine:
    """What executes circuits that are already in a device's gates.

    A subclass defines `sample`, or `values` together with `gives_values = True`, and states what
    else holds of it in the attributes below.

    Args:
        name: to print.
        target: gates, couplings and errors, to which circuits are transpiled; None takes any
            circuit of the simulators' gates.

    Attributes:
        batch: parameter bindings per unit of work.
        local: it runs in this process and can be repeated at no cost.
        options: the caller's own settings; other options make another request in the ledger.
        gives_values: it gives expectation values of its own making (`values`) instead of bits.
        paid: a provider may charge for executions.
        capped: its owner has limited the time that a provider may charge for.
        backend: the provider's own object, where there is one.

    Raises:
        ArgumentError: the subclass defines neither `sample` nor `values`.
    """

    batch: int = 64
    local: bool = True
    options: str = ""
    gives_values: bool = False
    paid: bool = False
    capped: bool = False
    backend: Any = None

    def __init__(self, name: str, target: Target | None = None) -> None:
        wanted = "values" if self.gives_values else "sample"
        if getattr(type(self), wanted) is getattr(Engine, wanted):
            raise ArgumentError(
                f"{type(self).__name__} is an engine with gives_values = {self.gives_values}, but "
                f"defines no `{wanted}`. Define it; see `qtn.Engine`."
            )
        self.name = name
        self.target = target

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def sample(self, pubs: Sequence[Pub], shots: int, seed: int) -> tuple[Sequence[BitArray], str]:
        """Run circuits and return the bits of each, and which method ran and why.

        Args:
            pubs: measured circuits with their parameter values.
            shots: per circuit and binding.
            seed: the same seed gives the same bits.

        Returns:
            One `BitArray` per circuit, of the shape that its `Pub` states; bit i = classical bit i
            of the circuit. And a text.

        Raises:
            DeviceError: it cannot run them.
        """
        raise DeviceError(f"{self.name} gives expectation values and no bits.")

    def values(self, pubs: Sequence[Pub], shots: int, seed: int) -> tuple[Sequence[Values], str]:
        """Return expectation values and their errors, and which method ran and why.

        Args:
            pubs: unmeasured circuits with their parameter values and observables.
            shots: the precision asked for is 1/sqrt(shots).
            seed: the same seed gives the same values.

        Raises:
            DeviceError: it cannot run them.
        """
        raise DeviceError(f"{self.name} gives bits and no expectation values of its own.")

    def predicted(self, pubs: Sequence[Pub], shots: int) -> float | None:
        """Return the CPU seconds of this machine that circuits will take, None where untold."""
        return None

    def execute(self, pubs: Sequence[Pub], shots: int, seed: int) -> tuple[Sequence[Raw], str]:
        """Return what the engine gives: values if it `gives_values`, else bits."""
        found: tuple[Sequence[Raw], str]
        found = (self.values if self.gives_values else self.sample)(pubs, shots, seed)
        return found


def sampler_bits(sampler: Any, pubs: Sequence[Pub], shots: int) -> list[BitArray]:
    """Run PUBs on a `BaseSamplerV2` and return the bits of each."""
    work = [(p.circuit,) if p.values is None else (p.circuit, p.values) for p in pubs]
    found = sampler.run(work, shots=shots).result()
    return [bits_of(r.data, pub.circuit) for r, pub in zip(found, pubs, strict=True)]


class RemoteEngine(Engine, ABC):
    """A remote device: submissions have an id and a tag, and results come later."""

    batch = 1_000_000
    local = False
    paid = True
    search_is_complete: bool = False  # finding no job with a tag proves that there is none

    @abstractmethod
    def submit(self, pubs: Sequence[Pub], shots: int, seed: int, tag: str) -> str:
        """Submit once and return the provider's job id."""

    @abstractmethod
    def find(self, tag: str) -> list[str]:
        """Return the ids of the jobs that carry `tag`."""

    @abstractmethod
    def collect(
        self, job_id: str, pubs: Sequence[Pub], shots: int, seed: int
    ) -> tuple[Sequence[Raw], str]:
        """Wait for a job and return its bits or values.

        Raises:
            JobFailedError: it will never finish.
        """

    @abstractmethod
    def cancel(self, job_id: str) -> Any:
        """Ask the provider to cancel a job; False if it will not."""

    def status(self, job_id: str) -> str:
        """Return DONE, CANCELLED or ERROR, the provider's own word, or nothing if untold."""
        return ""

    def forget(self, job_id: str) -> None:
        """Let go of what this process holds of a job; its result is stored."""

    def usage(self, job_id: str) -> float | None:
        """Return the device seconds that the provider accounts for a job; None if untold."""
        return None

    def calibration(self) -> str:
        """Return a hash of the device's current error rates; empty if it tells none."""
        if self.target is None:
            return ""
        rates = [
            (name, qubits, getattr(entry, "error", None), getattr(entry, "duration", None))
            for name in self.target.operation_names
            for qubits, entry in (self.target[name] or {}).items()
        ]
        return hashlib.sha256(repr(sorted(map(repr, rates))).encode()).hexdigest()[:16]

    def sample(self, pubs: Sequence[Pub], shots: int, seed: int) -> tuple[Sequence[BitArray], str]:
        return cast("tuple[Sequence[BitArray], str]", self._awaited(pubs, shots, seed))

    def values(self, pubs: Sequence[Pub], shots: int, seed: int) -> tuple[Sequence[Values], str]:
        return cast("tuple[Sequence[Values], str]", self._awaited(pubs, shots, seed))

    def _awaited(self, pubs: Sequence[Pub], shots: int, seed: int) -> tuple[Sequence[Raw], str]:
        """Submit a job and wait for it."""
        job_id = self.submit(pubs, shots, seed, "")
        try:
            return self.collect(job_id, pubs, shots, seed)
        finally:
            self.forget(job_id)


class JobFailedError(DeviceError):
    """The provider says that a job has failed or was cancelled."""
