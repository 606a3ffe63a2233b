r"""Layered kernel: the circuit as matrix product states between its layers, truncated.

Forward states :math:`|F_l\rangle = U_l \cdots U_1|0\rangle` and backward states
:math:`|B_l\rangle = U_{l+1}^\dagger \cdots U_D^\dagger|\psi\rangle` give
:math:`f = \langle B_l|U_l|F_{l-1}\rangle` for every layer, and the environment of each gate of
the layer by one sweep along the chain. Inside a layer the part left of a gate is carried as
`C[b, s, f]`: bond of B, the site's current index, bond of F; the part right of it as
`D[b, s, f]`. A staircase layer costs as much as a brickwall layer.

Truncations drop at most the relative weight `cut` each, found from the Gram matrix.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qtn.aqc.ansatz import Ansatz, Layer
from qtn.aqc.gradient import joined, parted, polar

Chain = list[np.ndarray]


def mirror_gates(gates: np.ndarray) -> np.ndarray:
    """Return the gates with their two sites exchanged, in reverse order."""
    g = gates.reshape(-1, 2, 2, 2, 2).transpose(0, 2, 1, 4, 3).reshape(-1, 4, 4)
    return np.ascontiguousarray(g[::-1])


def mirror_chain(chain: Sequence[np.ndarray]) -> Chain:
    """Return the chain read from right to left."""
    return [t.transpose(2, 1, 0) for t in reversed(chain)]


def zero_state(n: int, dtype: np.dtype) -> Chain:
    """Return |0...0>."""
    one = np.zeros((1, 2, 1), dtype)
    one[0, 0, 0] = 1.0
    return [one] * n


def sweep_right(
    chain: Chain, gates: dict[int, np.ndarray], cut: float, cap: int
) -> tuple[Chain, list[float]]:
    """Apply gates in ascending order of their bonds, the centre moving from site 0 to the end.

    Returns:
        The new chain (centre at the last site) and the relative weights dropped.
    """
    out = list(chain)
    lost = []
    for k in range(len(chain) - 1):
        here, there = out[k], out[k + 1]
        left, right = here.shape[0], there.shape[2]
        if k not in gates:
            q, r = np.linalg.qr(here.reshape(left * 2, -1))
            out[k] = q.reshape(left, 2, -1)
            out[k + 1] = np.tensordot(r, there, 1)
            continue
        theta = here.reshape(left * 2, -1) @ there.reshape(there.shape[0], -1)
        theta = np.matmul(gates[k], theta.reshape(left, 4, right)).reshape(left * 2, 2 * right)
        u, rest, weight = split(theta, cut, cap)
        lost.append(weight)
        out[k] = u.reshape(left, 2, -1)
        out[k + 1] = rest.reshape(-1, 2, right)
    return out, lost


def split(theta: np.ndarray, cut: float, cap: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Split into an isometry and the rest, dropping at most the relative weight `cut`.

    Cuts below 1e-13 use the singular value decomposition, others the Gram matrix.
    """
    if cut < 1e-13:
        w, s, xh = np.linalg.svd(theta, full_matrices=False)
        weights = s**2
    else:
        values, w = np.linalg.eigh(theta @ theta.conj().T)
        rank = min(theta.shape)
        weights, w = np.maximum(values[::-1][:rank], 0.0), w[:, ::-1]
    total = float(weights.sum())
    tail = np.cumsum(weights[::-1])[::-1]
    keep = min(max(int(np.count_nonzero(tail > cut * total)), 1), cap)
    dropped = float(tail[keep]) / total if keep < len(tail) and total > 0 else 0.0
    u = np.ascontiguousarray(w[:, :keep])
    rest = s[:keep, None] * xh[:keep] if cut < 1e-13 else u.conj().T @ theta
    return u, rest, dropped


def move_centre(chain: Chain) -> Chain:
    """Move the centre from site 0 to the last site by QR."""
    return sweep_right(chain, {}, 0.0, 1 << 30)[0]


class State:
    """A matrix product state whose centre is at one end, and the weight its truncations lost."""

    def __init__(self, chain: Chain, at_left: bool, error: float = 0.0) -> None:
        self.chain = chain
        self.at_left = at_left
        self.error = error

    def applied(self, layer: Layer, gates: np.ndarray, dagger: bool, cut: float, cap: int) -> State:
        """Return the state after the layer (or after its inverse)."""
        down = layer.down != dagger
        if layer.disjoint:
            down = self.at_left
        used = gates.conj().transpose(0, 2, 1) if dagger else gates
        n = len(self.chain)
        chain, bonds = self.chain, layer.bonds
        if not down:
            chain, used = mirror_chain(chain), mirror_gates(used)
            bonds = tuple(n - 2 - b for b in reversed(bonds))
        if self.at_left != down:
            chain = mirror_chain(move_centre(mirror_chain(chain)))
        chain, lost = sweep_right(chain, dict(zip(bonds, used)), cut, cap)
        # Norms of successive errors add up; each is at most sqrt(relative weight dropped).
        error = self.error + float(np.sum(np.sqrt(lost)))
        return State(chain if down else mirror_chain(chain), not down, error)


def right_parts(bra: Chain, ket: Chain, gates: dict[int, np.ndarray]) -> Chain:
    """Return `D[k]` for every site of a descending layer (`bra` is conjugated already)."""
    n = len(bra)
    parts: Chain = [np.empty(0)] * n
    parts[n - 1] = bra[n - 1]
    for k in range(n - 2, -1, -1):
        right, there = parts[k + 1], ket[k + 1]
        if k not in gates:
            m = right.reshape(right.shape[0], -1) @ there.reshape(there.shape[0], -1).T
            parts[k] = np.tensordot(bra[k], m, 1)
            continue
        z = np.tensordot(bra[k], right, 1)
        z = _apply_transposed(gates[k], z)
        parts[k] = (
            z.reshape(-1, there.shape[1] * there.shape[2]) @ there.reshape(there.shape[0], -1).T
        )
        parts[k] = parts[k].reshape(bra[k].shape[0], 2, there.shape[0])
    return parts


def _apply_transposed(gate: np.ndarray, z: np.ndarray) -> np.ndarray:
    left, _, _, right = z.shape
    return np.matmul(gate.T, z.reshape(left, 4, right)).reshape(left, 2, 2, right)


def descend(
    bra: Chain, ket: Chain, gates: dict[int, np.ndarray], update: bool
) -> tuple[complex, dict[int, np.ndarray]]:
    """Return the overlap and the environments of a descending layer.

    With `update` each gate is replaced in `gates` by its polar update as soon as its environment
    is known, and the overlap returned is the one after all updates.
    """
    n = len(bra)
    right = right_parts(bra, ket, gates)
    environments = {}
    carry = ket[0]
    for k in range(n - 1):
        there = ket[k + 1]
        if k not in gates:
            left = carry.reshape(-1, carry.shape[2]).T @ bra[k].reshape(-1, bra[k].shape[2])
            carry = np.tensordot(left.T, there, 1)
            continue
        y = np.tensordot(carry, there, 1)
        z = np.tensordot(bra[k], right[k + 1], 1)
        b, f = y.shape[0], y.shape[3]
        y4 = y.reshape(b, 4, f)
        z4 = z.reshape(b, 4, f).transpose(1, 0, 2).reshape(4, -1)
        environments[k] = z4 @ y4.transpose(1, 0, 2).reshape(4, -1).T
        if update:
            gates[k] = polar(environments[k], not np.iscomplexobj(gates[k]))
        y = np.matmul(gates[k], y4).reshape(b, 2, 2 * f)
        carry = bra[k].reshape(-1, bra[k].shape[2]).T @ y.reshape(-1, 2 * f)
        carry = carry.reshape(-1, 2, f)
    overlap = complex(np.sum(carry * right[n - 1]))
    return overlap, environments


class LayeredKernel:
    """Overlap, environments and polar sweeps of `<target|U|0...0>` by truncated states.

    Args:
        target: chain of arrays `(left, 2, right)`, canonical with centre 0, norm 1.
        ansatz: the circuit shape.
        cut: relative weight one truncation may drop; may be changed at any time.
        cap: largest bond dimension kept.
    """

    def __init__(self, target: Chain, ansatz: Ansatz, cut: float = 1e-10, cap: int = 256) -> None:
        self.ansatz = ansatz
        self.cut = cut
        self.cap = cap
        self._target = State(list(target), True)
        self._dtype = target[0].dtype
        self._gates = np.empty(0)
        self._states: list[State] = []

    def _zero(self, dtype: np.dtype) -> State:
        return State(zero_state(self.ansatz.n, dtype), True)

    def evaluate(self, gates: np.ndarray) -> tuple[complex, np.ndarray]:
        """Return f and the environments of all gates, both in parts (gates, 2, 4, 4)."""
        overlap, environments = self.contract(self._plain(gates))
        return overlap, parted(environments)

    def sweep(self, gates: np.ndarray) -> complex:
        """Update every gate (in parts) once by its polar factor, in place; return the overlap."""
        plain = self._plain(gates)
        overlap = self.half_sweep(plain)
        gates[:] = parted(plain)
        return overlap

    def _plain(self, gates: np.ndarray) -> np.ndarray:
        return gates[:, 0].copy() if self._dtype.kind == "f" else joined(gates)

    def contract(self, gates: np.ndarray) -> tuple[complex, np.ndarray]:
        """Return f and the environments (gates, 4, 4) of all gates."""
        layers = list(zip(self.ansatz.layers, self.ansatz.slices))
        forward = [self._zero(gates.dtype)]
        for layer, part in layers[:-1]:
            forward.append(forward[-1].applied(layer, gates[part], False, self.cut, self.cap))
        environments = np.empty(gates.shape, np.result_type(gates.dtype, self._dtype))
        backward = self._target
        overlap = 0j
        for index in range(len(layers) - 1, -1, -1):
            layer, part = layers[index]
            overlap, found = _environments(backward, forward[index], layer, gates[part], False)
            environments[part] = found
            if index:
                backward = backward.applied(layer, gates[part], True, self.cut, self.cap)
        return overlap, environments

    def half_sweep(self, gates: np.ndarray) -> complex:
        """Update every gate once by its polar factor, last layer first; return the overlap.

        `gates` is changed in place. A second call goes on from the other end, so that the
        states of the previous half-sweep serve again.
        """
        layers = list(zip(self.ansatz.layers, self.ansatz.slices))
        depth = len(layers)
        if not self._continues(gates) or not self._states:
            state = self._zero(gates.dtype)
            self._states = [state]
            for layer, part in layers[:-1]:
                state = state.applied(layer, gates[part], False, self.cut, self.cap)
                self._states.append(state)
            self._backwards = True
        overlap = 0j
        states = self._states
        if self._backwards:
            other: list[State] = [self._target] * depth
            for index in range(depth - 1, -1, -1):
                layer, part = layers[index]
                overlap, gates[part] = _environments(
                    other[index], states[index], layer, gates[part], True
                )
                if index:
                    other[index - 1] = other[index].applied(
                        layer, gates[part], True, self.cut, self.cap
                    )
        else:
            other = [self._zero(gates.dtype)] * depth
            for index in range(depth):
                layer, part = layers[index]
                overlap, gates[part] = _environments(
                    states[index], other[index], layer, gates[part], True
                )
                if index + 1 < depth:
                    other[index + 1] = other[index].applied(
                        layer, gates[part], False, self.cut, self.cap
                    )
        self._states = other
        self._backwards = not self._backwards
        self._gates = gates.copy()
        return overlap

    def _continues(self, gates: np.ndarray) -> bool:
        return self._gates.shape == gates.shape and np.array_equal(self._gates, gates)

    def final_state(self, gates: np.ndarray, cut: float, cap: int) -> State:
        """Return U|0...0> with a bound on the norm of its truncation error."""
        state = self._zero(gates.dtype)
        for layer, part in zip(self.ansatz.layers, self.ansatz.slices):
            state = state.applied(layer, gates[part], False, cut, cap)
        return state


def _environments(
    bra: State, ket: State, layer: Layer, gates: np.ndarray, update: bool
) -> tuple[complex, np.ndarray]:
    """Return the overlap and the environments (or, with `update`, the new gates) of a layer."""
    bra_chain, ket_chain, bonds, used = bra.chain, ket.chain, layer.bonds, gates
    if not layer.down:
        n = len(bra_chain)
        bra_chain, ket_chain = mirror_chain(bra_chain), mirror_chain(ket_chain)
        bonds, used = tuple(n - 2 - b for b in reversed(bonds)), mirror_gates(gates)
    table = dict(zip(bonds, used))
    overlap, found = descend([t.conj() for t in bra_chain], ket_chain, table, update)
    result = np.stack([(table if update else found)[b] for b in bonds])
    return overlap, result if layer.down else mirror_gates(result)
