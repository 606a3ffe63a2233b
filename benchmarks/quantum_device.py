"""Refinement on devices: what the shots buy, and what the gains of SPSA are worth.

The peer is SPSA with the usual gains: the first step turns every angle by a tenth of 2π on average
(Kandala et al., Nature 549, 242 (2017); Qiskit's default), with the perturbation .2 and our decay.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

import qtn
from benchmarks import report
from qtn.hybrid import SPSA, Energy, ParameterShift
from qtn.hybrid.refine.descents.base import Descent, Job, OnDevice

SEEDS = range(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualGains(SPSA):
    """SPSA whose first gain makes a first step of a tenth of a turn."""

    def begin(self, job: Job, steps: int) -> Descent:
        """Choose the gain by the slopes alone."""
        method = replace(self, stride=0.2)
        state = SPSA.begin(method, job, steps)
        rows = job.batch(self.rows, "calibration")
        signs = np.random.default_rng(job.seed).choice([-1.0, 1.0], (25, len(job.angles)))
        both = np.concatenate([job.angles + 0.2 * signs, job.angles - 0.2 * signs])
        high, low = job.measured(both, rows, "usual").losses.reshape(2, -1)
        gain = 0.2 * np.pi / float(np.mean(np.abs(high - low) / 0.4))
        return replace(state, numbers={"gain": gain, "stride": 0.2})


def energies(table: report.Table) -> None:
    """The Ising chain of six spins on Aer: from random gates, and from near the compiled ones."""
    hamiltonian = qtn.chain("tfim", 6)
    short = qtn.compile(qtn.ground_state(hamiltonian, max_bond=2), qtn.Staircase(1))
    best = Energy(hamiltonian).value(short)
    methods: dict[str, tuple[OnDevice, int]] = {
        "SPSA": (SPSA(shots=1024), 300),
        "usual gains": (UsualGains(shots=1024), 300),
        "parameter shift": (ParameterShift(shots=1024), 5),
    }
    for start in ("random", "identity"):
        found, shots, clock = dict[str, np.ndarray](), dict[str, int](), time.process_time()
        for name, (method, steps) in methods.items():
            ends = [
                qtn.lower_energy(
                    short, hamiltonian, start=start, method=method, steps=steps, seed=seed,
                    progress=False,
                )
                for seed in SEEDS
            ]  # fmt: skip
            found[name] = np.array([e.provenance["energy"] for e in ends]) - best
            shots[name] = ends[0].provenance["refinement shots"]
        told = "; ".join(
            f"{n} {v.mean():.3f} ± {np.std(v, ddof=1) / 5**0.5:.3f} ({shots[n] / 1e6:.1f}e6 shots)"
            for n, v in found.items()
        )
        seconds = time.process_time() - clock
        table.at_most(
            f"on Aer, TFIM 6 spins, {start}: above compiled",
            float(found["SPSA"].mean()),
            float(found["usual gains"].mean()),
            peer=float(found["usual gains"].mean()),
            peer_name="usual gains",
            unit="J",
            note=f"{told}; {seconds:.0f} CPU s",
        )


def added(table: report.Table) -> None:
    """The Heisenberg chain of six spins on Aer: a layer added to the compiled circuit."""
    hamiltonian = qtn.chain("heisenberg", 6)
    short = qtn.compile(qtn.ground_state(hamiltonian, max_bond=2), qtn.Staircase(1))
    more = qtn.Extended(1)
    exact = qtn.lower_energy(short, hamiltonian, start=more, progress=False).provenance
    most = exact["energy of the start"] - exact["energy"]
    methods: dict[str, tuple[OnDevice, int]] = {
        "SPSA": (SPSA(shots=1024, validation=32), 300),
        "parameter shift": (ParameterShift(shots=1024, validation=32), 5),
    }
    for name, (method, steps) in methods.items():
        clock = time.process_time()
        ends = [
            qtn.lower_energy(
                short, hamiltonian, start=more, method=method, steps=steps, seed=seed,
                progress=False,
            ).provenance
            for seed in SEEDS
        ]  # fmt: skip
        gains = np.array([e["energy of the start"] - e["energy"] for e in ends])
        shots = ends[0]["refinement shots"]
        table.at_least(
            f"on Aer, Heisenberg 6 spins, a layer added, {name}: found lower",
            float(sum(e["end taken"] and gain > 0.0 for e, gain in zip(ends, gains, strict=True))),
            float(len(SEEDS)),
            unit="seeds",
            note=f"gain in J: least {gains.min():.4f}, mean {gains.mean():.4f} ± "
            f"{np.std(gains, ddof=1) / 5**0.5:.4f} of {most:.3f} by exact gradients; "
            f"{shots / 1e6:.1f}e6 shots; {time.process_time() - clock:.0f} CPU s",
        )
