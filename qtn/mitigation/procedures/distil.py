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

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit.library import UnitaryGate

from qtn._checks import fail, positive_int
from qtn._random import derived_seed
from qtn.devices import Budget, resolve, run
from qtn.devices.measurements import unmeasured
from qtn.errors import ArgumentError, DeviceError
from qtn.estimate import Estimate
from qtn.interop.observables import ObservableLike, parse_observable
from qtn.mitigation.techniques.base import Technique
from qtn.mitigation.techniques.readout import Readout
from qtn.mitigation.techniques.readout_forms import Tensored
from qtn.mitigation.values.calibration import ReadoutCalibration, calibrate_readout
from qtn.mitigation.values.execute import Executor
from qtn.states.operators import Observable

Floats = NDArray[np.float64]
_HALF = np.sqrt(0.5)
# index = first + 2 second: (|1,0> of first, second is index 1); the singlet goes to index 1
_ROTATION = np.array(
    [[1, 0, 0, 0], [0, _HALF, -_HALF, 0], [0, _HALF, _HALF, 0], [0, 0, 0, 1]], dtype=complex
)


def virtual_distillation(
    circuit: QuantumCircuit,
    observable: ObservableLike,
    techniques: Technique | Iterable[Technique] = (),
    *,
    device: Any,
    shots: int = 4096,
    seed: int = 0,
    budget: Budget | None = None,
) -> Estimate:
    """Measure one-qubit observables in the distilled state ρ² / Tr ρ².

    Args:
        circuit: on n qubits, without free parameters; measurements at its end change nothing.
        observable: a sum of one-qubit Pauli terms.
        techniques: empty or `Readout()`, which corrects the outcomes of both copies by tensored
            inverse confusions; other techniques act on one copy and are refused.
        device: anything that `qtn.run` takes, with at least 2 n qubits.
        shots: executions per measurement basis.
        seed: seed of simulation and transpilation.
        budget: the most that all circuits, calibration included, may take together.

    Returns:
        Value and standard error (of the ratio, propagated with the covariance).

    Raises:
        ArgumentError: a term on more than one qubit, free parameters, measurements before the end,
            or another technique.
        DeviceError: tr ρ² is not distinguishable from 0 with these shots.

    Cost: one circuit of 2 n qubits per basis, and two to calibrate it; the variance grows as
        1 / (Tr ρ²)².

    Example:
        >>> flipped = QuantumCircuit(1); _ = flipped.x(0)
        >>> virtual_distillation(flipped, "Z", device="aer", shots=100).value
        -1.0

    Reference: Huggins et al., arXiv:2011.07064; Koczor, arXiv:2011.05942.
    """
    shots = positive_int("shots", shots)
    circuit, parsed = _checked(circuit, observable)
    readout = _only_readout(techniques)
    if parsed.is_constant:
        return Estimate(parsed.constant, 0.0, 0, "exact: a constant")
    circuits = [two_copies(circuit, basis.letters) for basis in parsed.bases]
    executor = Executor.of(device, budget)
    _check_budget(executor, circuits, readout, shots)
    result = run(
        circuits, device=device, shots=shots, seed=derived_seed(seed, "distil"), budget=budget,
        progress=False,
    )  # fmt: skip
    value, variance, spent = parsed.constant, 0.0, shots * len(circuits)
    for number, (basis, bits) in enumerate(zip(parsed.bases, result.bits, strict=True)):
        terms = [parsed.terms[t] for t in basis.terms]
        coefficients = np.array([t.coefficient for t in terms])
        rates = None
        if readout is not None:
            qubits = executor.measured_qubits(result.circuits[number])
            rates = readout.calibration_of(qubits) or calibrate_readout(
                device, qubits, shots=readout.shots or shots,
                seed=derived_seed(seed, "distil-readout", number), budget=budget,
            )  # fmt: skip
            spent += 0 if readout.calibration else 2 * rates.shots
        outcomes = _Outcomes.of(bits.to_bool_array(order="little"))
        found = _ratio(outcomes, [t.factors[0][0] for t in terms], coefficients, rates)
        value += found[0]
        variance += found[1]
    method = "distillation" if readout is None else "readout + distillation"
    return Estimate(float(value), float(np.sqrt(variance)), spent, method)


def _checked(
    circuit: QuantumCircuit, observable: ObservableLike
) -> tuple[QuantumCircuit, Observable]:
    """Return the circuit without measurements, and the observable if it can be distilled."""
    if circuit.num_parameters:
        raise fail("circuit", "without free parameters", circuit.name, "Bind them first.")
    circuit = unmeasured(circuit, "distillation measures both copies itself")
    parsed = parse_observable(observable, circuit.num_qubits)
    if any(len(t.factors) != 1 or not t.is_pauli for t in parsed.terms):
        raise ArgumentError(
            "Virtual distillation takes sums of one-qubit Pauli terms, but `observable` holds "
            "others. Use another technique for products."
        )
    return circuit, parsed


def _check_budget(
    executor: Executor, circuits: Sequence[QuantumCircuit], readout: Readout | None, shots: int
) -> None:
    """Hold all circuits, calibration included, against the budget."""
    if executor.budget is None and not resolve(executor.device).paid:
        return
    main = run(circuits, device=executor.device, shots=shots, dry_run=True)
    extra = 0.0
    if readout is not None and not readout.calibration:
        extra = 2 * (readout.shots or shots) / shots
    main.scaled(1.0 + extra).check(executor.budget)


def _only_readout(techniques: Technique | Iterable[Technique]) -> Readout | None:
    listed = [techniques] if isinstance(techniques, Technique) else list(techniques)
    for technique in listed:
        if not isinstance(technique, Readout) or technique.form != Tensored():
            name = technique.label if isinstance(technique, Technique) else repr(technique)
            raise ArgumentError(
                f"Virtual distillation composes with Readout() alone, but `techniques` holds "
                f"{name}. Leave it out, or mitigate without distillation."
            )
    if len(listed) > 1:
        raise ArgumentError("Argument `techniques` holds Readout twice. Keep one of them.")
    return listed[0] if listed else None  # type: ignore[return-value]


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


@dataclass(frozen=True, slots=True)
class _Outcomes:
    """Distinct outcomes of both copies and how often they came: (rows, n), (rows, n), (rows,)."""

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    counts: Floats

    @classmethod
    def of(cls, table: NDArray[np.bool_]) -> _Outcomes:
        rows, counts = np.unique(table, axis=0, return_counts=True)
        n = table.shape[1] // 2
        split = rows.astype(np.intp)
        return cls(split[:, :n], split[:, n:], counts.astype(float))


# values of the swap and of (z1 + z2) / 2 on a pair, index [first, second]
_SWAP = np.array([[1.0, 1.0], [-1.0, 1.0]])
_MEAN_Z = np.array([[1.0, 0.0], [0.0, -1.0]])


def _moments(
    outcomes: _Outcomes, qubits: list[int], coefficients: Floats, inverses: Floats
) -> tuple[Floats, Floats]:
    """Numerator and denominator of every outcome, with inverse confusions (2 n, 2, 2)."""
    n = outcomes.first.shape[1]
    swaps, means = np.empty((2, n, len(outcomes.counts)))
    for q in range(n):
        for found, function in ((swaps, _SWAP), (means, _MEAN_Z)):
            # <g, A^-1 p> = <A^-T g, p>, both copies of the qubit together
            weights = inverses[q].T @ function @ inverses[n + q]
            found[q] = weights[outcomes.first[:, q], outcomes.second[:, q]]
    top = np.zeros(len(outcomes.counts))
    for qubit, c in zip(qubits, coefficients, strict=True):
        others = np.delete(swaps, qubit, axis=0)
        top += c * means[qubit] * others.prod(0)
    return top, swaps.prod(0)


def _ratio(
    outcomes: _Outcomes,
    qubits: list[int],
    coefficients: Floats,
    rates: ReadoutCalibration | None,
) -> tuple[float, float]:
    """Value and variance of Σ c <O S> / <S>, calibration noise included."""
    width = 2 * outcomes.first.shape[1]
    inverses = np.tile(np.eye(2), (width, 1, 1)) if rates is None else rates.duals().inverses
    top, swap = _moments(outcomes, qubits, coefficients, inverses)
    shots = outcomes.counts.sum()
    weights = outcomes.counts / shots
    purity = float(weights @ swap)
    spread = np.sqrt(max(weights @ (swap - purity) ** 2, 1 / shots**2))
    if purity < 4 * spread / np.sqrt(shots):
        raise DeviceError(
            f"Virtual distillation measured a purity of {purity:.3f}, which {shots:.0f} shots "
            "cannot tell from 0. Give more shots, or a circuit with less noise."
        )
    value = float(weights @ top) / purity
    residual = (top - value * swap) / purity
    variance = max(weights @ residual**2 * shots / (shots - 1), 1 / shots) / shots
    if rates is not None:
        slopes = rates.duals().slopes
        assert slopes is not None
        for place, error in enumerate(rates.variances):
            moved = inverses.copy()
            moved[place // 2] += 1e-4 * slopes[place // 2, place % 2]
            new_top, new_swap = _moments(outcomes, qubits, coefficients, moved)
            change = (weights @ new_top) / (weights @ new_swap) - value
            variance += (change / 1e-4) ** 2 * error
    return value, float(variance)
