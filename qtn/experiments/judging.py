"""What is known of a circuit as it stands in a file: its fidelity with the target, and the card."""

from __future__ import annotations

import hashlib
import math
import platform
import time
from typing import Any

import numpy as np
import qiskit
import scipy
from qiskit import QuantumCircuit

from qtn._machine import few_threads
from qtn._version import __version__
from qtn.aqc import Blocks
from qtn.aqc.shape.certificate import certify
from qtn.experiments.content import at_least, circuit_digest, shape_digest, share, small
from qtn.experiments.schema import Recipe
from qtn.experiments.targets import Goal
from qtn.interop.circuits import first_major, gate_list
from qtn.interop.counting import two_qubit_depth, two_qubit_gates
from qtn.interop.qasm import from_qasm3
from qtn.states import MPO
from qtn.verification import Check, verify
from qtn.verification.check import Cost

CIRCUIT = "circuit.qasm"


def judged(circuit: QuantumCircuit, target: Goal) -> Check:
    """Return the fidelity of a circuit with its target, in an interval.

    States are verified by `qtn.verify`, from the gates of the circuit alone. Operators, which it
    compares with circuits only, are certified as the compiler does: the circuit and the target meet
    in the middle.
    """
    with few_threads(1):  # bonds are small: more threads cost more than they bring
        return _certified(circuit, target) if isinstance(target, MPO) else verify(circuit, target)


def _certified(circuit: QuantumCircuit, target: MPO) -> Check:
    """Return the fidelity of a circuit with an operator."""
    start = time.process_time()
    read = gate_list(circuit)
    gates = tuple((qubits, first_major(matrix)) for qubits, matrix in read.gates)
    found = certify(target, Blocks(read.n, gates).as_operator())
    angle = math.asin(math.sqrt(found.infidelity))
    loose = max(0.0, math.acos(math.sqrt(found.floor)) - angle)
    high = math.cos(max(0.0, angle - loose)) ** 2
    cost = Cost(time.process_time() - start)
    why = "operators: |Tr(U†V)|²/4ⁿ of the gates written, one engine"
    return Check(1.0 - found.infidelity, found.floor, high, found.method, cost, why, (), True)


def card_of(recipe: Recipe, text: str, target: Goal, how: dict[str, Any]) -> dict[str, Any]:
    """Return what a card says: the target, the circuit, what is certain of it, and the hashes.

    Args:
        recipe: what was asked for.
        text: the circuit as its file has it; everything is read off that.
        target: what it should prepare, or be.
        how: method, status and seed.
    """
    circuit = from_qasm3(text)
    check = judged(circuit, target)
    fidelity, low = check.fidelity or 0.0, check.low or 0.0
    return {
        "title": recipe.title,
        "about": recipe.about,
        "target": recipe.asked["target"],
        "recipe": recipe.digest,
        "circuits": [
            {
                "file": CIRCUIT,
                "sha256": hashlib.sha256(text.encode()).hexdigest(),
                "target": recipe.title or None,
                "qubits": circuit.num_qubits,
                "gates": dict(sorted(circuit.count_ops().items())),
                "two_qubit_gates": two_qubit_gates(circuit),
                "two_qubit_depth": two_qubit_depth(circuit),
                "fidelity": share(fidelity),
                "infidelity": small(1.0 - fidelity),
                "floor": at_least(low),
                "rigorous": check.rigorous,
                "provenance": {**how, "fidelity by": check.method, **versions()},
                "shape": shape_digest(circuit),
                "hash": circuit_digest(circuit),
            }
        ],
    }


def versions() -> dict[str, str]:
    """Return the versions on which digits may depend."""
    return {
        "qtn": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "qiskit": qiskit.__version__,
        "scipy": scipy.__version__,
    }
