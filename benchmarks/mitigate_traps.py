"""Where common tools go wrong: folding outside the gate set, twirling that hurts."""

from __future__ import annotations

import numpy as np

import qtn.mitigation as mitigation
from benchmarks import mitigate_problems as problems
from benchmarks import report
from qtn.devices import resolve, transpile_for

DEVICES = ("FakeManilaV2", "FakeGuadalupeV2", "FakeTorino", "FakeSherbrooke", "FakeAlgiers")


def add_rows(table: report.Table) -> None:
    """Folded circuits stay native on all fakes; twirling measured, not assumed."""
    good = 0
    for device in DEVICES:
        p = problems.problem(device, 4, 2, 1.0, 0.8)
        target = resolve(device).target
        ready = transpile_for(p.circuit, device).circuit
        folded = mitigation.fold(ready, 3, allowed=target.operation_names)
        native = all(
            target.instruction_supported(
                i.operation.name, tuple(folded.find_bit(q).index for q in i.qubits)
            )
            for i in folded.data
        )
        ratio = mitigation.two_qubit_gates(folded) / mitigation.two_qubit_gates(ready)
        good += native and abs(ratio / 3 - 1) <= 0.02
    table.at_least("devices on which folding stays native, ratio within 2 %", good, len(DEVICES),
                   note="mitiq 0 of 5")  # fmt: skip
    worse, count = 0, 0
    readout = mitigation.Readout(method="twirled")
    for p in problems.draws(1, 5):
        if p.n > 4:
            continue
        pair = [
            mitigation.mitigate(
                p.circuit, p.observable, t, device=p.device, shots=40_000, progress=False
            ).value
            for t in ([readout], [readout, mitigation.Twirl(16)])
        ]
        worse += int(np.abs(pair[1] - p.exact) > np.abs(pair[0] - p.exact))
        count += 1
    table.inform("twirling gates makes the corrected value worse", f"{worse} of {count}",
                 note="so no pipeline twirls unasked")  # fmt: skip
