r"""Exact circuits of chains, one register after another, with the gauge of every bond left free.

A register takes the memory of its parent and is to leave the site and a memory that the rest can
work with, in whatever basis. With A the target's tensor, C² the density of the bond above, V the
register's isometry and W the unknown isometries from bonds to wires, it has to meet

.. math:: V\, (W_{\mathrm{up}} C) = (1 \otimes W)\, (A C).

:math:`W_{\mathrm{up}} C` is known when the register's turn comes: from the root down. A solution W
exists if and only if the left side, read as a matrix from (site, bond above) to wires, vanishes on
the complement of the row space of AC, read from (site, bond above) to the bond below. With the
singular values s of AC and Z = W s the part of the left side in that row space, W preserves norms
if :math:`Z^\dagger Z = s^2`. Both are equations for the register's gates alone, few of them,
without the unknown W. The last register leaves sites in place of memory and has to meet the
equation itself.

Solutions do not depend on C. With the root of the density the sum of squares would be the
infidelity, and levels of small weight would be found last, often in a wrong valley; the root of
that root leaves them enough weight.

A register has as many equations as `Node.demand` says; with a quarter of it in CX they have
solutions, and from random gates damped least squares finds one in tens of steps, in a part of the
starts that grows with every CX above.

Cost: per step 6 k · 8 · 4^w χ operations for the derivatives of k CX on w wires, and the cube of
the number of equations.

Reference: the gauge-free count is that of Iten et al., Phys. Rev. A 93, 032318 (2016), for
isometries, with the freedom of matrix product states taken off; equations without the linear
unknowns follow Golub and Pereyra, SIAM J. Numer. Anal. 10, 413 (1973).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from qtn._machine import few_threads
from qtn.aqc.kernels.gates import plain, unitary
from qtn.aqc.search.damped import solved
from qtn.aqc.search.entanglers import Entanglers
from qtn.aqc.shape.nodes import Node, Nodes, TargetTree

GOAL = 1e-26  # square of the residual of a register
ENOUGH = 1e-15  # and what will do, where rounding stops the search
SOFT = 0.5  # power of C in its place: equations of small levels of a bond count for more
STEPS = 300  # from one start
SMALL = 1024  # equations of a register up to which more threads cost more than they bring
# What a register takes: steps, operations per second, and seconds per step that are no products.
USUAL, RATE, EXTRA = 40, 8e9, 1.5e-3


@dataclass(frozen=True, slots=True)
class Split:
    """What (site, bond above) leaves to the bond below.

    Args:
        frame: orthonormal rows (bond below, left · above) of the row space of AC.
        beyond: those of its complement.
        roots: singular values of AC.
        basis: its left singular vectors.
    """

    frame: np.ndarray
    beyond: np.ndarray
    roots: np.ndarray
    basis: np.ndarray


def exact_gates(
    tree: TargetTree,
    shape: Nodes,
    real: bool,
    rng: np.random.Generator,
    tries: int,
    over: Callable[[], bool] = lambda: False,
    nearest: bool = False,
) -> np.ndarray | None:
    """Return the gates in parts (size, 2, 4, 4) of an exact circuit; None where none was found.

    Args:
        tree: the target, a chain of one site on every left, of the bonds that the shape holds.
        shape: its nodes with their entanglers.
        real: only real gates; the target is real.
        rng: for random starts.
        tries: starts of every register.
        over: whether to stop.
        nearest: let a register that no start makes exact keep the nearest gates seen, from which
            those behind it go on; None is returned only where the search was stopped.
    """
    search = partial(_from_random, rng=rng, tries=tries, over=over)

    def good(value: float) -> bool:
        return value < ENOUGH or (nearest and not over())

    widest = max((node.demand for node in shape.nodes), default=0)
    with few_threads(1 if widest <= SMALL else 4):
        return _in_turn(tree, shape, real, search, good)


def _in_turn(
    tree: TargetTree,
    shape: Nodes,
    real: bool,
    search: Callable[[Register], tuple[np.ndarray, float]],
    good: Callable[[float], bool],
) -> np.ndarray | None:
    """Return the gates of all registers, None at the first that is not good; see `exact_gates`."""
    begins = {0: (np.eye(1), np.eye(1))}
    found = []
    for k, node in enumerate(shape.nodes):
        memory, root = begins[k]  # W of the bond above, C
        tensor, (left, right) = tree.tensors[k], node.children
        soft = _power(root, SOFT)
        joined = tensor @ soft  # left, right, above
        wanted = _ended(joined, tree.below[k][1]) if right is None else _split_of(joined)
        register = Register(node, memory @ soft, wanted, real)
        gates, value = search(register)
        if not good(value):
            return None
        found.append(gates)
        if right is not None:
            split = _split_of(tensor @ root)
            below = split.basis * split.roots @ split.basis.conj().T
            begins[right] = register.memory(gates), below
        if left is not None:  # two chains side by side
            begins[left] = np.eye(1), np.eye(1)
    return np.concatenate(found)


def expected_seconds(shape: Nodes) -> float:
    """Return about how many CPU seconds `exact_gates` takes for the nodes of a shape."""
    total = 0.0
    for node in shape.nodes:
        parameters, equations = 6.0 * node.sufficient, float(node.demand)
        products = parameters * equations**2 + equations**3 / 3.0
        total += USUAL * (products / RATE + EXTRA)
    return total


def _from_random(
    register: Register, rng: np.random.Generator, tries: int, over: Callable[[], bool]
) -> tuple[np.ndarray, float]:
    """Return the best gates of all starts and the square of their residual."""
    best = np.empty((0, 2, 4, 4)), 0.0 if not register.node.pairs else np.inf
    for _ in range(tries):
        if best[1] < ENOUGH or over():
            break
        gates, value = solved(register, register.moves.random(rng), STEPS, GOAL, over)
        best = min(best, (unitary(gates), value), key=lambda found: found[1])
    return best


def _power(root: np.ndarray, power: float) -> np.ndarray:
    """Return a power of a Hermitian matrix that is not negative."""
    values, vectors = np.linalg.eigh(root)
    return (vectors * np.maximum(values, 0.0) ** power) @ vectors.conj().T


def _split_of(joined: np.ndarray) -> Split:
    matrix = joined.transpose(1, 0, 2).reshape(joined.shape[1], -1)
    u, s, vh = np.linalg.svd(matrix)
    return Split(vh[: len(s)], vh[len(s) :], s, u)


def _ended(joined: np.ndarray, block: np.ndarray | None) -> np.ndarray:
    """Return the amplitudes (left · right wires, above) of the last register."""
    whole = joined if block is None else np.einsum("lrc,rx->lxc", joined, block)
    return whole.reshape(-1, whole.shape[2])


class Register:
    """The equations of one register, as `damped` solves them.

    Args:
        node: wires and entanglers.
        into: memory before the gates, times the root of the density (2^memory, above).
        wanted: what has to be left: a split, or all amplitudes (left · right wires, above).
        real: only real gates.
    """

    def __init__(
        self, node: Node, into: np.ndarray, wanted: Split | np.ndarray, real: bool
    ) -> None:
        self.node, self.wanted, self.real = node, wanted, real
        alone = Nodes(len(node.sites), (_on_wires(node),))
        self.moves = Entanglers(len(node.pairs), alone.ends, real)
        width = len(node.sites)
        embedding = np.zeros((2**width, 2**node.memory))
        shift = width - node.place - node.memory
        embedding[np.arange(2**node.memory) << shift, np.arange(2**node.memory)] = 1.0
        self.first = embedding @ into

    def residual(self, gates: np.ndarray) -> np.ndarray:
        """Return what the equations lack."""
        state, wanted = self._through(gates), self.wanted
        if not isinstance(wanted, Split):
            return _reals(state - wanted)
        beyond, z = self._parts(state, wanted)
        norms = z.conj().T @ z - np.diag(wanted.roots**2)
        return np.concatenate([_reals(beyond), _reals(norms)])

    def jacobian(self, gates: np.ndarray) -> np.ndarray:
        """Return the derivatives by the one-qubit gates of all entanglers."""
        state, moved = self._derivatives(gates)
        count, wanted = len(moved), self.wanted
        if not isinstance(wanted, Split):
            return _reals(moved, count)
        beyond, dz = self._parts(moved, wanted)
        half = self._parts(state, wanted)[1].conj().T @ dz
        norms = half + half.conj().transpose(0, 2, 1)
        return np.concatenate([_reals(beyond, count), _reals(norms, count)], axis=1)

    def moved(self, gates: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Return the gates after a step."""
        full = np.zeros((*self.moves.shape,))
        if self.real:
            full[:, [1, 4]] = step.reshape(-1, 2)
        else:
            full[:] = step.reshape(-1, 6)
        return self.moves.moved(gates, full)

    def memory(self, gates: np.ndarray) -> np.ndarray:
        """Return the isometry from the bond below to the wires that are left as memory.

        It is made one again: rounding would double from register to register.
        """
        wanted = self.wanted
        assert isinstance(wanted, Split)
        z = self._parts(self._through(gates), wanted)[1]
        u, _, vh = np.linalg.svd(z * wanted.roots, full_matrices=False)
        return u @ vh @ wanted.basis.conj().T

    def _parts(self, states: np.ndarray, split: Split) -> tuple[np.ndarray, np.ndarray]:
        """Return states (…, wires, above) beyond and within the row space, (…, wires below, …)."""
        *batch, rows, above = states.shape
        left = 2**self.node.cut
        turned = states.reshape(*batch, left, rows // left, above).swapaxes(-3, -2)
        turned = turned.reshape(*batch, rows // left, left * above)
        return turned @ split.beyond.conj().T, turned @ split.frame.conj().T

    def _through(self, gates: np.ndarray) -> np.ndarray:
        state = self.first
        for gate, bond in zip(plain(gates, self.real), self.node.pairs):
            state = (gate @ state.reshape(2**bond, 4, -1)).reshape(state.shape)
        return state

    def _derivatives(self, gates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the state and its derivatives (parameters, wires, above)."""
        dim, pairs = len(self.first), self.node.pairs
        whole = np.empty((len(pairs) + 1, dim, dim), dtype=float if self.real else complex)
        whole[0] = np.eye(dim)
        for j, (gate, bond) in enumerate(zip(plain(gates, self.real), pairs)):
            whole[j + 1] = (gate @ whole[j].reshape(2**bond, 4, -1)).reshape(dim, dim)
        # One-qubit gates act before the CX of their entangler, and behind it at the ends.
        times = np.concatenate([np.arange(len(pairs)), self.moves.ends + 1])
        bonds = np.array(pairs + tuple(pairs[j] for j in self.moves.ends))
        before = whole[times] @ self.first
        turned = _turned(before, bonds, self.real)
        after = whole[-1] @ whole[times].conj().swapaxes(1, 2)
        moved = after @ turned.reshape(len(times), dim, -1)
        count = turned.shape[2]
        moved = moved.reshape(len(times), dim, count, -1).swapaxes(1, 2)
        return whole[-1] @ self.first, moved.reshape(len(times) * count, dim, -1)


def _on_wires(node: Node) -> Node:
    wires = tuple(range(len(node.sites)))
    return Node(wires, node.cut, node.memory, node.place, (None, None), node.bonds, node.pairs)


def _turned(states: np.ndarray, bonds: np.ndarray, real: bool) -> np.ndarray:
    """Return i times X, Y, Z on the first, then on the second wire of pairs, of states.

    Args:
        states: (gates, wires, above).
        bonds: first wire of each gate's pair.
        real: only i Y.

    Returns:
        Array (gates, wires, 6 or 2, above).
    """
    gates, dim, above = states.shape
    out = np.empty((gates, dim, 2 if real else 6, above), dtype=states.dtype)
    sign = np.array([1.0, -1.0])[:, None, None]
    for bond in set(bonds.tolist()):
        for q in range(2):
            at = np.flatnonzero(bonds == bond)
            one = states[at].reshape(len(at), 2 ** (bond + q), 2, -1, above)
            flipped = one[:, :, ::-1]
            found = [sign * flipped]
            if not real:
                found = [1j * flipped, sign * flipped, 1j * sign * one]
            for p, each in enumerate(found):
                out[at, :, len(found) * q + p] = each.reshape(len(at), dim, above)
    return out


def _reals(array: np.ndarray, batch: int = 0) -> np.ndarray:
    """Return real and imaginary parts one after another, in rows if there is a batch."""
    flat = array.reshape(batch, -1) if batch else array.reshape(-1)
    return np.concatenate([flat.real, flat.imag], axis=-1) if np.iscomplexobj(flat) else flat
