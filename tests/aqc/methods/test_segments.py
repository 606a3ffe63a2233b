"""Segments: constant depth for short correlations."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import Statevector

import qtn
from qtn.aqc.methods.segments import Inside, Segments
from qtn.aqc.search.job import Job
from qtn.aqc.shape.ansatz import identity_gates
from qtn.aqc.starts.segments import pieces
from qtn.aqc.target import as_target

QUICK = {"sites": 6, "tries": 2, "steps": 60, "polish": 10}


def ising(n: int, field: float = 2.0) -> qtn.MPS:
    return qtn.ground_state(qtn.chain("tfim", n, field=field), max_bond=8)


def test_the_infidelity_per_site_does_not_depend_on_the_length() -> None:
    values = {}
    for n in (24, 60):
        short = qtn.compile(ising(n), Segments(5, **QUICK), progress=False)
        assert short.sequence.depth == 5
        values[n] = short.infidelity / n
    assert values[60] < 1.6 * values[24] < 1e-3


def test_the_circuit_prepares_what_is_claimed() -> None:
    state = ising(10)
    short = qtn.compile(state, Segments(4, **QUICK), progress=False)
    vector = Statevector(short.circuit).data
    overlap = np.vdot(state.to_dense(), vector)
    assert 1.0 - abs(overlap) ** 2 == pytest.approx(short.infidelity, abs=1e-9)
    assert short.infidelity < 1e-3


@pytest.mark.parametrize("n", [2, 3, 7, 8, 13])
def test_any_number_of_sites(n: int) -> None:
    short = qtn.compile(ising(n, 3.0), Segments(3, **QUICK), progress=False)
    assert short.infidelity < 1e-2


def test_two_layers_more_are_never_worse() -> None:
    state, quick = ising(15, 1.2), {**QUICK, "sites": 5}
    values = [
        qtn.compile(state, Segments(layers, **quick), progress=False).infidelity
        for layers in (5, 7)
    ]
    assert values[1] <= values[0] * 1.02


def test_blocks_across_boundaries_stay() -> None:
    job = Job(as_target(ising(18))).as_complex()
    piece = pieces(job.chain, 6)[1]
    shape = piece.shape(2)
    gates = np.zeros((shape.size, 2, 4, 4))
    gates[:, 0] = identity_gates(shape, True)
    kernel = Job(piece.target).as_complex().kernel(shape)
    overlap, environments = kernel.evaluate(gates)
    slope = Inside(2).gradient(gates, environments, overlap)
    assert not slope[:2].any()
    assert slope[2:].any()
    assert np.allclose(Inside(2).moved(gates, 0.0 * slope), gates)


def test_wrong_options_are_refused() -> None:
    with pytest.raises(qtn.ArgumentError, match="layers"):
        Segments(1)
    with pytest.raises(qtn.ArgumentError, match="sites"):
        Segments(sites=13)
    with pytest.raises(qtn.ArgumentError, match="tries"):
        Segments(tries=0)
