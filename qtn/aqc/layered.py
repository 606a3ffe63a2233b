r"""Layered kernel: the circuit as matrix product states between its layers, truncated.

Forward states :math:`|F_l\rangle = U_l \cdots U_1|0\rangle` and backward states
:math:`|B_l\rangle = U_{l+1}^\dagger \cdots U_D^\dagger|\psi\rangle` give
:math:`f = \langle B_l|U_l|F_{l-1}\rangle` for every layer, and the environment of each gate of
the layer by one pass to the left and one to the right. A staircase layer costs as much as a
brickwall layer.

States are kept in Hastings' form (see `layer_kernels`). A truncation drops at most the relative
weight `cut`, found by diagonalisation; evaluations that follow start from the space kept before
and take one step of subspace iteration, which is several times cheaper and nearly as good. What
it loses is measured: bonds that lose too much are diagonalised again, and all are now and then,
so that their dimensions follow the states.

Reference: Hastings, J. Math. Phys. 50, 095207 (2009), section II, for the form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qtn.aqc import layer_kernels as lk
from qtn.aqc.ansatz import Ansatz, Layer
from qtn.aqc.bounded import State as State
from qtn.aqc.bounded import mirror_chain, mirror_gates
from qtn.aqc.gate_kernels import polar_batch
from qtn.aqc.gradient import parted, plain
from qtn.states.gauge import canonicalise
from qtn.states.truncate import svd

TIGHT = 1e-12  # cuts below it use singular values, which keep their digits when squared
SINGLE = 1e-6  # cuts from here on leave room for single precision
SINGLE_BOND = 16  # and bonds from here on gain by it
REFRESH = 10  # evaluations between two diagonalisations of all bonds
SLACK = 4.0  # a kept space may lose this many times the cut


@dataclass(slots=True)
class Hastings:
    """A state: right-canonical tensors, and the density matrix of the part left of each site."""

    tensors: list[np.ndarray]
    rho: list[np.ndarray]

    def copy(self) -> Hastings:
        """Return a state whose lists may be changed."""
        return Hastings(list(self.tensors), list(self.rho))


class SchmidtForm:
    """A chain in Hastings' form and Schmidt's bases, so that truncating is slicing."""

    def __init__(self, chain: list[np.ndarray]) -> None:
        n = len(chain)
        left = canonicalise(chain, n - 1)
        self.tensors: list[np.ndarray] = [np.empty(0)] * n
        self.weights: list[np.ndarray] = [np.ones(1)] * n
        centre = left[-1]
        for k in range(n - 1, 0, -1):
            u, s, vh = svd(centre.reshape(centre.shape[0], -1))
            keep = max(1, int(np.count_nonzero(s > 1e-15 * s[0])))
            self.tensors[k] = vh[:keep].reshape(keep, 2, -1)
            self.weights[k] = (s[:keep] / np.linalg.norm(s)) ** 2
            centre = np.tensordot(left[k - 1], u[:, :keep] * s[:keep], 1)
        self.tensors[0] = centre / np.linalg.norm(centre)

    def state(self, cut: float, dtype: np.dtype) -> Hastings:
        """Return the state with bonds that lose at most the weight `cut` each."""
        tails = [np.cumsum(w[::-1])[::-1] for w in self.weights[1:]]
        sizes = [1, *(max(1, int(np.count_nonzero(t > cut))) for t in tails), 1]
        tensors = [
            np.ascontiguousarray(t[:a, :, :b], dtype)
            for t, a, b in zip(self.tensors, sizes, sizes[1:], strict=False)
        ]
        rho = [np.diag(w[:a]).astype(dtype) for w, a in zip(self.weights, sizes, strict=False)]
        return Hastings(tensors, rho)


def zero_state(n: int, dtype: np.dtype) -> Hastings:
    """Return |0...0>."""
    zero = np.zeros((1, 2, 1), dtype)
    zero[0, 0, 0] = 1.0
    return Hastings([zero] * n, [np.ones((1, 1), dtype)] * n)


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
    cut, cap = limits
    none = np.empty((0, 2, 1), gates.dtype)
    steps = list(zip(layer.bonds, _adjoint(gates) if dagger else gates, strict=True))
    for k, gate in steps if layer.down != dagger else reversed(steps):
        pair = lk.gated_pair(out.tensors[k], out.tensors[k + 1], gate)
        rho = out.rho[k]
        if cut < TIGHT:
            found = split_tight(pair, rho, cut, cap)
        else:
            old = none if guess is None or not guess.tensors else guess.tensors[k + 1]
            fits = old.shape[2] == pair.shape[2] and len(old) <= 2 * len(pair)
            found = lk.split(pair, rho, old if fits else none, cut, cap)
            if fits and len(old) and found[3] > SLACK * cut and len(old) < cap:
                found = lk.split(pair, rho, none, cut, cap)
        out.tensors[k], out.tensors[k + 1], out.rho[k + 1], _ = found
    return out


def _adjoint(gates: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(gates.conj().transpose(0, 2, 1))


def split_tight(
    pair: np.ndarray, rho: np.ndarray, cut: float, cap: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Like `layer_kernels.split` for a diagonal rho, to the last digit."""
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
    n = len(bra)
    number = {k: i for i, k in enumerate(bonds)}
    bare = np.empty((0, 4), gates.dtype)
    part, before = bra[n - 1], [bra[0]] * n
    for k in range(n - 2, -1, -1):
        gate = gates[number[k]] if k in number else bare
        before[k], part = lk.right_of(bra[k], part, ket[k + 1], gate)
    environments = np.empty_like(gates)
    carry = ket[0]
    for k in range(n - 1):
        if k not in number:
            carry = lk.left_of_bare(bra[k], carry, ket[k + 1])
            continue
        i = number[k]
        pair, environments[i] = lk.environment(carry, ket[k + 1], before[k])
        if update:
            gates[i] = polar_gate(environments[i], gates[i])
        carry = lk.left_of(bra[k], pair, gates[i])
    return complex(np.sum(carry * bra[n - 1])), environments


def polar_gate(environment: np.ndarray, gate: np.ndarray) -> np.ndarray:
    """Return the polar update of one gate (4, 4), real gates in SO(4)."""
    parts = np.empty((2, 1, 2, 4, 4))
    for k, matrix in enumerate((environment, gate)):
        parts[k, 0, 0], parts[k, 0, 1] = matrix.real, matrix.imag
    real = not np.iscomplexobj(gate)
    polar_batch(parts[0], parts[1], real)
    return parts[1, 0, 0] if real else parts[1, 0, 0] + 1j * parts[1, 0, 1]


class LayeredKernel:
    """Overlap, environments and polar sweeps of `<target|U|0...0>` by truncated states.

    Args:
        target: chain of arrays `(left, 2, right)`, canonical with centre 0, norm 1.
        ansatz: the circuit shape.
        cut: relative weight one truncation may drop; may be changed at any time.
        cap: largest bond dimension kept.
    """

    def __init__(
        self, target: list[np.ndarray], ansatz: Ansatz, cut: float = 1e-10, cap: int = 256
    ) -> None:
        self.ansatz = ansatz
        self.cut = cut
        self.cap = cap
        self._target = SchmidtForm(target)
        self._real = target[0].dtype.kind == "f"
        self._bond = max(t.shape[0] for t in target)
        self._layers = list(zip(ansatz.layers, ansatz.slices, strict=True))
        # The states before each layer, and after each layer as seen from the target.
        empty = Hastings([], [])
        self._forward = [empty] * len(self._layers)
        self._backward = [empty] * len(self._layers)
        self._form: tuple[float, np.dtype] = (0.0, np.dtype(float))
        self._age = 0
        self._gates = np.empty(0)
        self._from_end = True

    def evaluate(self, gates: np.ndarray) -> tuple[complex, np.ndarray]:
        """Return f and the environments of all gates, both in parts (gates, 2, 4, 4)."""
        warm = self._prepare()
        matrices = self._matrices(gates)
        self._gates = np.empty(0)
        for index in range(len(self._layers)):
            self._move_forward(index, matrices, warm)
        found = np.empty_like(matrices)
        overlap = 0j
        for index in range(len(self._layers) - 1, -1, -1):
            overlap, found[self._layers[index][1]] = self._layer(
                self._move_backward(index, matrices, warm), self._forward[index], index, matrices
            )
        return overlap, parted(found)

    def sweep(self, gates: np.ndarray) -> complex:
        """Update every gate (in parts) once by its polar factor, in place; return the overlap.

        A second call goes on from the other end, so that the states of the first serve again.
        """
        warm = self._prepare()
        matrices = self._matrices(gates)
        depth = len(self._layers)
        if self._gates.shape != gates.shape or not np.array_equal(self._gates, gates):
            for index in range(depth):
                self._move_forward(index, matrices, warm)
            self._from_end = True
        overlap = 0j
        for index in range(depth - 1, -1, -1) if self._from_end else range(depth):
            if self._from_end:
                bra, ket = self._move_backward(index, matrices, warm), self._forward[index]
            else:
                bra, ket = self._backward[index], self._move_forward(index, matrices, warm)
            overlap, _ = self._layer(bra, ket, index, matrices, True)
        self._from_end = not self._from_end
        gates[:] = parted(matrices)
        self._gates = gates.copy()
        return overlap

    def _layer(
        self, bra: Hastings, ket: Hastings, index: int, gates: np.ndarray, update: bool = False
    ) -> tuple[complex, np.ndarray]:
        layer, part = self._layers[index]
        return layer_environments(bra, ket, layer, gates[part], update)

    def _prepare(self) -> bool:
        """Choose cut and precision; return whether the spaces kept before may be used again."""
        cut, dtype = self._form
        single = not self._real and self.cut >= SINGLE and self._bond >= SINGLE_BOND
        wanted = np.dtype(float if self._real else np.complex64 if single else complex)
        self._age += 1
        if wanted == dtype and 0.2 * cut < self.cut <= cut and self._age < REFRESH:
            return self.cut >= TIGHT
        if wanted != dtype:
            self._gates = np.empty(0)
        self._form, self._age = (self.cut, wanted), 0
        return False

    def _matrices(self, gates: np.ndarray) -> np.ndarray:
        """Return gates in parts as matrices of the precision in use."""
        return np.ascontiguousarray(plain(gates, self._real), self._form[1])

    def _move_forward(self, index: int, gates: np.ndarray, warm: bool) -> Hastings:
        """Compute the state before a layer from the one before the last layer."""
        if index == 0:
            state = zero_state(self.ansatz.n, gates.dtype)
        else:
            layer, part = self._layers[index - 1]
            old, limits = self._forward[index] if warm else None, (self._form[0], self.cap)
            state = apply_layer(self._forward[index - 1], layer, gates[part], False, limits, old)
        self._forward[index] = state
        return state

    def _move_backward(self, index: int, gates: np.ndarray, warm: bool) -> Hastings:
        """Compute the state after a layer, seen from the target, from that after the next one."""
        if index == len(self._layers) - 1:
            state = self._target.state(self._form[0], gates.dtype)
        else:
            layer, part = self._layers[index + 1]
            old, limits = self._backward[index] if warm else None, (self._form[0], self.cap)
            state = apply_layer(self._backward[index + 1], layer, gates[part], True, limits, old)
        self._backward[index] = state
        return state
