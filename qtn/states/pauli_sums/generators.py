"""A circuit as the strings that its rotations and channels turn about, and one Clifford."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail
from qtn._display import Display, Displayed
from qtn.states.pauli_sums.bits import words_of
from qtn.states.pauli_sums.frames import CLIFFORD, QUARTER, Written, walk
from qtn.states.pauli_sums.gate_split import NONE, Clifford, quarters, split_gate
from qtn.states.pauli_sums.rotation_loop import DAMPING, ROTATION

__all__ = ["Damping", "Generators", "Turn", "generators_of"]

Array = NDArray[Any]
_LETTERS = {"X": 1, "Z": 2, "Y": 3}


@dataclass(frozen=True, slots=True)
class Turn:
    """A rotation exp(-i angle P / 2) about any string.

    Args:
        letters: (qubit, letter) of P, letters X, Y, Z.
        angle: in rad.
    """

    letters: tuple[tuple[int, str], ...]
    angle: float


@dataclass(frozen=True, slots=True)
class Damping:
    """A Pauli channel Q → (1 - p) Q + p PQP: it damps what anticommutes with P by 1 - 2p.

    Args:
        letters: (qubit, letter) of P, letters X, Y, Z.
        factor: 1 - 2p; e^{-2λ} for a Pauli-Lindblad generator of rate λ.
    """

    letters: tuple[tuple[int, str], ...]
    factor: float


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Generators(Displayed):
    """What `generators_of` makes of a circuit.

    Args:
        n: number of qubits.
        x: bits x of the string of every step, in the order of time: (steps, words).
        z: bits z.
        kinds: `ROTATION` or `DAMPING`.
        cosines: of the angles; of damping its factor.
        sines: of the angles, with the sign of the string.
        frame: images of X_0, Z_0, X_1, … under C† … C: words of x, words of z, sign.
    """

    n: int
    x: Array
    z: Array
    kinds: Array
    cosines: Array
    sines: Array
    frame: Array

    def _brief(self) -> str:
        return f"{len(self.kinds)} rotations and channels on {self.n} qubits, and a Clifford"

    def _display(self) -> Display:
        rows = [
            ("qubits", self.n),
            ("rotations", int(np.sum(self.kinds == ROTATION))),
            ("channels", int(np.sum(self.kinds == DAMPING))),
        ]
        return Display("Circuit as Pauli rotations", rows)


def generators_of(n: int, gates: Iterable[Any]) -> Generators:
    """Split the gates of a circuit, and push its Cliffords to the end.

    Args:
        n: number of qubits.
        gates: in the order of time (qubits, matrix), the first qubit least significant, of gates
            on one and two qubits; or `Turn`, or `Damping`.

    Returns:
        The strings of all rotations in the frame of the first gate, and the Clifford C.

    Cost: O(gates · n / 64).

    Example:
        >>> t = np.diag([1.0, np.exp(0.25j * np.pi)])
        >>> generators_of(1, [((0,), t), ((0,), np.array([[0, 1], [1, 0]]))])
        Generators(1 rotations and channels on 1 qubits, and a Clifford)
    """
    writer = _Writer(n)
    for gate in gates:
        writer.add(gate)
    circuit = writer.written()
    words, steps = words_of(n), len(writer.numbers)
    frame = np.zeros((2 * n, 2 * words + 1), np.uint64)
    for qubit in range(n):
        bit = np.uint64(1) << np.uint64(qubit % 64)
        frame[2 * qubit, qubit // 64] = frame[2 * qubit + 1, words + qubit // 64] = bit
    x, z = np.zeros((2, steps, words), np.uint64)
    signs = np.zeros(steps, np.int64)
    walk(circuit, frame, x, z, signs)
    numbers = np.array(writer.numbers, float)
    kinds = circuit.kinds[circuit.kinds >= 0]
    turns = kinds == ROTATION
    cosines = np.where(turns, np.cos(numbers), numbers)
    sines = np.where(turns, np.sin(numbers) * (1 - 2 * signs), 0.0)
    return Generators(n, x, z, kinds, cosines, sines, frame)


class _Writer:
    """Steps as flat lists."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.kinds: list[int] = []
        self.starts = [0]
        self.qubits: list[int] = []
        self.letters: list[int] = []
        self.numbers: list[float] = []  # angles and factors
        self.images: dict[tuple[tuple[int, int, int], ...], int] = {}

    def written(self) -> Written:
        """Return what was added, as arrays."""
        images = np.zeros((max(1, len(self.images)), 4, 3), np.int64)
        for k, found in enumerate(self.images):
            images[k, : len(found)] = found
        lists = (self.kinds, self.starts, self.qubits, self.letters)
        kinds, starts, qubits, letters = (np.array(one, np.int64) for one in lists)
        return Written(kinds, starts, qubits, letters, images)

    def add(self, gate: Any) -> None:
        """Add a gate, a rotation or a channel.

        Raises:
            ArgumentError: it is none.
        """
        if isinstance(gate, Turn | Damping):
            self._add_string(gate)
            return
        qubits, matrix = gate
        matrix = np.asarray(matrix)
        if len(qubits) not in (1, 2) or matrix.shape != (2 ** len(qubits),) * 2:
            raise fail("gates", "on one or two qubits, with their matrices", (qubits, matrix.shape))
        if not np.allclose(matrix.conj().T @ matrix, np.eye(len(matrix)), atol=1e-9):
            raise fail("gates", "unitary", (qubits, matrix))
        for part in split_gate(matrix):
            if isinstance(part, Clifford):
                number = self.images.setdefault(part.images, len(self.images))
                self._place(CLIFFORD, qubits, (number,) * len(qubits))
            else:
                self._turn(qubits, part.letters, part.angle)

    def _add_string(self, gate: Turn | Damping) -> None:
        qubits = tuple(q for q, _ in gate.letters)
        if not qubits or any(letter not in _LETTERS for _, letter in gate.letters):
            raise fail("letters", "a string of X, Y, Z on some qubits", gate.letters)
        letters = tuple(_LETTERS[letter] for _, letter in gate.letters)
        turns = isinstance(gate, Turn)
        number = gate.angle if isinstance(gate, Turn) else gate.factor
        if not np.isfinite(number):
            raise fail("angle" if turns else "factor", "finite", number)
        if turns:
            self._turn(qubits, letters, number)
        else:
            self.numbers.append(number)
            self._place(DAMPING, qubits, letters)

    def _turn(self, qubits: tuple[int, ...], letters: tuple[int, ...], angle: float) -> None:
        """Write whole quarter turns, which change the frame, and the rotation that is left."""
        whole = quarters(angle)
        for _ in range(whole % 4):
            self._place(QUARTER, qubits, letters)
        rest = angle - whole * np.pi / 2
        if abs(rest) > NONE:
            self.numbers.append(rest)
            self._place(ROTATION, qubits, letters)

    def _place(self, kind: int, qubits: tuple[int, ...], letters: tuple[int, ...]) -> None:
        if len(set(qubits)) < len(qubits) or not all(0 <= q < self.n for q in qubits):
            raise fail("qubits", f"different ones below {self.n}", qubits)
        self.kinds.append(kind)
        self.qubits += qubits
        self.letters += letters
        self.starts.append(len(self.qubits))
