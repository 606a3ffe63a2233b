"""What a brickwall of 11 layers can hold of the Heisenberg quench at t = 3, by length of the chain.

    python -m benchmarks.compile --only "11 layers by length"

On 12 sites a product formula and a start far from it, without its symmetries, are followed until
they stand still. The solution is then carried from length to length: its bulk is repeated and all
gates are optimised again.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import qtn
from benchmarks import report
from benchmarks.compile_targets import heisenberg_quench
from qtn.aqc import Brickwall
from qtn.aqc.kernels.gates import joined, parted
from qtn.aqc.search.improve import turned

LAYERS, TIME, LENGTHS = 11, 3.0, (12, 16, 20, 24, 28, 32)
KICK = 0.05  # radian
SETTLED = {"steps": 1200, "tolerance": 1e-4, "metric": 12}
CARRIED = {"steps": 250, "tolerance": 1e-3, "metric": 12}


def solve(n: int, start: Any, options: dict[str, Any]) -> Any:
    """Compile the quench on n sites."""
    method = Brickwall(LAYERS, start=start, **options)
    return qtn.compile(heisenberg_quench(n, TIME, LAYERS).state, method, progress=False)


def rows(table: report.Table) -> None:
    """The infidelity that was reached for each length, and what each more site costs."""
    n = LENGTHS[0]
    plain = solve(n, "trotter", SETTLED)
    shape = solve(n, "trotter", {"steps": 0})
    noise = np.random.default_rng(0)
    kicked = joined(turned(parted(np.asarray(shape.gates)), KICK, noise, False))
    other = solve(n, ([b for _, b in shape.ansatz.sequence()], kicked), SETTLED)
    name = f"Heisenberg t={TIME:g}, {LAYERS} layers, n={n}: two starts"
    shown = f"{plain.infidelity:.3e} and {other.infidelity:.3e}"
    far = report.number(other.history[0].infidelity)
    table.inform(name, shown, note=f"product formula; turned by {KICK} rad, infidelity {far} then")
    found, values = min((plain, other), key=lambda made: made.infidelity), []
    for length in LENGTHS:
        if length > n:
            found = solve(length, found, CARRIED)
        values.append(found.infidelity)
    costs = np.diff(values) / np.diff(LENGTHS)
    table.inform(
        f"Heisenberg t={TIME:g}, {LAYERS} layers, by length",
        " ".join(report.number(value) for value in values),
        note=f"n = {', '.join(map(str, LENGTHS))}; each more site adds "
        + " ".join(f"{cost:.1e}" for cost in costs),
    )
