"""Forecasts in blocks: known where the trial ends, within a factor of 3 where it does not."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.interop.charged import ChargedCircuit, charged_circuit
from qtn.interop.circuits import gate_list
from qtn.verification.engines.charged.block_state import BlockState
from qtn.verification.engines.charged.block_trial import extrapolated, tried_blocks
from qtn.verification.limits import SECONDS_PER_FLOP, Limits
from tests.interop.test_charged import two_species


def circuit_of(sites: int, steps: int) -> ChargedCircuit:
    found = charged_circuit(gate_list(two_species(sites, steps, hop=0.3, phase=0.02)))
    assert found is not None
    return found


def test_a_trial_that_ends_keeps_the_state():
    found = tried_blocks(circuit_of(6, 2), Limits())
    assert found.state is not None
    assert found.forecast.exact
    assert found.bond == 1024
    assert max(found.forecast.bonds) == pytest.approx(np.log2(found.state.max_bond))


@pytest.mark.parametrize("bond", [48, 160])
def test_what_does_not_end_is_extrapolated_within_a_factor_of_three(bond):
    circuit = circuit_of(12, 12)
    steps = []
    BlockState(circuit, bond, 0.0, steps.append)
    work, numbers = SECONDS_PER_FLOP * steps[-1].work, 32 * steps[-1].numbers
    known = [step for step in steps if step.work < 0.15 * steps[-1].work]
    expected = extrapolated(circuit, known, bond)
    assert work / 3 < expected.seconds < 3 * work
    assert numbers / 3 < expected.memory < 3 * numbers
    assert not expected.exact


def test_the_bond_is_chosen_by_time():
    circuit = circuit_of(12, 12)
    wide = tried_blocks(circuit, Limits(), seconds=0.1)
    less = tried_blocks(circuit, Limits(seconds=wide.forecast.seconds / 2), seconds=0.1)
    assert wide.bond == 1024
    assert 64 <= less.bond < 1024
    assert less.state is None
    assert tried_blocks(circuit, Limits(memory=1.0), seconds=0.1).bond == 64


def test_a_trial_too_short_to_tell_assumes_growth():
    circuit = circuit_of(12, 3)
    steps = []
    BlockState(circuit, 64, 0.0, steps.append)
    assert max(extrapolated(circuit, steps[:5], 64).bonds) == 6.0
