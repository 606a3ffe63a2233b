"""The door `qtn.ground_state`: DMRG with the energy variance as its certificate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, fail, positive_int, real
from qtn._machine import few_threads, suited
from qtn._progress import checked_progress, progress_bar
from qtn._random import generator
from qtn.physics.effective import Blocks, one_site, split, two_site
from qtn.physics.krylov import lowest
from qtn.physics.mpo import operator_tensors, variance
from qtn.physics.on_trees import tree_forms, tree_ground
from qtn.physics.on_trees.tree_spread import tree_variance
from qtn.physics.product import as_state, product_state
from qtn.physics.terms import Terms, as_operator, read_terms
from qtn.states import MPS, TTN
from qtn.states.kernels.tree_sweeps import Pairs
from qtn.states.origin import Ground

if TYPE_CHECKING:
    from qtn.interop.observables import ObservableLike

__all__ = ["DMRG", "ground_state"]

Tensor = NDArray[Any]


@dataclass(frozen=True, slots=True)
class DMRG:
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
    hamiltonian: ObservableLike, tree: None = ..., *, max_bond: int = ..., cutoff: float = ...,
    start: MPS | str | None = ..., method: DMRG | None = ..., progress: bool | None = ...,
) -> MPS: ...  # fmt: skip
@overload
def ground_state(
    hamiltonian: ObservableLike, tree: Any, *, max_bond: int = ..., cutoff: float = ...,
    start: str | None = ..., method: DMRG | None = ..., progress: bool | None = ...,
) -> TTN: ...  # fmt: skip
def ground_state(
    hamiltonian: ObservableLike,
    tree: TTN | str | Pairs | None = None,
    *,
    max_bond: int = 64,
    cutoff: float = 1e-12,
    start: MPS | str | None = None,
    method: DMRG | None = None,
    progress: bool | None = None,
) -> MPS | TTN:
    """Find the ground state of a Hamiltonian as an MPS, or on a tree.

    ``min <psi|H|psi>`` over normalised states: on a chain two neighbouring sites at a time, on a
    tree node by node with bonds that grow.

    Args:
        hamiltonian: Hermitian `SparsePauliOp`, or another observable in Pauli matrices (a mapping
            of labels to coefficients, …), terms of any range; site i is qubit i.
        tree: where the state is to stand: "balanced", "chain" or pairs as of `qtn.TTN`; or a TTN to
            start from; None for an MPS.
        max_bond: largest bond dimension.
        cutoff: relative squared weight that one truncation may discard.
        start: an MPS or the name of a product state; None starts from a random state. It is
            a first guess, not a constraint: to stay in a sector, add a field that favours it.
        method: `DMRG(...)`.
        progress: show a bar; None shows it where someone can watch.

    Returns:
        The normalised state, a TTN where `tree` is given. Its `origin` (see
        `qtn.states.origin.Ground`) has `energy` and `variance`.

    Raises:
        ArgumentError: bad operator, tree, bond, cutoff or start.

    Cost: O(sweeps n chi^3 D) with D the bond of the operator; on a tree O(sweeps n chi^4 D^2).

    Example:
        >>> import qtn
        >>> state = qtn.ground_state(qtn.chain("tfim", n=10), max_bond=16)
        >>> round(state.origin.energy, 6)
        -12.381490
        >>> qtn.ground_state(qtn.chain("tfim", n=10), "balanced", max_bond=16)
        TTN(10 sites, max bond 16, float64)

    Reference: U. Schollwöck, Ann. Phys. 326, 96 (2011); trees: docs/trees_in_time.md.
    """
    terms = read_terms(hamiltonian)
    positive_int("max_bond", max_bond)
    real("cutoff", cutoff, 0.0, 1.0)
    checked_progress(progress)
    chosen = method if method is not None else DMRG()
    if not isinstance(chosen, DMRG):
        raise fail("method", "DMRG(...)", method)
    operator = as_operator(hamiltonian)
    if tree is not None:
        rooted = _tree_start(terms, tree, start, chosen.seed)
        return _on_tree(terms, operator, rooted, (cutoff, max_bond), chosen, progress)
    first = (
        _random_start(terms, chosen.seed) if start is None else as_state("start", start, terms.n)
    )
    mpo = operator_tensors(terms)
    tensors, energy, done, settled, lost = _sweep_to_rest(
        mpo, first, cutoff, max_bond, chosen, progress
    )
    with few_threads(suited(max(len(t) for t in tensors))):
        reached = variance(mpo, tensors, energy)
    origin = Ground(operator, energy, reached, done, settled, lost)
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
    state, energy, done, settled, lost = tree_ground.sweep_to_rest(
        terms, start, limits, method, progress
    )
    with few_threads(suited(state.max_bond)):
        reached = tree_variance(terms, state, energy)
    return TTN(state.tensors, state.pairs, Ground(operator, energy, reached, done, settled, lost))


def _random_start(terms: Terms, seed: int) -> MPS:
    """Return a random state of bond 4: it overlaps every symmetry sector."""
    rng = generator(seed, "ground-start")
    bonds = [1, *[min(4, 2**i, 2 ** (terms.n - i)) for i in range(1, terms.n)], 1]
    shapes = [(bonds[i], 2, bonds[i + 1]) for i in range(terms.n)]
    return MPS(tuple(rng.normal(size=shape) for shape in shapes)).normalised()


def _sweep_to_rest(
    operator: list[Tensor], start: MPS, cutoff: float, max_bond: int, method: DMRG,
    progress: bool | None,
) -> tuple[list[Tensor], float, int, bool, float]:  # fmt: skip
    tensors = list(start.normalised().tensors)
    blocks = Blocks(operator, tensors)
    energy, previous, lost = np.inf, np.inf, 0.0
    quiet = 0
    with progress_bar(method.sweeps, "ground state", progress) as bar:
        for done in range(1, method.sweeps + 1):
            # Early sweeps only find the way: small bonds and loose cuts make them cheap.
            bond = min(max_bond, 8 * 2**done)
            cut = max(cutoff, 1e-6 * 0.01**done)
            with few_threads(suited(bond)):
                energy, lost = _sweep(blocks, tensors, cut, bond, method)
            bar.update()
            final = bond == max_bond and cut == cutoff
            rest = abs(previous - energy) <= method.tolerance * (abs(energy) + 1)
            quiet = quiet + 1 if rest and final else 0
            if quiet == 2:
                return tensors, energy, done, True, lost
            previous = energy
    return tensors, float(energy), method.sweeps, False, lost


def _sweep(
    blocks: Blocks, tensors: list[Tensor], cutoff: float, max_bond: int, method: DMRG
) -> tuple[float, float]:
    """Optimise all pairs there and back (in place); return the energy and the worst discard."""
    n = len(tensors)
    energy, worst = 0.0, 0.0
    path = [(b, True) for b in range(n - 1)] + [(b, False) for b in range(n - 2, -1, -1)]
    for b, rightwards in path:
        theta = np.tensordot(tensors[b], tensors[b + 1], 1)
        energy, vector = lowest(
            two_site(blocks, b), theta.reshape(-1), method.krylov, max(1e-14, 0.1 * cutoff)
        )
        tensors[b], tensors[b + 1], lost = split(
            vector.reshape(theta.shape), cutoff, max_bond, rightwards
        )
        worst = max(worst, lost)
        if rightwards:
            blocks.add_left(b, tensors[b])
        else:
            blocks.add_right(b + 1, tensors[b + 1])
    # The last pair was solved before its truncation; the centre tensor gives the true energy.
    centre = tensors[0].reshape(-1)
    energy = float(np.vdot(centre, one_site(blocks, 0)(centre)).real)
    return energy, worst
