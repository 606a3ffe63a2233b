r"""The energy of a compiled circuit, and a search that lowers it.

.. math:: E = \langle 0|U^\dagger H U|0\rangle

Exact: on state vectors up to 20 qubits (see `statevector`), on matrix product states beyond, as far
as the bond allows (see `chain_energy`). The gates keep their classes, so that the circuit keeps its
CX and a real one stays real.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import instance, positive_int
from qtn._machine import few_threads
from qtn._progress import checked_progress, progress_bar
from qtn.aqc.result import Compiled
from qtn.aqc.shape.blocks import Blocks
from qtn.errors import ArgumentError
from qtn.hybrid.refine.descents.base import OnDevice
from qtn.hybrid.refine.energies.chain_energy import ChainEnergy
from qtn.hybrid.refine.energies.statevector import PauliSum, adjoint_gradients, prepared
from qtn.hybrid.refine.gates import Matrices, stays_real
from qtn.hybrid.refine.moved import moved_on
from qtn.hybrid.refine.on_device import lower_on_device
from qtn.hybrid.refine.optimise import minimise
from qtn.hybrid.refine.starts import Extended, Start, started
from qtn.interop.observables import operator_from_words, pauli_operator, products_of
from qtn.physics.terms import Terms
from qtn.states.operators import Term, merged

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp

Array = NDArray[Any]
DENSE = 20  # qubits up to which state vectors are taken


@dataclass(frozen=True, slots=True)
class Energy:
    """The mean of a Hamiltonian in the state of a circuit, with its gradients.

    Args:
        hamiltonian: any observable that the doors take (`SparsePauliOp`, a mapping of labels to
            coefficients, …), or `Terms` of `qtn.physics`.
        max_bond: largest bond of the state beyond 20 qubits.

    Raises:
        ArgumentError: no observable, or not Hermitian.

    Example:
        >>> import qtn
        >>> state = qtn.ground_state(qtn.chain("tfim", 6), max_bond=2)
        >>> energy = Energy(qtn.chain("tfim", 6))
        >>> gap = energy.value(qtn.compile(state, qtn.Staircase(1))) - state.origin.energy
        >>> abs(gap) < 1e-9
        True
    """

    hamiltonian: Any
    max_bond: int = 256
    _n: int = field(init=False, repr=False, compare=False)
    _words: PauliSum | ChainEnergy = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        positive_int("max_bond", self.max_bond)
        n, terms = _read(self.hamiltonian)
        words = PauliSum.of(terms) if n <= DENSE else _on_chain(n, terms, self.max_bond)
        object.__setattr__(self, "_n", n)
        object.__setattr__(self, "_words", words)

    @property
    def n(self) -> int:
        """Number of qubits."""
        return self._n

    @property
    def observable(self) -> Any:
        """The Hamiltonian as `qtn.run` takes it."""
        if isinstance(self.hamiltonian, Terms):
            return _operator(self.hamiltonian)
        return self.hamiltonian

    def value(self, circuit: Compiled | Blocks) -> float:
        """Return the energy of a compiled circuit.

        Raises:
            ArgumentError: another number of qubits, or a bond beyond the limit.

        Cost: (blocks + words) × 2^n up to 20 qubits, O(n χ³) per layer beyond.
        """
        blocks = self._blocks(circuit)
        sites, matrices = _taken_apart(blocks)
        if isinstance(self._words, ChainEnergy):
            return self._words.value(sites, matrices)
        state = prepared(self._n, sites, matrices)
        return float(np.vdot(state, self._words.on(state)).real)

    def value_and_gradient(self, circuit: Compiled | Blocks) -> tuple[float, list[Array]]:
        """Return the energy and its derivative by every block, in time order.

        Returns:
            E, and per block the matrix ∂E/∂Ḡ, ∂E/∂G where the block stays real: what
            `qtn.hybrid.refine.optimise.minimise` takes.

        Raises:
            ArgumentError: as in `value`.

        Cost: four times that of the value; 15 ms of one core for 42 real blocks on 16 qubits.
        """
        blocks = self._blocks(circuit)
        return self._on(*_taken_apart(blocks))

    def derivatives(
        self, sites: Sequence[tuple[int, ...]], matrices: Sequence[Array]
    ) -> tuple[float, list[Array]]:
        """Return the energy and ∂E/∂Ḡ of gates given by sites and matrices, unchecked.

        Args:
            sites: of every gate, in time order, the most significant one of its matrix first.
            matrices: unitary; all real ones give real derivatives, good for real changes only.

        Returns:
            E and per gate D, with dE = 2 Re Σ conj(D) dG.

        Cost: four times that of the value.
        """
        if isinstance(self._words, ChainEnergy):
            return self._words.value_and_gradient(sites, matrices)
        state = prepared(self._n, sites, matrices)
        applied = self._words.on(state)
        energy = float(np.vdot(state, applied).real)
        return energy, adjoint_gradients(sites, matrices, state, applied)

    def _on(
        self, sites: Sequence[tuple[int, ...]], matrices: Sequence[Array]
    ) -> tuple[float, list[Array]]:
        """Return the energy and its derivatives, by real blocks real ones."""
        energy, found = self.derivatives(sites, matrices)
        pairs = zip(found, matrices, strict=True)
        return energy, [2.0 * g.real if stays_real(m) else g for g, m in pairs]

    def _blocks(self, circuit: Any) -> Blocks:
        found = circuit.sequence if isinstance(circuit, Compiled) else circuit
        instance("circuit", found, Blocks, "a compiled circuit or its blocks")
        found.check_state("lowered")
        if found.n != self._n:
            raise ArgumentError(
                f"Argument `hamiltonian` must be on the {found.n} qubits of the circuit, but is on "
                f"{self._n}. Pad it with identities (SparsePauliOp.apply_layout)."
            )
        return found


@few_threads(1)
def lower_energy(
    compiled: Compiled,
    hamiltonian: Any,
    *,
    start: Start = "compiled",
    method: OnDevice | None = None,
    steps: int = 100,
    seed: int = 0,
    progress: bool | None = None,
) -> Compiled:
    """Move the gates of a compiled circuit so that the energy of its state falls.

    L-BFGS on exact gradients, or a search by what a device measures; every gate keeps its class, so
    that no CX is added but those of an extension.

    Args:
        compiled: a circuit that prepares a state, for instance a ground state at a small bond.
        hamiltonian: an observable in any form that the doors take, `Terms`, or an `Energy(...)`.
        start: "compiled"; `qtn.hybrid.Extended(...)`, with more gates that begin as the identity;
            "random" or "identity", other gates of the same shape, to compare with.
        method: None for exact gradients; `qtn.hybrid.SPSA(...)` or `ParameterShift(...)` on a
            device, which moves the angles of the written circuit; the gates of an extension are
            written with two CX each.
        steps: of the search; each takes a gradient, sometimes a few.
        seed: of the gates of "random" and "identity".
        progress: show a bar; None shows it where someone can watch.

    Returns:
        The circuit of least energy seen; from a start with the compiled gates it is never above
        theirs (on a device: the end of the search where it is measured to be lower, else the
        start). `provenance` has "energy" and "energy of the start", exact, and "energies", one per
        step, or "losses measured" by a device. The infidelity is the one with the target of the
        compilation, where its certificate is there; else it is not known: NaN, with a floor of 0.

    Raises:
        ArgumentError: no compiled state, a Hamiltonian on other qubits, an unknown start, or,
            beyond 20 qubits, a bond above that of `Energy(..., max_bond=)`.
        BudgetError: the search on a device exceeds its limits.

    Cost: per step one gradient, see `Energy.value_and_gradient`.

    Example:
        >>> import qtn
        >>> h = qtn.chain("tfim", 6)
        >>> short = qtn.compile(qtn.ground_state(h, max_bond=2), qtn.Staircase(1))
        >>> lower = lower_energy(short, h, start=Extended(layers=1), steps=30)
        >>> lower.provenance["energy"] < lower.provenance["energy of the start"] - 1e-3
        True

    Reference: Rudolph et al., Nat. Commun. 14, 8367 (2023), with exact gradients in place of a
    device's.
    """
    instance("compiled", compiled, Compiled, "what qtn.compile returns")
    energy = as_energy(hamiltonian, compiled)
    positive_int("steps", steps)
    checked_progress(progress)
    begun = started(compiled.sequence, start, seed)
    if method is not None:
        return _on_device(compiled, energy, method, begun, (steps, seed, progress))
    energies: list[float] = []
    clock = time.process_time()
    with progress_bar(steps, "energy", progress, word="at most") as bar:

        def watch(step: int, value: float, _: Matrices) -> bool:
            energies.append(value)
            if step:
                bar.update()
            return False

        function = _function(energy, begun)
        (found,) = minimise([begun], function, steps=steps, watch=watch, patience=steps)
    notes = {
        "refined": f"energy, from the start {_named(start)}",
        "energy": energy.value(found),
        "energy of the start": energies[0],
        "energies": energies,
    }
    return moved_on(compiled, found, notes, time.process_time() - clock)


def _on_device(
    compiled: Compiled, energy: Energy, method: OnDevice, begun: Blocks,
    told: tuple[int, int, bool | None],
) -> Compiled:  # fmt: skip
    """Search on a device, from given blocks."""
    instance("method", method, OnDevice, "None, qtn.hybrid.SPSA(...) or ParameterShift(...)")
    steps, seed, progress = told
    if begun is not compiled.sequence:
        compiled = moved_on(compiled, begun, {}, 0.0)
    found = lower_on_device(
        compiled, energy.observable, method, steps=steps, seed=seed, progress=progress
    )
    exact = {"energy": energy.value(found), "energy of the start": energy.value(compiled)}
    return replace(found, provenance=found.provenance | exact)


def as_energy(hamiltonian: Any, compiled: Compiled) -> Energy:
    """Return the energy of a Hamiltonian on the qubits of a compiled circuit.

    Raises:
        ArgumentError: no observable, other qubits, or an operator in place of a state.
    """
    found = hamiltonian if isinstance(hamiltonian, Energy) else Energy(hamiltonian)
    found._blocks(compiled)
    return found


def _function(energy: Energy, blocks: Blocks) -> Callable[[Matrices], tuple[float, Matrices]]:
    """Return the energy as a function of the matrices of one circuit, with its derivatives."""
    sites, _ = _taken_apart(blocks)

    def energy_of(matrices: Matrices) -> tuple[float, Matrices]:
        value, slopes = energy._on(sites, matrices[0])
        return value, [slopes]

    return energy_of


def _read(hamiltonian: Any) -> tuple[int, tuple[Term, ...]]:
    """Return the number of qubits and Pauli words, like ones merged."""
    if isinstance(hamiltonian, Terms):
        words = [Term(value, word) for word, value in hamiltonian.products.items()]
        return hamiltonian.n, (Term(hamiltonian.constant, ()), *words)
    operator = pauli_operator(hamiltonian)  # projectors become words
    return int(operator.num_qubits), tuple(merged(products_of(operator, None, "hamiltonian")))


def _on_chain(n: int, terms: Sequence[Term], max_bond: int) -> ChainEnergy:
    constant = sum(t.coefficient for t in terms if not t.factors)
    words = {t.factors: t.coefficient for t in terms if t.factors}
    return ChainEnergy(Terms(n, float(constant), words), max_bond)


def _operator(terms: Terms) -> SparsePauliOp:
    """Return a Pauli sum as Qiskit's operator."""
    words = [
        ("".join(x for _, x in word), [q for q, _ in word], c) for word, c in terms.products.items()
    ]
    return operator_from_words([("", [], terms.constant), *words], terms.n)


def _taken_apart(blocks: Blocks) -> tuple[list[tuple[int, ...]], list[Array]]:
    return [sites for sites, _ in blocks.gates], [matrix for _, matrix in blocks.gates]


def _named(start: Start) -> str:
    return "extended" if isinstance(start, Extended) else start
