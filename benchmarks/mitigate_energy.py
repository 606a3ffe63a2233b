"""Energy of Ising Trotter circuits at 30,000 shots per basis, calibration included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

import qtn.mitigation as mitigation
from benchmarks import mitigate_problems as problems
from benchmarks import report
from qtn.mitigation.values.decay import LOG_SCALES, Decays

SHOTS = 30_000
SEEDS = (31_415, 27_182)  # no choice of method or constant was made on these draws
READOUT = mitigation.Readout(method="twirled")
BEST = (READOUT, mitigation.TwinZNE())
PLAIN = (mitigation.Readout(), mitigation.ZNE((1, 3, 5)))
BUDGET = mitigation.ShotBudget(SHOTS, calibration=0.16)
WRONG = (0.75, 1.3)  # device's errors over those of a card that is off on purpose


def errors(chosen: Sequence[problems.Problem], plain: bool) -> dict[str, np.ndarray]:
    """Absolute errors of every pipeline on every problem."""
    found: dict[str, list[float]] = {}
    for number, p in enumerate(chosen):
        options = {"device": p.device, "shots": BUDGET, "seed": number}
        data = mitigation.measure(
            mitigation.plan(p.circuit, p.observable, BEST, **options), progress=False
        )
        row = {
            "raw": data.raw(),
            "twirled readout alone": data.estimate([READOUT]),
            "twin zne alone": data.estimate([BEST[1]]),
            "twirled readout + twin zne(1, 5)": data.estimate(),
        }
        planned = data.plan.find(mitigation.TwinZNE)
        for factor in WRONG:
            wrong = replace(planned, decays=shifted(planned.decays, factor))
            row[f"the same, device {factor:g} times as noisy as its card"] = data.estimate(
                [READOUT, wrong]
            )
        if plain:
            row["tensored readout + zne(1, 3, 5)"] = mitigation.mitigate(
                p.circuit, p.observable, PLAIN, progress=False, **options
            )
        for name, estimate in row.items():
            found.setdefault(name, []).append(abs(estimate.value - p.exact))
        shown = ", ".join(f"{k[:32]} {v[-1]:.4f}" for k, v in found.items())
        print(f"  {p.device} n={p.n} steps={p.steps}: {shown}", flush=True)
    return {name: np.array(values) for name, values in found.items()}


def shifted(decays: Decays, factor: float) -> Decays:
    """Predictions of a card whose errors are 1 / `factor` of the device's."""
    moved = [decays.at(u - np.log(factor)) for u in LOG_SCALES]
    offset, slope, scatter = (np.stack(part) for part in zip(*moved, strict=True))
    return Decays(offset, slope, scatter, decays.twins)


def add_rows(table: report.Table) -> None:
    """Mean, 90th percentile and comparison with raw over fresh draws."""
    add_seed(table, SEEDS[0], plain=True)


def add_second(table: report.Table) -> None:
    """The same with other draws."""
    add_seed(table, SEEDS[1], plain=False)


def add_seed(table: report.Table, seed: int, plain: bool, per_setting: int = 5) -> None:
    """Rows of one seed of the draws."""
    chosen = list(problems.draws(per_setting, seed))
    found = errors(chosen, plain)
    raw = found["raw"]
    said = f"{len(chosen)} draws of seed {seed}"
    for name, values in found.items():
        spread = values.std(ddof=1) / np.sqrt(len(values))
        gain = raw.mean() / values.mean()
        note = f"± {spread:.4f}, p90 {np.quantile(values, 0.9):.4f}, gain {gain:.1f}, {said}"
        table.inform(f"energy error, {name}", f"{values.mean():.4f}", note=note)
    best = found["twirled readout + twin zne(1, 5)"]
    table.at_most("energy error, mean", float(best.mean()), 0.008, peer=0.0108,
                  peer_name="mitiq exp + readout, its draws", note=said)  # fmt: skip
    table.at_most("energy error, 90th percentile", float(np.quantile(best, 0.9)), 0.015, note=said)
    table.at_most("draws worse than raw", float((best > raw).sum()), 0.0, note=said)


def add_quench(table: report.Table, n: int = 30) -> None:
    """A compiled quench of 30 qubits: magnetisation and bond energy per site on FakeTorino."""
    import qtn
    from qtn.interop.observables import parse_observable
    from qtn.mitigation.values.ideal import ideal_values

    hamiltonian = qtn.chain("tfim", n, coupling=1.0, field=0.8)
    start = qtn.MPS.product([[1.0, 0.0]] * n)
    state = qtn.evolve(hamiltonian, start, 0.4)
    compiled = qtn.compile(state, qtn.Brickwall(layers=3, basis="cz"), seed=0, progress=False)
    observable = problems.energy(n, 1.0, 0.8)
    plan = mitigation.plan(
        compiled.circuit, observable, BEST, device="FakeTorino", shots=BUDGET, seed=1,
    )  # fmt: skip
    parsed = parse_observable(observable, n)
    exact = float(ideal_values(plan.native, parsed.terms) @ parsed.coefficients)
    data = mitigation.measure(plan, progress=False)
    found, raw = data.estimate(), data.raw()
    note = (
        f"{compiled.two_qubit_gates} two-qubit gates, compiled infidelity "
        f"{compiled.infidelity:.1e}, value {found.value:.4f} ± {found.stderr:.4f}, exact "
        f"{exact:.4f}, raw error {abs(raw.value - exact):.4f}"
    )
    table.at_most("energy error, compiled 30-qubit quench", abs(found.value - exact), 0.008,
                  note=note)  # fmt: skip
