"""Ground states of magnets by circuits that no rotation changes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, choice, fail, instance, positive_int
from qtn._display import Display, Displayed
from qtn._figures.axes import axes_of, chosen
from qtn._figures.curves import draw_descent
from qtn._machine import few_threads
from qtn._progress import checked_progress, progress_bar
from qtn.applications.spins.amplitudes import amplitudes_of, paths_of
from qtn.applications.spins.ansatz import Ansatz, Sector
from qtn.applications.spins.couplings import (
    Couplings,
    Pair,
    Sites,
    checked_sets,
    read_couplings,
)
from qtn.applications.spins.descent import descended, first_angles
from qtn.applications.spins.layout import SpinGates, layer_of
from qtn.applications.spins.partial_swaps import written
from qtn.applications.spins.vertices import KINDS
from qtn.aqc.figure import draw_gates
from qtn.errors import ArgumentError
from qtn.states import MPS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from qiskit import QuantumCircuit

Floats = NDArray[np.float64]
DENSE = 20  # spins up to which a chain is read into amplitudes
LEAST_SHARE = 0.5  # of a chain that must have total spin 0


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SpinCircuit(Displayed):
    """A circuit whose state has total spin 0 whatever its angles, and its energy.

    Args:
        n: number of spins; spin i is qubit i.
        gates: "pairs", "triples" or "chiral".
        layers: how often the gates of `where` follow each other.
        where: the spins of the gates of one layer, in time order.
        singlets: the pairs of the start.
        angles: of all gates in time order, (gates × angles of one,), in radian.
        energy: ⟨H⟩.
        exact: the least energy of total spin 0.
        energies: after every step of the search.
        infidelity: with the chain that it was fitted to first; NaN without one.
        seconds: CPU seconds of the search.
    """

    n: int
    gates: str
    layers: int
    where: tuple[Sites, ...]
    singlets: tuple[Pair, ...]
    angles: Floats
    energy: float
    exact: float
    energies: tuple[float, ...] = ()
    infidelity: float = float("nan")
    seconds: float = 0.0
    _paths: tuple[Any, ...] = field(default=(), repr=False)

    @property
    def parameters(self) -> int:
        """Number of angles."""
        return len(self.angles)

    @property
    def relative_error(self) -> float:
        """(E - E₀)/|E₀|, with E₀ the least energy of total spin 0; NaN where E₀ is 0."""
        return (self.energy - self.exact) / abs(self.exact) if self.exact else float("nan")

    @property
    def circuit(self) -> QuantumCircuit:
        """The circuit in CX and `u` gates, from |0…0⟩."""
        return self.to_circuit()

    @few_threads(1)
    def to_circuit(self, basis: str = "cx") -> QuantumCircuit:
        """Return the circuit in a two-qubit basis.

        Args:
            basis: "cx", "cz", "ecr" or "rzz".

        Returns:
            A circuit that prepares the state from |0…0⟩, up to a phase.

        Raises:
            ArgumentError: another basis.

        Cost: some 2 ms per gate on three spins.
        """
        gates = self.where * self.layers
        return written(self.n, self.singlets, KINDS[self.gates], gates, self.angles, basis)

    def amplitudes(self) -> NDArray[Any]:
        """Return the state, (2^n,), qubit i the bit i of the index.

        Cost: 2^n × n.
        """
        return np.asarray(amplitudes_of(*self._paths))

    def plot(self, ax: Axes | None = None, *, kind: str = "energy") -> Axes:
        """Draw the energy over the steps of the search, or the circuit.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.
            kind: "energy", the dotted line is the least of total spin 0; "circuit".

        Returns:
            The axes.

        Raises:
            ArgumentError: another kind.
        """
        draw = chosen(kind, {
            "energy": lambda axes: draw_descent(axes, self.energies, self.exact),
            "circuit": lambda axes: draw_gates(axes, self.circuit),
        })  # fmt: skip
        found: Axes = draw(axes_of(ax))
        return found

    def _brief(self) -> str:
        return (
            f"{self.n} spins, {self.layers} layers of {self.gates}, "
            f"{self.parameters} angles, energy {self.energy:.8g}, "
            f"relative error {self.relative_error:.1e}"
        )

    def _display(self) -> Display:
        rows = [
            ("spins", self.n),
            ("gates", f"{self.layers} × {len(self.where)} {self.gates}"),
            ("singlets of the start", ", ".join(f"{a}–{b}" for a, b in self.singlets)),
            ("angles", self.parameters),
            ("CX", self.circuit.count_ops().get("cx", 0)),
            ("energy", f"{self.energy:.10g}"),
            ("least of total spin 0", f"{self.exact:.10g}"),
            ("relative error", f"{self.relative_error:.2e}"),
            ("steps", len(self.energies) or None),
            ("CPU seconds", f"{self.seconds:.2g}"),
        ]
        return Display("Circuit of total spin 0", rows)


@few_threads(1)
def spin_circuit(
    hamiltonian: Any,
    gates: str | SpinGates = "triples",
    layers: int = 2,
    *,
    start: MPS | SpinCircuit | None = None,
    steps: int = 500,
    seed: int = 0,
    progress: bool | None = None,
) -> SpinCircuit:
    r"""Return a circuit of total spin 0 with a small energy.

    .. math:: |\psi\rangle = \prod V_g(\theta_g) \prod |\text{singlets}\rangle, \quad
       [V_g, R^{\otimes k}] = 0

    for every rotation R. The search runs on the paths of intermediate spins, 16,796 for 20 spins,
    with exact gradients.

    Args:
        hamiltonian: a sum of couplings S_i·S_j on an even number of spins, at most 24, in any form
            that the doors take: `qtn.chain("heisenberg" or "j1j2", …)`,
            `qtn.applications.spins.kagome()`, a `SparsePauliOp`, …
        gates: "pairs", "triples", "chiral", or `SpinGates(...)`, which says where they stand: by
            default one after the other along a chain or ring, else on all couplings or triangles.
        layers: how often the gates follow each other.
        start: a chain (`qtn.ground_state(…)`), which the circuit is fitted to before its energy is
            lowered; or a `SpinCircuit` of fewer layers, whose energy is never exceeded; None for
            gates near the identity.
        steps: of L-BFGS, each a gradient; as many again for a chain.
        seed: of the first angles.
        progress: show a bar; None shows it where someone can watch.

    Returns:
        A `SpinCircuit`: `energy`, `exact`, `circuit`.

    Raises:
        ArgumentError: an odd number of spins, terms that some rotation changes, sets of spins of
            another size, a chain of another length or of total spin above 0, a start of other
            gates.

    Cost: per step gates × paths × 100 operations: 12 ms for 40 triples on 20 spins, so 6 s in all.

    Example:
        >>> import qtn
        >>> ring = qtn.chain("heisenberg", 8, periodic=True)
        >>> found = spin_circuit(ring, layers=1, steps=60, progress=False)
        >>> found.relative_error < 1e-3, found.parameters
        (True, 32)

    Reference: East, Alonso-Linaje and Park, arXiv:2309.07250. The gates are the same families;
    the search within the singlets, L-BFGS, the start from a chain and the writing by partial swaps
    are chosen here.
    """
    made = SpinGates(choice("gates", gates, KINDS)) if isinstance(gates, str) else gates
    instance("gates", made, SpinGates, 'a word such as "triples", or SpinGates(...)')
    kind = KINDS[made.kind]
    positive_int("layers", layers)
    positive_int("steps", steps)
    bounded_int("seed", seed, 0)
    checked_progress(progress)
    couplings = read_couplings(hamiltonian)
    layer = layer_of(kind, couplings, made.where)
    pairs = _checked_singlets(made.singlets, couplings)
    clock = time.process_time()
    sector = Sector.of(couplings)
    ansatz = Ansatz(sector, kind, layer * layers, sector.dimers(pairs))
    energies: list[float] = []
    begun, infidelity = first_angles(ansatz, seed), float("nan")
    with progress_bar(steps, "energy", progress, word="at most") as bar:

        def watch(value: float) -> None:
            energies.append(value)
            bar.update()

        if isinstance(start, MPS):
            target = _target(start, sector)
            begun, infidelity = descended(
                lambda x: ansatz.infidelity(x, target), begun, steps, lambda _: None
            )
        elif start is not None:
            begun = _continued(start, (made.kind, layer, pairs), ansatz, begun)
        angles, energy = descended(ansatz.energy, begun, steps, watch, couplings.scale)
    if isinstance(start, SpinCircuit):
        kept = _continued(start, (made.kind, layer, pairs), ansatz, np.zeros(ansatz.angles))
        before = ansatz.energy(kept)[0]
        angles, energy = (kept, before) if before < energy else (angles, energy)
    return SpinCircuit(
        couplings.n, made.kind, layers, layer, pairs, angles, energy, sector.lowest()[0],
        tuple(energies), infidelity, time.process_time() - clock,
        (sector.paths, sector.order, ansatz.state(angles)),
    )  # fmt: skip


def _checked_singlets(singlets: Any, couplings: Couplings) -> tuple[Pair, ...]:
    if singlets is None:
        return tuple(couplings.dimers())
    found = checked_sets("singlets", singlets, 2, couplings.n)
    if sorted(k for pair in found for k in pair) != list(range(couplings.n)):
        raise ArgumentError(
            f"Argument `singlets` must pair all {couplings.n} spins, each once, but is {singlets}."
        )
    return tuple((a, b) for a, b in found)


def _target(chain: MPS, sector: Sector) -> NDArray[Any]:
    """Return the part of total spin 0 of a chain, on paths, normalised."""
    n = sector.couplings.n
    if chain.n != n or set(chain.phys) != {2} or n > DENSE:
        raise ArgumentError(
            f"Argument `start` must be a chain of {n} spins 1/2, at most {DENSE}, but has "
            f"{chain.n} sites of dimension {max(chain.phys)}."
        )
    found = paths_of(sector.paths, sector.order, chain.normalised().to_dense())
    share = float(np.vdot(found, found).real)
    if share < LEAST_SHARE:
        raise ArgumentError(
            f"Only {share:.2g} of Argument `start` has total spin 0, but {LEAST_SHARE} is needed: "
            "give the ground state of an antiferromagnet, or leave `start` out."
        )
    return np.asarray(found / np.sqrt(share))


def _continued(
    start: Any, shape: tuple[str, Sequence[Sites], Sequence[Pair]], ansatz: Ansatz, rest: Floats
) -> Floats:
    """Return the angles of a smaller circuit before those of `rest`."""
    same = isinstance(start, SpinCircuit) and (start.gates, start.where, start.singlets) == shape
    if not same or len(start.angles) > ansatz.angles:
        raise fail(
            "start",
            "None, a qtn.MPS, or what qtn.spin_circuit returned for the same gates on the same "
            "spins with at most as many layers",
            start,
        )
    return np.concatenate([start.angles, 0.1 * rest[len(start.angles) :]])
