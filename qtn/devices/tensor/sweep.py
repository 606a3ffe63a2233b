"""What the tensor primitives ask of a simulation, and what its kinds share."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from qtn.devices.tensor.channels import NoisyCircuit

__all__ = ["IDLE_VALUE", "Prefixes", "SimulationReport", "Sweep", "at_rest"]

Array = NDArray[Any]
T = TypeVar("T")
CACHED_PREFIXES = 8
IDLE_VALUE = {"I": 1.0, "Z": 1.0, "0": 1.0, "+": 0.5, "-": 0.5, "r": 0.5, "l": 0.5}
"""Values of the one-qubit factors in |0>, where they are not zero."""


@dataclass(frozen=True, slots=True)
class SimulationReport:
    """How well a simulation represented the circuit.

    Args:
        sites: active qubits.
        max_bond: largest bond dimension of the prefix.
        discarded: sum of the relative squared weights that truncations lost.
        trace: trace of the density operator before normalisation (1 when nothing was lost).
    """

    sites: int
    max_bond: int
    discarded: float
    trace: float


class Sweep(Protocol):
    """The bindings of one circuit."""

    bindings: int

    def sample(self, binding: int, shots: int, rng: np.random.Generator) -> Array:
        """Return classical bits, bool (shots, clbits)."""

    def values(self, binding: int, observables: Sequence[Mapping[str, float]]) -> Array:
        """Return expectation values of sums of labels."""

    def report(self) -> SimulationReport:
        """Return the error account of the last state."""


class Prefixes(Generic[T]):
    """Remembers the states after the last few shared prefixes."""

    def __init__(self, build: Callable[[NoisyCircuit], T]) -> None:
        self._build = build
        self._known: OrderedDict[bytes, T] = OrderedDict()
        self._lock = threading.Lock()  # jobs of one primitive run in threads

    def __call__(self, plan: NoisyCircuit) -> T:
        """Return the state after the prefix of `plan`, from memory if it was met before."""
        key = _digest(plan)
        with self._lock:
            found = self._known.get(key)
        if found is None:
            found = self._build(plan)
        with self._lock:
            self._known[key] = found
            self._known.move_to_end(key)
            while len(self._known) > CACHED_PREFIXES:
                self._known.popitem(last=False)
        return found


def _digest(plan: NoisyCircuit) -> bytes:
    digest = hashlib.blake2b(str(plan.n).encode(), digest_size=16)
    for sites, matrix in plan.prefix:
        digest.update(repr(sites).encode())
        digest.update(np.ascontiguousarray(matrix).tobytes())
    return digest.digest()


def at_rest(label: str, qubits: Sequence[int]) -> float:
    """Return the value in |0> of the factors of a label on the qubits outside of the chain."""
    letters = label[::-1]
    idle = set(range(len(letters))).difference(qubits)
    return float(np.prod([IDLE_VALUE.get(letters[q], 0.0) for q in idle]))
