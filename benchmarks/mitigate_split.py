"""Shots shared out among noise factors and bases after a pilot: does it help?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from qiskit.quantum_info import SparsePauliOp, Statevector

import qtn.mitigation as mitigation
from benchmarks import mitigate_problems as problems
from benchmarks import report
from qtn.devices import transpile_for

RUNS = 60
SHOTS = 3000


def add_rows(table: report.Table) -> None:
    """Root mean square deviation over runs, adaptive against equal and optimal shares."""
    energy = problems.problem("FakeManilaV2", 3, 2, 1.0, 0.8)
    one_basis = SparsePauliOp.from_sparse_list(
        [("ZZ", [0, 1], 1.0), ("X", [0], 0.1), ("X", [1], 0.1)], 3
    )
    for name, observable in (("energy", energy.observable), ("one basis counts", one_basis)):
        exact = float(Statevector(energy.circuit).expectation_value(observable).real)
        native = transpile_for(energy.circuit, energy.device)
        spread = {}
        for split in ("equal", "optimal", "adaptive"):
            techniques = [mitigation.Readout(), mitigation.ZNE((1, 3, 5), split=split)]
            plan = mitigation.plan(
                native, observable, techniques, device=energy.device,
                shots=mitigation.ShotBudget(SHOTS, calibration=0.16),
            )  # fmt: skip
            values = [
                mitigation.measure(replace(plan, seed=seed), progress=False).estimate().value
                for seed in range(RUNS)
            ]
            spread[split] = float(np.sqrt(np.mean((np.array(values) - exact) ** 2)))
        note = ", ".join(f"{k} {v:.4f}" for k, v in spread.items()) + f", {RUNS} runs"
        # the ratio of two spreads over so many runs is known to about 13 %
        table.at_most(f"adaptive split, {name}: error", spread["adaptive"],
                      1.13 * spread["optimal"], peer=spread["equal"],
                      peer_name="equal shares", note=note)  # fmt: skip
