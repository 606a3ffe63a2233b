"""The state of the package's own kernels: normalised, watched, its losses counted."""

from __future__ import annotations

import pytest
from oracles import brickwork

from qtn.interop.circuits import gate_list
from qtn.states.kernels.work import Step
from qtn.verification.engines.chain_state import ChainState
from qtn.verification.stop import watched


def test_a_truncated_state_is_normalised_and_says_what_it_kept() -> None:
    gates = gate_list(brickwork(10, 8, su4=True))
    whole, cut = ChainState(gates, None, 1e-20), ChainState(gates, 8, 1e-20)
    assert cut.chain().norm() == pytest.approx(1.0)
    assert (whole.max_bond, cut.max_bond) == (32, 8)
    assert cut.kept < 0.9 < whole.kept
    assert whole.distance < 1e-7 < cut.distance <= 1.0


def test_the_watch_in_force_is_told_every_step() -> None:
    steps: list[Step] = []
    with watched(steps.append):
        ChainState(gate_list(brickwork(6, 2)), None, 1e-20)
    assert steps[-1].done == steps[-1].of
