"""A circuit with its bookkeeping: which outcomes count, which wires are read, discarded, scaled.

The exact value is contracted from the Qiskit circuit itself, so that it vouches for what is run.
A wire that is reset or left behind becomes an axis of an environment, a measured bit that is read
later is copied onto an axis of its own: the array is a purification of the state of all wires,

    ρ_out = |s|² Σ_e ψ_e ψ_e^†,    ψ_e[outputs] = ⟨selected| U |0…0⟩ restricted to environment e,

with s the scale of the diagram. Without environment and measured outputs the amplitudes s ψ
themselves are given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator

from qtn._checks import bounded_int, fail, finite_array, real, text
from qtn._display import Display, Displayed
from qtn._machine import few_threads
from qtn.errors import ArgumentError, DeviceError
from qtn.estimate import Estimate
from qtn.statistics.proportions import proportion_error

__all__ = ["SentenceCircuit"]

# Axes of the array that an exact value may need: 2²⁴ amplitudes are 268 MB.
MOST_AXES = 24
# Below this the outcomes that are selected are rounding noise.
IMPOSSIBLE = 1e-28
Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SentenceCircuit(Displayed):
    """A Qiskit circuit of a diagram, and how its outcomes are read.

    Args:
        circuit: gates with symbolic parameters, one per symbol of lambeq and with its name, in
            lambeq's unit of whole turns: the angle of a gate is 2π times its parameter.
        selected: classical bit -> the outcome with which a shot counts (post-selection).
        outputs: the classical bits of the open wires of the diagram, left to right.
        open: of these, the bits of quantum wires -> the qubit that is measured last of all.
        discarded: number of wires thrown away without a look.
        scale: what amplitudes are multiplied by: the product of the diagram's scalars.
    """

    circuit: QuantumCircuit
    selected: Mapping[int, int]
    outputs: tuple[int, ...]
    open: Mapping[int, int]
    discarded: int
    scale: complex

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters, in the order of `circuit.parameters`."""
        return tuple(p.name for p in self.circuit.parameters)

    @property
    def resets(self) -> int:
        """How many times a qubit is used again."""
        return int(self.circuit.count_ops().get("reset", 0))

    def _brief(self) -> str:
        c = self.circuit
        return (
            f"{c.num_qubits} qubits, {c.num_parameters} parameters, "
            f"{len(self.selected)} post-selected, {self.discarded} discarded, "
            f"{len(self.outputs)} read"
        )

    def _display(self) -> Display:
        rows = [
            ("qubits", self.circuit.num_qubits),
            ("two-qubit gates", self.circuit.num_nonlocal_gates()),
            ("resets", self.resets),
            ("post-selected bits", len(self.selected)),
            ("wires discarded", self.discarded),
            ("bits read", self.outputs),
            ("parameters", self.names),
        ]
        return Display("Circuit of a sentence", rows)

    @few_threads(1)
    def exact(self, values: Mapping[str, float] | Sequence[float] | Array = ()) -> Array:
        """Return the value of the diagram: the array that lambeq's own `eval` gives.

        Args:
            values: of the parameters, in whole turns: by name, or in the order of `names`.

        Returns:
            Amplitudes, one axis of 2 per open wire, where nothing is discarded or measured inside.
            Otherwise the unnormalised state: one axis per measured wire, then the rows and the
            columns of the open quantum wires.

        Raises:
            ArgumentError: values that do not fit, or more than 24 wires at once.

        Cost: (number of gates) x 2^(wires).

        Example:
            >>> plus = QuantumCircuit(1, 1)
            >>> _ = plus.h(0), plus.measure(0, 0)
            >>> SentenceCircuit(plus, {}, (0,), {0: 0}, 0, 2**0.5).exact()
            array([1.+0.j, 1.+0.j])
        """
        psi, measured = self._purified(values)
        inner = psi.ndim - len(self.outputs)
        if not measured and not inner:
            return np.asarray(self.scale * psi)
        quantum = len(self.outputs) - measured
        flat = psi.reshape(2**measured, 2**quantum, -1)
        rho = abs(self.scale) ** 2 * np.einsum("cqe,cre->cqr", flat, flat.conj())
        return np.asarray(rho.reshape((2,) * (measured + 2 * quantum)))

    @few_threads(1)
    def probabilities(self, values: Mapping[str, float] | Sequence[float] | Array = ()) -> Array:
        """Return how likely each outcome of the open wires is among the shots that count.

        Args:
            values: as in `exact`.

        Returns:
            Real array with one axis of 2 per output, which sums to 1.

        Raises:
            ArgumentError: as in `exact`; or no shot can ever count at these values.

        Example:
            >>> plus = QuantumCircuit(1, 1)
            >>> _ = plus.h(0), plus.measure(0, 0)
            >>> SentenceCircuit(plus, {}, (0,), {0: 0}, 0, 1.0).probabilities()
            array([0.5, 0.5])
        """
        joint = self._joint(values)
        if joint.sum() < IMPOSSIBLE:
            raise ArgumentError(
                "Argument `values` leaves the outcomes that are post-selected no chance, so that "
                "nothing is left to read. Take other values, or discard=True."
            )
        return np.asarray(joint / joint.sum())

    @few_threads(1)
    def success(self, values: Mapping[str, float] | Sequence[float] | Array = ()) -> float:
        """Return the part of the shots that counts.

        Args:
            values: as in `exact`.

        Raises:
            ArgumentError: as in `exact`.

        Example:
            >>> bell = QuantumCircuit(2, 2)
            >>> _ = bell.h(0), bell.cx(0, 1), bell.measure([0, 1], [0, 1])
            >>> SentenceCircuit(bell, {0: 0}, (1,), {1: 1}, 0, 1.0).success()
            0.5
        """
        return float(self._joint(values).sum())

    def read(self, counts: Mapping[str, int]) -> Estimate:
        """Return the probabilities of the outputs from counts of `circuit`.

        Args:
            counts: bit strings as Qiskit prints them (bit 0 rightmost) -> number of shots, such as
                `qtn.run(...).counts()`.

        Returns:
            Values as in `probabilities`, with the error of a proportion of the shots that count;
            `shots` is the number of all.

        Raises:
            ArgumentError: no counts of this circuit.
            DeviceError: no shot counts.

        Example:
            >>> bell = QuantumCircuit(2, 2)
            >>> made = SentenceCircuit(bell, {0: 0}, (1,), {1: 1}, 0, 1.0)
            >>> made.read({"00": 30, "11": 50, "10": 10}).value
            array([0.75, 0.25])
        """
        if not isinstance(counts, Mapping) or not counts:
            raise fail("counts", "a mapping of bit strings to numbers of shots", counts)
        kept = np.zeros((2,) * len(self.outputs))
        shots = 0
        for key, number in counts.items():
            bits = self._bits(key)
            shots += bounded_int("counts", number, 0)
            if all(bits[bit] == outcome for bit, outcome in self.selected.items()):
                kept[tuple(bits[bit] for bit in self.outputs)] += number
        total = int(kept.sum())
        if not total:
            raise DeviceError(
                f"Post-selection kept none of {shots} shots. Give more shots, or export the "
                "diagram with discard=True."
            )
        errors = [proportion_error(int(k), total) for k in kept.ravel()]
        how = "counts + post-selection" if self.selected else "counts"
        return Estimate(kept / total, np.reshape(errors, kept.shape), shots, how)

    def projectors(self) -> tuple[QuantumCircuit, list[str]]:
        """Return the circuit without measurements, and what to ask for instead, as `qtn.run` takes.

        The mean of a projector is the probability of an outcome of the open wires together with
        the selected ones, so that quotients of these means are what `probabilities` gives. In
        this form a circuit can be mitigated.

        Returns:
            The circuit, and one label of 0, 1 and I per outcome, the leftmost open wire most
            significant.

        Raises:
            ArgumentError: a qubit is used again, or measured inside.

        Example:
            >>> bell = QuantumCircuit(2, 2)
            >>> _ = bell.h(0), bell.cx(0, 1), bell.measure([0, 1], [0, 1])
            >>> SentenceCircuit(bell, {0: 0}, (1,), {1: 1}, 0, 1.0).projectors()[1]
            ['00', '10']
        """
        bare = QuantumCircuit(*self.circuit.qregs, global_phase=self.circuit.global_phase)
        qubit: dict[int, int] = {}
        for step in self.circuit.data:
            qubits = [self.circuit.find_bit(q).index for q in step.qubits]
            if step.operation.name == "measure":
                qubit[self.circuit.find_bit(step.clbits[0]).index] = qubits[0]
            elif step.operation.name == "reset" or set(qubits) & set(qubit.values()):
                raise ArgumentError(
                    "The circuit uses qubits again after they are measured or discarded. Export "
                    "the diagram with reuse=False."
                )
            else:
                bare.append(step.operation, qubits)
        labels = []
        for outcome in range(2 ** len(self.outputs)):
            label = ["I"] * self.circuit.num_qubits
            for bit, value in self.selected.items():
                label[-1 - qubit[bit]] = str(value)
            for place, bit in enumerate(reversed(self.outputs)):
                label[-1 - qubit[bit]] = str(outcome >> place & 1)
            labels.append("".join(label))
        return bare, labels

    def _bits(self, key: Any) -> list[int]:
        plain = text("counts", key).replace(" ", "")
        if len(plain) != self.circuit.num_clbits or set(plain) - set("01"):
            raise fail("counts", f"bit strings of {self.circuit.num_clbits} digits", key)
        return [int(digit) for digit in reversed(plain)]

    def _purified(self, values: Any) -> tuple[Array, int]:
        """Amplitudes: measured outputs, open wires, environment; how many of the first kind."""
        walk = _Walk(self.selected, frozenset(self.open))
        walk.run(self.circuit.assign_parameters(self._bound(values)))
        measured = [("bit", bit) for bit in self.outputs if bit not in self.open]
        wires = [("qubit", self.open[bit]) for bit in self.outputs if bit in self.open]
        return walk.ordered([*measured, *wires]), len(measured)

    def _joint(self, values: Any) -> Array:
        """Probabilities of the outputs together with the selected outcomes, in their order."""
        psi, _ = self._purified(values)
        joint = (np.abs(psi) ** 2).reshape(*(2,) * len(self.outputs), -1).sum(-1)
        bits = [bit for bit in self.outputs if bit not in self.open]
        bits += [bit for bit in self.outputs if bit in self.open]
        return np.moveaxis(joint, range(joint.ndim), [self.outputs.index(bit) for bit in bits])

    def _bound(self, values: Any) -> dict[Any, float]:
        parameters = self.circuit.parameters
        if isinstance(values, Mapping):
            missing = [name for name in self.names if name not in values]
            if missing:
                raise ArgumentError(
                    f"Argument `values` lacks {missing[0]!r} ({len(missing)} of "
                    f"{len(parameters)} names). Give a number of turns for each of `names`."
                )
            return {p: real(f"values[{p.name}]", values[p.name]) for p in parameters}
        if not len(parameters) and isinstance(values, tuple | list) and not values:
            return {}
        array = finite_array("values", values, ndim=1, dtype=float)
        if len(array) != len(parameters):
            raise ArgumentError(
                f"Argument `values` must have {len(parameters)} entries, one per parameter, but "
                f"has {len(array)}."
            )
        return dict(zip(parameters, array.tolist(), strict=True))


class _Walk:
    """The state of all wires while a circuit is walked through; see the module."""

    def __init__(self, selected: Mapping[int, int], last: frozenset[int]) -> None:
        self.selected, self.last = selected, last
        self.psi: Array = np.ones((), complex)
        self.axes: list[tuple[str, int]] = []  # what each axis of psi is
        self.fresh = 0  # of the environment

    def run(self, circuit: QuantumCircuit) -> None:
        """Apply all instructions."""
        self.psi = self.psi * np.exp(1j * float(circuit.global_phase))
        for step in circuit.data:
            qubits = [circuit.find_bit(q).index for q in step.qubits]
            name = step.operation.name
            if name == "measure":
                self.measure(qubits[0], circuit.find_bit(step.clbits[0]).index)
            elif name == "reset":
                self.leave(qubits[0])
            elif name != "barrier":
                self.apply(Operator(step.operation).data, qubits)

    def axis(self, qubit: int) -> int:
        """Return the axis of a qubit; one that is touched for the first time begins in |0⟩."""
        key = ("qubit", qubit)
        if key not in self.axes:
            self.grow(key, np.array([1.0, 0.0]))
        return self.axes.index(key)

    def grow(self, key: tuple[str, int], vector: Array) -> None:
        """Append an axis."""
        if self.psi.ndim >= MOST_AXES:
            raise ArgumentError(
                f"The circuit needs more than {MOST_AXES} wires at once, too many for an exact "
                "value. Give a shorter sentence, or run the circuit (qtn.run)."
            )
        self.psi = np.multiply.outer(self.psi, vector)
        self.axes.append(key)

    def apply(self, matrix: Array, qubits: list[int]) -> None:
        """Apply a matrix of Qiskit, whose first qubit is the least significant digit."""
        k = len(qubits)
        found = [self.axis(q) for q in reversed(qubits)]
        tensor = matrix.reshape((2,) * (2 * k))
        product = np.tensordot(tensor, self.psi, (range(k, 2 * k), found))
        self.psi = np.moveaxis(product, range(k), found)

    def measure(self, qubit: int, bit: int) -> None:
        """Select an outcome, or copy it; the last look at an open wire is left to the reader."""
        if bit in self.last:
            self.axis(qubit)
        elif bit in self.selected:
            place = self.axis(qubit)
            self.psi = np.take(self.psi, self.selected[bit], place)
            del self.axes[place]
        else:
            place = self.axis(qubit)
            self.grow(("bit", bit), np.ones(2))
            copy = np.eye(2).reshape([2 if k in (place, self.psi.ndim - 1) else 1
                                      for k in range(self.psi.ndim)])  # fmt: skip
            self.psi = self.psi * copy

    def leave(self, qubit: int) -> None:
        """Leave what a qubit holds to the environment; it begins again in |0⟩."""
        key = ("qubit", qubit)
        if key in self.axes:
            self.fresh += 1
            self.axes[self.axes.index(key)] = ("environment", self.fresh)

    def ordered(self, keys: list[tuple[str, int]]) -> Array:
        """Return the array with these axes first."""
        for kind, number in keys:
            if kind == "qubit":
                self.axis(number)
        first = [self.axes.index(key) for key in keys]
        return np.moveaxis(self.psi, first, range(len(first)))
