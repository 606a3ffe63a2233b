"""Auto on operators of two to four qubits."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.circuit.library import CCXGate, QFTGate
from qiskit.quantum_info import Operator
from scipy.stats import unitary_group

import qtn
from qtn.aqc.methods.portfolio.scene import Scene
from qtn.aqc.methods.portfolio.small_operators import is_block, is_small
from qtn.aqc.search.job import Job
from qtn.plugins.qiskit_unitary import UnitarySearch


def error(short: qtn.Compiled, matrix: np.ndarray) -> float:
    return qtn.operator(short.circuit).infidelity(qtn.MPO.from_dense(matrix))


def test_which_operators_are_small() -> None:
    scenes = [Scene(Job(qtn.MPO.from_dense(np.eye(2**n)))) for n in (2, 3, 4, 5)]
    assert [is_block(s) for s in scenes] == [True, False, False, False]
    assert [is_small(s) for s in scenes] == [False, True, True, False]
    assert not is_small(Scene(Job(qtn.MPS.product([[1.0, 0.0]] * 3))))


@pytest.mark.parametrize(
    ("matrix", "gates"),
    [
        (unitary_group.rvs(4, random_state=0), 3),
        (np.eye(4)[[0, 3, 2, 1]], 1),
        (np.kron(unitary_group.rvs(2, random_state=1), unitary_group.rvs(2, random_state=2)), 0),
    ],
)
def test_two_qubits_are_one_exact_block(matrix: np.ndarray, gates: int) -> None:
    short = qtn.compile(matrix, progress=False)
    assert short.two_qubit_gates == gates
    assert error(short, matrix) < 1e-12


@pytest.mark.parametrize("infidelity", [None, 1e-12])
@pytest.mark.parametrize(
    "matrix",
    [unitary_group.rvs(8, random_state=3), Operator(CCXGate()).data, Operator(QFTGate(4)).data],
    ids=["random", "toffoli", "fourier"],
)
def test_never_more_cx_than_the_plugin(matrix: np.ndarray, infidelity: float | None) -> None:
    short = qtn.compile(matrix, qtn.Auto(infidelity=infidelity), progress=False)
    most = UnitarySearch().run(matrix).count_ops()["cx"]
    assert short.two_qubit_gates <= most
    assert short.infidelity <= (infidelity or 1e-3)
    assert error(short, matrix) == pytest.approx(short.infidelity, abs=1e-12)
    assert max(p.two_qubit_gates for p in short.pareto) >= short.two_qubit_gates


def test_a_budget_of_time_leaves_an_exact_circuit() -> None:
    matrix = unitary_group.rvs(16, random_state=4)
    short = qtn.compile(matrix, qtn.Auto(seconds=1e-6), progress=False)
    assert error(short, matrix) < 1e-10


def test_few_gates_allowed_give_the_nearest_circuit() -> None:
    matrix = unitary_group.rvs(8, random_state=5)
    short = qtn.compile(matrix, qtn.Auto(max_two_qubit_gates=6), progress=False)
    assert short.two_qubit_gates <= 6
    assert 0.05 < short.infidelity < 0.9
