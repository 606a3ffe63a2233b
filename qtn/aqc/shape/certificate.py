r"""Fidelity of a circuit with its target, and a rigorous lower bound.

The fidelity is the overlap of two states at a middle layer: the circuit's first layers applied to
|0...0>, and the inverse of its last layers applied to the target. Meeting there keeps bonds small.
If truncations change the two by errors of norm ε and ε', the exact states are within the angles
arcsin ε and arcsin ε' of those computed, and the triangle inequality of the angle
:math:`\arccos|\langle a|b\rangle|` between states gives

.. math:: F \ge \cos^2\bigl(\arccos\sqrt{\tilde F} + \arcsin\varepsilon + \arcsin\varepsilon'\bigr).

An operator is a state of outputs and inputs, made from the identity by gates on outputs: its
fidelity |Tr(U†V)|²/4ⁿ is the overlap of two such states, and all of this holds for it.

Rounding is covered by adding :math:`10^{-14}` per gate and site. Truncations are at rounding level
while bonds are small, and looser where the states are so entangled that it would cost too much:
their ε stays below :math:`10^{-3}`, and what it costs is in the floor.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.bounded import Chain, State, zero_chain
from qtn.states import MPO, MPS
from qtn.states.kernels.circuit import apply_gates, on_outputs, route_gates
from qtn.states.kernels.overlap import log_overlap, residual_weight

PER_GATE = 1e-14  # rounding error of a state per gate and site
# Relative weight that one truncation may drop: while no bond is larger than so much, and beyond.
FINE, SMALL_BOND, LOOSE = 1e-30, 64, 1e-10
OPERATOR = 1e-16  # the same for operators, whose bonds are larger
NEGLIGIBLE = 1e-12  # truncation errors below it are rounding
CANCELLING = 1e-4  # below it 1 - F would lose digits


Lift = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class Certificate:
    """Infidelity, rigorous floor of the fidelity, and how they were found."""

    infidelity: float
    floor: float
    method: str


def certify(target: MPS | MPO, blocks: Blocks, cap: int = 512) -> Certificate:
    """Return the infidelity of the circuit with the target and a rigorous floor.

    Args:
        target: a state, normalised, canonical with centre 0; or an operator.
        blocks: gates on any one or two sites. Blocks on sites that are no neighbours are brought
            together by swaps.
        cap: largest bond dimension kept; what it drops lowers the floor.

    Cost: O(n D χ³), times the distance of the sites for blocks on no neighbours.
    """
    if blocks.n == 1:
        return _one_site(target, blocks)
    start, goal, lift = _ends(target)
    layers = blocks.layered is not None and blocks.layered[0].layers
    met = meet if layers else meet_routed
    ket, bra, count = met((start, goal), blocks, cap, lift)
    states = [MPS(tuple(state.chain)).normalised() for state in (bra, ket)]
    infidelity = min(
        max(1.0 - math.exp(2.0 * log_overlap(states[0].tensors, states[1].tensors)[1]), 0.0), 1.0
    )
    if infidelity < CANCELLING:
        infidelity = min(max(residual_weight(states[0].tensors, states[1].tensors), 0.0), 1.0)
    rounding = PER_GATE * (count + blocks.n)
    angle = math.asin(math.sqrt(infidelity))
    for error in (ket.error + rounding, bra.error):
        angle += math.asin(min(1.0, error))
    floor = math.cos(angle) ** 2 if angle < math.pi / 2 else 0.0
    how = "tight" if ket.error + bra.error > NEGLIGIBLE else "exact"
    return Certificate(infidelity, floor, how + " MPS contraction")


def farther(found: Certificate, distance: float) -> Certificate:
    """Return a certificate for a target that is so far from the one it was computed with."""
    angle = math.acos(math.sqrt(min(max(found.floor, 0.0), 1.0))) + math.asin(min(1.0, distance))
    floor = math.cos(angle) ** 2 if angle < math.pi / 2 else 0.0
    return Certificate(found.infidelity, floor, found.method)


def _ends(target: MPS | MPO) -> tuple[Chain, Chain, Lift]:
    """Return what the circuit acts on and what it should make of it, and how gates act on both."""
    if isinstance(target, MPS):
        return zero_chain(target.n, np.dtype(complex)), list(target.tensors), np.asarray
    one = np.eye(2, dtype=complex).reshape(1, 4, 1) * math.sqrt(0.5)
    goal = target.chain.normalised()
    return [one] * target.n, [t.astype(complex) for t in goal.tensors], on_outputs


def _one_site(target: MPS | MPO, blocks: Blocks) -> Certificate:
    """Compare two vectors of length two: 1 - F is the overlap with what is orthogonal."""
    if isinstance(target, MPO):
        return _one_site_operator(target, blocks)
    vector = np.array([1.0, 0.0])
    for _, matrix in blocks.gates:
        vector = matrix @ vector
    a, b = target.tensors[0][0, :, 0]
    infidelity = min(float(abs(a * vector[1] - b * vector[0])) ** 2, 1.0)
    return Certificate(infidelity, max(0.0, 1.0 - infidelity - PER_GATE), "exact")


def _one_site_operator(target: MPO, blocks: Blocks) -> Certificate:
    """1 - F is the squared distance of V from the nearest multiple of U."""
    matrix = np.eye(2)
    for _, gate in blocks.gates:
        matrix = gate @ matrix
    goal = target.tensors[0][0, :, :, 0]
    goal, matrix = (m / np.linalg.norm(m) for m in (goal, matrix))
    rest = matrix - np.vdot(goal, matrix) * goal
    infidelity = min(float(np.linalg.norm(rest)) ** 2, 1.0)
    return Certificate(infidelity, max(0.0, 1.0 - infidelity - PER_GATE), "exact")


def meet(
    ends: tuple[Chain, Chain], blocks: Blocks, cap: int, lift: Lift
) -> tuple[State, State, int]:
    """Return the circuit's first layers on its start, the inverse of the rest on the target.

    Each step takes the side whose bonds are smaller, so that the two meet where it costs least.

    Args:
        ends: start and target, normalised, canonical with centre 0.
        blocks: of layers on neighbours.
        cap: largest bond dimension kept.
        lift: takes a gate to the matrix that acts on two sites.

    Returns:
        The two states, and the number of gates that were applied.
    """
    ansatz, gates = blocks.as_layers()
    layers = list(zip(ansatz.layers, ansatz.slices, strict=True))
    lifted = np.array([lift(gate) for gate in gates])
    ket, bra = (State(chain, True) for chain in ends)
    first, last = 0, len(layers)
    while first < last:
        forward = _size(ket) <= _size(bra)
        layer, part = layers[first if forward else last - 1]
        state = ket if forward else bra
        state = state.applied(layer, lifted[part], not forward, _cut(state), cap)
        if forward:
            ket, first = state, first + 1
        else:
            bra, last = state, last - 1
    return ket, bra, ansatz.size


def meet_routed(
    ends: tuple[Chain, Chain], blocks: Blocks, cap: int, lift: Lift
) -> tuple[State, State, int]:
    """`meet` for blocks on any sites: swaps bring the two sites of a block together and apart.

    Truncations are singular value decompositions around the centre, one after another, so that
    their errors add up as norms.
    """
    levels = blocks.levels()
    ket, bra = (State([t.astype(complex) for t in chain], True) for chain in ends)
    first, last, count = 0, len(levels), 0
    while first < last:
        forward = _size(ket) <= _size(bra)
        gates = levels[first if forward else last - 1]
        gates = [(sites, matrix if forward else matrix.conj().T) for sites, matrix in gates]
        state = ket if forward else bra
        count += len(route_gates(gates, 2))
        gates = [(sites, lift(matrix)) for sites, matrix in gates]
        built = apply_gates(state.chain, gates, max_bond=cap, cutoff=_cut(state), method="svd")
        state = State(list(built.tensors), True, state.error + built.distance)
        if forward:
            ket, first = state, first + 1
        else:
            bra, last = state, last - 1
    return ket, bra, count


def _cut(state: State) -> float:
    """Return the relative weight that the next truncations may drop."""
    if state.chain[0].shape[1] > 2:
        return OPERATOR
    return FINE if max(len(t) for t in state.chain) <= SMALL_BOND else LOOSE


def _size(state: State) -> float:
    return float(sum(len(t) ** 3 for t in state.chain))
