"""The door `qtn.ground_state`: DMRG with the energy variance as its certificate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, fail, positive_int, real
from qtn._display import Settings
from qtn._machine import few_threads, suited
from qtn._progress import checked_progress, progress_bar
from qtn._random import generator
from qtn.physics.charges.environments import BlockFrame
from qtn.physics.charges.random_sector import SMALL, random_in_sector
from qtn.physics.charges.switch import PAYS, Symmetry, symmetry_of, symmetry_with
from qtn.physics.charges.switch import variance as variance_in_blocks
from qtn.physics.effective import DenseFrame, Frame
from qtn.physics.krylov import lowest
from qtn.physics.long_range.given import Given, as_sum, named, read_chain
from qtn.physics.mpo import operator_tensors, variance
from qtn.physics.on_trees import tree_forms, tree_ground
from qtn.physics.on_trees.tree_spread import tree_variance
from qtn.physics.product import as_state, product_state
from qtn.physics.terms import Terms
from qtn.states import MPO, MPS, TTN, BlockMPS
from qtn.states.kernels.tree_sweeps import Pairs
from qtn.states.origin import Ground

if TYPE_CHECKING:
    from qtn.interop.observables import ObservableLike

__all__ = ["DMRG", "ground_state"]

Tensor = NDArray[Any]
USUAL = 2.0**-10, 2.0**20
"""Sizes of couplings that are left in their own unit."""
OUTSIDE = 1e-8
"""Squared weight outside its main sector that a search in progress may have, and then loses."""


@dataclass(frozen=True, slots=True, repr=False)
class DMRG(Settings):
    """Density-matrix renormalisation group: two sites of a chain, one node of a tree at a time.

    Args:
        sweeps: largest number of sweeps (one sweep goes there and back).
        tolerance: stop when a sweep changes the energy by less than this, relative to |E| + 1.
        krylov: Lanczos dimension of a local problem.
        seed: seed of the random start that is used when no start is given.
    """

    sweeps: int = 40
    tolerance: float = 1e-12
    krylov: int = 8
    seed: int = 0

    def __post_init__(self) -> None:
        positive_int("sweeps", self.sweeps)
        positive_int("krylov", self.krylov)
        real("tolerance", self.tolerance, 0.0)
        bounded_int("seed", self.seed, 0)


@overload
def ground_state(
    hamiltonian: ObservableLike | MPO, tree: None = ..., *, max_bond: int = ...,
    cutoff: float = ..., start: MPS | BlockMPS | str | None = ..., method: DMRG | None = ...,
    progress: bool | None = ...,
) -> MPS: ...  # fmt: skip
@overload
def ground_state(
    hamiltonian: ObservableLike, tree: Any, *, max_bond: int = ..., cutoff: float = ...,
    start: str | None = ..., method: DMRG | None = ..., progress: bool | None = ...,
) -> TTN: ...  # fmt: skip
@few_threads(1)
def ground_state(
    hamiltonian: ObservableLike | MPO,
    tree: TTN | str | Pairs | None = None,
    *,
    max_bond: int = 64,
    cutoff: float = 1e-12,
    start: MPS | BlockMPS | str | None = None,
    method: DMRG | None = None,
    progress: bool | None = None,
) -> MPS | TTN:
    """Find the ground state of a Hamiltonian as an MPS, or on a tree.

    ``min <psi|H|psi>`` over normalised states: on a chain two neighbouring sites at a time, on a
    tree node by node with bonds that grow.

    Args:
        hamiltonian: Hermitian `SparsePauliOp`, or another observable in Pauli matrices (a mapping
            of labels to coefficients, …), terms of any range, or for an MPS a Hermitian `MPO`
            (docs/long_range.md); site i is qubit i.
        tree: where the state is to stand: "balanced", "chain" or pairs as of `qtn.TTN`; or a TTN to
            start from; None for an MPS.
        max_bond: largest bond dimension.
        cutoff: relative squared weight that one truncation may discard.
        start: an MPS or the name of a product state; None starts from a random state. It is
            a first guess, not a constraint. A `BlockMPS` is a constraint: the search stays in its
            sector, and begins from a random state there if the bond given is below 12.
        method: `DMRG(...)`.
        progress: show a bar; None shows it where someone can watch.

    Returns:
        The normalised state, a TTN where `tree` is given. Its `origin` (see
        `qtn.states.origin.Ground`) has `energy` and `variance`.

    Raises:
        ArgumentError: bad operator, tree, bond, cutoff or start; a `BlockMPS` of charges that the
            Hamiltonian does not conserve.

    Cost: O(sweeps n chi^3 D) with D the bond of the operator, in blocks from a bond of 48 on where
    charges are conserved and the search from a random state has found one (docs/charges.md); on a
    tree O(sweeps n chi^4 D^2).

    Example:
        >>> import qtn
        >>> state = qtn.ground_state(qtn.chain("tfim", n=10), max_bond=16)
        >>> round(state.origin.energy, 6)
        -12.381490
        >>> qtn.ground_state(qtn.chain("tfim", n=10), "balanced", max_bond=16)
        TTN(10 sites, max bond 16, float64)

    Reference: U. Schollwöck, Ann. Phys. 326, 96 (2011); trees: docs/trees_in_time.md.
    """
    terms = read_chain(hamiltonian)
    positive_int("max_bond", max_bond)
    real("cutoff", cutoff, 0.0, 1.0)
    checked_progress(progress)
    chosen = method if method is not None else DMRG()
    if not isinstance(chosen, DMRG):
        raise fail("method", "DMRG(...)", method)
    operator = named(hamiltonian)
    if tree is not None:
        rooted = _tree_start(as_sum(terms), tree, start, chosen.seed)
        return _on_tree(as_sum(terms), operator, rooted, (cutoff, max_bond), chosen, progress)
    terms, unit = _in_units(terms)
    frame = _Frame.of(terms, start, max_bond, chosen.seed)
    tensors, energy, reached, found = _sweep_to_rest(
        frame, terms.n, cutoff, max_bond, chosen, progress
    )
    origin = Ground(operator, energy * unit, reached * unit**2, *found)
    return MPS(tuple(tensors), origin=origin)


def _tree_start(terms: Terms, tree: Any, start: Any, seed: int) -> TTN:
    if isinstance(tree, TTN):
        if start is not None:
            raise fail("start", "None where `tree` is a TTN, which is the start itself", start)
        return tree_forms.as_tree("tree", tree, terms.n)
    pairs = tree_forms.shape_pairs(tree, terms.n)
    if start is None:
        return tree_ground.random_start(pairs, seed)
    if not isinstance(start, str):
        raise fail("start", 'on a tree the name of a product state such as "neel"', start)
    product: TTN = product_state(start, terms.n, tree=pairs)
    return product.normalised()


def _on_tree(
    terms: Terms, operator: Any, start: TTN, limits: tuple[float, int], method: DMRG,
    progress: bool | None,
) -> TTN:  # fmt: skip
    terms, unit = _in_units(terms)
    state, energy, done, settled, lost = tree_ground.sweep_to_rest(
        terms, start, limits, method, progress
    )
    with few_threads(suited(state.max_bond)):
        reached = tree_variance(terms, state, energy) * unit**2
    origin = Ground(operator, energy * unit, reached, done, settled, lost)
    return TTN(state.tensors, state.pairs, origin)


def _in_units(terms: Any) -> tuple[Any, float]:
    """Return a sum in a unit of energy, a power of two, in which its couplings are of usual size.

    What local problems may leave open, and when sweeps are at rest, is measured in absolute terms.
    """
    strength = terms.strength
    if isinstance(terms, Given) or USUAL[0] <= strength <= USUAL[1] or strength == 0.0:
        return terms, 1.0
    unit = 2.0 ** math.floor(math.log2(strength))
    products = {word: value / unit for word, value in terms.products.items()}
    return Terms(terms.n, terms.constant / unit, products), unit


def _random_start(terms: Terms | Given, seed: int) -> MPS:
    """Return a random state of bond 4: it overlaps every symmetry sector."""
    rng = generator(seed, "ground-start")
    bonds = [1, *[min(4, 2**i, 2 ** (terms.n - i)) for i in range(1, terms.n)], 1]
    shapes = [(bonds[i], 2, bonds[i + 1]) for i in range(terms.n)]
    return MPS(tuple(rng.normal(size=shape) for shape in shapes)).normalised()


def _sweep_to_rest(
    frame: _Frame, n: int, cutoff: float, max_bond: int, method: DMRG, progress: bool | None
) -> tuple[list[Tensor], float, float, tuple[int, bool, float]]:
    """Return tensors, energy, variance, and (sweeps, whether at rest, worst weight discarded)."""
    energy, previous, lost = np.inf, np.inf, 0.0
    quiet, done = 0, 0
    with progress_bar(method.sweeps, "ground state", progress) as bar:
        while done < method.sweeps and quiet < 2:
            done += 1
            # Early sweeps only find the way: small bonds and loose cuts make them cheap.
            bond = min(max_bond, frame.first * 2**done)
            cut = max(cutoff, 1e-6 * 0.01**done)
            with few_threads(suited(bond)):
                energy, lost = _sweep(frame.at(bond), n, (cut, bond), method.krylov)
            final = bond == max_bond and cut == cutoff
            bar.word = "at most" if final else ""  # earlier sweeps are cheaper
            bar.update()
            rest = abs(previous - energy) <= method.tolerance * (abs(energy) + 1)
            quiet = quiet + 1 if rest and final else 0
            previous = energy
    tensors, reached = frame.result(energy)
    return tensors, energy, reached, (done, quiet == 2, lost)


class _Frame:
    """The state in search: dense at first, in blocks once that is faster and it has a charge."""

    def __init__(
        self,
        terms: Terms | Given,
        now: DenseFrame | BlockFrame,
        symmetry: Symmetry | None,
        free: bool,
    ) -> None:
        self.terms, self.now, self.symmetry, self.free = terms, now, symmetry, free
        # Small bonds held in one sector freeze how the charges are spread: they begin wide.
        self.first = 8 if isinstance(now, DenseFrame) else 64

    @classmethod
    def of(
        cls, terms: Terms | Given, start: MPS | BlockMPS | str | None, max_bond: int, seed: int
    ) -> _Frame:
        """Return the state that a search begins with."""
        if isinstance(start, BlockMPS):
            symmetry = symmetry_with(terms, start)
            first = start.normalised()
            if first.max_bond < SMALL:
                first = random_in_sector(start, generator(seed, "ground-start"))
            return cls(terms, BlockFrame(symmetry.operator, first.sites), symmetry, False)
        given = _random_start(terms, seed) if start is None else as_state("start", start, terms.n)
        # A given state may lie in the wrong sector, which blocks would never leave.
        free = start is None or isinstance(given.origin, Ground)
        now = DenseFrame(operator_tensors(terms), given.normalised().tensors)
        return cls(terms, now, None, free and max_bond >= PAYS)

    def at(self, bond: int) -> Frame:
        """Return what a sweep with a bond limit works on."""
        # A sweep may double the bonds that it finds.
        if isinstance(self.now, DenseFrame) and self.free and min(bond, 2 * self.now.bond) >= PAYS:
            self.symmetry = self.symmetry or symmetry_of(self.terms)
            self.free = self.symmetry is not None
            found = self.symmetry and self.symmetry.frame(self.now.tensors, OUTSIDE)
            self.now = found or self.now
        return self.now

    def result(self, energy: float) -> tuple[list[Tensor], float]:
        """Return the dense tensors and the variance of the energy."""
        with few_threads(suited(self.now.bond)):
            if isinstance(self.now, DenseFrame) or self.symmetry is None:
                tensors = self.now.tensors
                return tensors, variance(operator_tensors(self.terms), tensors, energy)
            return self.now.tensors, variance_in_blocks(self.symmetry, self.now, energy)


def _sweep(frame: Frame, n: int, limits: tuple[float, int], krylov: int) -> tuple[float, float]:
    """Optimise all pairs there and back (in place); return the energy and the worst discard."""
    worst = 0.0
    cutoff, max_bond = limits
    path = [(b, True) for b in range(n - 1)] + [(b, False) for b in range(n - 2, -1, -1)]
    for b, rightwards in path:
        _, vector = lowest(frame.pair_map(b), frame.pair(b), krylov, max(1e-14, 0.1 * cutoff))
        worst = max(worst, frame.put_pair(b, vector, cutoff, max_bond, rightwards))
    # The last pair was solved before its truncation; the centre tensor gives the true energy.
    centre = frame.centre(0)
    return float(np.vdot(centre, frame.centre_map(0)(centre)).real), worst
