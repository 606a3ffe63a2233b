"""Product states by name: what a quench starts from."""

from __future__ import annotations

from typing import overload

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, fail
from qtn.states import MPS, TTN, BlockMPS
from qtn.states.kernels.tree_sweeps import Pairs

__all__ = ["as_state", "product_state"]

MAX_SITES = 1_000_000
_ROOT = 1 / np.sqrt(2)
_LETTERS: dict[str, tuple[complex, complex]] = {
    "0": (1.0, 0.0),
    "1": (0.0, 1.0),
    "+": (_ROOT, _ROOT),
    "-": (_ROOT, -_ROOT),
    "r": (_ROOT, 1j * _ROOT),
    "l": (_ROOT, -1j * _ROOT),
}
_NAMES = {"neel": "01", "zeros": "0", "ones": "1", "plus": "+", "minus": "-"}


@overload
def product_state(name: str, n: int | None = ..., *, tree: None = ...) -> MPS: ...
@overload
def product_state(name: str, n: int | None = ..., *, tree: str | Pairs) -> TTN: ...
def product_state(name: str, n: int | None = None, *, tree: str | Pairs | None = None) -> MPS | TTN:
    """Return a product state of n qubits.

    Args:
        name: "neel" (excited on odd sites), "domain-wall" (excited on the right half), "zeros",
            "ones", "plus", "minus", or one letter of 0 1 + - r l per qubit. Letters stand as
            Qiskit prints them: the last one is qubit 0 = site 0.
        n: number of sites; needed for a name, optional for letters.
        tree: the tree that the state stands on: "balanced", "chain" or pairs as of `qtn.TTN`; None
            for an MPS.

    Returns:
        An MPS, or with `tree` a TTN, of bond dimension 1.

    Raises:
        ArgumentError: unknown name, a number of letters other than n, or no tree on n sites.

    Cost: O(n).

    Example:
        >>> product_state("neel", 4).sample(1)
        array([[0, 1, 0, 1]], dtype=uint8)
        >>> product_state("0011").sample(1)
        array([[1, 1, 0, 0]], dtype=uint8)
        >>> product_state("0011", tree="balanced")
        TTN(4 sites, max bond 1, float64)
    """
    letters = _site_letters(name, n)
    vectors: list[NDArray[np.generic]] = [np.array(_LETTERS[letter]) for letter in letters]
    if all(np.isreal(vector).all() for vector in vectors):
        vectors = [np.real(vector) for vector in vectors]
    if tree is not None:
        from qtn.physics.on_trees.tree_forms import shape_pairs

        return TTN.product(np.array(vectors), shape_pairs(tree, len(vectors)))
    return MPS(tuple(vector[None, :, None] for vector in vectors))


def as_state(name: str, state: MPS | BlockMPS | str, n: int) -> MPS:
    """Return `state` as a qubit MPS on n sites; a string names a product state."""
    if isinstance(state, str):
        return product_state(state, n)
    if isinstance(state, BlockMPS):
        state = state.to_mps()
    if not isinstance(state, MPS):
        raise fail(name, 'an MPS or the name of a product state such as "neel"', state)
    if state.n != n or set(state.phys) != {2}:
        raise fail(name, f"a state of {n} qubits, as many as the Hamiltonian has", state)
    if state.log_norm() == -np.inf:
        raise fail(name, "a non-zero state", state)
    return state


def _site_letters(name: str, n: int | None) -> str:
    if not isinstance(name, str) or not name:
        raise fail("name", "a name or one letter per qubit", name)
    if name in _NAMES or name == "domain-wall":
        way_out = "A named product state needs its number of sites."
        count = bounded_int("n", n, 1, MAX_SITES, way_out=way_out)
        if name == "domain-wall":
            return "0" * (count - count // 2) + "1" * (count // 2)
        return (_NAMES[name] * count)[:count]
    if set(name) - set(_LETTERS):
        known = ", ".join([*_NAMES, "domain-wall"])
        raise fail("name", f"one of {known}, or letters of 0 1 + - r l", name)
    if n is not None and len(name) != bounded_int("n", n, 1, MAX_SITES):
        raise fail("name", f"a string of {n} letters, one per qubit", name)
    return name[::-1]
