r"""Fidelity of a circuit with its target, and a rigorous lower bound.

The circuit is run once more with truncations at rounding level. If the norms of their errors add
up to ε, the exact state is within the angle arcsin ε of the one computed, and the triangle
inequality of the angle :math:`\arccos|\langle a|b\rangle|` between states gives

.. math:: F \ge \cos^2\bigl(\arccos\sqrt{\tilde F} + \arcsin\varepsilon\bigr).

Rounding is covered by adding :math:`10^{-14}` per gate and site to ε.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qtn.aqc.ansatz import Ansatz
from qtn.aqc.layered import LayeredKernel
from qtn.states import MPS
from qtn.states.overlap import residual_weight

ROUNDING = 1e-14


@dataclass(frozen=True, slots=True)
class Certificate:
    """Infidelity, rigorous floor of the fidelity, and how they were found."""

    infidelity: float
    floor: float
    method: str


def certify(target: MPS, ansatz: Ansatz, gates: np.ndarray, cap: int = 512) -> Certificate:
    """Return the infidelity of the circuit with the target and a rigorous floor.

    Args:
        target: normalised, canonical with centre 0.
        ansatz: the circuit shape.
        gates: its gates.
        cap: largest bond dimension kept; what it drops lowers the floor.

    Cost: O(n D χ³) by singular value decompositions.
    """
    if not ansatz.layers:
        return Certificate(0.0, 1.0 - ROUNDING, "exact")
    kernel = LayeredKernel(list(target.tensors), ansatz)
    state = kernel.final_state(gates, 1e-30, cap)
    circuit = MPS(tuple(state.chain)).normalised()
    infidelity = min(max(residual_weight(target.tensors, circuit.tensors), 0.0), 1.0)
    error = state.error + ROUNDING * (ansatz.size + ansatz.n)
    angle = math.asin(math.sqrt(infidelity)) + math.asin(min(1.0, error))
    floor = math.cos(angle) ** 2 if angle < math.pi / 2 else 0.0
    how = "tight MPS contraction" if state.error > 1e-12 else "exact MPS contraction"
    return Certificate(infidelity, floor, how)
