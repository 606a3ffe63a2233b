"""A compiled circuit with other blocks is held against its target again."""

from __future__ import annotations

from pathlib import Path

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


def test_without_a_certificate_nothing_is_claimed(tmp_path: Path) -> None:
    old = qtn.compile(np.full(4, 0.5), qtn.Staircase(1))
    loaded = qtn.Compiled.unpack(*old.pack())
    assert moved_on(loaded, loaded.sequence, {}, 0.0).fidelity == loaded.fidelity  # as it was
    new = moved_on(loaded, old.sequence, {}, 0.0)
    assert np.isnan([new.infidelity, new.fidelity, new.history[-1].infidelity]).all()
    assert new.floor == 0.0
    assert "infidelity unknown" in repr(new)
    assert "unknown: the target is not in the file" in str(new)
    again = qtn.load(qtn.save(new, tmp_path / "moved.qtn"))
    assert np.isnan([again.infidelity, again.history[-1].infidelity]).all()
    assert again.circuit == new.circuit
    assert (old.status, new.status) == (qtn.Status.EXACT, qtn.Status.REFINED)
    assert moved_on(old, old.sequence, {}, 0.0).status is qtn.Status.EXACT
