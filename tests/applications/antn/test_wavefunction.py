"""The wave function: normalised always, sampled as it says, equal to its chain at first."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

import qtn
from qtn.applications.antn.enumeration import all_amplitudes, beginnings
from qtn.applications.antn.wavefunction import Wavefunction


def scrambled(ones: int | None, n: int = 6, bond: int = 3) -> Wavefunction:
    """Any parameters."""
    rng = np.random.default_rng(0)
    ends = [1, *[bond] * (n - 1), 1]
    tensors = [rng.normal(size=(a, 2, b)) for a, b in pairwise(ends)]
    psi = Wavefunction(tensors, bond, 5, ones, seed=1)
    with torch.no_grad():
        psi.outputs += torch.from_numpy(rng.normal(size=psi.outputs.shape))
    return psi


@pytest.mark.parametrize("ones", [None, 0, 2, 3, 6])
def test_the_norm_is_one_for_any_parameters(ones: int | None) -> None:
    psi = scrambled(ones)
    tree = beginnings(6, ones)
    with torch.no_grad():
        found = all_amplitudes(psi, tree).numpy()
        direct = psi(torch.from_numpy(tree.bits)).numpy()
    assert np.sum(found**2) == pytest.approx(1.0, abs=1e-12)
    np.testing.assert_allclose(found, direct, atol=1e-14)


@pytest.mark.parametrize("ones", [None, 3])
def test_samples_come_as_often_as_the_amplitudes_say(ones: int | None) -> None:
    psi, tree, shots = scrambled(ones), beginnings(6, ones), 20_000
    with torch.no_grad():
        expected = all_amplitudes(psi, tree).numpy() ** 2 * shots
    drawn = psi.drawn(shots, np.random.default_rng(2))
    if ones is not None:
        assert (drawn.sum(1) == ones).all()
    places = 1 << np.arange(5, -1, -1)
    counts = np.bincount(drawn.astype(int) @ places, minlength=64)[tree.bits.astype(int) @ places]
    common = expected > 5
    rest = [counts[~common].sum()], [expected[~common].sum()]
    seen = np.append(counts[common], rest[0]) if rest[1][0] > 5 else counts[common]
    wanted = np.append(expected[common], rest[1]) if rest[1][0] > 5 else expected[common]
    assert chisquare(seen, wanted * seen.sum() / wanted.sum()).pvalue > 1e-4


def test_without_networks_it_is_the_chain() -> None:
    chain = qtn.MPS.from_dense(np.random.default_rng(3).normal(size=32)).normalised().canonical(0)
    tensors = [np.real(t) for t in chain.tensors]
    psi = Wavefunction(tensors, 4, 3, None, seed=0)
    tree = beginnings(5, None)
    with torch.no_grad():
        found = all_amplitudes(psi, tree).numpy()
    np.testing.assert_allclose(found, chain.amplitudes(tree.bits).real, atol=1e-12)


def test_gradients_are_those_of_differences() -> None:
    psi, tree = scrambled(2, n=4, bond=2), beginnings(4, 2)
    parameters = tuple(psi.parameters())
    assert torch.autograd.gradcheck(lambda *_: all_amplitudes(psi, tree), parameters)
