"""Blocks: the gates of a circuit on any one or two sites, in time order.

This is what a compile method gives back and what emission, certificate, files and the front of
cost against infidelity take. Searches along a chain work on layers of neighbours (`Ansatz` and an
array of gates) and turn them into blocks once, at their end.

The matrix of a block acts on the product space of the sites it lists, the first one most
significant, as in `qtn.states.kernels.circuit`.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qtn._checks import bounded_int, fail, flag, items, positive_int
from qtn._display import Display, Displayed
from qtn.aqc.shape.ansatz import Ansatz, Layer, from_bonds
from qtn.errors import ArgumentError
from qtn.states.kernels.circuit import fuse_gates, route_gates

Block = tuple[tuple[int, ...], np.ndarray]
# A file may name no more sites than this: every one becomes a qubit when it is read.
_MOST_SITES = 100_000
UNITARY = 1e-6  # how far a matrix may be from unitary


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Blocks(Displayed):
    """Unitaries on one or two sites each, in the order in which they act on |0...0>.

    Args:
        n: number of sites.
        gates: pairs `(sites, matrix)`, at most two sites each, neighbours or not; matrices (2, 2)
            or (4, 4), the first listed site most significant.

    Raises:
        ArgumentError: sites outside the chain or alike, matrices of another shape or not unitary.

    Example:
        >>> cx = np.eye(4)[[0, 1, 3, 2]]
        >>> ring = Blocks(3, [((0,), np.array([[1, -1], [1, 1]]) / 2**0.5), ((0, 2), cx)])
        >>> ring
        Blocks(n=3, 1 on two sites, 1 on one, depth 1)
    """

    n: int
    gates: tuple[Block, ...]
    layered: tuple[Ansatz, np.ndarray] | None = field(default=None, init=False)
    """The layers that the blocks come from, if they do, and their gates by number."""
    operator: bool = field(default=False, init=False)
    """Whether the blocks must act as they do on any state, not only on |0...0>."""

    def __post_init__(self) -> None:
        positive_int("n", self.n)
        expected = "pairs (sites, matrix)"
        gates = items("gates", self.gates, expected)
        object.__setattr__(self, "gates", tuple(_checked(self.n, gate) for gate in gates))
        for side in (2, 4):
            matrices = self._matrices(side)
            if np.abs(matrices @ matrices.conj().mT - np.eye(side)).max(initial=0.0) > UNITARY:
                raise fail("gates", "unitary matrices", matrices)

    @classmethod
    def of(cls, ansatz: Ansatz, gates: np.ndarray) -> Blocks:
        """Return the blocks of layers on neighbours.

        Args:
            ansatz: the layers; without any, one site with its one-qubit gate.
            gates: one unitary per gate of the layers, (gates, 4, 4), or (1, 2, 2) for one site.

        Raises:
            ArgumentError: gates that do not fit the layers.
        """
        size = (ansatz.size, 4, 4) if ansatz.n > 1 else (1, 2, 2)
        kept = np.array(gates)
        if kept.shape != size or kept.dtype.kind not in "fc":
            raise fail("gates", f"numbers of shape {size}", gates)
        kept = kept.astype(complex if kept.dtype.kind == "c" else float, copy=False)
        kept = kept.astype(complex if kept.dtype.kind == "c" else float, copy=False)
        kept.setflags(write=False)
        if ansatz.n == 1:
            blocks = cls(1, (((0,), kept[0]),))
        else:
            steps = tuple(((bond, bond + 1), kept[g]) for g, bond in ansatz.sequence())
            blocks = cls(ansatz.n, steps)
        object.__setattr__(blocks, "layered", (ansatz, kept))
        return blocks

    def as_operator(self) -> Blocks:
        """Return the same blocks for any state that they may act on."""
        if self.operator:
            return self
        other = copy(self)
        object.__setattr__(other, "operator", True)
        return other

    def check_state(self, what: str) -> None:
        """Refuse blocks that are an operator where they must prepare a state.

        Raises:
            ArgumentError: an operator; with the way out.
        """
        if self.operator:
            raise ArgumentError(
                f"The circuit is an operator, but a {what} one is right for qubits that start in "
                "|0...0> only. Compile the state that it makes (qtn.compile(circuit)), or "
                "transpile the circuit with Qiskit."
            )

    @property
    def size(self) -> int:
        """Number of blocks on two sites."""
        return sum(len(sites) == 2 for sites, _ in self.gates)

    @property
    def depth(self) -> int:
        """Number of layers: those that the blocks come from, else the longest way through them."""
        if self.layered is not None:
            return len(self.layered[0].layers)
        return len(self.levels(two=True))

    @property
    def ansatz(self) -> Ansatz:
        """The blocks' layers on neighbours; raises where some are none (see `as_layers`)."""
        return self.as_layers()[0]

    @property
    def matrices(self) -> np.ndarray:
        """The blocks on two sites, (blocks, 4, 4): by layers if they have them, else in time order.

        One site alone has its one-qubit gate, (1, 2, 2).
        """
        if self.layered is not None:
            return self.layered[1]
        return self._matrices(4) if self.n > 1 else self.as_layers()[1]

    def as_layers(self) -> tuple[Ansatz, np.ndarray]:
        """Return layers on neighbours and their gates by number.

        Blocks on one site join one on two.

        Raises:
            ArgumentError: a block on two sites that are no neighbours.
        """
        if self.layered is not None:
            return self.layered
        for sites, _ in self.gates:
            if len(sites) == 2 and abs(sites[0] - sites[1]) != 1:
                raise ArgumentError(
                    f"The circuit has a block on the sites {sites[0]} and {sites[1]}, which are no "
                    "neighbours: it has no layers along the chain. Compile with a method whose "
                    "blocks lie on neighbours, such as Brickwall or Staircase."
                )
        single, pairs = fuse_gates(route_gates(self.gates, 2), 2)
        if self.n == 1:
            return Ansatz(1, ()), single.get(0, np.eye(2))[None]
        one = np.eye(2)
        for site, matrix in single.items():
            first = min(site, self.n - 2)
            pair = np.kron(matrix, one) if site == first else np.kron(one, matrix)
            pairs.append(((first, first + 1), pair))
        ansatz, order = from_bonds(self.n, [sites[0] for sites, _ in pairs])
        return ansatz, np.array([pairs[k][1] for k in order]).reshape(-1, 4, 4)

    def in_layers(self) -> Blocks:
        """Return the same circuit in layers, blocks that follow each other on two sites as one.

        Raises:
            ArgumentError: a block on two sites that are no neighbours.
        """
        if self.layered is not None:
            return self
        found = Blocks.of(*self.as_layers())
        return found.as_operator() if self.operator else found

    def levels(self, two: bool = False) -> list[list[Block]]:
        """Return the blocks in groups that act one after another, each on different sites.

        Args:
            two: leave blocks on one site out.
        """
        free = [0] * self.n
        found: list[list[Block]] = []
        for sites, matrix in self.gates:
            if two and len(sites) == 1:
                continue
            level = max(free[site] for site in sites)
            for site in sites:
                free[site] = level + 1
            if level == len(found):
                found.append([])
            found[level].append((sites, matrix))
        return found

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the arrays and the part of a header that files keep: layers, or sites."""
        if self.layered is not None:
            layers = [[list(layer.bonds), layer.down] for layer in self.layered[0].layers]
            return {"gates": self.layered[1]}, {"layers": layers, "operator": self.operator}
        arrays = {"gates": self._matrices(4), "singles": self._matrices(2)}
        sites = [list(sites) for sites, _ in self.gates]
        return arrays, {"sites": sites, "operator": self.operator}

    @classmethod
    def unpack(
        cls, n: int, shape: Any, arrays: dict[str, np.ndarray], prefix: str = "",
        operator: bool = False,
    ) -> Blocks:  # fmt: skip
        """Rebuild from the arrays and the part of a header that `pack` returned.

        Args:
            n: number of sites.
            shape: layers as pairs (bonds, down), or the sites of each block.
            arrays: those of the file.
            prefix: of the names of its arrays.
            operator: whether the blocks act on any state.
        """
        flag("operator", operator)
        positive_int("n", n, maximum=_MOST_SITES)
        gates = arrays[f"{prefix}gates"]
        if isinstance(shape, dict):
            found = cls._from_sites(n, shape["sites"], gates, arrays[f"{prefix}singles"])
            return found.as_operator() if operator else found
        for bonds, down in shape:
            flag("down", down)
            for i, bond in enumerate(bonds):
                bounded_int("bonds", bond, bonds[i - 1] + 1 if i else 0, n - 2)
        layers = tuple(Layer(tuple(bonds), bool(down)) for bonds, down in shape)
        found = cls.of(Ansatz(n, layers), gates)
        return found.as_operator() if operator else found

    def same(self, other: Blocks) -> bool:
        """Whether two circuits have the same blocks on the same sites."""
        if (self.n, len(self.gates)) != (other.n, len(other.gates)):
            return False
        pairs = zip(self.gates, other.gates, strict=True)
        return all(a == b and np.array_equal(u, v) for (a, u), (b, v) in pairs)

    @classmethod
    def _from_sites(cls, n: int, sites: list[list[int]], pairs: Any, singles: Any) -> Blocks:
        """Rebuild blocks on any sites."""
        left = {1: list(singles), 2: list(pairs)}
        gates = []
        for where in sites:
            rest = left.get(len(where))
            if not rest:
                raise fail("sites", "one or two sites per block of the file", where)
            gates.append((tuple(where), rest.pop(0)))
        if left[1] or left[2]:
            raise fail("sites", "as many entries as there are blocks", len(sites))
        return cls(n, tuple(gates))

    def _matrices(self, side: int) -> np.ndarray:
        found = [matrix for _, matrix in self.gates if len(matrix) == side]
        return np.stack(found) if found else np.empty((0, side, side))

    def _brief(self) -> str:
        size = self.size
        return (
            f"n={self.n}, {size} on two sites, {len(self.gates) - size} on one, depth {self.depth}"
        )

    def _display(self) -> Display:
        rows = [
            ("sites", self.n),
            ("on two sites", self.size),
            ("on one site", len(self.gates) - self.size),
            ("depth", self.depth),
            ("layers on neighbours", None if self.layered is None else self.layered[0].depth),
            ("acts on", "any state" if self.operator else "|0…0⟩"),
        ]
        return Display("Blocks", rows)


def _checked(n: int, gate: Any) -> Block:
    """Return one block, its sites plain numbers and its matrix finite, float64 or complex128."""
    if not isinstance(gate, tuple | list) or len(gate) != 2:
        raise fail("gates", "pairs (sites, matrix)", gate)
    sites, matrix = gate
    if not isinstance(sites, Iterable) or isinstance(sites, str):
        raise fail("gates", "on sites given as a tuple, for instance (0, 3)", sites)
    where = tuple(bounded_int("gates", site, 0, n - 1) for site in sites)
    if len(where) not in (1, 2) or len(set(where)) != len(where):
        raise fail("gates", "on one site or two different sites", where)
    array = np.asarray(matrix)
    if array.shape != (2 ** len(where),) * 2 or array.dtype.kind not in "iufc":
        raise fail("gates", f"matrices of side {2 ** len(where)} on {where}", matrix)
    if array.dtype not in (np.float64, np.complex128):
        array = array.astype(complex if array.dtype.kind == "c" else float)
    if not np.isfinite(array).all():
        raise fail("gates", "finite numbers", matrix)
    if array.flags.writeable:
        array = array.copy()
        array.setflags(write=False)
    return where, array
