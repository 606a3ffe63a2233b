"""States between layers on the CPU: ragged bonds, compiled kernels.

States are in Hastings' form (see `layers_loops`), truncated by diagonalisation or, from a space
kept before, by one step of subspace iteration.

Reference: Hastings, J. Math. Phys. 50, 095207 (2009), section II.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qtn.aqc.kernels import layers_loops as loops
from qtn.aqc.kernels.gate_loops import polar_batch
from qtn.aqc.shape.ansatz import Layer
from qtn.aqc.shape.bounded import mirror_chain, mirror_gates, zero_chain
from qtn.states.kernels.blas import GEMM
from qtn.states.kernels.gauge import thin_qr
from qtn.states.kernels.truncate import kept_rank, svd
from qtn.states.schmidt import SchmidtForm

TIGHT = 1e-12  # cuts below it use singular values, which keep their digits when squared
SLACK = 4.0  # a kept space may lose this many times the cut


@dataclass(slots=True)
class Hastings:
    """A state: right-canonical tensors, and the density matrix of the part left of each site.

    `weight` is the squared norm that truncations have left.
    """

    tensors: list[np.ndarray]
    rho: list[np.ndarray]
    weight: float = 1.0

    def copy(self) -> Hastings:
        """Return a state whose lists may be changed."""
        return Hastings(list(self.tensors), list(self.rho), self.weight)


def hastings(target: SchmidtForm, cut: float, dtype: np.dtype) -> Hastings:
    """Return the state with bonds that lose at most the weight `cut` each.

    Args:
        target: right-canonical.
        cut: relative weight that a bond may lose.
        dtype: of the result.
    """
    tensors = [np.ascontiguousarray(t, dtype) for t in target.sliced(cut)]
    weights = [np.ones(1), *target.weights]
    return Hastings(tensors, [np.diag(w[: len(t)]).astype(dtype) for w, t in zip(weights, tensors)])


@dataclass(frozen=True, slots=True)
class Move:
    """A layer, or its inverse, that acts on a state of an engine.

    Args:
        state: the state before.
        layer: bonds and order.
        gates: (bonds, 4, 4).
        dagger: apply the inverse.
        guess: what the layer gave for similar gates and a similar state, or None.
    """

    state: Any
    layer: Layer
    gates: np.ndarray
    dagger: bool
    guess: Any


def zero_hastings(n: int, dtype: np.dtype) -> Hastings:
    """Return |0...0>."""
    return Hastings(zero_chain(n, dtype), [np.ones((1, 1), dtype)] * n)


def apply_layer(
    state: Hastings,
    layer: Layer,
    gates: np.ndarray,
    dagger: bool,
    limits: tuple[float, int],
    guess: Hastings | None = None,
) -> Hastings:
    """Return the state after the layer, or after its inverse.

    Args:
        state: the state before; kept as it is.
        layer: bonds and order.
        gates: (bonds, 4, 4).
        dagger: apply the inverse.
        limits: relative weight one truncation may drop, largest bond dimension.
        guess: what the layer gave for similar gates and a similar state.
    """
    out = state.copy()
    (cut, cap), blas = limits, GEMM[gates.dtype]
    none = np.empty((0, 2, 1), gates.dtype)
    steps = list(zip(layer.bonds, _adjoint(gates) if dagger else gates, strict=True))
    for k, gate in steps if layer.down != dagger else reversed(steps):
        pair = loops.gated_pair(blas, out.tensors[k], out.tensors[k + 1], gate)
        rho = out.rho[k]
        if cut < TIGHT:
            found = split_tight(pair, rho, cut, cap)
        else:
            old = none if guess is None or not guess.tensors else guess.tensors[k + 1]
            fits = old.shape[2] == pair.shape[2] and len(old) <= 2 * len(pair)
            found = split(pair, rho, old if fits else none, cut, cap)
            if fits and len(old) and found[3] > SLACK * cut and len(old) < cap:
                found = split(pair, rho, none, cut, cap)
        out.tensors[k], out.tensors[k + 1], out.rho[k + 1], lost = found
        out.weight *= 1.0 - max(lost, 0.0)
    return out


def _adjoint(gates: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(gates.conj().transpose(0, 2, 1))


def split(
    pair: np.ndarray, rho: np.ndarray, guess: np.ndarray, cut: float, cap: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Split a pair (a, (s t), c), dropping the directions of least weight on its right.

    The weights are those of G = C† rho C, C = pair[(a s), (t c)]. With a guess (k, 2, c) for the
    right tensor one step of subspace iteration keeps its rank k; without (k = 0) the eigenvectors
    of G are kept that lose at most the relative weight `cut`, at most `cap` of them. LAPACK is
    called from here, since it makes the kernels compile twice as long.

    Returns:
        The left tensor, the right tensor, rho between them, and the relative weight lost.
    """
    blas = GEMM[pair.dtype]
    if len(guess):
        turned, weight = loops.image(blas, pair, rho, guess)
        basis = thin_qr(turned)[0]
    else:
        values, vectors = np.linalg.eigh(loops.gram(blas, pair, rho))
        most = min(2 * len(pair), len(values), cap)
        keep, _, weight = kept_rank(np.maximum(values[::-1], 0.0), most, cut)
        basis = vectors[:, : -keep - 1 : -1]
    left, right, between, kept = loops.divided(blas, pair, rho, np.ascontiguousarray(basis))
    return left, right, between, 1.0 - kept / weight


def split_tight(
    pair: np.ndarray, rho: np.ndarray, cut: float, cap: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Like `split` for a diagonal rho, to the last digit."""
    a, _, c = pair.shape
    flat = pair.reshape(2 * a, 2 * c)
    weight = np.repeat(np.sqrt(np.diag(rho).real), 2)
    _, s, vh = svd(weight[:, None] * flat)
    tail = np.cumsum((s**2)[::-1])[::-1]
    keep = min(max(1, int(np.count_nonzero(tail > cut * tail[0]))), cap)
    basis = np.ascontiguousarray(vh[:keep])
    left = flat @ basis.conj().T
    lost = float(tail[keep] / tail[0]) if keep < len(s) else 0.0
    between = np.diag(s[:keep] ** 2).astype(pair.dtype)
    return left.reshape(a, 2, keep), basis.reshape(keep, 2, c), between, lost


def normalisation(bra: Hastings, ket: Hastings) -> float:
    """Return the factor that makes up for the norms lost by truncations.

    What is dropped overlaps like what is kept, or better, so that normalised states estimate the
    overlap far better, and rarely too high.
    """
    return float((bra.weight * ket.weight) ** -0.5)


def layer_environments(
    bra: Hastings, ket: Hastings, layer: Layer, gates: np.ndarray, update: bool
) -> tuple[complex, np.ndarray]:
    """Return the overlap <bra|layer|ket> and the environments of the layer's gates.

    With `update` each gate is replaced in `gates` by its polar update as soon as its environment
    is known, and the overlap is the one after all updates.
    """
    bras, kets, bonds, used = bra.tensors, ket.tensors, layer.bonds, gates
    if not layer.down:
        n = len(bras)
        bras = [np.ascontiguousarray(t) for t in mirror_chain(bras)]
        kets = [np.ascontiguousarray(t) for t in mirror_chain(kets)]
        bonds, used = tuple(n - 2 - b for b in reversed(bonds)), mirror_gates(gates)
    overlap, found = _descend([t.conj() for t in bras], kets, bonds, used, update)
    if not layer.down:
        found = mirror_gates(found)
        if update:
            gates[:] = mirror_gates(used)
    return overlap, found


def _descend(
    bra: list[np.ndarray],
    ket: list[np.ndarray],
    bonds: tuple[int, ...],
    gates: np.ndarray,
    update: bool,
) -> tuple[complex, np.ndarray]:
    """`layer_environments` for gates that act from the left to the right, bra conjugated."""
    n, blas = len(bra), GEMM[gates.dtype]
    number = {k: i for i, k in enumerate(bonds)}
    bare = np.empty((0, 4), gates.dtype)
    turned = np.ascontiguousarray(gates.transpose(0, 2, 1))
    part, before = bra[n - 1], [bra[0]] * n
    for k in range(n - 2, -1, -1):
        gate = turned[number[k]] if k in number else bare
        before[k], part = loops.right_of(blas, bra[k], part, ket[k + 1], gate)
    environments = np.empty_like(gates)
    carry = ket[0]
    for k in range(n - 1):
        if k not in number:
            carry = loops.left_of_bare(blas, bra[k], carry, ket[k + 1])
            continue
        i = number[k]
        pair, environments[i] = loops.environment(blas, carry, ket[k + 1], before[k])
        if update:
            gates[i] = polar_gate(environments[i], gates[i])
        carry = loops.left_of(blas, bra[k], pair, gates[i])
    return complex(np.sum(carry * bra[n - 1])), environments


def polar_gate(environment: np.ndarray, gate: np.ndarray) -> np.ndarray:
    """Return the polar update of one gate (4, 4), real gates in SO(4)."""
    parts = np.empty((2, 1, 2, 4, 4))
    for k, matrix in enumerate((environment, gate)):
        parts[k, 0, 0], parts[k, 0, 1] = matrix.real, matrix.imag
    real = not np.iscomplexobj(gate)
    polar_batch(parts[0], parts[1], real)
    return parts[1, 0, 0] if real else parts[1, 0, 0] + 1j * parts[1, 0, 1]


class CompiledEngine:
    """States and environments of the layered kernel by numba."""

    def __init__(self, target: list[np.ndarray]) -> None:
        self._target = SchmidtForm.from_right(target)
        self._n = len(target)

    def zero(self, cut: float, dtype: np.dtype) -> Hastings:
        """Return |0...0>."""
        return zero_hastings(self._n, dtype)

    def target(self, cut: float, dtype: np.dtype) -> Hastings:
        """Return the target with bonds that lose at most the weight `cut` each."""
        return hastings(self._target, cut, dtype)

    def apply(self, moves: list[Move], limits: tuple[float, int]) -> list[Hastings]:
        """Return the states after their layers."""
        return [apply_layer(m.state, m.layer, m.gates, m.dagger, limits, m.guess) for m in moves]

    def environments(
        self,
        bras: list[Hastings],
        kets: list[Hastings],
        layers: list[tuple[Layer, slice]],
        gates: np.ndarray,
    ) -> tuple[complex, np.ndarray]:
        """Return the overlap and the environments of all gates of all layers."""
        overlap, found = 0j, np.empty_like(gates)
        for bra, ket, (layer, part) in zip(bras, kets, layers, strict=True):
            overlap, here = layer_environments(bra, ket, layer, gates[part], False)
            scale = normalisation(bra, ket)
            overlap, found[part] = overlap * scale, here * scale
        return overlap, found

    def update(self, bra: Hastings, ket: Hastings, layer: Layer, gates: np.ndarray) -> complex:
        """Polar update of one layer's gates in place; return the overlap after it."""
        return layer_environments(bra, ket, layer, gates, True)[0] * normalisation(bra, ket)
