"""Amplitudes, and the states of transpiled circuits on the qubits that they had before."""

from __future__ import annotations

import numpy as np
from qiskit.quantum_info import Statevector


def vector(n, seed=0):
    rng = np.random.default_rng(seed)
    found = rng.normal(size=2**n) + 1j * rng.normal(size=2**n)
    return found / np.linalg.norm(found)


def on_own_qubits(ready, n):
    """The state of a transpiled circuit on the qubits that it had before."""
    circuit = ready.remove_final_measurements(inplace=False) or ready
    if ready.layout is None:
        return Statevector(circuit).data
    places = ready.layout.final_index_layout(filter_ancillas=True)
    rest = [q for q in range(circuit.num_qubits) if q not in places]
    order = [*places, *rest]
    found = Statevector(circuit).data.reshape((2,) * circuit.num_qubits)
    axes = [circuit.num_qubits - 1 - q for q in reversed(order)]
    return found.transpose(axes).reshape(-1, 2**n)[0]


def infidelity(a, b):
    return 1.0 - abs(np.vdot(a, b)) ** 2
