"""A state and the circuits that prepare it: an exact one at once, shorter ones by effort.

The exact circuit needs no search, so that it is always there; where a search finds one of fewer
two-qubit gates within the infidelity asked for, that one is taken. Every effort begins with what
the one below it found and is never worse.
"""

from __future__ import annotations

import cmath
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import QuantumCircuit
from qiskit.circuit.library import StatePreparation, UnitaryGate
from qiskit.quantum_info import Statevector

from qtn._checks import bounded_int
from qtn._checks import real as checked_real
from qtn.aqc.door import compile
from qtn.aqc.methods.auto import Auto
from qtn.aqc.methods.base import Method
from qtn.aqc.methods.register_method import RegisterMethod, laid_out
from qtn.aqc.methods.staircase import Staircase
from qtn.aqc.methods.trees import Tree
from qtn.aqc.methods.window import Window
from qtn.aqc.result import Compiled, Status
from qtn.aqc.search.registers import tree_target
from qtn.aqc.shape.boxes import boxed, cost, widest
from qtn.aqc.shape.chain_trees import chain_tree
from qtn.aqc.shape.nodes import TargetTree
from qtn.aqc.target import as_chain, as_target
from qtn.errors import ArgumentError, FidelityError
from qtn.interop.circuits import circuit_to_mps
from qtn.interop.counting import two_qubit_gates
from qtn.states import MPS, TTN

EFFORTS = 3
USUAL = 1e-6  # infidelity where none is given: expectation values of norm 1 are right to 2e-3
SECONDS = {1: 2.0, 2: 10.0, 3: 60.0}  # CPU seconds that a search of an effort may take
STEPS, RATE = 2000, 1e10  # of a search of registers, and operations per second that it does
ONCE = 10000  # steps at most of the search of the first effort
WIDEST = 9  # wires of the largest unitary that is taken apart; each more takes eight times as long
DENSE = 14  # qubits up to which amplitudes are prepared one by one where that takes fewer CX
LOOSE, SCANT = 1e-4, 0.92  # infidelity from which a window may have fewer CX than the bound
PRECISE = 1e-8  # error of an amplitude of Qiskit's circuit for amplitudes
ROUNDED = 1e-28  # squared weight of Schmidt values that are rounding


@dataclass(frozen=True, slots=True, eq=False)
class Preparation:
    """A state with the circuits that prepare it from |0…0⟩, phase included.

    Args:
        state: normalised.
        infidelity: largest one of a circuit that was found by a search.
        seed: of the searches.
        given: the circuit to take whatever the effort; None for the exact one and searches.
    """

    state: MPS | TTN
    infidelity: float = USUAL
    seed: int = 0
    given: QuantumCircuit | None = None
    _found: dict[int, tuple[int, QuantumCircuit]] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, target: Any, infidelity: float = USUAL, seed: int = 0) -> Preparation:
        """Read a target; a compiled result brings its circuit.

        Raises:
            ArgumentError: no state of qubits, an option out of range, or bonds whose exact circuit
                would take unitaries on too many qubits.
        """
        checked_real("infidelity", infidelity, 0.0, 1.0, open_low=True)
        bounded_int("seed", seed, 0)
        if isinstance(target, Compiled):
            own = circuit_to_mps(target.circuit)
            return cls(own, infidelity, seed, _aligned(target.circuit, own))
        state = as_target(target)
        found = cls(state, infidelity, seed)
        wires = 0 if state.n == 1 else widest(found._tree().shape)
        if wires > WIDEST and state.n > DENSE:
            raise ArgumentError(
                f"Argument `state` has bonds whose exact circuit takes unitaries on {wires} "
                f"qubits, but at most {WIDEST} are taken apart. Truncate it (state.truncated("
                f"max_bond={2 ** (WIDEST - 1)})), or give a compiled circuit: "
                "qtn.gate(qtn.compile(state, ...))."
            )
        return found

    @property
    def exact(self) -> QuantumCircuit:
        """The circuit that needs no search: the definition of gates."""
        return self._at(0)[1]

    def circuit(self, effort: int) -> QuantumCircuit:
        """Return the circuit of fewest two-qubit gates that an effort from 0 to 3 finds.

        Args:
            effort: 0 the exact circuit; 1 a search of a few CPU seconds; 2 and 3 `Auto` with
                10 and 60 CPU seconds.
        """
        return self._at(0 if self.given is not None else min(effort, EFFORTS))[1]

    def _at(self, effort: int) -> tuple[int, QuantumCircuit]:
        """Return the circuit of an effort with its number of CX."""
        if effort not in self._found:
            if effort == 0:
                self._found[0] = self._without_search()
            else:
                found = [self._at(effort - 1), *map(self._searched, self._methods(effort))]
                self._found[effort] = min((f for f in found if f is not None), key=lambda f: f[0])
        return self._found[effort]

    def _without_search(self) -> tuple[int, QuantumCircuit]:
        if self.given is not None:
            return two_qubit_gates(self.given), self.given
        n = self.state.n
        if n == 1:
            a, b = self.state.to_dense()
            alone = QuantumCircuit(1)
            alone.append(UnitaryGate(np.array([[a, -np.conj(b)], [b, np.conj(a)]])), [0])
            return 0, alone
        tree = self._tree()
        count = cost(tree.shape)
        if n <= DENSE and 2**n - n - 1 < count:
            whole = _one_by_one(self.state.to_dense())
            if whole is not None:
                return 2**n - n - 1, whole
        return count, boxed(tree)

    def _chain(self) -> MPS:
        return self.state if isinstance(self.state, MPS) else as_chain(self.state)

    def _tree(self) -> TargetTree:
        if isinstance(self.state, TTN):
            return tree_target(self.state)
        return chain_tree(self.state.truncated(cutoff=ROUNDED).state.normalised().tensors)

    def _methods(self, effort: int) -> Sequence[Method]:
        """Return what an effort tries beyond the one below it."""
        if self.state.n <= 2:
            return [Staircase(1)] if self.state.n == 2 and effort == 1 else []
        tree = isinstance(self.state, TTN)
        if effort == 1:
            quick: RegisterMethod = (
                Tree(tries=1, steps=ONCE)
                if tree
                else Window(tries=1, steps=ONCE, bond=self._bond())
            )
            search = self._ending([quick], effort)
            return search if tree else [Staircase(1), *search]
        if not tree:
            tight = (1.0, SCANT) if self.infidelity >= LOOSE else (1.0,)
            windows = [Window(fullness=share, tries=1, bond=self._bond()) for share in tight]
            auto = Auto(infidelity=self.infidelity, seconds=SECONDS[effort])
            return [auto, *self._ending(windows, 1)] if effort == EFFORTS else [auto]
        return self._ending([Tree(), Tree(fullness=1.0)][: effort - 1], effort)

    def _bond(self) -> int:
        """Return the bond, a power of two, that holds a chain nearly enough."""
        assert isinstance(self.state, MPS)
        bond = 1
        while 1.0 - self.state.truncated(max_bond=bond).fidelity_floor > self.infidelity / 4:
            bond *= 2
        return bond

    def _ending(self, methods: Sequence[RegisterMethod], effort: int) -> list[RegisterMethod]:
        """Return the searches of registers that are likely to end in the time of an effort."""
        work, tree = RATE * SECONDS[effort] / STEPS, self._tree()
        return [m for m in methods if m.tries * laid_out(m, tree).work <= work]

    def _searched(self, method: Method) -> tuple[int, QuantumCircuit] | None:
        """Return what a method finds if it is near enough."""
        goal, near = max(0.0, 1.0 - self.infidelity), True
        try:
            found = compile(self.state, method, min_fidelity=goal, seed=self.seed, progress=False)
        except FidelityError as short:
            found, near = short.best, False
        if found.status is Status.INTERRUPTED:
            raise KeyboardInterrupt  # whoever waits for a transpilation has no use for half of it
        if not near:
            return None
        return found.two_qubit_gates, _aligned(found.circuit, self._chain())


def _one_by_one(amplitudes: NDArray[Any]) -> QuantumCircuit | None:
    """Return Qiskit's circuit for amplitudes; None where it is inexact, as next to products."""
    amplitudes = amplitudes / np.linalg.norm(amplitudes)
    try:
        # The definition: a plugin may stand for the gate itself.
        whole: QuantumCircuit = StatePreparation(amplitudes).definition
        error = np.abs(Statevector(whole).data - amplitudes).max()
    except ValueError:  # a step of it that is not unitary enough for Qiskit itself
        return None
    return whole if error < PRECISE else None


def _aligned(circuit: QuantumCircuit, state: MPS) -> QuantumCircuit:
    """Return the circuit with the global phase that makes ⟨state|circuit⟩ positive."""
    out = circuit.copy()
    out.global_phase -= cmath.phase(state.overlap(circuit_to_mps(out)))
    return out
