"""Where searches start: numbers of ones by weight, chains of several numbers, sectors asked for."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp

import qtn
from qtn.applications.antn import ANTN
from qtn.applications.antn.starting import starting_chains, weights_by_ones
from qtn.physics.terms import read_terms

FEW = ANTN(steps=5, hidden=4)


def lowest(model: SparsePauliOp, ones: int) -> float:
    inside = [i for i in range(2**model.num_qubits) if i.bit_count() == ones]
    return float(np.linalg.eigvalsh(model.to_matrix()[np.ix_(inside, inside)])[0])


def test_weights_by_ones() -> None:
    chain = qtn.MPS.product([[0.6, 0.8], [0.8, 0.6j], [1.0, 0.0]])
    assert weights_by_ones(chain) == pytest.approx([0.2304, 0.5392, 0.2304, 0.0], abs=1e-12)


@pytest.mark.parametrize("ones", [0, 1, 3])
def test_a_sector_that_dmrg_does_not_end_in(ones: int) -> None:
    model = qtn.chain("xxz", n=6, anisotropy=-1.5)
    found = qtn.neural_ground_state(model, bond=4, ones=ones, method=FEW)
    assert found.ones == ones
    assert lowest(model, ones) - 1e-9 <= found.energy.value <= found.start + 1e-9
    assert found.start == pytest.approx(lowest(model, ones), abs=1e-2)


def test_by_default_the_sector_of_the_ground_state() -> None:
    model = SparsePauliOp.from_sparse_list(
        [(x, [i, i + 1], 1.0) for i in range(4) for x in ("XX", "YY", "ZZ")]
        + [("Z", [i], 3.0) for i in range(5)],
        5,
    )
    found = qtn.neural_ground_state(model, bond=2, method=FEW)
    assert found.ones == 4
    assert found.energy.value == pytest.approx(np.linalg.eigvalsh(model.to_matrix())[0], abs=1e-6)


def test_a_chain_of_several_numbers_starts_no_higher() -> None:
    # Of a doublet DMRG finds any superposition.
    model = qtn.chain("heisenberg", n=3)
    found = qtn.neural_ground_state(model, bond=2, method=FEW)
    assert found.ones == 1
    assert found.energy.value <= found.start + 1e-9
    assert found.start == pytest.approx(-1.0)
    chains, ones = starting_chains(model, read_terms(model), 2, 3)
    assert ones == 3
    assert chains[0].origin.energy == pytest.approx(0.5)
