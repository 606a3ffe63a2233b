r"""Born form: a state is measured as it stands, and what is measured is a row of the table.

A Born machine has the density :math:`p(v) = |\langle v|\psi\rangle|^2`. With V|0⟩ = ψ nothing is
bound to an input: every shot is a row, and the probability of a row is that of its bits,

.. math:: p(v) = |\langle v | V | 0 \rangle|^2 \qquad\text{or}\qquad
    p(v) = \sum_{r=0,1} |\langle v, r | V | 0 \rangle|^2

where a register tells the state from the background and is forgotten.

Reference: Han, Wang, Fan, Wang, Zhang, Phys. Rev. X 8, 031012 (2018), for the density; Benedetti et
al., npj Quantum Inf. 5, 45 (2019), for circuits that are Born machines.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from qtn._checks import choice, real
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.hybrid.forms.base import Deployed, Floats, Form, Measurement
from qtn.hybrid.forms.products import Product
from qtn.models.born import BornMachine
from qtn.states import MPS

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, repr=False)
class Born(Form):
    """One circuit whose shots are rows; for `MPSBornMachine` and `TTNBornMachine`.

    Args:
        register: None compiles `state()`; "background" the state that is the model's density
            exactly where a background is mixed in, with one more qubit that is forgotten.
        places: the qubits of every column, the most significant first; None until a model is
            deployed, which decides.
    """

    makes: ClassVar[Any] = "born"

    register: str | None = None
    places: tuple[tuple[int, ...], ...] | None = None

    def __post_init__(self) -> None:
        choice("register", self.register, (None, "background"))

    @classmethod
    def suits(cls, model: Any) -> bool:
        """Say whether a model is a Born machine, fitted or not."""
        return isinstance(model, BornMachine)

    def bound(self, model: Any) -> Self:
        """Return the form with the places of a fitted machine's columns."""
        columns, widths = model._site_columns(), [_width(d) for d in model.levels_]
        chain = isinstance(model.state(register="background"), MPS)
        between = len(columns) // 2 if self.register and chain else len(columns)
        places: list[tuple[int, ...]] = [()] * len(columns)
        start = 0
        for site, column in enumerate(columns):
            start += site == between
            places[column] = tuple(range(start, start + widths[column]))
            start += widths[column]
        return replace(self, places=tuple(places))

    def qubits(self, model: Any) -> int | None:
        """Return the qubits of the circuit of a fitted machine."""
        return sum(_width(d) for d in model.levels_) + (self.register is not None)

    def targets(self, model: Any) -> Sequence[Any]:
        """Return the one state of the machine, every column on qubits."""
        return [model.state(register=self.register, qubits=True)]

    def check(self, model: Deployed) -> None:
        """Raise `ArgumentError` unless there is one circuit, and its qubits are the columns'."""
        used = [q for column in self.places or () for q in column]
        whole = len(used) + (self.register is not None)
        if len(model.compiled) != 1 or whole != model.n or len({*used}) != len(used):
            raise ArgumentError(
                f"A Born machine needs one circuit whose qubits are those of its columns, but has "
                f"{len(model.compiled)} circuits of {model.n} qubits for {len(used)} qubits of "
                "columns. Make it with `qtn.deploy`."
            )

    def inputs(self, model: Deployed) -> int:
        """Return the number of columns."""
        assert self.places is not None
        return len(self.places)

    def bits(self, model: Deployed, x: Floats) -> Ints:
        """Return the bits that show rows, shape (batch, qubits); -1 where one does not matter.

        Args:
            model: the deployed model.
            x: codes (batch, columns).
        """
        assert self.places is not None
        found = np.full((len(x), model.n), -1, dtype=np.int64)
        for column, qubits in enumerate(self.places):
            for place, qubit in enumerate(reversed(qubits)):
                found[:, qubit] = x[:, column].astype(np.int64) >> place & 1
        return found

    def codes(self, bits: NDArray[Any]) -> Ints:
        """Return the rows that bits (batch, qubits) show, codes (batch, columns)."""
        assert self.places is not None
        found = np.zeros((len(bits), len(self.places)), dtype=np.int64)
        for column, qubits in enumerate(self.places):
            for qubit in qubits:
                found[:, column] = 2 * found[:, column] + bits[:, qubit]
        return found

    def circuits(self, model: Deployed, x: Floats) -> Sequence[Measurement]:
        """Return the circuit as it is, and per row the projector on its bits."""
        letters = np.array(["I", "0", "1"])[self.bits(model, x) + 1]
        labels = ["".join(row) for row in letters[:, ::-1]]
        return [Measurement(model.compiled[0].circuit, np.zeros((1, 0)), labels)]

    def scores(self, model: Deployed, outcomes: Sequence[Estimate]) -> Estimate:
        """Return the probabilities of the rows, (batch, 1)."""
        (found,) = outcomes
        value, stderr = np.reshape(found.value, (-1, 1)), np.reshape(found.stderr, (-1, 1))
        return replace(found, value=value, stderr=stderr)

    def shots_needed(self, model: Deployed, x: Floats, stderr: float) -> int:
        """Return the shots for all rows together: max p (1 - p) / stderr²."""
        largest = real("stderr", stderr, 0.0, open_low=True)
        p = self.ideal_scores(model, x)
        return max(1, math.ceil(float(np.max(p * (1.0 - p))) / largest**2))

    def products(self, model: Deployed, x: Floats) -> Sequence[Product]:
        """Return the overlap with the rows' bits; of a register that is forgotten one per value."""
        bits = self.bits(model, x)
        vectors = np.stack([bits == 0, bits == 1], axis=2).astype(np.float64)
        if self.register is None:
            return [Product(0, vectors)]
        found = []
        for value in (0, 1):
            known = vectors.copy()
            known[(bits < 0), value] = 1.0
            found.append(Product(0, known))
        return found

    def ideal_scores(self, model: Deployed, x: Floats) -> Floats:
        """Return the probabilities of rows without noise and shots, (batch, 1)."""
        return np.asarray(Form.ideal_scores(self, model, x).sum(axis=1, keepdims=True))


def marginal(state: MPS, bits: Ints) -> float:
    """Return the probability that some qubits of a state show given bits.

    Args:
        state: normalised.
        bits: of every qubit, -1 where it does not matter.

    Cost: O(n · χ³).

    Example:
        >>> bell = MPS.from_dense(np.array([0.6, 0, 0, 0.8]))
        >>> round(marginal(bell, np.array([-1, 1])), 12)
        0.64
    """
    left = np.ones((1, 1))
    for tensor, bit in zip(state.tensors, bits):
        part = tensor if bit < 0 else tensor[:, [bit]]
        left = np.einsum("ab,apc,bpd->cd", left, part.conj(), part, optimize=True)
    return float(left[0, 0].real)


def _width(levels: int) -> int:
    return max(1, math.ceil(math.log2(levels)))
