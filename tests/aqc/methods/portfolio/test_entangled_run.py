"""Auto on chains with product ends: the entangled sites are compiled alone."""

from __future__ import annotations

import numpy as np
import pytest

import qtn
from qtn.aqc.methods.portfolio.entangled_run import by_run, find_run
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.shape.blocks import Blocks


def padded(before: int, after: int, dtype: type = float) -> qtn.MPS:
    """Return four entangled sites between product sites, each in a state of its own."""
    rng = np.random.default_rng(1)
    dense = rng.normal(size=16) + (1j * rng.normal(size=16) if dtype is complex else 0)
    inner = qtn.MPS.from_dense(dense / np.linalg.norm(dense))

    def alone(angle: float) -> np.ndarray:
        phase = np.exp(1j * angle) if dtype is complex else 1.0
        return np.array([np.cos(angle), phase * np.sin(angle)]).reshape(1, 2, 1)

    ends = [alone(0.1 * k) for k in range(before + after)]
    return qtn.MPS((*ends[:before], *inner.tensors, *ends[before:])).normalised().canonical(0)


@pytest.mark.parametrize(("before", "after"), [(8, 0), (0, 9), (5, 6)])
@pytest.mark.parametrize("dtype", [float, complex])
def test_product_sites_cost_nothing(before: int, after: int, dtype: type) -> None:
    target = padded(before, after, dtype)
    short = qtn.compile(target, qtn.Auto(infidelity=1e-8))
    inner = qtn.compile(
        qtn.MPS(target.tensors[before : before + 4]).normalised(), qtn.Auto(infidelity=1e-8)
    )
    assert short.infidelity <= 1e-8
    assert short.two_qubit_gates == inner.two_qubit_gates
    assert short.provenance["product sites"] == before + after
    assert abs(qtn.verify(short.circuit, target).fidelity - short.fidelity) < 1e-9
    assert all(p.sequence.n == target.n for p in short.pareto)
    assert short.pick(max_two_qubit_gates=short.two_qubit_gates).circuit.num_qubits == target.n


def test_when_it_is_taken() -> None:
    assert find_run(Job(padded(3, 4))) is None
    run = find_run(Job(padded(3, 5)))
    assert run is not None
    assert (run.first, run.state.n, len(run.single)) == (3, 4, 8)
    assert find_run(Job(qtn.MPS.product([[1, 0]] * 12))) is None


def test_what_was_found_is_kept_when_it_is_stopped() -> None:
    job = Job(padded(4, 4))
    run = find_run(job)
    assert run is not None

    def stopped(inner: Job) -> Solution:
        inner.keeper.keep_blocks(Blocks(4, [((1, 2), np.eye(4))]), 0.25)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        by_run(job, run, stopped)
    [(blocks, infidelity)] = job.keeper.circuits()
    assert (blocks.n, infidelity) == (12, 0.25)
    assert ((5, 6), 4) in [(sites, len(m)) for sites, m in blocks.gates]
