"""Choice of techniques by device, circuit and budget, from the errors that the device reports."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.transpiler import Target

from qtn.devices import Transpiled
from qtn.devices.placement.cutting import active_qubits
from qtn.interop.counting import is_two_qubit
from qtn.mitigation.shot_budget import PLAIN_CALIBRATION, ShotBudget
from qtn.mitigation.techniques.base import Technique
from qtn.mitigation.techniques.readout import Readout
from qtn.mitigation.techniques.twin_zne import TwinZNE
from qtn.mitigation.techniques.zne import ZNE, reachable
from qtn.mitigation.values.decay import DENSE
from qtn.states.operators import Observable

FEW_SHOTS = 2000  # per basis; below, extrapolation adds more noise than it removes bias
TYPICAL = 0.6  # value of a term that nothing is known about
AMPLIFIED = 2.0  # variance of an extrapolation over that of its data
PARTS_OF_CALIBRATION = (0.05, 0.5)  # of all shots, whatever is expected
LITTLE_NOISE = 0.01  # expected gate errors in the circuit below which nothing is extrapolated
MUCH_NOISE = 1.2  # above, five-fold noise leaves no signal


@dataclass(frozen=True, slots=True)
class Choice:
    """Techniques and the reason for them."""

    techniques: tuple[Technique, ...]
    why: str


def choose(
    circuit: QuantumCircuit, observable: Observable, target: Target | None, shots: int | ShotBudget
) -> Choice:
    """Choose techniques for a native circuit.

    Readout correction always pays on a device with readout errors: twirled for Pauli terms,
    tensored otherwise. Extrapolation pays if gates err noticeably and there are shots for it; its
    factors shrink as the noise grows. Where the device's reported errors can be simulated at once,
    the decays come from them. Cancellation and learned maps need models or training that
    cost more than one value is worth, so they are never chosen here.

    Args:
        circuit: native gates.
        observable: parsed.
        target: the device's, with errors; None means noiseless.
        shots: as in `mitigate`.

    Example:
        >>> choose(QuantumCircuit(1), None, None, 1000).why
        'the device reports no errors'
    """
    if target is None:
        return Choice((), "the device reports no errors")
    expected = expected_errors(circuit, target)
    paulis = all(term.is_pauli for term in observable.terms)
    readout = Readout(method="twirled" if paulis else "tensored")
    budget = shots.per_basis if isinstance(shots, ShotBudget) else shots
    expects = f"{expected:.2f} gate errors expected per shot"
    if expected < LITTLE_NOISE:
        return Choice((readout,), f"{expects}: readout correction only")
    if budget < FEW_SHOTS:
        return Choice((readout,), f"{expects}, but only {budget} shots: readout correction only")
    if paulis and len(active_qubits(circuit)) <= DENSE and not circuit.num_parameters:
        twins = TwinZNE((1.0, 5.0) if expected < MUCH_NOISE else (1.0, 3.0))
        return Choice((readout, twins), f"{expects}, and the circuit has a noisy twin")
    wanted = (1.0, 3.0, 5.0) if expected < MUCH_NOISE else (1.0, 1.5, 2.0, 3.0)
    factors = reachable(circuit, wanted)
    fit = "mixture" if len(observable.terms) > 1 else "exponential"
    split = "optimal" if isinstance(shots, ShotBudget) else "equal"
    return Choice((readout, ZNE(factors, fit=fit, by="basis", split=split)), expects)


def calibration_part(
    native: Transpiled, observable: Observable, target: Target | None, typical: Any = None
) -> float:
    r"""Return the part of the shots that the readout calibration should get.

    With d_t the damping of term t by the readout, a calibration of N_c shots leaves a variance of
    Σ (c_t E_t)² (1 / d_t² - 1) / N_c, and N_m measurements one of g Σ c_t² (1 / d_t² - E_t²) / N_m,
    g the amplification by extrapolation. Their sum is least for N_c : N_m = √a : √b.

    Args:
        native: the circuit and its qubits.
        observable: terms.
        target: with the reported readout errors.
        typical: (terms,) values to expect; None takes `TYPICAL` for all.

    Cost: negligible.
    """
    if target is None or "measure" not in target.operation_names:
        return PLAIN_CALIBRATION
    reported = [getattr(target["measure"].get((q,)), "error", None) for q in native.qubits]
    each = np.array([abs(1 - 2 * (e or 0.0)) for e in reported])
    damping = np.array([np.prod(each[list(t.qubits)]) for t in observable.terms])
    inverse = 1 / np.maximum(damping, 0.05) ** 2
    weight = observable.coefficients**2
    values = np.full(len(weight), TYPICAL) if typical is None else np.clip(typical, 0.0, 1.0)
    by_rates = (weight * values**2 * (inverse - 1)).sum()
    by_shots = AMPLIFIED * (weight * (inverse - values**2)).sum()
    ratio = np.sqrt(by_rates / max(by_shots, 1e-12))
    return float(np.clip(ratio / (1 + ratio), *PARTS_OF_CALIBRATION))


def expected_errors(circuit: QuantumCircuit, target: Target) -> float:
    """Sum of -log(1 - error) over the gates of a native circuit, as the device reports them."""
    total = 0.0
    for instruction in circuit.data:
        qubits = tuple(circuit.find_bit(q).index for q in instruction.qubits)
        name = instruction.operation.name
        known = target[name].get(qubits) if name in target.operation_names else None
        error = getattr(known, "error", None)
        if error and (is_two_qubit(instruction) or len(qubits) == 1):
            total -= math.log1p(-min(error, 0.99))
    return total
