"""Named spin models as `SparsePauliOp`: chains, ladders of couplings, and cylinders in snake order.

Spin operators are S = sigma / 2, so that the Heisenberg chain is H = sum J (SxSx + SySy + SzSz).
The transverse-field Ising model alone follows its own custom and is written in Pauli matrices.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtn._checks import bounded_int, choice, fail, finite_array, flag, real
from qtn.errors import ArgumentError
from qtn.physics.product import MAX_SITES

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp

__all__ = ["chain", "cylinder"]

Edge = tuple[int, int]
Word = tuple[str, list[int], float]


def chain(name: str, n: int, *, periodic: bool = False, **couplings: ArrayLike) -> SparsePauliOp:
    """Return the Hamiltonian of a named chain.

    Models (a coupling is a number, or one value per bond or site; defaults in brackets)::

        heisenberg        sum J S_i.S_{i+1} + h Sz_i               coupling (1), field (0)
        xxz               sum J (SxSx + SySy + D SzSz) + h Sz_i    coupling, anisotropy (1), field
        xyz               sum Jx SxSx + Jy SySy + Jz SzSz + h Sz_i x, y, z (1), field (0)
        xx                sum J (SxSx + SySy) + h Sz_i             coupling (1), field (0)
        tfim              sum -J Z_i Z_{i+1} - h X_i - g Z_i       coupling, field (1),
                          (Pauli matrices)                         longitudinal (0)
        j1j2              sum J1 S_i.S_{i+1} + J2 S_i.S_{i+2}      coupling (1), field (0),
                          + h Sz_i                                 next_coupling (0.5)
        haldane-shastry   sum J S_i.S_j (pi/n)^2 / sin^2(pi (j-i)/n)  coupling (1)
        long-range-ising  sum -J Z_i Z_j / |i-j|^a - h X_i (Pauli) coupling, field (1), exponent (3)
        long-range-xy     sum J (SxSx + SySy) / |i-j|^a + h Sz_i   coupling (1), field (0), exponent

    Args:
        name: one of the models above.
        n: number of sites, at least 2.
        periodic: close the chain to a ring.
        **couplings: the model's couplings, in units of energy; per bond an array of n-1 values
            (n on a ring), per site an array of n values.

    Returns:
        A `SparsePauliOp` on n qubits; site i is qubit i.

    Raises:
        ArgumentError: for an unknown model or coupling, or an array of the wrong length.

    Cost: linear in the number of terms.

    Example:
        >>> import qtn
        >>> qtn.chain("heisenberg", n=2)
        SparsePauliOp(['XX', 'YY', 'ZZ'],
                      coeffs=[0.25+0.j, 0.25+0.j, 0.25+0.j])

    Reference: U. Schollwöck et al. (eds.), Quantum Magnetism (2004), chapter 1.
    """
    model = _MODELS[choice("name", name, _MODELS)]
    n = bounded_int("n", n, 2, MAX_SITES)
    line = _Line(n, flag("periodic", periodic))
    return _operator(n, model(line, **_known(name, model, couplings)))


def cylinder(
    name: str, rows: int, columns: int, *, wrap: bool = True, **couplings: ArrayLike
) -> SparsePauliOp:
    """Return a named nearest-neighbour model on a rows x columns lattice in snake order.

    Site (r, c) is qubit c * rows + r in even columns and c * rows + (rows - 1 - r) in odd ones, so
    the bond dimension that is needed grows with the number of rows.

    Args:
        name: "heisenberg", "xxz", "xyz", "xx" or "tfim", with the couplings of `qtn.chain`.
        rows: circumference, at least 2.
        columns: length, at least 1.
        wrap: close every column to a ring (a cylinder); False gives open boundaries.
        **couplings: numbers; arrays are per bond (all rungs first, then all legs) or per site.

    Returns:
        A `SparsePauliOp` on rows * columns qubits.

    Raises:
        ArgumentError: for an unknown model or coupling.

    Cost: linear in the number of terms.

    Example:
        >>> from qtn.physics import cylinder
        >>> cylinder("tfim", 3, 2).num_qubits
        6
    """
    model = _MODELS[choice("name", name, _PLANAR)]
    rows = bounded_int("rows", rows, 2, MAX_SITES)
    columns = bounded_int("columns", columns, 1, MAX_SITES // rows)
    lattice = _Lattice(rows, columns, flag("wrap", wrap))
    return _operator(rows * columns, model(lattice, **_known(name, model, couplings)))


class _Line:
    """Edges of a chain at each distance."""

    def __init__(self, n: int, periodic: bool) -> None:
        self.n, self.periodic = n, periodic

    def edges(self, distance: int = 1) -> list[Edge]:
        if self.periodic and self.n > 2 * distance:
            return [(i, (i + distance) % self.n) for i in range(self.n)]
        return [(i, i + distance) for i in range(self.n - distance)]

    def pairs(self) -> list[tuple[int, int, int]]:
        n, ring = self.n, self.periodic
        return [
            (i, j, min(j - i, n - j + i) if ring else j - i)
            for i in range(n)
            for j in range(i + 1, n)
        ]


class _Lattice(_Line):
    """Edges of a rectangular lattice whose sites are numbered along a snake."""

    def __init__(self, rows: int, columns: int, wrap: bool) -> None:
        super().__init__(rows * columns, wrap)
        self.rows, self.columns = rows, columns

    def site(self, row: int, column: int) -> int:
        return column * self.rows + (row if column % 2 == 0 else self.rows - 1 - row)

    def edges(self, distance: int = 1) -> list[Edge]:
        ring = self.periodic and self.rows > 2
        steps = range(self.rows if ring else self.rows - 1)
        rungs = [
            (self.site(r, c), self.site((r + 1) % self.rows, c))
            for c in range(self.columns)
            for r in steps
        ]
        legs = [
            (self.site(r, c), self.site(r, c + 1))
            for c in range(self.columns - 1)
            for r in range(self.rows)
        ]
        return [*rungs, *legs]


def _heisenberg(line: _Line, coupling: ArrayLike = 1.0, field: ArrayLike = 0.0) -> Iterable[Word]:
    return _xxz(line, coupling, 1.0, field)


def _xx(line: _Line, coupling: ArrayLike = 1.0, field: ArrayLike = 0.0) -> Iterable[Word]:
    return _xxz(line, coupling, 0.0, field)


def _xxz(
    line: _Line, coupling: ArrayLike = 1.0, anisotropy: ArrayLike = 1.0, field: ArrayLike = 0.0
) -> Iterable[Word]:
    edges = line.edges()
    strength = _each("coupling", coupling, len(edges))
    ratio = _each("anisotropy", anisotropy, len(edges))
    yield from _exchange(edges, strength, strength, strength * ratio)
    yield from _on_site("field", field, "Z", line.n, 0.5)


def _xyz(
    line: _Line, x: ArrayLike = 1.0, y: ArrayLike = 1.0, z: ArrayLike = 1.0, field: ArrayLike = 0.0
) -> Iterable[Word]:
    edges = line.edges()
    values = [_each(key, v, len(edges)) for key, v in (("x", x), ("y", y), ("z", z))]
    yield from _exchange(edges, *values)
    yield from _on_site("field", field, "Z", line.n, 0.5)


def _tfim(
    line: _Line, coupling: ArrayLike = 1.0, field: ArrayLike = 1.0, longitudinal: ArrayLike = 0.0
) -> Iterable[Word]:
    edges = line.edges()
    for edge, value in zip(edges, _each("coupling", coupling, len(edges)), strict=True):
        yield "ZZ", list(edge), -value
    yield from _on_site("field", field, "X", line.n, -1.0)
    yield from _on_site("longitudinal", longitudinal, "Z", line.n, -1.0)


def _j1j2(
    line: _Line,
    coupling: ArrayLike = 1.0,
    next_coupling: ArrayLike = 0.5,
    field: ArrayLike = 0.0,
) -> Iterable[Word]:
    for distance, key, value in ((1, "coupling", coupling), (2, "next_coupling", next_coupling)):
        edges = line.edges(distance)
        strength = _each(key, value, len(edges))
        yield from _exchange(edges, strength, strength, strength)
    yield from _on_site("field", field, "Z", line.n, 0.5)


def _haldane_shastry(line: _Line, coupling: float = 1.0) -> Iterable[Word]:
    strength = real("coupling", coupling)
    for i, j, _ in line.pairs():
        value = strength * (np.pi / line.n / np.sin(np.pi * (j - i) / line.n)) ** 2
        yield from _exchange([(i, j)], *([np.array([value])] * 3))


def _long_range_ising(
    line: _Line, coupling: float = 1.0, exponent: float = 3.0, field: ArrayLike = 1.0
) -> Iterable[Word]:
    strength, power = real("coupling", coupling), real("exponent", exponent, 0.0)
    for i, j, distance in line.pairs():
        yield "ZZ", [i, j], -strength / distance**power
    yield from _on_site("field", field, "X", line.n, -1.0)


def _long_range_xy(
    line: _Line, coupling: float = 1.0, exponent: float = 3.0, field: ArrayLike = 0.0
) -> Iterable[Word]:
    strength, power = real("coupling", coupling), real("exponent", exponent, 0.0)
    for i, j, distance in line.pairs():
        value = np.array([strength / distance**power])
        yield from _exchange([(i, j)], value, value, np.zeros(1))
    yield from _on_site("field", field, "Z", line.n, 0.5)


_MODELS: dict[str, Callable[..., Iterable[Word]]] = {
    "heisenberg": _heisenberg,
    "xxz": _xxz,
    "xyz": _xyz,
    "xx": _xx,
    "tfim": _tfim,
    "j1j2": _j1j2,
    "haldane-shastry": _haldane_shastry,
    "long-range-ising": _long_range_ising,
    "long-range-xy": _long_range_xy,
}
_PLANAR = ("heisenberg", "xxz", "xyz", "xx", "tfim")


def _exchange(
    edges: Sequence[Edge], x: NDArray[Any], y: NDArray[Any], z: NDArray[Any]
) -> Iterable[Word]:
    """Yield Jx SxSx + Jy SySy + Jz SzSz on every edge; the quarter is S = sigma / 2 squared."""
    for edge, *values in zip(edges, x, y, z, strict=True):
        for letters, value in zip(("XX", "YY", "ZZ"), values, strict=True):
            yield letters, list(edge), value / 4


def _on_site(key: str, value: ArrayLike, letter: str, n: int, factor: float) -> Iterable[Word]:
    for site, strength in enumerate(_each(key, value, n)):
        yield letter, [site], factor * strength


def _each(key: str, value: ArrayLike, count: int) -> NDArray[np.float64]:
    array = finite_array(key, value, dtype=float)
    if array.ndim and array.shape != (count,):
        way_out = "Give one number for all, or one per bond or site."
        raise fail(key, f"a number or an array of {count} values", array, way_out)
    return np.broadcast_to(array, (count,)).astype(float)


def _known(
    name: str, model: Callable[..., Iterable[Word]], couplings: dict[str, Any]
) -> dict[str, Any]:
    allowed = list(inspect.signature(model).parameters)[1:]
    for key in couplings:
        if key not in allowed:
            raise ArgumentError(
                f"Argument `{key}` is no coupling of {name!r}, which takes {', '.join(allowed)}."
            )
    return couplings


def _operator(n: int, words: Iterable[Word]) -> SparsePauliOp:
    from qtn.interop.observables import operator_from_words

    kept = [word for word in words if word[2] != 0.0]
    if not kept:
        raise ArgumentError("All couplings are zero, so that the Hamiltonian has no term.")
    return operator_from_words(kept, n)
