"""The door `qtn.core_shapes`: the ranks of a Tucker core, or the bonds of a chain or tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qtn._checks import fail, finite_array, positive_int
from qtn._display import Display, Displayed
from qtn._machine import MOST, few_threads
from qtn._memory import check_memory
from qtn.errors import ArgumentError
from qtn.states.blocks import BlockMPS
from qtn.states.mps import MPS
from qtn.states.ttn import TTN
from qtn.states.tucker.bond_fronts import best_bonds
from qtn.states.tucker.bonds import cut_bonds, nodes_of
from qtn.states.tucker.factors import Tucker, cut, hosvd
from qtn.states.tucker.shape_table import best_shape, tails

LARGEST_TABLE = 1e8
"""Shapes that are compared at once; beyond, the core would not fit anyway."""

MANY_ENTRIES = 1e6
"""From here on the free memory is looked at, which takes as long as a small table."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CoreShape(Displayed):
    """A shape with what it costs and loses.

    Args:
        shape: the core's sides, or the bonds in the order of the state's `bonds`.
        parameters: numbers that the decomposition holds.
        error: ‖T - T_r‖ / ‖T‖ of the decomposition.
        tails: relative squared weight beyond the rank, one per axis or bond: the largest is at most
            error², their sum at least.
        decomposition: a `Tucker`, or the state with these bonds, normalised.
    """

    shape: tuple[int, ...]
    parameters: int
    error: float
    tails: tuple[float, ...]
    decomposition: Tucker | MPS | TTN

    @property
    def bounds(self) -> tuple[float, float]:
        """√(max tail) and √(Σ tails), between which the error lies."""
        return float(np.sqrt(max(self.tails, default=0.0))), float(np.sqrt(sum(self.tails)))

    def _brief(self) -> str:
        low, high = self.bounds
        shape = "×".join(map(str, self.shape)) or "1"
        return (
            f"{shape}, {self.parameters} parameters, {low:.3g} ≤ error {self.error:.3g} "
            f"≤ {high:.3g}"
        )

    def _display(self) -> Display:
        low, high = self.bounds
        rows = [
            ("shape", "×".join(map(str, self.shape))),
            ("parameters", self.parameters),
            ("relative error", self.error),
            ("√(largest tail)", low),
            ("√(sum of the tails)", high),
            ("decomposition", repr(self.decomposition)),
        ]
        return Display("Core shape", rows)


@few_threads(MOST)
def core_shapes(tensor: ArrayLike | MPS | TTN, max_parameters: int) -> CoreShape:
    r"""Return the best ranks that a number of parameters buys.

    Of a tensor: the core shape r of a Tucker decomposition
    :math:`T ≈ C ×_1 U_1 … ×_d U_d` that maximises :math:`‖C[{:}r_1, …, {:}r_d]‖`, C being the core
    of the higher-order SVD, over **all** shapes without an axis longer than the product of the
    others and with :math:`\prod_k r_k + \sum_k n_k r_k ≤` `max_parameters`. Of an MPS or
    TTN: the bonds that minimise the sum over the edges of the weight cut, over all bonds whose
    tensors hold at most that many numbers.

    Args:
        tensor: an array of two axes or more, an MPS or a TTN.
        max_parameters: numbers that the decomposition may hold.

    Returns:
        A `CoreShape`: the shape, its error between bounds, the decomposition. `hooi` of
        `qtn.states.tucker` improves a Tucker decomposition further.

    Raises:
        ArgumentError: fewer parameters than all ranks 1 take, a zero tensor, one with fewer than
            two axes, or a table of more than 1e8 shapes.

    Cost: O(Π n_k Σ n_k) for a tensor; see `bond_fronts` for states.

    Example:
        >>> wave = np.sin(0.3 * np.indices((8, 8, 8)).sum(0))
        >>> found = core_shapes(wave, 60)
        >>> found.shape, found.parameters, found.error < 1e-14
        ((2, 2, 2), 56, True)

    Reference: Ghadiri et al., "Approximately optimal core shapes for Tucker decompositions",
        arXiv:2302.08400; here the optimum is exact for the truncated higher-order SVD.
    """
    most = positive_int("max_parameters", max_parameters)
    if isinstance(tensor, MPS | TTN):
        return _of_state(tensor, most)
    if isinstance(tensor, BlockMPS):
        raise fail("tensor", "an array, an MPS or a TTN", tensor, "Give its `to_mps()`.")
    array = finite_array("tensor", tensor)
    if array.ndim < 2:
        raise ArgumentError(
            f"Argument `tensor` must have at least two axes, but has {array.ndim}. A vector has no "
            "core."
        )
    array = array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)
    return _of_tensor(array, most)


def _refuse_below(least: int, most: int, what: str) -> None:
    if most < least:
        raise ArgumentError(
            f"Argument `max_parameters` must be at least {least}, which {what} takes, but is "
            f"{most}. Allow more parameters."
        )


def _of_tensor(tensor: np.ndarray, most: int) -> CoreShape:
    sizes = tensor.shape
    _refuse_below(1 + sum(sizes), most, "the smallest core, with all ranks 1,")
    count = float(np.prod([float(n) for n in sizes]))
    if count > LARGEST_TABLE:
        raise ArgumentError(
            f"Argument `tensor` must have at most {LARGEST_TABLE:.0e} entries, but has "
            f"{count:.3g}. Take it apart as a chain, MPS.from_dense(…), and give that."
        )
    if count > MANY_ENTRIES:
        check_memory(6.0 * count * tensor.itemsize, "The table of all core shapes")
    scale = float(np.abs(tensor).max())
    if scale == 0.0:
        raise ArgumentError("Argument `tensor` must not be zero: every shape is the best of it.")
    whole, spectra = hosvd(tensor / scale)
    total = float(np.vdot(whole.core, whole.core).real)
    shape, lost = best_shape(whole.core, sizes, most)
    beyond = tuple(float(tails(s)[r]) / total for s, r in zip(spectra, shape))
    found = cut(whole, shape)
    found = Tucker(found.core * scale, found.factors)
    return CoreShape(shape, found.parameters, float(np.sqrt(lost / total)), beyond, found)


def _of_state(state: MPS | TTN, most: int) -> CoreShape:
    nodes = nodes_of(state)
    least = sum(node.sites for node in nodes)
    _refuse_below(least, most, "the state with all bonds 1")
    bonds = best_bonds(nodes, most)
    found, lost = cut_bonds(state.normalised(), bonds)
    parameters = sum(t.size for t in found.tensors)
    beyond = tuple(float(node.tails[r - 1]) for node, r in zip(nodes, bonds))
    return CoreShape(bonds, parameters, float(np.sqrt(lost)), beyond, found)


__all__: list[Any] = ["CoreShape", "core_shapes"]
