"""The file of a state keeps where the state came from."""

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp

import qtn
from qtn.errors import ArgumentError
from qtn.physics import TDVP
from qtn.states import MPS
from qtn.states.origin import Evolved, Ground, Origin, Prepared, Trained

FIELD = SparsePauliOp(["ZZI", "IXX"], [0.5, 0.25])
START = MPS.product([[1.0, 0.0]] * 3)


EVOLVED = Evolved(FIELD, 0.5, START, TDVP(), 0.1, 1e-6, np.array([1e-9, 4e-9]))


def test_the_state_keeps_its_origin_and_files_what_they_can(tmp_path):
    prepared = MPS(START.tensors, origin=Prepared((0,), np.eye(4)[None]))
    assert isinstance(prepared.normalised().origin, Prepared)
    assert qtn.load(qtn.save(prepared, tmp_path / "a.qtn")).origin is None
    state = MPS(START.tensors, origin=EVOLVED)
    assert isinstance(qtn.load(qtn.save(state, tmp_path / "b.qtn")).origin, Evolved)
    assert all(issubclass(kind, Origin) for kind in (Evolved, Ground, Prepared))


def test_a_trained_state_remembers_its_columns(tmp_path):
    state = MPS.product([[0.6, 0.8], [1.0, 0.0]])
    state = MPS(state.tensors, origin=Trained((1, 0)))
    back = qtn.load(qtn.save(state.normalised(), tmp_path / "state.qtn"))
    assert back.origin.columns == (1, 0)
    arrays, header = state.pack()
    for wrong in ([0], [0, -1], "ab"):
        header["origin"]["columns"] = wrong
        with pytest.raises(ArgumentError, match="columns"):
            MPS.unpack(arrays, header)
