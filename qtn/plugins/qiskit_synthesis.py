"""Qiskit's high-level synthesis: `qtn.gate` by itself, Qiskit's state preparations where asked.

Found by the entry points `qiskit.synthesis`. Qiskit loads this module whenever it transpiles, so
that it imports nothing of ours before it has something to do.

A plugin takes a shorter circuit only where Qiskit says that the gate's qubits are in |0…0⟩: not
inside loops and branches, nor in inverses and powers. Everywhere else it gives way, and Qiskit
takes the definition.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from qiskit.circuit import QuantumCircuit
from qiskit.transpiler.passes.synthesis.high_level_synthesis import HLSConfig
from qiskit.transpiler.passes.synthesis.plugin import HighLevelSynthesisPlugin

__all__ = ["InitializeSynthesis", "StateGateSynthesis", "StatePreparationSynthesis", "hls_config"]


def hls_config(**methods: Any) -> HLSConfig:
    """Return the configuration that hands Qiskit's own state preparations to qtn.

    Args:
        **methods: what `HLSConfig` takes besides.

    Example:
        >>> len(hls_config().methods)
        2
    """
    ours = {
        "state_preparation": [StatePreparationSynthesis()],
        "initialize": [InitializeSynthesis()],
    }
    return HLSConfig(**{**ours, **methods})


class _Synthesis(HighLevelSynthesisPlugin):
    """What Qiskit calls; a subclass says which circuit stands for an operation."""

    def run(
        self,
        high_level_object: Any,
        coupling_map: Any = None,
        target: Any = None,
        qubits: Any = None,
        **options: Any,
    ) -> QuantumCircuit | None:
        """Return a circuit for an operation; None leaves it to Qiskit."""
        return self._circuit(high_level_object, _effort(qubits, options), options)

    @abstractmethod
    def _circuit(
        self, operation: Any, effort: int, options: dict[str, Any]
    ) -> QuantumCircuit | None:
        """Return a circuit of an effort from 0 to 3, or None."""


class StateGateSynthesis(_Synthesis):
    """`qtn_state.default`: the shorter circuits of `qtn.gate`."""

    def _circuit(
        self, operation: Any, effort: int, options: dict[str, Any]
    ) -> QuantumCircuit | None:
        preparation = getattr(operation, "preparation", None)
        if preparation is None or not _fresh(options):
            return None
        found: QuantumCircuit = preparation.circuit(effort)
        return found.copy()  # all copies of the gate share it


class StatePreparationSynthesis(_Synthesis):
    """`state_preparation.qtn`: amplitudes given to Qiskit's `StatePreparation`.

    Options: `infidelity` and `seed`, as in `qtn.gate`.
    """

    def _circuit(
        self, operation: Any, effort: int, options: dict[str, Any]
    ) -> QuantumCircuit | None:
        return _prepared(operation, effort, options) if _fresh(options) else None


class InitializeSynthesis(_Synthesis):
    """`initialize.qtn`: amplitudes given to Qiskit's `Initialize`, which resets its qubits.

    Options: `infidelity` and `seed`, as in `qtn.gate`.
    """

    def _circuit(
        self, operation: Any, effort: int, options: dict[str, Any]
    ) -> QuantumCircuit | None:
        found = _prepared(operation, effort, options)
        if found is None:
            return None
        out = QuantumCircuit(found.num_qubits)
        out.reset(range(found.num_qubits))
        return out.compose(found)


def _prepared(operation: Any, effort: int, options: dict[str, Any]) -> QuantumCircuit | None:
    """Return the circuit for the amplitudes of one of Qiskit's operations."""
    import numpy as np

    from qtn.aqc.preparation import USUAL, Preparation

    amplitudes = operation.params
    if len(amplitudes) != 2**operation.num_qubits or any(isinstance(a, str) for a in amplitudes):
        return None  # given by a label or a number: one-qubit gates
    infidelity, seed = options.get("infidelity", USUAL), options.get("seed", 0)
    return Preparation.of(np.array(amplitudes), infidelity, seed).circuit(effort)


def _effort(qubits: Any, options: dict[str, Any]) -> int:
    """Return the effort for an optimisation level.

    Qiskit knows the level where it synthesises before the layout. Afterwards, where only gates of
    levels 0 and 1 without a device are left, it always says 2.
    """
    level = int(options.get("optimization_level", 2))
    return level if qubits is None else min(level, 1)


def _fresh(options: dict[str, Any]) -> bool:
    """Whether Qiskit knows the qubits of the operation to be in |0…0⟩."""
    tracker, qubits = options.get("qubit_tracker"), options.get("input_qubits")
    if tracker is None or qubits is None:
        return False
    clean: int = tracker.num_clean([]) - tracker.num_clean(qubits)
    return clean == len(qubits)
