import numpy as np
import pytest
from aqc.dense import (
    blocks_vector,
    chain_of,
    circuit_vector,
    random_blocks,
    random_gates,
    random_vector,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from qtn.aqc.shape.ansatz import Ansatz, brickwall_shape, staircase_shape
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.certificate import Certificate, certify, farther
from qtn.states import MPS


@settings(max_examples=25, deadline=None)
@given(
    n=st.integers(2, 10),
    layers=st.integers(1, 4),
    seed=st.integers(0, 999),
    cap=st.sampled_from([1, 2, 3, 512]),
    near=st.booleans(),
)
def test_the_floor_never_exceeds_the_true_fidelity(n, layers, seed, cap, near):
    rng = np.random.default_rng(seed)
    shape = staircase_shape(n, layers) if seed % 2 else brickwall_shape(n, layers)
    gates = random_gates(rng, shape.size, bool(seed % 3))
    vector = circuit_vector(shape, gates)
    noise = random_vector(rng, n, False)
    target = vector + 10.0 ** -rng.uniform(1, 8) * noise if near else noise
    target = target / np.linalg.norm(target)
    certificate = certify(MPS(tuple(chain_of(target))), Blocks.of(shape, gates), cap)
    true = abs(np.vdot(target, vector)) ** 2
    assert certificate.floor <= true + 1e-14
    if cap == 512:
        residual = vector - np.vdot(target, vector) * target
        assert certificate.infidelity == pytest.approx(np.vdot(residual, residual).real, abs=1e-12)
        assert certificate.floor >= 1 - certificate.infidelity - 1e-9


def test_small_infidelities_keep_their_digits():
    rng = np.random.default_rng(0)
    shape = staircase_shape(6, 2)
    gates = random_gates(rng, shape.size, False)
    vector = circuit_vector(shape, gates)
    noise = random_vector(rng, 6, False)
    noise = noise - np.vdot(vector, noise) * vector
    noise = noise / np.linalg.norm(noise)
    target = np.cos(1e-9) * vector + np.sin(1e-9) * noise
    found = certify(MPS(tuple(chain_of(target))), Blocks.of(shape, gates)).infidelity
    assert found == pytest.approx(1e-18, rel=1e-4)


def test_one_site_is_exact():
    state = MPS.product([[0.6, 0.8]])
    rotation = np.array([[[0.6, -0.8], [0.8, 0.6]]])
    assert certify(state, Blocks.of(Ansatz(1, ()), rotation)).infidelity == 0.0


@settings(max_examples=25, deadline=None)
@given(
    n=st.integers(2, 9),
    count=st.integers(0, 12),
    seed=st.integers(0, 999),
    cap=st.sampled_from([1, 2, 3, 512]),
    real=st.booleans(),
)
def test_blocks_on_any_sites_are_certified_rigorously(n, count, seed, cap, real):
    rng = np.random.default_rng(seed)
    blocks = random_blocks(rng, n, count)
    vector = blocks_vector(blocks)
    noise = random_vector(rng, n, real)
    target = noise if real else vector + 10.0 ** -rng.uniform(1, 8) * noise
    target = target / np.linalg.norm(target)
    certificate = certify(MPS(tuple(chain_of(target))), blocks, cap)
    assert certificate.floor <= abs(np.vdot(target, vector)) ** 2 + 1e-14
    if cap == 512:
        residual = vector - np.vdot(target, vector) * target
        assert certificate.infidelity == pytest.approx(np.vdot(residual, residual).real, abs=1e-12)
        assert certificate.floor >= 1 - certificate.infidelity - 1e-9


def test_one_circuit_has_one_certificate_by_layers_and_by_blocks():
    rng = np.random.default_rng(2)
    layered = Blocks.of(shape := brickwall_shape(7, 4), random_gates(rng, shape.size, False))
    target = MPS(tuple(chain_of(random_vector(rng, 7, False))))
    one, other = certify(target, layered), certify(target, Blocks(7, layered.gates))
    assert one.infidelity == pytest.approx(other.infidelity, abs=1e-13)
    assert one.floor == pytest.approx(other.floor, abs=1e-11)


def test_one_site_off_by_an_angle():
    turn = np.array([[np.cos(1e-5), -np.sin(1e-5)], [np.sin(1e-5), np.cos(1e-5)]])
    found = certify(MPS.product([[1.0, 0.0]]), Blocks(1, [((0,), turn)]))
    assert found.infidelity == pytest.approx(np.sin(1e-5) ** 2)
    assert found.floor <= 1 - found.infidelity


def test_a_target_farther_away_lowers_the_floor_as_angles_add() -> None:
    near = Certificate(0.01, 0.99, "exact")
    far = farther(near, 0.05)
    angle = np.arccos(0.99**0.5) + np.arcsin(0.05)
    assert far.floor == pytest.approx(np.cos(angle) ** 2)
    assert (far.infidelity, far.method) == (near.infidelity, near.method)
    assert farther(near, 2.0).floor == 0.0
