"""pauli-prop's jobs of the simulation benchmark, run in an environment of their own.

    python run_propagation.py '{"n": 100, "site": 50, "edges": …, "angle": 0.5, "steps": 10, …}'

As its guide does: Cliffords are pushed out of the circuit, the rotations that are left are carried
out with `max_terms` and `atol`. Prints one JSON object: CPU seconds, value in |0…0⟩, terms.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from pauli_prop import evolve_through_cliffords, propagate_through_circuit
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

MANY = 10**7


def run(job: dict) -> dict[str, float]:
    """Kicked Ising on a graph."""
    circuit = QuantumCircuit(job["n"])
    for _ in range(job["steps"]):
        circuit.rx(job["angle"], range(job["n"]))
        for edge in job["edges"]:
            circuit.rzz(-np.pi / 2, *edge)
    operator = SparsePauliOp.from_sparse_list([("Z", [job["site"]], 1.0)], job["n"])
    start = time.process_time()
    clifford, rotations = evolve_through_cliffords(circuit)
    found, _ = propagate_through_circuit(
        operator, rotations, job.get("max_terms", MANY), job.get("cutoff", 0.0), "h"
    )
    straight = found.paulis.evolve(clifford, frame="h")
    signs = 1.0 - 2.0 * ((straight.phase // 2) % 2)
    value = np.sum(found.coeffs.real[~straight.x.any(1)] * signs[~straight.x.any(1)])
    seconds = time.process_time() - start
    return {"seconds": seconds, "value": float(value), "terms": len(found)}


if __name__ == "__main__":
    print(json.dumps(run(json.loads(sys.argv[1]))))
