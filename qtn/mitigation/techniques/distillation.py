r"""Virtual distillation with two copies: values in ρ² / Tr ρ² instead of ρ.

Two copies of the noisy state are run side by side. With S the swap of the copies,
Tr(O ρ²) = <O S> and Tr ρ² = <S>. On one pair of qubits S has the eigenvalue -1 on the singlet and 1
elsewhere; a rotation of (|01> , |10>) by 45 degrees turns the singlet into |10> and makes S and
(Z1 + Z2) / 2 diagonal at once. One-qubit observables therefore follow from bit strings:

    <Z_k> = <(z1_k + z2_k)/2 Π_(j≠k) s_j> / <Π_j s_j>,   s_j = -1 for the outcome |10>, else 1.

X and Y are turned to Z on both copies before, which the swap does not notice. Every basis measures
its own purity, so that the ratio is the mean of a term like any other: `variants` makes the
circuits, `correct` the ratio with its covariance, and nothing is left to combine.

Errors that leave the dominant eigenvector of ρ alone are suppressed exponentially; coherent errors
and the errors of the final rotations are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import UnitaryGate
from qiskit.primitives.containers import BitArray

from qtn._checks import choice
from qtn.devices import Transpiled, transpile_for
from qtn.devices.placement.cutting import active_qubits, cut_circuit
from qtn.devices.placement.transpile import measured
from qtn.errors import ArgumentError, DeviceError
from qtn.mitigation.techniques.base import Context, Task, Technique, free_parameters, merged
from qtn.mitigation.techniques.readout import Readout
from qtn.mitigation.techniques.readout_forms import Tensored
from qtn.mitigation.values.calibration import ReadoutCalibration
from qtn.mitigation.values.correct import Corrector, chosen
from qtn.mitigation.values.outcomes import Moments
from qtn.states.operators import Basis, Observable

Floats = NDArray[np.float64]
MIN_PURITY = 4.0  # in its own standard errors: below, a quotient by it has no error bar
_HALF = np.sqrt(0.5)
# index = first + 2 second: (|1,0> of first, second is index 1); the singlet goes to index 1
_ROTATION = np.array(
    [[1, 0, 0, 0], [0, _HALF, -_HALF, 0], [0, _HALF, _HALF, 0], [0, 0, 0, 1]], dtype=complex
)
# angles of the gate U that turns the eigenstates of a letter to those of Z
_TURNS = {"Z": (0.0, 0.0, 0.0), "X": (np.pi / 2, 0.0, np.pi), "Y": (np.pi / 2, 0.0, np.pi / 2)}
# values of the swap and of (z1 + z2) / 2 on a pair, index [first, second]
_SWAP = np.array([[1.0, 1.0], [-1.0, 1.0]])
_MEAN_Z = np.array([[1.0, 0.0], [0.0, -1.0]])


@dataclass(frozen=True, slots=True, repr=False)
class VirtualDistillation(Technique):
    """Measure one-qubit observables in the distilled state ρ² / Tr ρ².

    The circuit runs on twice as many qubits, two copies side by side. Only `Readout()` composes
    with it, whose tensored inverse confusions correct the outcomes of both copies.

    Args:
        copies: number of copies; the swap of two is measured pair by pair, that of more is not.

    Raises:
        ArgumentError: another number of copies; when it is planned, a term on more than one qubit,
            a projector, free parameters, or another technique beside it.

    Cost: one circuit of 2 n qubits per basis; the variance grows as 1 / (Tr ρ²)².

    Example:
        >>> from qtn.mitigation import VirtualDistillation, mitigate
        >>> flipped = QuantumCircuit(1); _ = flipped.x(0)
        >>> mitigate(flipped, "Z", VirtualDistillation(), device="aer", shots=100).value
        -1.0

    Reference: Huggins et al., arXiv:2011.07064; Koczor, arXiv:2011.05942.
    """

    stage: ClassVar[str] = "measure"
    removable: ClassVar[bool] = False

    copies: int = 2

    def __post_init__(self) -> None:
        choice("copies", self.copies, (2,), way_out="The swap of two copies is measured.")

    @property
    def label(self) -> str:
        """Short name."""
        return "distillation"

    def check_beside(self, others: Sequence[Technique]) -> None:
        """Refuse everything but a tensored readout: the others know one copy."""
        for other in others:
            if not isinstance(other, Readout) or other.form != Tensored():
                raise ArgumentError(
                    "Virtual distillation composes with Readout() alone, but `techniques` holds "
                    f"{other.label}. Leave it out, or mitigate without distillation."
                )

    def prepare(self, task: Task, context: Context) -> Self:
        """Check that circuit and observable can be distilled."""
        if task.values is not None:
            raise free_parameters(self)
        if any(len(t.factors) != 1 or not t.is_pauli for t in task.observable.terms):
            raise ArgumentError(
                "Virtual distillation takes sums of one-qubit Pauli terms, but `observable` holds "
                "others. Use another technique for products."
            )
        return self

    def variants(self, task: Task, context: Context) -> Task:
        """Return the task on two copies, with a circuit of its own for every basis.

        The circuit is transpiled once, with free angles for the turns of the bases, so that all
        bases measure the same device qubits and share one calibration of the readout.
        """
        executor = context.executor
        circuit, qubits = _single(task)
        width, n = circuit.num_qubits, len(qubits)
        both = transpile_for(two_copies(circuit, qubits), executor.device, context.seed)
        pairs = [*qubits, *(width + q for q in qubits)]
        places = tuple(both.qubits[q] for q in pairs)
        starts = tuple(both.initial[q] for q in pairs)
        natives = [
            Transpiled(merged(turned(both.circuit, basis.letters), executor), places, starts)
            for basis in task.observable.bases
        ]
        circuits = [measured(one, "Z" * 2 * n, executor.target, merge=False) for one in natives]
        return replace(task, native=natives[0], measured=tuple(circuits))

    def correct(
        self, corrector: Corrector, task: Task, outcomes: Sequence[BitArray], device: str
    ) -> Corrector:
        """Return the corrector that divides by the purity, with the rates of the readout's."""
        return DistilledCorrector.of(task.observable, corrector.calibration)


def _single(task: Task) -> tuple[QuantumCircuit, tuple[int, ...]]:
    """Return the circuit of one copy and the place of each of its qubits at the end.

    A circuit that was transpiled by the caller is taken as it is, on the qubits that it uses.
    """
    if task.given is not None:
        return task.given, tuple(range(task.given.num_qubits))
    native = task.native
    used = tuple(sorted({*active_qubits(native.circuit), *native.qubits}))
    return cut_circuit(native.circuit, used), tuple(used.index(q) for q in native.qubits)


def two_copies(circuit: QuantumCircuit, qubits: Sequence[int]) -> QuantumCircuit:
    """Return two copies, turned by free angles, then the rotation of every pair.

    Args:
        circuit: one copy, without measurements and free parameters.
        qubits: those whose states are distilled; qubit q pairs with q + circuit.num_qubits.

    Returns:
        A circuit with the parameters turn[0], turn[1], …, three per pair: see `turned`.
    """
    width = circuit.num_qubits
    both = QuantumCircuit(2 * width)
    turn = ParameterVector("turn", 3 * len(qubits))
    for first in (0, width):
        both.compose(circuit, range(first, first + width), inplace=True)
        for k, qubit in enumerate(qubits):
            both.u(*turn[3 * k : 3 * k + 3], first + qubit)
    for qubit in qubits:
        both.append(UnitaryGate(_ROTATION), [qubit, width + qubit])
    return both


def turned(both: QuantumCircuit, letters: str) -> QuantumCircuit:
    """Return `two_copies` (or what a transpiler made of it) for a basis, qubit 0 first."""
    angles = {f"turn[{k}]": a for k, a in enumerate(a for x in letters for a in _TURNS[x])}
    bound: QuantumCircuit = both.assign_parameters({p: angles[p.name] for p in both.parameters})
    return bound


@dataclass(frozen=True, slots=True, eq=False)
class DistilledCorrector(Corrector):
    """From outcomes of two copies to distilled values, <O S> / <S>.

    Args:
        observable: one-qubit Pauli terms on n qubits.
        rates: confusion rates of the 2 n measured qubits, or None without correction.
        variances: (4 n,) of the rates, or none.
    """

    observable: Observable
    rates: ReadoutCalibration | None
    variances: Floats

    @classmethod
    def of(cls, observable: Observable, rates: ReadoutCalibration | None) -> DistilledCorrector:
        """Wrap a calibration, or none."""
        return cls(observable, rates, np.zeros(0) if rates is None else rates.variances)

    @property
    def calibration(self) -> ReadoutCalibration | None:
        """Confusion rates of both copies; None without correction."""
        return self.rates

    def moments(self, bits: BitArray, basis: Basis) -> Moments:
        """Return the distilled values of the terms of a basis.

        Raises:
            DeviceError: tr ρ² is not distinguishable from 0 with these shots.
        """
        qubits = [t.qubits[0] for t in chosen(self.observable, basis.terms)]
        rows, counts = np.unique(bits.to_bool_array(order="little"), axis=0, return_counts=True)
        shots, weights = bits.num_shots, counts / bits.num_shots
        seen = rows.astype(np.intp)
        duals = None if self.rates is None else self.rates.duals()
        inverses = np.tile(np.eye(2), (seen.shape[1], 1, 1)) if duals is None else duals.inverses
        tops, swaps = _numerators(seen, qubits, inverses)
        purity = float(weights @ swaps)
        spread = np.sqrt(max(weights @ (swaps - purity) ** 2, 1 / shots**2))
        if purity < MIN_PURITY * spread / np.sqrt(shots):
            raise DeviceError(
                f"Virtual distillation measured a purity of {purity:.3f}, which {shots:.0f} shots "
                "cannot tell from 0. Give more shots, or a circuit with less noise."
            )
        mean = weights @ tops / purity
        residual = (tops - swaps[:, None] * mean) / purity
        covariance = residual.T @ (weights[:, None] * residual) / max(shots - 1, 1)
        diagonal = np.einsum("tt->t", covariance)
        diagonal[...] = np.maximum(diagonal, 1 / shots**2)  # one event that was not seen
        gradient = np.zeros((len(qubits), len(self.variances)))
        if duals is not None and duals.slopes is not None:
            for rate in range(len(self.variances)):
                place = rate // 2  # both means are linear in the inverse of every bit
                changed = inverses.copy()
                changed[place] = duals.slopes[place, rate % 2]
                by_top, by_swap = _numerators(seen, qubits, changed)
                gradient[:, rate] = (weights @ by_top - mean * (weights @ by_swap)) / purity
        return Moments(mean[None], covariance[None], gradient[None])


def _numerators(
    seen: NDArray[np.intp], qubits: Sequence[int], inverses: Floats
) -> tuple[Floats, Floats]:
    """Return O S (outcomes, terms) and S (outcomes,) of outcomes (outcomes, 2 n).

    Args:
        seen: outcomes, those of the first copy first.
        qubits: of the terms, each of which is Z there.
        inverses: (2 n, 2, 2) inverse confusions.

    Cost: outcomes × (n + terms).
    """
    count, n = len(seen), seen.shape[1] // 2
    first, second = seen[:, :n].T, seen[:, n:].T
    swaps, means = np.empty((2, n, count))
    for q in range(n):
        for found, function in ((swaps, _SWAP), (means, _MEAN_Z)):
            # <g, A^-1 p> = <A^-T g, p>, both copies of the qubit together
            found[q] = (inverses[q].T @ function @ inverses[n + q])[first[q], second[q]]
    edge = np.ones((1, count))
    below = np.concatenate([edge, np.cumprod(swaps, axis=0)])  # below[q]: pairs 0 .. q - 1
    above = np.concatenate([edge, np.cumprod(swaps[::-1], axis=0)])[::-1]  # pairs q .. n - 1
    tops = [means[q] * below[q] * above[q + 1] for q in qubits]
    return np.stack(tops, axis=1), below[-1]
