"""Choice of the contraction kernel for an operator by its cost.

Whole matrices up to eight sites where the circuit is deep, the transverse kernel where a boundary
fits the memory, which is up to some 13 layers, else operators between layers.
"""

from __future__ import annotations

import numpy as np

from qtn.aqc.kernels.base import OperatorKernel
from qtn.aqc.kernels.unitaries.across import AcrossKernel
from qtn.aqc.kernels.unitaries.between import BetweenKernel
from qtn.aqc.kernels.unitaries.whole import LARGEST, WholeKernel
from qtn.aqc.shape.ansatz import Ansatz, brickwall_shape
from qtn.errors import ArgumentError
from qtn.states import MPO
from qtn.states.schmidt import SchmidtForm

MAX_MEMORY = 1e9  # bytes the boundaries of the transverse kernel may take
# Seconds per complex product, measured on one core.
ACROSS, WHOLE, BETWEEN = 2.5e-10, 4.5e-10, 1e-9
LEAST_BOND = 16  # of the operators between layers, whatever that of the target


def operator_kernel(target: MPO, ansatz: Ansatz) -> OperatorKernel:
    """Return the kernel that is expected to be fastest for one gradient.

    Raises:
        ArgumentError: layers whose gates share sites, on more sites than whole matrices allow.
    """
    chain = list(target.chain.normalised().tensors)
    n, depth = ansatz.n, len(ansatz.layers)
    whole = WHOLE * 12.0 * ansatz.size * 4.0**n if n <= LARGEST else np.inf
    form = SchmidtForm.from_left(chain)
    across = between = np.inf
    if ansatz == brickwall_shape(n, depth):
        across = _across(form.bonds(1e-8)[1:-1].astype(float), ansatz)
    if all(layer.disjoint for layer in ansatz.layers):
        bonds = np.maximum(form.bonds(1e-8).astype(float), LEAST_BOND)
        between = BETWEEN * depth * 200.0 * float(np.sum(bonds**3)) + 1e-3 * ansatz.size
    least = min(whole, across, between)
    if least == np.inf:
        raise ArgumentError(
            "Operators are compiled into layers of gates that share no site; these layers are no "
            "such ones. Give Brickwall(layers)."
        )
    if least == whole:
        return WholeKernel(chain, ansatz)
    return AcrossKernel(form, ansatz) if least == across else BetweenKernel(form, ansatz)


def _across(bonds: np.ndarray, ansatz: Ansatz) -> float:
    """Return the seconds of one gradient of the transverse kernel; infinity if it is too large."""
    counts = np.zeros(ansatz.n - 1)
    for _, bond in ansatz.sequence():
        counts[bond] += 1.0
    sizes = 4.0**counts * bonds
    if 16.0 * float(np.sum(sizes)) > MAX_MEMORY:
        return np.inf
    rows = 4.0 ** np.minimum(counts[1:], counts[:-1])
    products = 12.0 * counts * sizes
    sites = 12.0 * rows * bonds[1:] * bonds[:-1]
    return ACROSS * float(np.sum(products) + np.sum(sites)) + 2e-5 * ansatz.n
