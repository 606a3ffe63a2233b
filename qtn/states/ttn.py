"""Tree tensor networks: frozen, binary, one site per leaf, site i = qubit i.

Dense vectors follow Qiskit, as for `MPS`: qubit 0 is the least significant bit of the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from qtn._checks import bounded_int, fail, finite_array, items, positive_int, real
from qtn._display import Display, Displayed
from qtn._machine import by_bond
from qtn._memory import check_memory
from qtn._random import generator
from qtn.errors import ArgumentError
from qtn.states.foreign.trees_of_quimb import tree_from_quimb, tree_to_quimb
from qtn.states.kernels.sample import in_precision
from qtn.states.kernels.tree_sweeps import (
    TINY,
    Pairs,
    climb,
    densities,
    descend,
    log_overlap,
    site_dimensions,
)
from qtn.states.mps import MPS
from qtn.states.node_pairs import checked_pairs
from qtn.states.origin import Origin
from qtn.states.origin.origin_files import pack_origin, unpack_origin
from qtn.states.summary import network_display
from qtn.states.unroll import tree_to_chain
from qtn.states.views.mutual import entropy_of
from qtn.states.views.pictures import TreePictures

MAX_DENSE = 2**28


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TTN(TreePictures, Displayed):
    """A binary tree tensor network.

    Sites have the numbers 0 … n-1. Node k joins the two earlier numbers `pairs[k]` and gets the
    number n+k; the last node is the root.

    Args:
        tensors: one array per node with axes `(left, right, up)`, real or complex; a leaf's bond is
            its physical dimension, the root's `up` is 1. Stored read-only, float64 or complex128.
        pairs: the two children of every node.
        origin: where the state came from, if known (see `qtn.states.origin`).

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
    origin: Origin | None = field(default=None, repr=False)

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
        return site_dimensions(self.tensors, self.pairs)

    @property
    def dtype(self) -> np.dtype[Any]:
        """float64 or complex128."""
        return self.tensors[0].dtype

    def __len__(self) -> int:
        return self.n

    def _brief(self) -> str:
        return f"{self.n} sites, max bond {self.max_bond}, {self.dtype}"

    def _display(self) -> Display:
        rows = [("nodes", len(self.pairs)), ("bond at the root", self.tensors[-1].shape[:2])]
        return network_display("Tree tensor network", self, rows, self.tensors)

    # ------------------------------------------------------------------- norms

    def log_norm(self) -> float:
        """Return the natural logarithm of the norm, without overflow. Cost: n·D⁴."""
        return 0.5 * log_overlap(self.tensors, self.tensors, self.pairs)[1]

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
        return TTN((*lifted.tensors[:-1], root / length), self.pairs, self.origin)

    @by_bond
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
            factor[n + k] = r / max(np.abs(r).max(), TINY)
        return TTN(tuple(out), self.pairs, self.origin)

    def conj(self) -> TTN:
        """Return the complex conjugate."""
        return TTN(tuple(t.conj() for t in self.tensors), self.pairs)

    # ---------------------------------------------------------------- overlaps

    def overlap(self, other: TTN) -> complex:
        """Return ⟨self|other⟩ for two states on the same tree.

        Raises:
            ArgumentError: another tree or other physical dimensions.
        """
        phase, log_size = log_overlap(self.tensors, self._same(other).tensors, self.pairs)
        return complex(phase * np.exp(log_size))

    def fidelity(self, other: TTN) -> float:
        """Return |⟨self|other⟩|² / (‖self‖² ‖other‖²)."""
        phase, log_size = log_overlap(self.tensors, self._same(other).tensors, self.pairs)
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

    @by_bond
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
        weights = np.linalg.eigvalsh(densities(lifted.tensors, lifted.pairs)[node])[::-1]
        weights = np.clip(weights, 0, None)
        return np.asarray(np.sqrt(weights / weights.sum()))

    def entropy(self, node: int) -> float:
        """Return the von Neumann entropy, in nats, of the sites below `node`."""
        weights = self.schmidt_values(node) ** 2
        weights = weights[weights > 0]
        return float(max(0.0, -(weights * np.log(weights)).sum()))

    def entropies(self) -> np.ndarray:
        """Return the entropies below every site and node but the root, in nats, in one pass."""
        lifted = self.normalised()
        found = densities(lifted.tensors, lifted.pairs)
        return np.array([entropy_of(found[k]) for k in range(2 * self.n - 2)])

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

    @by_bond
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
            v, log_c = climb(tensor, vectors[a], vectors[b])
            vectors.append(v)
            total += log_c
        return vectors[-1][:, 0], total

    @by_bond
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

    @by_bond
    def to_mps(self, cutoff: float = 1e-14) -> MPS:
        """Return the same state as a chain, sites in order; a cut may lose the weight `cutoff`."""
        real("cutoff", cutoff, 0.0, 1.0)
        # orthonormal legs to the parent weigh what is cut
        size, lifted = self.norm(), self.canonical()
        first, *rest = tree_to_chain(lifted.tensors, lifted.pairs, cutoff)
        return MPS((size * first, *rest))

    @classmethod
    def from_quimb(cls, network: Any) -> TTN:
        """Convert a network of quimb without loops, exactly; site i is the i-th of its `sites`.

        Raises:
            ArgumentError: it has a loop, or is no state of at least two sites.
        """
        tensors, pairs = tree_from_quimb(network)
        return cls(tuple(tensors), pairs)

    def to_quimb(self) -> Any:
        """Return a quimb `TensorNetworkGenVector` of the same tensors; see `tree_to_quimb`."""
        return tree_to_quimb(self.tensors, self.pairs)

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
            descend(tensors, self.pairs, out[start : start + 1024], rng)
        return out

    # ------------------------------------------------------------------- files

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes, the origin's among them."""
        arrays, header = pack_origin(self.origin)
        arrays |= {str(k): t for k, t in enumerate(self.tensors)}
        return arrays, {"pairs": list(self.pairs), **header}

    @classmethod
    def unpack(cls, arrays: dict[str, np.ndarray], header: dict[str, Any]) -> TTN:
        """Rebuild from what `pack` returned."""
        pairs = tuple((a, b) for a, b in header["pairs"])
        origin = unpack_origin(arrays, header, len(pairs) + 1)
        return cls(tuple(arrays[str(k)] for k in range(len(pairs))), pairs, origin)

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
