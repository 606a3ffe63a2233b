"""Tree tensor networks: frozen, binary, one site per leaf, site i = qubit i.

Dense vectors follow Qiskit, as for `MPS`: qubit 0 is the least significant bit of the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from qtn._checks import bounded_int, fail, finite_array, items, positive_int, real
from qtn._memory import check_memory
from qtn._random import generator
from qtn.errors import ArgumentError
from qtn.states.kernels.sample import in_precision

if TYPE_CHECKING:
    from qtn.states.mps import MPS

Pairs = tuple[tuple[int, int], ...]
MAX_DENSE = 2**28
_TINY = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class TTN:
    """A binary tree tensor network.

    Sites have the numbers 0 … n-1. Node k joins the two earlier numbers `pairs[k]` and gets the
    number n+k; the last node is the root.

    Args:
        tensors: one array per node with axes `(left, right, up)`, real or complex; a leaf's bond is
            its physical dimension, the root's `up` is 1. Stored read-only, float64 or complex128.
        pairs: the two children of every node.

    Raises:
        ArgumentError: wrong axes, bonds that do not match, no binary tree, NaN or infinity.

    Example:
        >>> bell = TTN((np.eye(2)[:, :, None] / np.sqrt(2),), ((0, 1),))
        >>> bell.norm(), round(bell.entropy(0), 4)
        (1.0, 0.6931)
    """

    kind: ClassVar[str] = "ttn"

    tensors: tuple[np.ndarray, ...]
    pairs: Pairs

    def __post_init__(self) -> None:
        expected = "a non-empty sequence of arrays (left, right, up)"
        if isinstance(self.tensors, np.ndarray) or not items("tensors", self.tensors, expected):
            raise fail("tensors", expected, self.tensors)
        arrays = [finite_array(f"tensors[{k}]", t, ndim=3) for k, t in enumerate(self.tensors)]
        pairs = checked_pairs(self.pairs)
        n = len(arrays) + 1
        used = sorted(node for pair in pairs for node in pair)
        early = all(max(pair) < n + k for k, pair in enumerate(pairs))
        if len(pairs) != len(arrays) or not early or used != list(range(2 * n - 2)):
            raise fail("pairs", f"the pairs of a binary tree of {len(arrays)} nodes", self.pairs)
        for k, pair in enumerate(pairs):
            for axis, child in enumerate(pair):
                if child >= n and arrays[child - n].shape[2] != arrays[k].shape[axis]:
                    raise ArgumentError(
                        f"Argument `tensors` must have equal bonds, but node {child} has up bond "
                        f"{arrays[child - n].shape[2]} and its parent expects "
                        f"{arrays[k].shape[axis]}."
                    )
        if arrays[-1].shape[2] != 1:
            raise fail("tensors[-1]", "a root with up bond 1", arrays[-1])
        dtype = np.complex128 if any(a.dtype.kind == "c" for a in arrays) else np.float64
        frozen = []
        for array in arrays:
            copy = np.array(array, dtype=dtype, order="C")
            copy.flags.writeable = False
            frozen.append(copy)
        object.__setattr__(self, "tensors", tuple(frozen))
        object.__setattr__(self, "pairs", pairs)

    @property
    def n(self) -> int:
        """Number of sites."""
        return len(self.tensors) + 1

    @property
    def bonds(self) -> tuple[int, ...]:
        """Up bond of every node except the root."""
        return tuple(t.shape[2] for t in self.tensors[:-1])

    @property
    def max_bond(self) -> int:
        """Largest bond; 1 for a single node."""
        return max(self.bonds, default=1)

    @property
    def phys(self) -> tuple[int, ...]:
        """Physical dimension of every site."""
        out = [0] * self.n
        for tensor, pair in zip(self.tensors, self.pairs, strict=True):
            for axis, child in enumerate(pair):
                if child < self.n:
                    out[child] = tensor.shape[axis]
        return tuple(out)

    @property
    def dtype(self) -> np.dtype[Any]:
        """float64 or complex128."""
        return self.tensors[0].dtype

    def __len__(self) -> int:
        return self.n

    def __repr__(self) -> str:
        return f"TTN({self.n} sites, max bond {self.max_bond}, {self.dtype})"

    # ------------------------------------------------------------------- norms

    def log_norm(self) -> float:
        """Return the natural logarithm of the norm, without overflow. Cost: n·D⁴."""
        return 0.5 * _log_overlap(self, self)[1]

    def norm(self) -> float:
        """Return the 2-norm."""
        return float(np.exp(self.log_norm()))

    def normalised(self) -> TTN:
        """Return the state with norm 1.

        Raises:
            ArgumentError: the state is zero.
        """
        lifted = self.canonical()
        root = lifted.tensors[-1]
        length = np.linalg.norm(root)
        if length == 0:
            raise ArgumentError("A state of norm 0 cannot be normalised.")
        return TTN((*lifted.tensors[:-1], root / length), self.pairs)

    def canonical(self) -> TTN:
        """Return the same state up to a positive factor, all nodes below the root isometries.

        The factor is the exponential of a sum of logarithms and would overflow for many sites;
        the root has norm 1 if the state is not zero. Cost: n·D⁴.
        """
        n = self.n
        factor: dict[int, np.ndarray] = {}
        out = []
        for k, (tensor, (a, b)) in enumerate(zip(self.tensors, self.pairs, strict=True)):
            t = tensor
            if a in factor:
                t = np.einsum("xa,abc->xbc", factor.pop(a), t)
            if b in factor:
                t = np.einsum("yb,abc->ayc", factor.pop(b), t)
            if k == len(self.tensors) - 1:
                size = np.linalg.norm(t)
                out.append(t / size if size > 0 else t)
                break
            q, r = np.linalg.qr(t.reshape(-1, t.shape[2]))
            out.append(q.reshape(*t.shape[:2], -1))
            factor[n + k] = r / max(np.abs(r).max(), _TINY)
        return TTN(tuple(out), self.pairs)

    def conj(self) -> TTN:
        """Return the complex conjugate."""
        return TTN(tuple(t.conj() for t in self.tensors), self.pairs)

    # ---------------------------------------------------------------- overlaps

    def overlap(self, other: TTN) -> complex:
        """Return ⟨self|other⟩ for two states on the same tree.

        Raises:
            ArgumentError: another tree or other physical dimensions.
        """
        phase, log_size = _log_overlap(self, self._same(other))
        return complex(phase * np.exp(log_size))

    def fidelity(self, other: TTN) -> float:
        """Return |⟨self|other⟩|² / (‖self‖² ‖other‖²)."""
        phase, log_size = _log_overlap(self, self._same(other))
        scale = 2.0 * (log_size - self.log_norm() - other.log_norm())
        return float(min(abs(phase) ** 2 * np.exp(scale), 1.0))

    def infidelity(self, other: TTN) -> float:
        """Return 1 - fidelity; rounding limits it to about 1e-15."""
        return max(0.0, 1.0 - self.fidelity(other))

    def _same(self, other: TTN) -> TTN:
        if not isinstance(other, TTN) or other.pairs != self.pairs or other.phys != self.phys:
            raise fail("other", "a TTN on the same tree and sites", other)
        return other

    # ------------------------------------------------------------ entanglement

    def schmidt_values(self, node: int) -> np.ndarray:
        """Return the Schmidt values between the sites below `node` and the rest, descending.

        Args:
            node: a site (0 … n-1) or a node number (n …), not the root.

        Returns:
            Values whose squares sum to 1.

        Raises:
            ArgumentError: no such node, or the root.
        """
        bounded_int("node", node, 0, 2 * self.n - 3)
        lifted = self.canonical()
        weights = np.linalg.eigvalsh(_densities(lifted)[node])[::-1]
        weights = np.clip(weights, 0, None)
        return np.asarray(np.sqrt(weights / weights.sum()))

    def entropy(self, node: int) -> float:
        """Return the von Neumann entropy, in nats, of the sites below `node`."""
        weights = self.schmidt_values(node) ** 2
        weights = weights[weights > 0]
        return float(max(0.0, -(weights * np.log(weights)).sum()))

    # -------------------------------------------------------------- amplitudes

    def amplitudes(self, bits: np.ndarray, *, precision: str = "double") -> np.ndarray:
        """Return the amplitudes of rows of site values.

        Args:
            bits: shape (batch, n), integers below the physical dimensions.
            precision: "single" (complex64) takes half the memory and time at large bonds, with
                relative errors of about 1e-6 per hundred sites.

        Returns:
            Shape (batch,).

        Raises:
            ArgumentError: another shape or values out of range.

        Cost: batch · n · D³.
        """
        phase, log_size = self.log_amplitudes(bits, precision=precision)
        return np.asarray(phase * np.exp(log_size).astype(phase.real.dtype))

    def log_amplitudes(
        self, bits: np.ndarray, *, precision: str = "double"
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return (sign or phase, log of the modulus) of the amplitudes; never overflows."""
        values = finite_array("bits", bits)
        good = values.ndim == 2 and values.shape[1] == self.n and values.dtype.kind in "iub"
        if not good or (values < 0).any() or (values >= np.array(self.phys)).any():
            raise fail("bits", f"integers of shape (batch, {self.n}) within the sites", bits)
        values = values.astype(np.int64)
        tensors = in_precision(self.tensors, precision)
        one = tensors[0].real.dtype
        vectors: list[Any] = [np.eye(d, dtype=one)[values[:, i]] for i, d in enumerate(self.phys)]
        total = np.zeros(len(values))
        for tensor, (a, b) in zip(tensors, self.pairs, strict=True):
            v, log_c = _climb(tensor, vectors[a], vectors[b])
            vectors.append(v)
            total += log_c
        return vectors[-1][:, 0], total

    def to_dense(self) -> np.ndarray:
        """Return the amplitude vector in Qiskit order.

        Raises:
            ArgumentError: more than 2^28 amplitudes.
        """
        size = int(np.prod([float(d) for d in self.phys]))
        if size > MAX_DENSE:
            raise ArgumentError(f"A state of {self.n} sites has {size:g} amplitudes: too many.")
        check_memory(3 * size * self.dtype.itemsize, f"A dense vector of {self.n} sites")
        block: dict[int, tuple[np.ndarray, list[int]]] = {
            i: (np.eye(d), [i]) for i, d in enumerate(self.phys)
        }
        for k, (tensor, (a, b)) in enumerate(zip(self.tensors, self.pairs, strict=True)):
            (va, sa), (vb, sb) = block.pop(a), block.pop(b)
            joint = np.einsum("xa,yb,abc->xyc", va, vb, tensor, optimize=True)
            block[self.n + k] = (joint.reshape(-1, tensor.shape[2]), sa + sb)
        vector, sites = block[2 * self.n - 2]
        # The first site of `sites` is the slowest axis; Qiskit wants the last site slowest.
        tensor = vector.reshape([self.phys[s] for s in sites])
        order = [sites.index(s) for s in reversed(range(self.n))]
        return np.ascontiguousarray(tensor.transpose(order)).reshape(-1)

    def to_mps(self, cutoff: float = 1e-14) -> MPS:
        """Return the same state as a chain, sites in order; a cut may lose the weight `cutoff`."""
        from qtn.states.unroll import tree_to_mps

        real("cutoff", cutoff, 0.0, 1.0)
        return tree_to_mps(self, cutoff)

    def sample(self, shots: int, seed: int = 0, *, precision: str = "double") -> np.ndarray:
        """Draw site values from |amplitude|², exactly and independently.

        Args:
            shots: number of rows.
            seed: of the draw.
            precision: "single" (complex64) takes half the memory and time at large bonds; the
                probabilities are then exact to about 1e-6.

        Returns:
            uint8 array (shots, n), column i = site i.

        Cost: shots · n · D⁴.
        """
        positive_int("shots", shots)
        tensors = in_precision(self.normalised().tensors, precision)
        rng = generator(seed, "ttn-sample")
        out = np.zeros((shots, self.n), dtype=np.uint8)
        for start in range(0, shots, 1024):
            _descend(tensors, self.pairs, out[start : start + 1024], rng)
        return out

    # ------------------------------------------------------------------- files

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        return {str(k): t for k, t in enumerate(self.tensors)}, {"pairs": list(self.pairs)}

    @classmethod
    def unpack(cls, arrays: dict[str, np.ndarray], header: dict[str, Any]) -> TTN:
        """Rebuild from what `pack` returned."""
        pairs = tuple((a, b) for a, b in header["pairs"])
        return cls(tuple(arrays[str(k)] for k in range(len(pairs))), pairs)

    @classmethod
    def product(cls, vectors: Sequence[Sequence[complex]] | np.ndarray, pairs: Pairs) -> TTN:
        """Return the product state of the site vectors on a tree."""
        given = items("vectors", vectors, "one local vector per site")
        arrays = [finite_array(f"vectors[{i}]", v, ndim=1) for i, v in enumerate(given)]
        n = len(arrays)
        pairs = checked_pairs(pairs)
        if any(child >= n + k for k, pair in enumerate(pairs) for child in pair):
            raise fail("pairs", f"the pairs of a binary tree of {n} sites", pairs)
        one = np.ones(1)
        parts = [[arrays[c] if c < n else one for c in pair] for pair in pairs]
        return cls(tuple(np.einsum("a,b->ab", a, b)[:, :, None] for a, b in parts), pairs)


def checked_pairs(pairs: Any, name: str = "pairs") -> Pairs:
    """Return the pairs of a tree as tuples of integers of at least 0."""
    found = []
    for k, pair in enumerate(items(name, pairs, "the two children of every node")):
        children = items(f"{name}[{k}]", pair, "the two children of a node")
        if len(children) != 2:
            raise fail(f"{name}[{k}]", "the two children of a node", pair)
        a, b = (bounded_int(f"{name}[{k}][{i}]", child, 0) for i, child in enumerate(children))
        found.append((a, b))
    return tuple(found)


def _log_overlap(bra: TTN, ket: TTN) -> tuple[complex, float]:
    """Return a phase (or 0) and the log of the modulus of ⟨bra|ket⟩."""
    env: dict[int, np.ndarray] = {i: np.eye(d) for i, d in enumerate(bra.phys)}
    total = 0.0
    for k, (s, t, (a, b)) in enumerate(zip(bra.tensors, ket.tensors, bra.pairs, strict=True)):
        e = np.einsum("xa,abc->xbc", env.pop(a), t)
        e = np.einsum("yb,xbc->xyc", env.pop(b), e)
        e = s.conj().reshape(-1, s.shape[2]).T @ e.reshape(-1, t.shape[2])
        c = np.abs(e).max()
        if c == 0:
            return 0.0, 0.0
        env[bra.n + k] = e / c
        total += float(np.log(c))
    value = complex(env[2 * bra.n - 2][0, 0])
    return value, total


def _densities(state: TTN) -> dict[int, np.ndarray]:
    """Return the reduced density matrix of every bond of a canonical state, by number of its node.

    The trace over a sibling's sites is a trace over its bond, because the sibling is an isometry.
    """
    n = state.n
    rho: dict[int, np.ndarray] = {2 * n - 2: np.ones((1, 1))}
    for k in range(len(state.tensors) - 1, -1, -1):
        t, (a, b) = state.tensors[k], state.pairs[k]
        m = t @ rho[n + k]
        rho[a] = np.einsum("abc,xbc->ax", m, t.conj())
        rho[b] = np.einsum("abc,ayc->by", m, t.conj())
    return rho


def _climb(tensor: np.ndarray, left: Any, right: Any) -> tuple[np.ndarray, np.ndarray]:
    outer = (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)
    v = outer @ tensor.reshape(-1, tensor.shape[2])
    c = np.maximum(np.abs(v).max(axis=1), _TINY)
    return v / c[:, None], np.log(c)


def _descend(
    tensors: Sequence[np.ndarray], pairs: Pairs, out: np.ndarray, rng: np.random.Generator
) -> None:
    """Fill rows of `out`: sites in the tree's order, each from its conditional distribution."""
    (shots, n), dtype = out.shape, np.result_type(*tensors)

    def visit(node: int, rho: np.ndarray) -> np.ndarray:
        """Draw the sites below `node`, whose bond is in state rho; return ⟨values|node⟩."""
        if node < n:
            weights = np.clip(np.einsum("zaa->za", rho).real, 0.0, None)
            cumulated = np.cumsum(weights, axis=1)
            point = rng.random(shots) * cumulated[:, -1]
            value = np.minimum((point[:, None] >= cumulated).sum(axis=1), weights.shape[1] - 1)
            out[:, node] = value
            return np.eye(weights.shape[1], dtype=dtype)[value]
        t, (a, b) = tensors[node - n], pairs[node - n]
        m = np.einsum("abc,zcd->zabd", t, rho, optimize=True)
        rho_a = np.einsum("zabd,xbd->zax", m, t.conj(), optimize=True)
        va = visit(a, rho_a)
        # Condition on the values drawn on the left: rho_b = ⟨va| T rho T† |va⟩.
        half = np.einsum("za,zabd->zbd", va, m, optimize=True)
        bra = np.einsum("zx,xyd->zyd", va.conj(), t.conj(), optimize=True)
        rho_b = half @ bra.transpose(0, 2, 1)
        rho_b /= np.maximum(np.einsum("zbb->z", rho_b).real, _TINY)[:, None, None]
        vb = visit(b, rho_b)
        return _climb(t, va, vb)[0]

    visit(2 * n - 2, np.ones((shots, 1, 1), dtype=dtype))
