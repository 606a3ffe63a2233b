r"""Start of a brickwall found layer by layer: every gate undone takes entanglement off its bond.

From the last layer to the first, each gate is replaced by the inverse of the disentangler that
makes the two sides of its own bond as independent as possible: it maximises the purity Tr rho² by
polar updates with the linearised purity. Where a CZ after single-qubit gates does it all, that is
taken: it costs one CX, and graph states come out as they are drawn. What remains is prepared as a
product state. Shallow circuits, whatever their gates, are nearly found that way (those of two
layers exactly), where the identity and random gates lie behind barriers or have no overlap.

Reference: Hauschild, Leviatan, Bardarson, Altman, Zaletel and Pollmann, Phys. Rev. B 98, 235163
(2018), section III (disentanglers by polar updates of the second Rényi entropy).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qtn.aqc.kernels.gates import nearest_unitary, parted
from qtn.aqc.kernels.layers_cpu import polar_gate
from qtn.aqc.shape.ansatz import Ansatz, identity_gates
from qtn.aqc.starts.trotter import absorb_product
from qtn.states.kernels.gauge import canonicalise
from qtn.states.kernels.truncate import kept_rank, svd, truncate_chain

LARGEST_BOND, CUT = 16, 1e-8  # this is only a start
TRIES, UPDATES = 3, 60
GAIN = 0.01  # updates end when the impurity falls by a smaller fraction
PURE = 1e-14
Update = Callable[[np.ndarray, np.ndarray], np.ndarray]
CZ = np.array([1.0, 1.0, 1.0, -1.0])  # its diagonal
NOISE = 0.05  # leaves saddle points, such as the identity


def disentangled_start(
    chain: list[np.ndarray], ansatz: Ansatz, rng: np.random.Generator
) -> np.ndarray:
    """Return gates in parts (gates, 2, 4, 4) that nearly prepare the chain.

    Args:
        chain: arrays `(left, 2, right)` of norm 1, canonical with centre 0. Real ones give real
            gates, unless complex ones come nearer by far: gates of SO(4) lack CZ, for instance.
        ansatz: disjoint layers.
        rng: random stream.

    Cost: O(n D χ³) for D layers, χ at most `LARGEST_BOND`.
    """
    gates, infidelity = _undone(chain, ansatz, rng)
    if not np.iscomplexobj(chain[0]):
        others, other = _undone([t.astype(complex) for t in chain], ansatz, rng)
        if other < 0.5 * infidelity:
            gates = others
    return parted(gates)


def _undone(
    chain: list[np.ndarray], ansatz: Ansatz, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Return the gates, complex, and how far the state that they leave is from a product."""
    gates = identity_gates(ansatz, False)
    rest, _ = truncate_chain(chain, LARGEST_BOND, CUT)
    for layer, part in zip(reversed(ansatz.layers), reversed(ansatz.slices), strict=True):
        number = dict(zip(layer.bonds, range(part.start, part.stop), strict=True))
        for k in range(ansatz.n - 1):
            a, c = rest[k].shape[0], rest[k + 1].shape[2]
            pair = np.tensordot(rest[k], rest[k + 1], 1).reshape(a, 4, c)
            if k in number:
                undo = disentangler(pair, rng)
                gates[number[k]] = undo.conj().T
                pair = np.matmul(undo, pair)
            u, s, vh = svd(pair.reshape(2 * a, 2 * c))
            keep, _, _ = kept_rank(s**2, LARGEST_BOND, CUT)
            s = s[:keep] / np.linalg.norm(s[:keep])
            rest[k] = u[:, :keep].reshape(a, 2, keep)
            rest[k + 1] = (s[:, None] * vh[:keep]).reshape(keep, 2, c)
        rest = canonicalise(rest, 0)
    product, _ = truncate_chain(rest, 1)
    absorb_product(ansatz, gates, [t[0, :, 0] for t in product])
    return gates, 1.0 - float(np.linalg.norm(product[0])) ** 2


def disentangler(pair: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the gate (4, 4) that leaves the least entanglement between two sites.

    Args:
        pair: (a, 4, c) of norm 1, between orthonormal bases of what is left and right of it.
        rng: random stream.

    Returns:
        The best found from a few starts, real for a real pair: the identity if the sites are
        independent already, a CZ after single-qubit gates if that makes them so, or else any gate
        of SU(4) or SO(4).
    """
    best = np.eye(4, dtype=pair.dtype)
    most = _purity(pair)[0]
    for update in (_with_cz, _any):
        for attempt in range(TRIES):
            if most > 1.0 - PURE:
                return best
            gate, purity = _climbed(pair, update, NOISE if attempt == 0 else None, rng)
            if purity > 1.0 - PURE or (update is _any and purity > most):
                best, most = gate, purity
    return best


def _climbed(
    pair: np.ndarray, update: Update, noise: float | None, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Maximise the purity from a gate near the identity, or from any; return it with its purity."""
    values = rng.normal(size=(2, 4, 4))
    gate = values[0] + 1j * values[1] if np.iscomplexobj(pair) else values[0]
    if noise is not None:
        gate = np.eye(4) + noise * gate
    gate = nearest_unitary(gate)
    if not np.iscomplexobj(gate) and np.linalg.det(gate) < 0.0:
        gate[0] *= -1.0
    best, most = gate, 0.0
    for _ in range(UPDATES):
        purity, slope = _purity(np.matmul(gate, pair))
        gain = (purity - most) / (1.0 - most + PURE)
        if purity > most:
            best, most = gate, purity
        if gain < GAIN or purity > 1.0 - PURE:
            break
        gate = update(np.tensordot(slope.conj(), pair, ((0, 2), (0, 2))), gate)
    return best, most


def _any(environment: np.ndarray, gate: np.ndarray) -> np.ndarray:
    """Return the gate of largest |sum environment * gate|."""
    return polar_gate(environment, gate)


def _with_cz(environment: np.ndarray, gate: np.ndarray) -> np.ndarray:
    """Return a gate CZ (u x v) of large |sum environment * gate|, from the v of the last one."""
    inner = (CZ[:, None] * environment).reshape(2, 2, 2, 2)
    square = (CZ[:, None] * gate).reshape(2, 2, 2, 2).transpose(1, 3, 0, 2)
    u = np.linalg.svd(square.reshape(4, 4))[0]
    v = nearest_unitary(u[:, 0].reshape(2, 2))
    for _ in range(2):
        w = nearest_unitary(np.einsum("stuv,tv->su", inner, v).conj())
        v = nearest_unitary(np.einsum("stuv,su->tv", inner, w).conj())
    product: np.ndarray = CZ[:, None] * np.kron(w, v)
    return product


def _purity(pair: np.ndarray) -> tuple[float, np.ndarray]:
    """Return Tr rho² of the left half of a pair (a, 4, c), and rho applied to the pair."""
    a, _, c = pair.shape
    matrix = pair.reshape(2 * a, 2 * c)
    rho = matrix @ matrix.conj().T
    return float(np.linalg.norm(rho)) ** 2, (rho @ matrix).reshape(a, 4, c)
