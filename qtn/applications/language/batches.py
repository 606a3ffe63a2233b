r"""Sentence circuits contracted many at once, with their gradients.

Circuits that differ in their parameters only have one structure, and are contracted together: an
array with one row per sentence and one axis of 2 per wire that is alive. Wires begin when a gate
first touches them and end where they are post-selected, so that the array stays small; what is
discarded stays as an axis that is summed over at the end. A rotation about σ, with controls or
without, is

.. math:: U(θ) = (1 - Π) + \cos(θ/2)\, Π - i \sin(θ/2)\, Π σ,

Π the projector onto the controls being 1; both are read off the gate at two angles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._display import Display, Displayed, Table, cell
from qtn._optional import Tensor, torch
from qtn.errors import ArgumentError
from qtn.interop.circuits import operation_matrix
from qtn.interop.lambeq import SentenceCircuit

__all__ = ["Batch", "Structure", "grouped"]

_TURNS: dict[tuple[str, int], tuple[Tensor, ...]] = {}
# Axes of one sentence: 2¹⁸ amplitudes each, with their gradients.
MOST_WIRES = 18


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Step(Displayed):
    """One instruction.

    Args:
        kind: "gate", "turn", "select", "leave" or "last".
        qubits: most significant first.
        matrices: of a gate, or 1 - Π, Π and -iΠσ of a turn.
        slot: number of the parameter of a turn.
        factor: what it is multiplied by, to radians.
        outcome: of a selection.
    """

    kind: str
    qubits: tuple[int, ...]
    matrices: tuple[Tensor, ...] = ()
    slot: int = -1
    factor: float = 1.0
    outcome: int = 0

    def _brief(self) -> str:
        return f"{self.kind!r}, qubits {cell(self.qubits)}"

    def _display(self) -> Display:
        slot = None if self.slot < 0 else self.slot
        return Display(f"Step: {self.kind}", [("qubits", self.qubits), ("slot", slot)])


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Structure(Displayed):
    """What circuits with one structure have in common.

    Args:
        steps: in order.
        outputs: the qubits read, left to right.
        slots: number of parameters.
    """

    steps: tuple[Step, ...]
    outputs: tuple[int, ...]
    slots: int

    def _brief(self) -> str:
        return f"{len(self.steps)} steps, {self.slots} parameters, {len(self.outputs)} read"

    def _display(self) -> Display:
        rows = [("parameters", self.slots), ("qubits read", self.outputs)]
        steps = [(str(k), step.kind, step.qubits) for k, step in enumerate(self.steps)]
        return Display("Structure of circuits", rows, [Table(("step", "kind", "qubits"), steps)])

    def joint(self, turns: Tensor) -> Tensor:
        """Return the probabilities of the outputs together with the selected outcomes.

        Args:
            turns: values of the parameters, shape (sentences, slots).

        Returns:
            Shape (sentences, 2^outputs), the leftmost output most significant.
        """
        rows = len(turns)
        psi = torch.ones(rows, dtype=torch.complex128)
        axes: list[tuple[str, int]] = []  # of the array, after the first
        for number, step in enumerate(self.steps):
            for qubit in step.qubits:
                if ("qubit", qubit) not in axes:
                    axes.append(("qubit", qubit))
                    psi = torch.stack([psi, torch.zeros_like(psi)], dim=-1)
            found = [axes.index(("qubit", qubit)) for qubit in step.qubits]
            if step.kind in ("gate", "turn"):
                psi = _applied(psi, _matrix(step, turns), [k + 1 for k in found])
            elif step.kind == "select":
                psi = psi.select(found[0] + 1, step.outcome)
                del axes[found[0]]
            elif step.kind == "leave":
                axes[found[0]] = ("left", number)
        first = [axes.index(("qubit", qubit)) + 1 for qubit in self.outputs]
        rest = [k for k in range(1, psi.ndim) if k not in first]
        weights = psi.permute(0, *first, *rest).reshape(rows, 2 ** len(first), -1)
        return (weights.real**2 + weights.imag**2).sum(dim=2)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Batch(Displayed):
    """Sentences of one structure.

    Args:
        structure: what they share.
        rows: their numbers.
        names: of the parameter in each slot, one tuple per sentence.
    """

    structure: Structure
    rows: tuple[int, ...]
    names: tuple[tuple[str, ...], ...]

    def _brief(self) -> str:
        return f"{len(self.rows)} sentences of {self.structure!r}"

    def _display(self) -> Display:
        rows = [("sentences", len(self.rows)), ("numbers", self.rows)]
        return Display("Sentences of one structure", [*rows, ("structure", repr(self.structure))])


def grouped(circuits: Sequence[SentenceCircuit]) -> list[Batch]:
    """Sort circuits by structure.

    Args:
        circuits: of sentences, without measured wires among the outputs.

    Raises:
        ArgumentError: a circuit needs too many wires at once, or measures in its middle.

    Cost: one pass over all instructions.
    """
    found: dict[Any, tuple[SentenceCircuit, list[int], list[tuple[str, ...]]]] = {}
    for row, made in enumerate(circuits):
        key, names = _key(made)
        _, rows, all_names = found.setdefault(key, (made, [], []))
        rows.append(row)
        all_names.append(names)
    return [
        Batch(_structure(made), tuple(rows), tuple(names)) for made, rows, names in found.values()
    ]


def _slots(made: SentenceCircuit) -> dict[Any, int]:
    """Number the parameters in the order in which gates meet them."""
    slots: dict[Any, int] = {}
    for step in made.circuit.data:
        for angle in step.operation.params:
            for parameter in getattr(angle, "parameters", ()):
                slots.setdefault(parameter, len(slots))
    return slots


def _key(made: SentenceCircuit) -> tuple[Any, tuple[str, ...]]:
    """Return what two circuits of one structure have in common, and the names in the slots."""
    slots = _slots(made)
    parts: list[Any] = [tuple(sorted(made.selected.items())), made.outputs]
    for step in made.circuit.data:
        qubits = tuple(made.circuit.find_bit(q).index for q in step.qubits)
        bits = tuple(made.circuit.find_bit(b).index for b in step.clbits)
        angles = tuple(_angle(a, slots) for a in step.operation.params)
        parts.append((step.operation.name, qubits, bits, angles))
    return tuple(parts), tuple(p.name for p in slots)


def _angle(angle: Any, slots: dict[Any, int]) -> Any:
    """Describe a parameter of a gate: a slot with its factor, a number, or a matrix."""
    free = getattr(angle, "parameters", ())
    if not free:
        return angle.tobytes() if isinstance(angle, np.ndarray) else float(angle)
    (parameter,) = free
    return slots[parameter], round(float(angle.gradient(parameter)), 12)


def _structure(made: SentenceCircuit) -> Structure:
    slots = _slots(made)
    steps: list[Step] = []
    alive: set[int] = set()
    for instruction in made.circuit.data:
        name = instruction.operation.name
        qubits = tuple(made.circuit.find_bit(q).index for q in instruction.qubits)
        if name == "measure":
            bit = made.circuit.find_bit(instruction.clbits[0]).index
            steps.append(_measurement(made, qubits, bit))
        elif name == "reset":
            if alive.issuperset(qubits):  # else it was post-selected, and nothing is left
                steps.append(Step("leave", qubits))
        elif name != "barrier":
            steps.append(_gate(instruction.operation, qubits[::-1], slots))
        alive |= set(qubits)
        if steps[-1].kind in ("select", "leave"):
            alive -= set(qubits)
    _check_size(steps)
    return Structure(tuple(steps), tuple(made.open[bit] for bit in made.outputs), len(slots))


def _measurement(made: SentenceCircuit, qubits: tuple[int, ...], bit: int) -> Step:
    if bit in made.selected:
        return Step("select", qubits, outcome=made.selected[bit])
    if bit not in made.open:
        raise ArgumentError(
            "A wire is measured inside the sentence. Give diagrams whose open wires are qubits."
        )
    return Step("last", qubits)


def _gate(operation: Any, qubits: tuple[int, ...], slots: dict[Any, int]) -> Step:
    free = [a for a in operation.params if getattr(a, "parameters", ())]
    if not free:
        return Step("gate", qubits, (torch.from_numpy(operation_matrix(operation)),))
    (parameter,) = free[0].parameters
    factor = float(free[0].gradient(parameter))
    return Step("turn", qubits, _turn(operation), slots[parameter], factor)


def _turn(operation: Any) -> tuple[Tensor, ...]:
    """Read 1 - Π, Π and -iΠσ off a rotation at 2π and π; one name and size is one rotation."""
    key = (operation.name, operation.num_qubits)
    if key not in _TURNS:
        made = operation.to_mutable()
        whole, half = (_at(made, angle) for angle in (2 * np.pi, np.pi))
        inside = (np.eye(len(whole)) - whole) / 2
        outside = np.eye(len(whole)) - inside
        _TURNS[key] = tuple(torch.from_numpy(m) for m in (outside, inside, half - outside))
    return _TURNS[key]


def _at(operation: Any, angle: float) -> NDArray[Any]:
    operation.params = [angle]
    return operation_matrix(operation)


def _matrix(step: Step, turns: Tensor) -> Tensor:
    if step.kind == "gate":
        return step.matrices[0][None]
    half = (0.5 * step.factor * turns[:, step.slot]).to(torch.float64)[:, None, None]
    outside, inside, turned = step.matrices
    return outside + torch.cos(half) * inside + torch.sin(half) * turned


def _applied(psi: Tensor, matrix: Tensor, axes: list[int]) -> Tensor:
    """Apply one matrix per row to some axes, the first most significant."""
    moved = psi.movedim(axes, list(range(1, len(axes) + 1)))
    flat = moved.reshape(len(psi), matrix.shape[-1], -1)
    product = (matrix @ flat).reshape(moved.shape)
    return product.movedim(list(range(1, len(axes) + 1)), axes)


def _check_size(steps: Sequence[Step]) -> None:
    alive: set[int] = set()
    left = most = 0
    for step in steps:
        alive |= set(step.qubits)
        if step.kind == "select":
            alive -= set(step.qubits)
        elif step.kind == "leave":
            alive -= set(step.qubits)
            left += 1
        most = max(most, len(alive) + left)
    if most > MOST_WIRES:
        raise ArgumentError(
            f"A sentence needs {most} wires at once, more than {MOST_WIRES}. Give shorter "
            "sentences, or post-select (discard=False)."
        )
