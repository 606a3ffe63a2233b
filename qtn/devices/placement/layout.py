"""Where a circuit sits on a device: the embedding with the lowest expected error.

The circuit's interaction graph (a line, a tree, any sparse graph) is placed qubit by qubit onto
coupled device qubits by a beam search on the summed cost -log(1 - error) of its two-qubit gates
and its measurements, which is minus the logarithm of the circuit's expected success probability.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.transpiler import Target

from qtn.devices.placement.lines import long_lines
from qtn.interop.counting import is_two_qubit

__all__ = ["choose_layout", "interactions", "is_line", "over_broken"]

BEAM = 400
WORST = 0.75  # an error of 1 marks a broken gate; keeps its cost finite but prohibitive
BROKEN = -100.0 * math.log1p(-WORST)


@dataclass(frozen=True, slots=True)
class Errors:
    """Costs -log(1 - error) of the couplings and of the readout of a device."""

    edges: dict[tuple[int, int], float]
    readout: tuple[float, ...]


def interactions(circuit: QuantumCircuit) -> Counter[tuple[int, int]]:
    """Count the two-qubit gates between each pair of qubits (lower index first)."""
    counts: Counter[tuple[int, int]] = Counter()
    for instruction in circuit.data:
        if is_two_qubit(instruction):
            a, b = sorted(circuit.find_bit(q).index for q in instruction.qubits)
            counts[a, b] += 1
    return counts


def is_line(circuit: QuantumCircuit) -> bool:
    """Say whether the two-qubit gates only join chains of qubits (no branch, no ring)."""
    if any(len(i.qubits) > 2 and i.operation.name != "barrier" for i in circuit.data):
        return False
    pairs = list(interactions(circuit))
    degree = Counter(q for pair in pairs for q in pair)
    parent = {q: q for q in degree}

    def root(q: int) -> int:
        while parent[q] != q:
            q = parent[q]
        return q

    for a, b in pairs:
        if root(a) == root(b):
            return False
        parent[root(a)] = root(b)
    return all(count <= 2 for count in degree.values())


def choose_layout(circuit: QuantumCircuit, target: Target) -> tuple[int, ...] | None:
    """Return the device qubit of every circuit qubit, or None when no embedding was found.

    Args:
        circuit: circuit whose two-qubit gates must all act on coupled device qubits.
        target: the device with its error rates.

    Returns:
        `layout[i]` = device qubit of circuit qubit i, of lowest expected error among those kept
        by the beam; None when the graph does not embed (then swaps are needed). It may use a
        broken coupling where nothing else was found, see `over_broken`.

    Cost: beam width x qubits x degree; a second or two for a line that the beam does not find
        without broken couplings.
    """
    counts = interactions(circuit)
    if any(len(i.qubits) > 2 and i.operation.name != "barrier" for i in circuit.data):
        return None
    errors = device_errors(target)
    if errors is None:
        return None
    order = _placement_order(circuit.num_qubits, counts)
    linked = [links for qubit, links in order if any(qubit in pair for pair in counts)]
    single = circuit.num_qubits - len(linked)
    placed = _placed(linked, single, errors)
    if placed is None or over_broken(circuit, _layout(order, placed), target):
        found = [one for one in (placed, _as_lines(linked, single, errors)) if one is not None]
        placed = min(found, key=lambda one: _total(linked, one, errors), default=None)
    return None if placed is None else _layout(order, placed)


def over_broken(circuit: QuantumCircuit, layout: tuple[int, ...], target: Target) -> bool:
    """Whether a layout puts a two-qubit gate on a coupling with an error of `WORST` or more.

    Args:
        circuit: what is placed.
        layout: device qubit of every circuit qubit, as of `choose_layout`.
        target: the device with its error rates.
    """
    errors = device_errors(target)
    pairs = [tuple(sorted((layout[a], layout[b]))) for a, b in interactions(circuit)]
    return errors is not None and any(errors.edges[a, b] >= BROKEN for a, b in pairs)


def _layout(
    order: list[tuple[int, list[tuple[int, int]]]], placed: NDArray[np.int64]
) -> tuple[int, ...]:
    """Return the device qubit of every circuit qubit from those in the order of placement."""
    layout = [0] * len(order)
    for (qubit, _), physical in zip(order, placed, strict=True):
        layout[qubit] = int(physical)
    return tuple(layout)


def _placed(
    linked: list[list[tuple[int, int]]], single: int, errors: Errors
) -> NDArray[np.int64] | None:
    """Return device qubits in the order of placement; None where nothing embeds.

    Args:
        linked: of every qubit with gates, the positions of placed partners and numbers of gates.
        single: number of qubits without, which come last.
        errors: costs of the device.
    """
    size = len(errors.readout)
    readout, couplings, neighbours = _tables(errors)
    costs, beam = np.zeros(1), np.zeros((1, 0), np.int64)
    for position, links in enumerate(linked):
        where = (
            neighbours[beam[:, links[0][0]]] if links else np.tile(np.arange(size), (len(beam), 1))
        )
        total = costs[:, None] + readout[where]
        for partner, count in links:
            total += count * couplings[beam[:, partner, None], where]
        total[(beam[:, :, None] == where[:, None, :]).any(axis=1)] = np.inf  # taken
        possible = np.flatnonzero(np.isfinite(total))
        if not possible.size:
            return None
        # the first qubits see little of the cost yet, so every start stays in the race
        width = possible.size if position < 2 else max(BEAM, 4 * size)
        best = possible[np.argsort(total.ravel()[possible], kind="stable")[:width]]
        costs, entries = total.ravel()[best], best // where.shape[1]
        beam = np.hstack([beam[entries], where.ravel()[best, None]])
    if beam.shape[1] + single > size:
        return None
    free = np.tile(readout, (len(beam), 1))
    np.put_along_axis(free, beam, np.inf, axis=1)
    quiet = np.argsort(free, axis=1, kind="stable")[:, :single]
    costs = costs + np.take_along_axis(free, quiet, axis=1).sum(axis=1)
    return np.hstack([beam, quiet])[int(np.argmin(costs))]


def _total(linked: list[list[tuple[int, int]]], placed: NDArray[np.int64], errors: Errors) -> float:
    """Return the summed cost of a placement."""
    pairs = [
        (placed[position], placed[partner], count)
        for position, links in enumerate(linked)
        for partner, count in links
    ]
    gates = sum(count * errors.edges[min(a, b), max(a, b)] for a, b, count in pairs)
    return gates + sum(errors.readout[q] for q in placed)


def _as_lines(
    linked: list[list[tuple[int, int]]], single: int, errors: Errors
) -> NDArray[np.int64] | None:
    """Return a placement over as few broken couplings as found; None unless all are lines that fit.

    The qubits of a line stand one after the other, so that each has a gate with the one before it
    alone, or begins a line.
    """
    counts: list[list[int]] = []
    for position, links in enumerate(linked):
        if not links:
            counts.append([])
        elif [partner for partner, _ in links] == [position - 1]:
            counts[-1].append(links[0][1])
        else:
            return None
    readout, couplings, _ = _tables(errors)
    lines = long_lines(counts, couplings, readout, np.isfinite(couplings) & (couplings >= BROKEN))
    if lines is None:
        return None
    used = [q for line in lines for q in line]
    free = [int(q) for q in np.argsort(readout, kind="stable") if q not in used]
    return None if len(free) < single else np.array([*used, *free[:single]])


def _tables(errors: Errors) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64]]:
    """Return costs of readout, of all pairs (infinite if not coupled), and neighbours by qubit.

    Rows of neighbours are filled up with the qubit itself, to which it is not coupled.
    """
    size = len(errors.readout)
    couplings = np.full((size, size), np.inf)
    for (a, b), cost in errors.edges.items():
        couplings[a, b] = couplings[b, a] = cost
    coupled = np.isfinite(couplings)
    most = max(1, int(coupled.sum(axis=1).max(initial=0)))
    order = np.argsort(~coupled, axis=1, kind="stable")[:, :most]
    neighbours = np.where(np.take_along_axis(coupled, order, 1), order, np.arange(size)[:, None])
    return np.array(errors.readout), couplings, neighbours


def device_errors(target: Target) -> Errors | None:
    """Read coupling and readout costs; None for a device without a coupling map."""
    coupling = target.build_coupling_map()
    if coupling is None or target.num_qubits is None:
        return None
    edges: dict[tuple[int, int], float] = {}
    for name in target.operation_names:
        properties = target[name] or {}
        for qubits, entry in properties.items():
            if qubits is None or len(qubits) != 2:
                continue
            key = (min(qubits), max(qubits))
            cost = _cost(getattr(entry, "error", None))
            edges[key] = min(cost, edges.get(key, math.inf))
    measure = (target["measure"] or {}) if "measure" in target.operation_names else {}
    readout = tuple(
        _cost(getattr(measure.get((q,)), "error", None)) for q in range(target.num_qubits)
    )
    return Errors(edges, readout)


def _cost(error: float | None) -> float:
    if error is None or not math.isfinite(error):
        return 0.0
    return BROKEN if error >= WORST else -math.log1p(-max(error, 0.0))


def _placement_order(
    n: int, counts: Counter[tuple[int, int]]
) -> list[tuple[int, list[tuple[int, int]]]]:
    """Circuit qubits in an order in which each touches one already placed, where possible.

    Each entry is (qubit, links) with links = (position of a placed partner, number of gates).
    """
    partners: dict[int, dict[int, int]] = {q: {} for q in range(n)}
    for (a, b), count in counts.items():
        partners[a][b] = count
        partners[b][a] = count
    order: list[int] = []
    left = set(range(n))
    while left:
        # ends of chains first: a line is then walked from one end to the other
        start = min(left, key=lambda q: (not partners[q], len(partners[q]), q))
        stack = [start]
        while stack:
            qubit = stack.pop()
            if qubit not in left:
                continue
            left.remove(qubit)
            order.append(qubit)
            stack.extend(sorted((p for p in partners[qubit] if p in left), reverse=True))
    position = {q: i for i, q in enumerate(order)}
    return [
        (q, sorted((position[p], c) for p, c in partners[q].items() if position[p] < position[q]))
        for q in order
    ]
