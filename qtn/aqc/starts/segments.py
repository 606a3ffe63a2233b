r"""A chain in segments: what each segment's circuit must do, as a small target of its own.

In Schmidt's bases a state is :math:`T_1 \lambda_1 T_2 \lambda_2 \cdots`, one tensor
:math:`T_k[l, s, r]` per segment. Where correlations are much shorter than a segment, T_k is nearly
an isometry from the bonds at its two ends to its sites. Then one block across each boundary
prepares :math:`\sum_j \lambda_j |jj\rangle` on the two sites beside it, and a circuit inside each
segment carries out the isometry: the depth does not grow with the number of segments, and the
infidelities of the segments add up. A block across a boundary keeps two Schmidt values.

A circuit for T_k is one that prepares :math:`\lambda_l T_k[l, s, r] \lambda_r`, a state of the
segment and of one further site at each end that stands for its neighbour, with the blocks across
the boundaries held fixed.

Reference: Malz, Styliaris, Wei and Cirac, Phys. Rev. Lett. 132, 040404 (2024), whose isometries of
segments are exact and carried out one after another; here they are short circuits, found by search.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from qtn._random import generator
from qtn.aqc.kernels.gates import nearest_unitary
from qtn.aqc.shape.ansatz import Ansatz, Layer
from qtn.states import MPS
from qtn.states.schmidt import SchmidtForm

ROUNDS, GUESSES = 30, 6  # of the search for the bases of a segment's bonds


@dataclass(frozen=True, slots=True)
class Piece:
    """One segment with a further site for each neighbour.

    Args:
        first, last: sites of the chain, `last` not included.
        target: the state of the segment and its neighbours, norm 1.
        left, right: the two Schmidt values at its ends; None at an end of the chain.
    """

    first: int
    last: int
    target: MPS
    left: np.ndarray | None
    right: np.ndarray | None

    def shape(self, layers: int) -> Ansatz:
        """Return blocks across the boundaries, then `layers` brickwall layers inside."""
        n, begin = self.target.n, int(self.left is not None)
        end = n - 1 - int(self.right is not None)
        across = (*((0,) if begin else ()), *((n - 2,) if self.right is not None else ()))
        inside = [Layer(tuple(range(begin + k % 2, end, 2))) for k in range(layers)]
        return Ansatz(n, (Layer(across), *inside))

    def pairs(self) -> np.ndarray:
        """Return the blocks across the boundaries (blocks, 4, 4)."""
        found = [pair_gate(roots) for roots in (self.left, self.right) if roots is not None]
        return np.array(found, complex).reshape(-1, 4, 4)


def pair_gate(roots: np.ndarray) -> np.ndarray:
    """Return the real gate that prepares a |00> + b |11>.

    Example:
        >>> pair_gate(np.array([0.8, 0.6]))[:, 0]
        array([0.8, 0. , 0. , 0.6])
    """
    a, b = roots
    gate = np.eye(4)
    gate[0, 0] = gate[3, 3] = a
    gate[3, 0], gate[0, 3] = b, -b
    return gate


def boundaries(weights: list[np.ndarray], sites: int) -> list[int]:
    """Return the ends of the segments, 0 and n included, that lose the least Schmidt weight.

    Args:
        weights: squared Schmidt values of the n - 1 bonds.
        sites: of a segment; the first and the last one may have fewer, and the last one more.

    Example:
        >>> pair = np.array([0.5, 0.5])
        >>> boundaries([pair if k % 2 else np.full(4, 0.25) for k in range(11)], 4)
        [0, 4, 8, 12]
    """
    n = len(weights) + 1
    if n <= sites + 1:
        return [0, n]
    lost = [float(w[2:].sum()) for w in weights]
    choices = []
    for first in range(sites, 1, -1):
        inner = list(range(first, n - 1, sites))
        choices.append((round(sum(lost[b - 1] for b in inner), 12), len(inner), inner))
    inner = min(choices, key=lambda found: found[:2])[2]
    return [0, *inner, n]


def pieces(chain: list[np.ndarray], sites: int) -> list[Piece]:
    """Return the segments of a chain, each as a target of its own.

    Args:
        chain: arrays `(left, 2, right)` of norm 1, in any gauge.
        sites: of a segment.
    """
    form = SchmidtForm.from_right(chain)
    ends = boundaries(form.weights, sites)
    return [_piece(form, a, b) for a, b in itertools.pairwise(ends)]


def _piece(form: SchmidtForm, first: int, last: int) -> Piece:
    tensors = list(form.tensors[first:last])
    left = _two(form.weights[first - 1]) if first else None
    right = _two(form.weights[last - 1]) if last < len(form.tensors) else None
    if left is not None:
        inner = tensors[0][:2]  # one row where the boundary is a product
        tensors = [np.diag(left)[None, :, : len(inner)], inner, *tensors[1:]]
    if right is not None:
        inner = tensors[-1][:, :, :2]
        tensors = [*tensors[:-1], inner, np.eye(2)[: inner.shape[2], :, None]]
    return Piece(first, last, MPS(tuple(tensors)).normalised().canonical(0), left, right)


def _two(weights: np.ndarray) -> np.ndarray:
    """Return the two largest Schmidt values, normalised; the second one may be 0."""
    roots = np.zeros(2)
    kept = np.sqrt(weights[:2])
    roots[: len(kept)] = kept
    return roots / np.linalg.norm(roots)


def isometric_limit(piece: Piece) -> float:
    """Return the infidelity of a segment whose circuit is the best isometry there is.

    It falls with the length of a segment as its correlations do, squared.
    """
    ends = [np.ones(1) if roots is None else roots for roots in (piece.left, piece.right)]
    wanted = _vector(piece.target).reshape(_split(piece))
    weighted = wanted * ends[0][:, None, None] * ends[1]
    columns = weighted.transpose(1, 0, 2).reshape(weighted.shape[1], -1)
    return max(0.0, 1.0 - float(np.linalg.svd(columns, compute_uv=False).sum()) ** 2)


def turned_ends(piece: Piece, ansatz: Ansatz, gates: np.ndarray) -> tuple[np.ndarray, float]:
    """Return another segment's gates with their ends turned to the bases of this one.

    Args:
        piece: a segment with neighbours on the same sides as the other one.
        ansatz: the shape that both have.
        gates: complex (gates, 4, 4) of the other segment.

    Returns:
        The gates with one-qubit gates before them, and the overlap that they reach.
    """
    state = _prepared(ansatz, gates).reshape(_split(piece))
    wanted = _vector(piece.target).reshape(_split(piece))
    # The input bases of the other segment, where its pairs have weight.
    ends = [np.ones(1) if roots is None else roots for roots in (piece.left, piece.right)]
    free = state * _inverse(ends[0])[:, None, None] * _inverse(ends[1])
    weighted = wanted.conj() * ends[0][:, None, None] * ends[1]
    joint = np.einsum("isj,lsr->ijlr", free, weighted)
    u, v, overlap = _turns(joint)
    out, n = gates.copy(), ansatz.n
    for matrix, site, known in ((u, 1, piece.left), (v, n - 2, piece.right)):
        if known is not None:
            _absorb(ansatz, out, matrix, site)
    return out, overlap


def _split(piece: Piece) -> tuple[int, int, int]:
    sides = (1 if piece.left is None else 2), (1 if piece.right is None else 2)
    return sides[0], 2**piece.target.n // (sides[0] * sides[1]), sides[1]


def _inverse(roots: np.ndarray) -> np.ndarray:
    return np.divide(1.0, roots, out=np.zeros_like(roots), where=roots > 1e-8)


def _turns(joint: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Return unitaries u, v of large |Σ joint[i, j, l, r] u[i, l] v[j, r]|, and that overlap."""
    rng = generator(0, "segments")
    a, b = joint.shape[:2]
    best = np.eye(a), np.eye(b), -1.0
    for guess in range(GUESSES):
        noise = 0.0 if guess == 0 else 1.0
        v = nearest_unitary(np.eye(b) + noise * rng.normal(size=(b, b)))
        for _ in range(ROUNDS):
            u = nearest_unitary(np.einsum("ijlr,jr->il", joint, v).conj())
            rest = np.einsum("ijlr,il->jr", joint, u)
            v = nearest_unitary(rest.conj())
        overlap = float(abs(np.sum(rest * v)))
        if overlap > best[2]:
            best = u, v, overlap
    return best


def _absorb(ansatz: Ansatz, gates: np.ndarray, matrix: np.ndarray, site: int) -> None:
    """Let a one-qubit gate act on a site after the blocks across the boundaries, in place."""
    across = ansatz.slices[0].stop
    for number, bond in ansatz.sequence():
        if number >= across and site in (bond, bond + 1):
            pair = (matrix, np.eye(2)) if site == bond else (np.eye(2), matrix)
            gates[number] = gates[number] @ np.kron(*pair)
            return


def _prepared(ansatz: Ansatz, gates: np.ndarray) -> np.ndarray:
    """Return the state that gates prepare, site 0 most significant."""
    state = np.zeros(2**ansatz.n, complex)
    state[0] = 1.0
    for number, bond in ansatz.sequence():
        state = np.matmul(gates[number], state.reshape(2**bond, 4, -1)).reshape(-1)
    return state


def _vector(chain: MPS) -> np.ndarray:
    """Return the amplitudes of a chain, site 0 most significant."""
    out = np.ones((1, 1))
    for tensor in chain.tensors:
        out = np.tensordot(out, tensor, 1).reshape(-1, tensor.shape[2])
    return out.reshape(-1)


def assembled(found: list[tuple[Piece, Ansatz, np.ndarray]], n: int) -> tuple[Ansatz, np.ndarray]:
    """Return the circuit of the chain from those of its segments.

    Args:
        found: the segments in order, with their shapes (of equal depth) and complex gates.
        n: number of sites of the chain.
    """
    depth = len(found[0][1].layers)
    columns: list[dict[int, np.ndarray]] = [{} for _ in range(depth)]
    for piece, ansatz, gates in found:
        shift = piece.first - int(piece.left is not None)
        for column, layer, part in zip(columns, ansatz.layers, ansatz.slices, strict=True):
            for bond, gate in zip(layer.bonds, gates[part], strict=True):
                column[bond + shift] = gate
    kept = [column for column in columns if column]
    layers = tuple(Layer(tuple(sorted(column))) for column in kept)
    blocks = [column[bond] for column in kept for bond in sorted(column)]
    return Ansatz(n, layers), np.array(blocks)
