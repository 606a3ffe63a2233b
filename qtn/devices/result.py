"""What a run returns: bits as measured, counts, and expectation values with standard errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qiskit import QuantumCircuit
from qiskit.primitives import BitArray

from qtn._checks import bounded_int
from qtn.devices.placement.transpile import Transpiled
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.states.operators import Basis

__all__ = ["PubResult", "RunResult"]


@dataclass(frozen=True, slots=True, repr=False)
class PubResult:
    """The outcome of one circuit with its bindings.

    Args:
        transpiled: the circuit as it ran, before basis changes and measurements were added.
        bits: one `BitArray` per measurement basis, shape () or (bindings,). With observables, and
            for circuits without measurements of their own, bit i = qubit i of the circuit given.
        bases: the measurement bases, in the same order (one, all Z, without observables).
        estimate: values and standard errors of the observables, or None without observables.
    """

    transpiled: Transpiled
    bits: tuple[BitArray, ...]
    bases: tuple[Basis, ...]
    estimate: Estimate | None

    @property
    def bindings(self) -> int:
        """Number of parameter bindings; 1 for a circuit without."""
        if self.bits:
            return self.bits[0].shape[0] if self.bits[0].shape else 1
        if self.estimate is None or not self.estimate.shape:
            return 1
        return self.estimate.shape[0]

    def __repr__(self) -> str:
        gives = "counts" if self.estimate is None else "values"
        return f"PubResult({gives} of {self.bindings} binding(s))"


@dataclass(frozen=True, slots=True, repr=False)
class RunResult:
    """What `qtn.run` returns; nothing in it is ever recomputed or changed.

    Args:
        pubs: one entry per circuit.
        device: name of the device.
        engine: what executed the circuits, and why.
        shots: shots per circuit, binding and measurement basis.
        seconds: wall time of the run.
    """

    pubs: tuple[PubResult, ...]
    device: str
    engine: str
    shots: int
    seconds: float

    @property
    def bits(self) -> tuple[BitArray, ...]:
        """Measured bits of each circuit (of its first measurement basis)."""
        self._needs_bits()
        return tuple(pub.bits[0] for pub in self.pubs)

    @property
    def values(self) -> tuple[Estimate, ...]:
        """Expectation values of each circuit."""
        found = tuple(pub.estimate for pub in self.pubs if pub.estimate is not None)
        if len(found) != len(self.pubs):
            raise ArgumentError(
                "This result has counts only. Give `observables` to qtn.run for expectation values."
            )
        return found

    @property
    def circuits(self) -> tuple[QuantumCircuit, ...]:
        """The transpiled circuits."""
        return tuple(pub.transpiled.circuit for pub in self.pubs)

    def counts(self, i: int = 0, binding: int | None = None) -> dict[str, int]:
        """Return the counts of circuit `i`, summed over bindings or for one of them.

        Example:
            >>> from qiskit import QuantumCircuit
            >>> from qtn.devices import run
            >>> flip = QuantumCircuit(2)
            >>> _ = flip.x(0)
            >>> run(flip, shots=10).counts()
            {'01': 10}
        """
        i = bounded_int("i", i, 0, len(self.pubs) - 1)
        self._needs_bits()
        bits = self.pubs[i].bits[0]
        if binding is None:
            return dict(bits.get_counts())
        limit = (bits.shape[0] if bits.shape else 1) - 1
        binding = bounded_int("binding", binding, 0, limit)
        return dict(bits.get_counts(binding if bits.shape else None))

    def _needs_bits(self) -> None:
        if any(not pub.bits for pub in self.pubs):
            raise ArgumentError(
                f"{self.device} is an estimator, which gives values and no counts. Take a sampler "
                "or a backend as `device`."
            )

    def __len__(self) -> int:
        return len(self.pubs)

    def __iter__(self) -> Iterator[PubResult]:
        return iter(self.pubs)

    def __repr__(self) -> str:
        return f"RunResult({len(self.pubs)} circuit(s) on {self.device}, {self.shots} shots each)"

    def __str__(self) -> str:
        bindings = sum(pub.bindings for pub in self.pubs)
        return (
            f"{len(self.pubs)} circuit(s), {bindings} binding(s) on {self.device}, "
            f"{self.shots} shots each, {self.seconds:.2f} s\n  {self.engine}"
        )
