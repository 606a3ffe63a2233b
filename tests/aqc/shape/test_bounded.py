import numpy as np
import pytest
from aqc.dense import chain_of, circuit_vector, random_gates, random_vector, turned

from qtn.aqc.shape.ansatz import Layer, staircase_shape
from qtn.aqc.shape.bounded import State, zero_chain
from qtn.states import MPS


@pytest.mark.parametrize("cut", [1e-2, 1e-3])
def test_truncation_errors_are_bounded_by_what_is_reported(cut):
    rng = np.random.default_rng(2)
    shape = staircase_shape(8, 3)
    gates = random_gates(rng, shape.size, False)
    state = State(zero_chain(8, gates.dtype), True)
    for layer, part in zip(shape.layers, shape.slices, strict=True):
        state = state.applied(layer, gates[part], False, cut, 64)
    found = turned(MPS(tuple(state.chain)).to_dense())
    distance = np.linalg.norm(found - circuit_vector(shape, gates))
    assert 1e-3 < distance <= state.error + 1e-12


def test_a_layer_and_its_inverse_cancel():
    rng = np.random.default_rng(3)
    vector = random_vector(rng, 6, False)
    layer, gates = Layer((0, 1, 2, 3, 4)), random_gates(rng, 5, False)
    state = State(chain_of(vector), True)
    back = state.applied(layer, gates, False, 1e-15, 99).applied(layer, gates, True, 1e-15, 99)
    assert np.allclose(turned(MPS(tuple(back.chain)).to_dense()), vector, atol=1e-12)
