"""A compiled circuit with other blocks is held against its target again."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import Statevector

import qtn
from qtn.hybrid.refine.moved import moved_on
from qtn.hybrid.refine.starts import started


def test_infidelity_circuit_and_notes_are_those_of_the_new_blocks() -> None:
    target = np.random.default_rng(0).normal(size=16)
    target /= np.linalg.norm(target)
    old = qtn.compile(target, qtn.Staircase(1)).with_basis("cz")
    blocks = started(old.sequence, "random", 1)
    new = moved_on(old, blocks, {"refined": "by chance"}, 0.25)
    overlap = abs(np.vdot(target, Statevector(new.circuit).data)) ** 2
    assert new.fidelity == pytest.approx(overlap, abs=1e-10)
    assert 0.0 < new.floor <= new.fidelity
    assert new.sequence is blocks
    assert new.status is qtn.Status.REFINED
    assert moved_on(old, old.sequence, {}, 0.0).status is not qtn.Status.EXACT
    assert (new.basis, new.pareto) == ("cz", ())
    assert new.seconds == old.seconds + 0.25
    assert new.history[-1].infidelity == new.infidelity
    assert new.provenance == old.provenance | {"refined": "by chance"}


def test_without_a_certificate_nothing_is_claimed() -> None:
    old = qtn.compile(np.full(4, 0.5), qtn.Staircase(1))
    new = moved_on(qtn.Compiled.unpack(*old.pack()), old.sequence, {}, 0.0)
    assert (new.infidelity, new.floor) == (1.0, 0.0)
    assert (old.status, new.status) == (qtn.Status.EXACT, qtn.Status.REFINED)
    assert moved_on(old, old.sequence, {}, 0.0).status is qtn.Status.EXACT
