"""The state of quimb: its own overlaps, and what it is predicted to take."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import brickwork
from qiskit.quantum_info import SparsePauliOp, Statevector

from qtn.interop.circuits import gate_list
from qtn.states import MPS
from qtn.verification.engines.quimb_state import QuimbState, inner, quimb_seconds
from qtn.verification.inputs import observable_terms
from qtn.verification.limits import forecast


def test_inner_products_with_and_without_factors() -> None:
    a, b = (brickwork(5, 3, seed) for seed in (1, 2))
    one, other = (QuimbState(gate_list(c), None, 1e-20) for c in (a, b))
    dense = [s.psi.to_dense().ravel() for s in (one, other)]  # site 0 slowest
    assert inner(one.psi, other.psi) == pytest.approx(np.vdot(*dense))
    flipped = inner(one.psi, one.psi, {0: np.diag([1.0, -1.0])})
    assert flipped.real == pytest.approx(
        Statevector(a).expectation_value(SparsePauliOp("IIIIZ")).real
    )


def test_the_chain_is_the_state() -> None:
    circuit = brickwork(5, 3, 1)
    chain = QuimbState(gate_list(circuit), None, 1e-20).chain()
    assert chain.fidelity(MPS.from_dense(Statevector(circuit).data)) == pytest.approx(1.0)


def test_what_quimb_takes_grows_with_gates_terms_and_bonds() -> None:
    def predicted(depth: int, labels: list[str]) -> float:
        gates = gate_list(brickwork(12, depth))
        (terms,) = observable_terms(SparsePauliOp(labels), 12)
        return quimb_seconds(gates, forecast(gates, 256), terms)

    near, far = "I" * 10 + "ZZ", "Z" + "I" * 10 + "Z"
    assert 0.0 < predicted(2, [near]) < predicted(4, [near]) < predicted(12, [near])
    assert predicted(2, [near]) < predicted(2, [far])
    assert predicted(2, [near]) < predicted(2, [near, "I" * 12])
