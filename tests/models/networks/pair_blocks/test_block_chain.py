"""Chains of blocks: against their circuits, noiseless and noisy; how they learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import oracles
import pytest

import qtn
from qtn.data import load_digits
from qtn.errors import ArgumentError
from qtn.models.networks.pair_blocks.block_chain import BlockChain, step_pattern
from tests.models.networks.pair_blocks.test_block_tree import noisy_outcomes

DATA = load_digits(size=4, classes=(0, 1, 2))


@pytest.mark.parametrize(("bond", "depth"), [(2, 1), (4, 0), (4, 2), (8, 1), (16, 2)])
def test_outcomes_are_those_of_the_circuit(bond: int, depth: int) -> None:
    x, y = DATA.x_train[:60, 4:8], DATA.y_train[:60] % 2
    chain = qtn.MPSClassifier(bond, isometric=True, nodes="blocks", depth=depth, epochs=1)
    circuit = chain.fit(x, y).circuit()
    assert circuit.num_qubits == 4 + bond.bit_length() - 1
    per_site = 1 + min(depth, bond.bit_length() - 2)
    assert circuit.count_ops()["cx"] == 2 * 4 * per_site
    assert chain.circuit(reset=True).num_qubits == bond.bit_length()
    for row, p in zip(x, chain.outcomes(x[:2])):
        assert oracles.readout(circuit.assign_parameters(np.pi * row)) == pytest.approx(
            p, abs=1e-10
        )


@pytest.mark.parametrize("bond", [4, 8])
def test_noise_on_blocks_and_readout_is_exact(bond: int) -> None:
    x, y = DATA.x_train[:60, 4:7], DATA.y_train[:60] % 2
    chain = qtn.MPSClassifier(bond, isometric=True, nodes="blocks", epochs=1).fit(x, y)
    bound = chain.circuit().assign_parameters(np.pi * x[0])
    got = chain.outcomes(x[:1], noise=0.05, readout=0.02)[0]
    assert got == pytest.approx(noisy_outcomes(bound, 0.05, 0.02), abs=1e-10)


def test_it_learns_and_comes_back_from_a_file(tmp_path: Any) -> None:
    settings = {"isometric": True, "nodes": "blocks", "epochs": 25}
    chain = qtn.MPSClassifier(8, **settings).fit(DATA.x_train, DATA.y_train)
    assert chain.score(DATA.x_test, DATA.y_test) > 0.9
    qtn.save(chain, tmp_path / "chain.qtn")
    back = qtn.load(tmp_path / "chain.qtn")
    assert isinstance(back.network_, BlockChain)
    assert (back.outcomes(DATA.x_test, 0.01) == chain.outcomes(DATA.x_test, 0.01)).all()


def test_too_few_outcomes_are_refused() -> None:
    chain = BlockChain.near_identity(4, 10, 2, 1, 0)
    with pytest.raises(ArgumentError, match="at least 10 outcomes of qubits"):
        chain.check_arrays(4, 2, 10)


def test_a_step_has_no_more_blocks_than_its_memory_has_pairs() -> None:
    assert step_pattern(3, 9).blocks == (0, 1, 2)
    assert step_pattern(1, 2).blocks == (0,)
