"""A state as a gate of Qiskit that plain `transpile` synthesises."""

from __future__ import annotations

from typing import Any

from qiskit.circuit import Gate

from qtn._checks import text
from qtn._machine import few_threads
from qtn.aqc.preparation import USUAL, Preparation

NAME = "qtn_state"


@few_threads(1)
def gate(state: Any, *, infidelity: float = USUAL, seed: int = 0, label: str | None = None) -> Gate:
    """Return a gate that prepares a state from |0…0⟩, for any qubits of any circuit of Qiskit.

    |ψ⟩ = U |0…0⟩, global phase included.

    U is one unitary, that of `definition`: exact, found without a search, the same for inverse,
    controlled and repeated gates and for qubits in any state. Where `transpile` sees that the
    qubits are still in |0…0⟩ it takes a shorter circuit for |ψ⟩ instead, if one is found: level 0
    takes the definition (or, without a coupling map, what level 1 takes), level 1 a search of a few
    CPU seconds, levels 2 and 3 `qtn.Auto` with 10 and 60 CPU seconds.

    Args:
        state: as the `target` of `qtn.compile`; a compiled result brings its own circuit, which
            becomes the definition and is taken at every level, also in the inverse.
        infidelity: largest one of the shorter circuit, in (0, 1]; the definition is exact.
        seed: of the searches.
        label: shown by circuit drawers.

    Returns:
        A `qiskit.circuit.Gate` named "qtn_state"; qubit i of its arguments is site i. Copies share
        what was found. QPY and OpenQASM keep the definition.

    Raises:
        ArgumentError: no state of qubits, an option out of range, or bonds too large for an exact
            circuit.

    Cost: nothing until it is transpiled or decomposed.

    Example:
        >>> import qtn
        >>> from qiskit import QuantumCircuit, transpile
        >>> circuit = QuantumCircuit(4)
        >>> _ = circuit.append(qtn.gate([0.5**0.5, 0, 0, 0, 0, 0, 0, 0.5**0.5]), [3, 1, 2])
        >>> ready = transpile(circuit, basis_gates=["u", "cx"])

    Reference: the definition is the circuit of Schön et al., Phys. Rev. Lett. 95, 110503 (2005),
    with a register per tensor; amplitudes of few qubits without structure are Qiskit's own.
    """
    if label is not None:
        text("label", label)
    return StateGate(Preparation.of(state, infidelity, seed), label=label)


class StateGate(Gate):
    """The unitary of a `Preparation`, or its inverse; made by `qtn.gate`.

    Args:
        preparation: the state and its circuits, shared by all copies.
        inverted: whether this is the inverse.
        label: shown by circuit drawers.
    """

    def __init__(
        self, preparation: Preparation, *, inverted: bool = False, label: str | None = None
    ) -> None:
        name = f"{NAME}_dg" if inverted else NAME
        super().__init__(name, preparation.state.n, [], label=label)
        self.preparation = preparation
        self.inverted = inverted

    def _define(self) -> None:
        exact = self.preparation.exact
        self.definition = exact.inverse() if self.inverted else exact.copy()

    def inverse(self, annotated: bool = False) -> Gate:
        """Return U†, whose definition is the inverse of this one's."""
        return StateGate(self.preparation, inverted=not self.inverted, label=self.label)

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> StateGate:
        return StateGate(self.preparation, inverted=self.inverted, label=self.label)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, StateGate) and other.preparation is self.preparation:
            return self.inverted == other.inverted and self.label == other.label
        return bool(super().__eq__(other))

    __hash__ = None  # type: ignore[assignment]
