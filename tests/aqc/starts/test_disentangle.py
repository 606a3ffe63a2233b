import numpy as np
import pytest
from aqc.dense import chain_of, circuit_vector, random_vector

from qtn.aqc.shape.ansatz import staircase_shape
from qtn.aqc.starts.disentangle import complete, staircase_gates
from qtn.states import MPS


@pytest.mark.parametrize("real", [False, True])
def test_a_state_of_bond_two_is_prepared_exactly(real):
    rng = np.random.default_rng(0)
    tensors = []
    for left, right in ((1, 2), (2, 2), (2, 2), (2, 1)):
        t = rng.normal(size=(left, 2, right))
        tensors.append(t if real else t + 1j * rng.normal(size=t.shape))
    state = MPS(tuple(tensors)).normalised()
    gates = staircase_gates(list(state.tensors))
    assert gates.dtype == state.dtype
    assert np.allclose(gates @ gates.conj().transpose(0, 2, 1), np.eye(4), atol=1e-12)
    if real:
        assert np.allclose(np.linalg.det(gates), 1.0)
    made = MPS(tuple(chain_of(circuit_vector(staircase_shape(4, 1), gates))))
    assert made.fidelity(state) == pytest.approx(1.0, abs=1e-12)


def test_other_states_are_prepared_as_well_as_bond_two_allows():
    vector = random_vector(np.random.default_rng(1), 6, False)
    chain = chain_of(vector)
    gates = staircase_gates(chain)
    short = MPS(tuple(chain)).truncated(max_bond=2).state
    reached = abs(np.vdot(vector, circuit_vector(staircase_shape(6, 1), gates))) ** 2
    assert reached == pytest.approx(short.fidelity(MPS(tuple(chain))), abs=1e-12)


def test_completion_keeps_the_columns():
    rng = np.random.default_rng(2)
    columns = np.linalg.qr(rng.normal(size=(4, 2)))[0]
    gate = complete(columns, [0, 2])
    assert np.allclose(gate[:, [0, 2]], columns)
    assert np.allclose(gate.T @ gate, np.eye(4))
    assert np.isclose(np.linalg.det(gate), 1.0)
