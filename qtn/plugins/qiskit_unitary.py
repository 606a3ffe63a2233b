"""Qiskit's unitary synthesis: `transpile(circuit, unitary_synthesis_method="qtn")`.

Found by the entry point `qiskit.unitary_synthesis`. Unitaries of three to five qubits become
circuits of the fewest CX that a search finds, about two thirds of those of Qiskit's own; smaller
and larger ones are left to Qiskit, which is optimal for two qubits.
"""

from __future__ import annotations

import cmath
from typing import Any

import numpy as np
from qiskit import transpile
from qiskit.circuit import QuantumCircuit
from qiskit.circuit.library import CXGate
from qiskit.converters import circuit_to_dag
from qiskit.dagcircuit import DAGCircuit
from qiskit.quantum_info import Operator
from qiskit.synthesis import TwoQubitBasisDecomposer, qs_decomposition
from qiskit.transpiler.passes.synthesis.plugin import UnitarySynthesisPlugin

__all__ = ["UnitarySearch"]

USUAL = 1e-12  # infidelity of a circuit: matrices are right to 1e-6
LEAST, MOST = 3, 5  # qubits


class UnitarySearch(UnitarySynthesisPlugin):
    """Entanglers all at once; what Qiskit's own decomposition does with fewer CX stays its.

    `unitary_synthesis_plugin_config` may hold `infidelity` (1e-12, of |tr(T†C)|²/4ⁿ), `tries` (3
    random starts) and `seed` (0).
    """

    max_qubits = MOST
    min_qubits = LEAST
    supported_bases = None
    supports_basis_gates = False
    supports_coupling_map = False
    supports_gate_errors = False
    supports_gate_lengths = False
    supports_natural_direction = False
    supports_pulse_optimize = False

    def run(self, unitary: Any, **options: Any) -> DAGCircuit:
        """Return the circuit of a unitary, global phase included.

        Raises:
            ArgumentError: an unknown option, or one out of range.
        """
        from qtn.aqc.search.small_unitaries import entangled

        infidelity, tries, seed = _settings(options.get("config") or {})
        matrix = np.asarray(unitary, dtype=complex)
        plain = _written(qs_decomposition(matrix))
        # Site i is qubit i, Qiskit's last qubit the most significant digit.
        n = plain.num_qubits
        found = entangled(matrix, infidelity, tries, seed=seed)
        if found is None or found.size >= plain.count_ops().get("cx", 0):
            return circuit_to_dag(plain)
        circuit, one_cx = QuantumCircuit(n), TwoQubitBasisDecomposer(CXGate())
        for (first, second), gate in found.gates:
            circuit.compose(one_cx(gate), [n - 1 - second, n - 1 - first], inplace=True)
        circuit = _written(circuit)
        circuit.global_phase += cmath.phase(np.vdot(Operator(circuit).data, matrix))
        return circuit_to_dag(circuit)


def _written(circuit: QuantumCircuit) -> QuantumCircuit:
    return transpile(circuit, basis_gates=["u", "cx"], optimization_level=1)


def _settings(config: dict[str, Any]) -> tuple[float, int, int]:
    """Return the options, checked."""
    from qtn._checks import bounded_int, fail, positive_int, real

    known = {"infidelity": USUAL, "tries": 3, "seed": 0}
    unknown = sorted(map(str, set(config) - set(known)))
    if unknown:
        raise fail("unitary_synthesis_plugin_config", f"of {', '.join(known)}", unknown)
    found = known | config
    return (
        real("infidelity", found["infidelity"], 0.0, 1.0, open_low=True),
        positive_int("tries", found["tries"]),
        bounded_int("seed", found["seed"], 0),
    )
