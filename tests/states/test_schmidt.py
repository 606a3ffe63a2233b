import numpy as np
import pytest

from qtn.states import MPS
from qtn.states.kernels.overlap import log_overlap
from qtn.states.schmidt import SchmidtForm


@pytest.fixture
def state():
    rng = np.random.default_rng(0)
    vector = rng.normal(size=128) + 1j * rng.normal(size=128)
    return MPS.from_dense(vector / np.linalg.norm(vector)).normalised()


@pytest.mark.parametrize("make", [SchmidtForm.from_left, SchmidtForm.from_right])
def test_weights_are_those_of_the_dense_state(state, make):
    form = make(state.tensors)
    assert MPS(tuple(form.tensors)).fidelity(state) == pytest.approx(1.0, abs=1e-13)
    matrix = state.to_dense()
    for k, weights in enumerate(form.weights):
        # Site 0 is the least significant bit of the index.
        values = np.linalg.svd(matrix.reshape(-1, 2 ** (k + 1)), compute_uv=False)
        assert np.allclose(weights, values**2, atol=1e-14)


def test_tensors_are_isometries_on_the_side_they_say(state):
    for tensor in SchmidtForm.from_left(state.tensors).tensors[:-1]:
        matrix = tensor.reshape(-1, tensor.shape[2])
        assert np.allclose(matrix.conj().T @ matrix, np.eye(tensor.shape[2]), atol=1e-13)
    for tensor in SchmidtForm.from_right(state.tensors).tensors[1:]:
        matrix = tensor.reshape(len(tensor), -1)
        assert np.allclose(matrix @ matrix.conj().T, np.eye(len(tensor)), atol=1e-13)


@pytest.mark.parametrize("make", [SchmidtForm.from_left, SchmidtForm.from_right])
def test_slices_lose_at_most_the_cut_at_each_bond(state, make):
    form, cut = make(state.tensors), 5e-2
    short = form.sliced(cut)
    assert [len(t) for t in short] == form.bonds(cut)[:-1].tolist()
    assert max(form.bonds(cut)) < max(form.bonds(0.0))
    kept = np.exp(2.0 * log_overlap(state.tensors, short)[1] - log_overlap(short, short)[1])
    assert kept >= 1.0 - 6 * cut
