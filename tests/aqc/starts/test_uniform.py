"""Starts of propagators of long uniform chains, weighed on the long chain."""

from __future__ import annotations

import pytest

import qtn
from qtn.aqc.search.job import Job
from qtn.aqc.shape.ansatz import brickwall_shape
from qtn.aqc.starts.uniform import UniformStarts, missing, short_length
from qtn.physics.terms import bond_matrices, read_terms


@pytest.mark.parametrize("n", [16, 17, 50, 51])
@pytest.mark.parametrize("depth", [3, 9, 10, 13, 15, 21])
def test_short_chains_have_the_parity_of_the_long_one(n, depth):
    few = short_length(n, depth)
    assert 7 <= few < n
    assert (n - few) % 2 == 0


@pytest.mark.parametrize("n", [18, 19])
def test_tied_starts_are_near_and_fall_with_depth(n):
    hamiltonian = qtn.chain("tfim", n, field=0.8, longitudinal=0.4)
    target = qtn.propagator(hamiltonian, 0.5, progress=False)
    job = Job(target)
    uniform = UniformStarts(job, bond_matrices(read_terms(hamiltonian)), 0.5)
    values = []
    for depth in (3, 5):
        tied, free = uniform.starts(depth)
        assert tied[0] == free[0] == brickwall_shape(n, depth)
        kernel = job.gradients(tied[0])
        kernel.cut = 1e-12
        values.append(missing(kernel, tied[1]))
    assert values[0] < 5e-3
    assert values[1] < 0.05 * values[0]
