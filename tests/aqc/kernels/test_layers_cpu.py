import numpy as np
import pytest
from aqc.dense import chain_of, circuit_vector, random_gates, random_vector, turned

from qtn.aqc.kernels.layers_cpu import apply_layer, hastings, polar_gate, zero_hastings
from qtn.aqc.shape.ansatz import Layer, brickwall_shape, staircase_shape
from qtn.states import MPS
from qtn.states.schmidt import SchmidtForm


def schmidt(amplitudes):
    return SchmidtForm.from_right(chain_of(amplitudes))


def vector(state):
    return turned(MPS(tuple(state.tensors)).to_dense())


@pytest.mark.parametrize("shape", [brickwall_shape(6, 5), staircase_shape(6, 2)])
@pytest.mark.parametrize("cut", [1e-15, 1e-12])
def test_layers_act_like_dense_gates_and_their_inverses_undo_them(shape, cut):
    gates = random_gates(np.random.default_rng(0), shape.size, False)
    state = zero_hastings(6, gates.dtype)
    for layer, part in zip(shape.layers, shape.slices, strict=True):
        state = apply_layer(state, layer, gates[part], False, (cut, 99))
    assert np.allclose(vector(state), circuit_vector(shape, gates), atol=1e-9)
    for k, rho in enumerate(state.rho):
        if k:
            weights = schmidt(vector(state)).weights[k - 1]
            assert np.allclose(np.sort(np.diag(rho).real), np.sort(weights), atol=1e-9)
    for layer, part in reversed(list(zip(shape.layers, shape.slices, strict=True))):
        state = apply_layer(state, layer, gates[part], True, (cut, 99))
    assert abs(vector(state)[0]) == pytest.approx(1.0, abs=1e-9)


def test_weights_tell_the_norm_that_truncations_leave():
    rng = np.random.default_rng(1)
    state = hastings(schmidt(random_vector(rng, 8, False)), 0.0, np.dtype(complex))
    layer = Layer((1, 3, 5))
    short = apply_layer(state, layer, random_gates(rng, 3, False), False, (5e-2, 99))
    norm = np.linalg.norm(vector(short)) ** 2
    assert 0.7 < norm < 0.999
    assert short.weight == pytest.approx(norm, abs=0.03)


def test_a_kept_space_serves_a_similar_state_and_is_given_up_for_another():
    rng = np.random.default_rng(2)
    state = hastings(schmidt(random_vector(rng, 8, False)), 1e-2, np.dtype(complex))
    layer, gates, limits = Layer((1, 3, 5)), random_gates(rng, 3, False), (1e-2, 99)
    best = apply_layer(state, layer, gates, False, limits)
    again = apply_layer(state, layer, gates, False, limits, best)
    assert again.weight == pytest.approx(best.weight, abs=1e-6)
    other = apply_layer(state, layer, random_gates(rng, 3, False), False, limits, best)
    assert 1.0 - other.weight < 3 * 5e-2


def test_a_polar_gate_is_unitary_and_optimal():
    rng = np.random.default_rng(3)
    environment = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    gate = polar_gate(environment, np.eye(4, dtype=complex))
    assert np.allclose(gate @ gate.conj().T, np.eye(4), atol=1e-12)
    assert abs(np.sum(environment * gate)) == pytest.approx(np.linalg.svd(environment)[1].sum())
