r"""Virtual distillation with two copies: values in ρ² / Tr ρ² instead of ρ.

Two copies of the noisy state are run side by side. With S the swap of the copies,
Tr(O ρ²) = <O S> and Tr ρ² = <S>. On one pair of qubits S has the eigenvalue -1 on the singlet and 1
elsewhere; a rotation of (|01> , |10>) by 45 degrees turns the singlet into |10> and makes S and
(Z1 + Z2) / 2 diagonal at once. One-qubit observables therefore follow from bit strings:

    <Z_k> = <(z1_k + z2_k)/2 Π_(j≠k) s_j> / <Π_j s_j>,   s_j = -1 for the outcome |10>, else 1.

Errors that leave the dominant eigenvector of ρ alone are suppressed exponentially; coherent errors
and the errors of the final rotations are not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit.library import UnitaryGate

from qtn._checks import fail, positive_int
from qtn._random import derived_seed
from qtn.devices import run
from qtn.errors import ArgumentError, DeviceError
from qtn.estimate import Estimate
from qtn.mitigation.observables import ObservableLike, parse_observable

Floats = NDArray[np.float64]
_HALF = np.sqrt(0.5)
# index = first + 2 second: (|1,0> of first, second is index 1); the singlet goes to index 1
_ROTATION = np.array(
    [[1, 0, 0, 0], [0, _HALF, -_HALF, 0], [0, _HALF, _HALF, 0], [0, 0, 0, 1]], dtype=complex
)


def virtual_distillation(
    circuit: QuantumCircuit,
    observable: ObservableLike,
    *,
    device: Any,
    shots: int = 4096,
    seed: int = 0,
) -> Estimate:
    """Measure one-qubit observables in the distilled state ρ² / Tr ρ².

    Args:
        circuit: on n qubits, without measurements or free parameters.
        observable: a sum of one-qubit Pauli terms.
        device: anything that `qtn.run` takes, with at least 2 n qubits.
        shots: executions per measurement basis.
        seed: seed of simulation and transpilation.

    Returns:
        Value and standard error (of the ratio, propagated with the covariance).

    Raises:
        ArgumentError: a term on more than one qubit, or free parameters.
        DeviceError: Tr ρ² is not distinguishable from 0 with these shots.

    Cost: one circuit of 2 n qubits per basis; the variance grows as 1 / (Tr ρ²)².

    Example:
        >>> flipped = QuantumCircuit(1); _ = flipped.x(0)
        >>> virtual_distillation(flipped, "Z", device="aer", shots=100).value
        -1.0

    Reference: Huggins et al., arXiv:2011.07064; Koczor, arXiv:2011.05942.
    """
    shots = positive_int("shots", shots)
    if circuit.num_parameters:
        raise fail("circuit", "without free parameters", circuit.name, "Bind them first.")
    parsed = parse_observable(observable, circuit.num_qubits)
    if any(len(t.factors) != 1 or not t.is_pauli for t in parsed.terms):
        raise ArgumentError(
            "Virtual distillation takes sums of one-qubit Pauli terms, but `observable` holds "
            "others. Use another technique for products."
        )
    value, variance = parsed.constant, 0.0
    circuits = [two_copies(circuit, basis.letters) for basis in parsed.bases]
    result = run(
        circuits, device=device, shots=shots, seed=derived_seed(seed, "distil"), progress=False
    )
    for basis, bits in zip(parsed.bases, result.bits, strict=True):
        terms = [parsed.terms[t] for t in basis.terms]
        coefficients = np.array([t.coefficient for t in terms])
        table = bits.to_bool_array(order="little")
        found = _ratio(table, [t.factors[0][0] for t in terms], coefficients)
        value += found[0]
        variance += found[1]
    return Estimate(float(value), float(np.sqrt(variance)), shots * len(circuits), "distillation")


def two_copies(circuit: QuantumCircuit, letters: str) -> QuantumCircuit:
    """Two copies, basis changes, and the rotation of every pair; qubit j pairs with n + j."""
    n = circuit.num_qubits
    both = QuantumCircuit(2 * n)
    for copy in (0, 1):
        both.compose(circuit, range(copy * n, copy * n + n), inplace=True)
        for qubit, letter in enumerate(letters):
            if letter == "Y":
                both.sdg(copy * n + qubit)
            if letter in "XY":
                both.h(copy * n + qubit)
    for qubit in range(n):
        both.append(UnitaryGate(_ROTATION), [qubit, n + qubit])
    return both


def _ratio(
    table: NDArray[np.bool_], qubits: list[int], coefficients: Floats
) -> tuple[float, float]:
    """Value and variance of Σ c <O S> / <S> from outcomes (shots, 2 n)."""
    n = table.shape[1] // 2
    first, second = table[:, :n], table[:, n:]
    swap = np.where(first & ~second, -1.0, 1.0)
    total = swap.prod(1)
    mean_z = 1.0 - first - second  # (z1 + z2) / 2, and 0 exactly where s = ±1 differs
    top = np.zeros(len(table))
    for qubit, c in zip(qubits, coefficients, strict=True):
        top += c * mean_z[:, qubit] * total * swap[:, qubit]
    purity, shots = total.mean(), len(table)
    if purity < 4 * max(total.std(), 1 / shots) / np.sqrt(shots):
        raise DeviceError(
            f"Virtual distillation measured a purity of {purity:.3f}, which {shots} shots cannot "
            "tell from 0. Give more shots, or a circuit with less noise."
        )
    value = top.mean() / purity
    residual = (top - value * total) / purity
    return float(value), float(max(residual.var(ddof=1), 1 / shots) / shots)
