"""A compiled circuit with other blocks: written out, and held against its target again."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from qtn.aqc.points import EXACT
from qtn.aqc.result import Compiled, Record, Status
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.emit import to_circuit


def moved_on(compiled: Compiled, blocks: Blocks, notes: dict[str, Any], seconds: float) -> Compiled:
    """Return a compiled circuit with other blocks, held against its target where that is known.

    A circuit from a file has no target: its infidelity is NaN from then on, its floor 0.

    Args:
        compiled: what was compiled.
        blocks: its blocks now.
        notes: for the provenance.
        seconds: CPU seconds that it took.
    """
    infidelity, floor = math.nan, 0.0
    if blocks is compiled.sequence:
        infidelity, floor = compiled.infidelity, compiled.floor
    elif compiled.certificate is not None:
        found = compiled.certificate(blocks)
        infidelity, floor = found.infidelity, found.floor
    spent = compiled.seconds + seconds
    return replace(
        compiled,
        circuit=to_circuit(blocks, compiled.basis),
        infidelity=infidelity,
        floor=floor,
        sequence=blocks,
        status=Status.EXACT if infidelity < EXACT else Status.REFINED,
        history=(*compiled.history, Record(spent, blocks.depth, infidelity)),
        seconds=spent,
        provenance=compiled.provenance | notes,
        pareto=(),
    )
