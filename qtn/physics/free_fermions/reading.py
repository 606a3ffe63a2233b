"""Circuits as fermions: hops along chains, phases of densities, swaps.

A gate on two qubits that conserves their number of ones has amplitudes a on |00⟩, b on |11⟩ and a
2 × 2 block B between |01⟩ and |10⟩. Free fermions give |11⟩ the amplitude det(B) / a, so that::

    gate = a · [modes moved by B / a] · exp(i φ n_p n_q),      φ = arg(a b / det B)

and both factors commute. A gate with an antidiagonal B may also be read as a swap of the qubits,
which only renames them, with the phase φ + π; what leaves the smaller phase is taken. A gate that
moves is a hop. Hops must join modes to chains: along each chain the Jordan-Wigner strings cancel
between neighbours, and chains that no hop joins commute with each other. Densities have no strings,
so that their phases may act between any two modes.

X gates are read before a qubit's first gate on two qubits, where they fill modes; how gates on a
pair become one is said in `gathering.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn.errors import ArgumentError
from qtn.interop.circuits import GateList, gate_list, own_qubits, read_circuit
from qtn.physics.free_fermions.gathering import LEAKS, NOUGHT, NotConserved, gather
from qtn.physics.free_fermions.hartree import Step

__all__ = ["Fermions", "NotFermions", "fermions_of", "read_fermions"]

Array = NDArray[Any]
WAY_OUT = (
    "Here gates must conserve the number of ones: hops (XX + YY) along chains, phases of densities "
    "(CP, CZ, RZZ, RZ) and swaps, after X gates that fill qubits. `qtn.verify` takes all circuits."
)


@dataclass(frozen=True, slots=True)
class Fermions:
    """A circuit as fermions.

    Args:
        n: number of modes, one per qubit.
        filled: modes that are full at the start.
        steps: gates in order.
        places: the mode that each qubit holds at the end.
        chains: modes joined by hops, in the order of their chain; modes alone too.
        dropped: bound of what entries and phases taken for zero can change a value of Z.
    """

    n: int
    filled: tuple[int, ...]
    steps: tuple[Step, ...]
    places: tuple[int, ...]
    chains: tuple[tuple[int, ...], ...]
    dropped: float = 0.0


class NotFermions(Exception):
    """Gates on some qubits are no hops along chains, no phases and no swaps.

    Args:
        qubits: where.
        why: what they do instead, as a predicate.
    """

    def __init__(self, qubits: tuple[int, ...], why: str) -> None:
        super().__init__(f"what acts on {_listed(qubits)} {why}")
        self.qubits, self.why = qubits, why


def read_fermions(circuit: Any) -> Fermions:
    """Return a circuit as fermions.

    Args:
        circuit: in any form, see `interop.circuits.read_circuit`; it begins in |0…0⟩.

    Raises:
        ArgumentError: a gate that does not conserve the number, or hops that branch or close a
            ring; with its qubits and name.

    Cost: linear in the number of gates.
    """
    try:
        return fermions_of(gate_list(circuit))
    except NotFermions as error:
        names = _names(circuit, error.qubits)
        raise ArgumentError(
            f"Argument `circuit`: {names} on {_listed(error.qubits)} {error.why}. {WAY_OUT}"
        ) from error


def fermions_of(gates: GateList) -> Fermions:
    """Return gates that act on |0…0⟩ as fermions.

    Raises:
        NotFermions: they are something else.
    """
    try:
        blocks, alone = gather(gates.n, gates.gates)
    except NotConserved as error:
        raise NotFermions(error.qubits, "does not conserve the number of ones") from error
    full = {q for q, matrix in alone.items() if _is_flip(matrix, q)}
    full.update(q for block in blocks for q in block.flipped)
    places = list(range(gates.n))  # the mode on each qubit
    found = [_step(block.qubits, block.matrix, places) for block in blocks]
    steps = [step for step, _ in found]
    chains = _chains(gates.n, steps, [block.qubits for block in blocks])
    dropped = 2.0 * sum(lost for _, lost in found)  # a value changes by twice the distance
    return Fermions(gates.n, tuple(sorted(full)), tuple(steps), tuple(places), chains, dropped)


def _is_flip(matrix: Array, qubit: int) -> bool:
    """Say whether gates on a lone qubit fill it; refuse superpositions."""
    if abs(matrix[0, 0]) > NOUGHT and abs(matrix[1, 0]) > NOUGHT:
        raise NotFermions((qubit,), "makes a superposition of numbers of ones")
    return bool(abs(matrix[1, 0]) > NOUGHT)


def _step(qubits: tuple[int, ...], matrix: Array, places: list[int]) -> tuple[Step, float]:
    """Return what a gate does to modes, and the norm of what it leaves out.

    Swaps change the places (in place) instead.
    """
    p, q = qubits
    # Creation on p is |10⟩, on q |01⟩: rows p, q.
    block = matrix[np.ix_([2, 1], [2, 1])] / matrix[0, 0]
    lost = float(np.linalg.norm(matrix[LEAKS]))
    rest = matrix[3, 3] / matrix[0, 0]
    phase = float(np.angle(rest / np.linalg.det(block)))
    swaps = abs(block[0, 0]) <= NOUGHT
    if swaps and abs(swapped := float(np.angle(-rest / np.linalg.det(block)))) < abs(phase):
        places[p], places[q] = places[q], places[p]
        block, phase = block[:, ::-1], swapped
    if abs(block[0, 1]) <= NOUGHT:
        lost += float(np.linalg.norm([block[0, 1], block[1, 0]]))
        block = np.diag(np.diag(block))
    if abs(phase) <= NOUGHT:
        lost, phase = lost + abs(phase), 0.0
    return Step((places[p], places[q]), block, phase), lost


def _chains(n: int, steps: list[Step], where: list[tuple[int, int]]) -> tuple[tuple[int, ...], ...]:
    """Return the modes that hops join, each chain from one end to the other."""
    beside: list[list[int]] = [[] for _ in range(n)]
    root = list(range(n))

    def top(mode: int) -> int:
        while root[mode] != mode:
            root[mode] = root[root[mode]]
            mode = root[mode]
        return mode

    for step, qubits in zip(steps, where, strict=True):
        if step.matrix[0, 1] == 0.0 or step.modes[1] in beside[step.modes[0]]:
            continue
        p, q = step.modes
        if max(len(beside[p]), len(beside[q])) == 2:
            raise NotFermions(qubits, "makes the hops branch")
        if top(p) == top(q):
            raise NotFermions(qubits, "closes a ring of hops")
        root[top(p)] = top(q)
        beside[p].append(q)
        beside[q].append(p)
    found, seen = [], set[int]()
    for end in range(n):
        if end in seen or len(beside[end]) == 2:
            continue
        line = [end]
        while more := [m for m in beside[line[-1]] if m not in line[-2:]]:
            line.append(more[0])
        seen.update(line)
        found.append(tuple(line))
    return tuple(found)


def _names(circuit: Any, qubits: tuple[int, ...]) -> str:
    """Return the names of the gates on some qubits."""
    whole = read_circuit(circuit)
    order = own_qubits(whole)
    names: dict[str, None] = {}
    for item in whole.data:
        where = {order.get(whole.find_bit(bit).index) for bit in item.qubits}
        if where <= set(qubits):
            names[repr(item.operation.name)] = None
    return " · ".join(list(names)[:6]) or "what acts"


def _listed(qubits: tuple[int, ...]) -> str:
    """Return qubits as words."""
    word = "qubit" if len(qubits) == 1 else "qubits"
    return f"{word} {', '.join(map(str, qubits))}"
