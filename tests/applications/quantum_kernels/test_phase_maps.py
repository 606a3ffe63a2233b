"""Maps of phases: the circuits that others know under these names."""

from __future__ import annotations

import numpy as np
import pennylane as qml
import pytest
from qiskit.circuit.library import zz_feature_map
from qiskit.quantum_info import Operator, Statevector

from qtn.applications.quantum_kernels import IQPMap, ZZMap
from qtn.errors import ArgumentError

ROW = np.array([0.3, -0.8, 1.1])


@pytest.mark.parametrize(("pairs", "theirs"), [("neighbours", "linear"), ("all", "full")])
def test_zz_is_qiskits(pairs: str, theirs: str) -> None:
    peer = zz_feature_map(3, reps=2, entanglement=theirs).assign_parameters(ROW)
    ours = ZZMap(pairs=pairs).circuit(3).assign_parameters(ROW)
    assert Operator(ours).equiv(Operator(peer))


def test_iqp_is_pennylanes() -> None:
    @qml.qnode(qml.device("default.qubit", wires=3))
    def peer() -> object:
        qml.IQPEmbedding(ROW, wires=range(3), n_repeats=2)
        return qml.state()

    circuit = IQPMap(pairs="all").circuit(3).assign_parameters(ROW)
    ours = Statevector(circuit.reverse_bits()).data
    assert abs(np.vdot(ours, peer())) == pytest.approx(1, abs=1e-12)


def test_one_layer_between_neighbours_has_the_recurrence() -> None:
    x = ROW[None]
    assert ZZMap(repeats=1).diagonal(x) is not None
    assert ZZMap().diagonal(x) is None
    assert IQPMap(repeats=1, pairs="all").diagonal(x) is None
    assert IQPMap(repeats=1, pairs="all").diagonal(x[:, :2]) is not None


def test_bad_input() -> None:
    with pytest.raises(ArgumentError, match="`repeats`"):
        ZZMap(repeats=0)
    with pytest.raises(ArgumentError, match="`pairs`"):
        IQPMap(pairs="some")
