import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp

from qtn.errors import ArgumentError
from qtn.physics import TDVP
from qtn.states import MPS
from qtn.states.origin import (
    Evolved,
    Ground,
    Prepared,
    Propagated,
    Trained,
    pack_operator,
    unpack_operator,
)

FIELD = SparsePauliOp(["ZZI", "IXX"], [0.5, 0.25])
START = MPS.product([[1.0, 0.0]] * 3)


def evolved(time=0.5):
    lost = np.array([1e-9, 4e-9])
    return Evolved(FIELD, time, START, TDVP(krylov=7), 0.1, 1e-6, lost)


@pytest.mark.parametrize("time", [0.5, -0.3j])
def test_an_evolution_comes_back_from_a_file_as_what_the_file_says(time):
    old = evolved(time)
    new = Evolved.unpack(*old.pack())
    assert (new.time, new.method, new.step, new.step_error) == (time, TDVP(krylov=7), 0.1, 1e-6)
    assert new.hamiltonian == FIELD
    assert np.array_equal(new.discarded, old.discarded)
    assert new.start.fidelity(START) == 1.0
    assert old.verified
    assert not new.verified
    assert str(new) == str(old) + "; so says the file"
    assert new.truncation_error == pytest.approx(5e-9**0.5)


def test_a_ground_state_comes_back_from_a_file():
    old = Ground(FIELD, -1.5, 1e-10, 7, True, 1e-12)
    new = Ground.unpack(*old.pack())
    assert (new.energy, new.variance, new.sweeps, new.converged) == (-1.5, 1e-10, 7, True)
    assert "converged, so says the file, after 7 sweeps" in str(new)


def test_a_propagator_comes_back_from_a_file_as_what_the_file_says():
    old = Propagated(FIELD, 0.5, 0.1, 1e-6, np.array([1e-9, 4e-9]))
    new = Propagated.unpack(*old.pack())
    assert (new.hamiltonian, new.time, new.step, new.step_error) == (FIELD, 0.5, 0.1, 1e-6)
    assert new.truncation_error == pytest.approx(5e-9**0.5)
    assert str(new) == str(old) + "; so says the file"
    arrays, header = old.pack()
    with pytest.raises(ArgumentError, match="2 non-negative numbers, one per cut"):
        Propagated.unpack({"discarded": np.zeros(3)}, header)
    with pytest.raises(ArgumentError, match="`time` must be"):
        Propagated.unpack(arrays, {**header, "time": "soon"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"method": {"name": "MPS"}},
            "`method` must be one of 'BUG', 'ParallelBUG', 'TDVP', 'TEBD'",
        ),
        ({"step": -1.0}, "`step` must be"),
        ({"hamiltonian": {"labels": ["AB"], "real": [1.0], "imag": [0.0]}}, "Pauli strings"),
    ],
)
def test_files_that_make_no_sense_are_refused(change, message):
    arrays, header = evolved().pack()
    with pytest.raises(ArgumentError, match=message):
        Evolved.unpack(arrays, {**header, **change})
    with pytest.raises(ArgumentError, match="2 non-negative numbers, one per cut"):
        Evolved.unpack({**arrays, "discarded": np.zeros(3)}, header)


def test_operators_are_kept_term_by_term():
    assert unpack_operator(pack_operator(FIELD)) == FIELD
    with pytest.raises(ArgumentError, match="one number for each of 2 Pauli strings"):
        unpack_operator({**pack_operator(FIELD), "real": [1.0]})


def test_an_origin_is_one_sentence_and_a_table_in_a_notebook():
    origins = [
        evolved(),
        Ground(FIELD, -1.5, 1e-10, 7, True, 1e-12),
        Propagated(FIELD, 0.5, 0.1, 1e-6, np.array([1e-9, 4e-9])),
        Prepared((0,), np.eye(4)[None]),
        Trained((1, 0)),
    ]
    for origin in origins:
        assert repr(origin) == f"{type(origin).__name__}({origin})"
        assert len(repr(origin).splitlines()) == 1
        assert "<table>" in origin._repr_html_()
    assert "2 Pauli terms on 3 qubits" in origins[0]._repr_html_()
    assert str(origins[-1]) == "a trained model, columns 1, 0"
