"""Forecasts by trying: what is found, what is extrapolated, what is refused and where it stops."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from oracles import brickwork
from qiskit import QuantumCircuit

from qtn.errors import VerificationError
from qtn.interop.circuits import GateList, gate_list
from qtn.verification import Limits, verify
from qtn.verification.engines.chain_state import ChainState
from qtn.verification.limits import SECONDS_PER_FLOP, forecast
from qtn.verification.stop import watched
from qtn.verification.trial import tried_forecast, within


def heisenberg(n: int, steps: int, dt: float = 0.1) -> QuantumCircuit:
    """First-order Trotter steps of a Heisenberg chain from the Néel state."""
    out = QuantumCircuit(n)
    out.x(range(1, n, 2))
    for _ in range(steps):
        for first in (0, 1):
            for i in range(first, n - 1, 2):
                out.rxx(dt, i, i + 1)
                out.ryy(dt, i, i + 1)
                out.rzz(dt, i, i + 1)
    return out


def ising(n: int, steps: int, field: float) -> QuantumCircuit:
    out = QuantumCircuit(n)
    for _ in range(steps):
        for first in (0, 1):
            for i in range(first, n - 1, 2):
                out.rzz(0.4, i, i + 1)
        out.rx(0.4, range(n))
        out.rz(0.4 * field, range(n))
    return out


def far(n: int, gates: int, seed: int) -> QuantumCircuit:
    rng = np.random.default_rng(seed)
    out = QuantumCircuit(n)
    for _ in range(gates):
        a, b = map(int, rng.choice(n, 2, replace=False))
        out.u(*rng.uniform(0, 6, 3), a)
        out.cx(a, b)
    return out


def fourier(n: int) -> QuantumCircuit:
    out = QuantumCircuit(n)
    out.x([0, n // 2])
    for i in range(n):
        out.h(i)
        for j in range(i + 1, min(n, i + 8)):
            out.cp(np.pi / 2 ** (j - i), i, j)
    return out


def shor_round() -> QuantumCircuit:
    """Shor's code of nine qubits with one round of its eight stabilisers: a bond of a few."""
    out = QuantumCircuit(17)
    out.cx([0, 0], [3, 6])
    out.h([0, 3, 6])
    for a in (0, 3, 6):
        out.cx([a, a], [a + 1, a + 2])
    for k, (a, b) in enumerate(((0, 1), (1, 2), (3, 4), (4, 5), (6, 7), (7, 8))):
        out.cx([a, b], [9 + k, 9 + k])
    for k, checked in enumerate((range(6), range(3, 9))):
        out.h(15 + k)
        out.cx([15 + k] * 6, list(checked))
        out.h(15 + k)
    return out


def mirrored(n: int, depth: int) -> QuantumCircuit:
    half = brickwork(n, depth, 1, su4=True)
    return half.compose(half.inverse())


CIRCUITS: dict[str, Callable[[], QuantumCircuit]] = {
    **{f"brickwork {n}x{d}": lambda n=n, d=d: brickwork(n, d, d)  # type: ignore[misc]
       for n, d in ((100, 4), (100, 12), (20, 20), (60, 6), (60, 10), (60, 14))},
    **{f"su4 {n}x{d}": lambda n=n, d=d: brickwork(n, d, d, su4=True)  # type: ignore[misc]
       for n, d in ((16, 16), (40, 8), (24, 6), (24, 10), (24, 14))},
    **{f"heisenberg {n}x{s}": lambda n=n, s=s, t=t: heisenberg(n, s, t)  # type: ignore[misc]
       for n, s, t in ((60, 10, 0.1), (120, 5, 0.1), (30, 20, 0.1), (40, 8, 0.2), (80, 8, 0.2),
                       (40, 4, 0.5), (80, 4, 0.5))},
    **{f"ising {n}x{s}": lambda n=n, s=s, h=h: ising(n, s, h)  # type: ignore[misc]
       for n, s, h in ((40, 5, 1.0), (40, 15, 1.0), (30, 20, 0.0), (30, 30, 0.0))},
    **{f"far {n}x{g}": lambda n=n, g=g, s=s: far(n, g, s)  # type: ignore[misc]
       for n, g, s in ((20, 60, 0), (16, 150, 1), (24, 80, 5), (40, 40, 6))},
    "fourier": lambda: fourier(60),
    "shor": shor_round,
    "mirror 12": lambda: mirrored(12, 12),
    "mirror 20": lambda: mirrored(20, 6),
}  # fmt: skip


def work_of(gates: GateList, limits: Limits) -> float:
    """Seconds by the operations counted in a whole run of the engine."""
    last = [0.0]

    def watch(step) -> None:  # type: ignore[no-untyped-def]
        last[0] = step.work

    with watched(watch):
        ChainState(gates, limits.max_bond, limits.cutoff)
    return SECONDS_PER_FLOP * last[0]


def test_there_are_thirty_circuits() -> None:
    assert len(CIRCUITS) == 30


@pytest.mark.parametrize("name", CIRCUITS)
def test_prediction_within_a_factor_of_three(name: str) -> None:
    """After trials of 0.02 s; the work itself is up to 30 times more."""
    gates, limits = gate_list(CIRCUITS[name]()), Limits(max_bond=32)
    predicted, done = tried_forecast(gates, limits, 0.02).seconds, work_of(gates, limits)
    counted = forecast(gates, 32)
    if not (counted.exact and counted.seconds <= 0.02):
        assert done / 3 <= predicted <= 3 * done
    assert predicted <= max(0.02, 3 * done)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["brickwork 100x12", "heisenberg 60x10", "far 20x60", "fourier"])
def test_seconds_are_those_of_a_clock(name: str) -> None:
    """The rate of one core is a constant of the package: a machine may be some times faster."""
    gates, limits = gate_list(CIRCUITS[name]()), Limits(max_bond=64)
    spent = []
    for _ in range(3):
        start = time.process_time()
        ChainState(gates, limits.max_bond, limits.cutoff)
        spent.append(time.process_time() - start)
    assert 1 / 6 < work_of(gates, limits) / min(spent) < 6


def test_a_trotter_chain_of_120_qubits_is_not_refused() -> None:
    gates = gate_list(heisenberg(120, 5))
    counted, tried = forecast(gates, 256), tried_forecast(gates, Limits())
    assert counted.seconds > 300.0
    assert tried.exact
    assert tried.seconds < 1.0
    assert tried.peak < 8


def test_what_ends_within_the_trial_is_never_refused() -> None:
    circuit = shor_round()
    assert forecast(gate_list(circuit), 256).seconds > 300.0
    check = verify(circuit, observables=["I" * 8 + "ZZ" + "I" * 7, "Z" + "I" * 16])
    assert check.rigorous
    assert check.method.count("+") == 1
    assert tried_forecast(gate_list(circuit), Limits()).seconds < 0.1


def test_the_forecast_finds_the_true_bonds() -> None:
    gates = gate_list(mirrored(12, 6))
    counted, tried = forecast(gates, 256), tried_forecast(gates, Limits(), 0.2)
    assert counted.seconds > 0.2
    assert tried.exact
    assert round(2**tried.peak) == ChainState(gates, None, 1e-20).max_bond
    assert tried.memory <= counted.memory
    small = tried_forecast(gate_list(brickwork(20, 20, su4=True)), Limits(max_bond=16), 0.001)
    assert not small.exact
    assert max(small.bonds) == 4.0


def test_one_qubit_and_no_gates() -> None:
    for n in (1, 2, 3):
        found = tried_forecast(gate_list(QuantumCircuit(n)), Limits(), 0.0)
        assert found.exact
        assert found.seconds < 1e-3


def test_work_stops_where_the_limit_is_reached() -> None:
    gates, limits = gate_list(brickwork(40, 16, su4=True)), Limits(max_bond=64, seconds=0.02)
    hopeful = forecast(gate_list(QuantumCircuit(40)), 64)
    stopped = r"Stopped after \d+ of 312 gates, .* s of work.*would take about .* s and .* GB"
    with pytest.raises(VerificationError, match=stopped), within(limits, hopeful):
        ChainState(gates, 64, 1e-20)
    small = Limits(max_bond=64, memory=1e5)
    with pytest.raises(VerificationError, match="Stopped after"), within(small, hopeful):
        ChainState(gates, 64, 1e-20)
    ChainState(gates, 8, 1e-20)  # nobody watches any more


def test_hopeless_work_is_refused_before_it_starts() -> None:
    gates, limits = gate_list(brickwork(30, 30, su4=True)), Limits(max_bond=512, seconds=1.0)
    expected = tried_forecast(gates, limits, 0.05)
    refused = r"^The simulation would take about .* s and .* GB at bond 512, beyond the limits"
    with pytest.raises(VerificationError, match=refused), within(limits, expected):
        pass
