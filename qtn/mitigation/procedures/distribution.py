"""The door `mitigate_distribution`: the histogram of a circuit without the device's noise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from qiskit import QuantumCircuit

from qtn._checks import fail, positive_int
from qtn._machine import few_threads
from qtn._random import derived_seed
from qtn.devices import Budget, Transpiled, transpile_for
from qtn.devices.budget import check_budget
from qtn.devices.measurements import final_measurements, opened, unmeasured
from qtn.devices.placement.transpile import measured
from qtn.errors import ArgumentError
from qtn.interop.circuits import read_circuit
from qtn.interop.counting import two_qubit_gates
from qtn.mitigation.planning import MAX_SHOTS
from qtn.mitigation.procedures.noise_model import learn_noise, learning_runs
from qtn.mitigation.techniques.base import Context, Variant, merged
from qtn.mitigation.techniques.pec import insert_paulis, insertion_chances
from qtn.mitigation.techniques.readout_forms import Twirled
from qtn.mitigation.unfolding.faults import Faults, Masks, faults_of, pack_bits
from qtn.mitigation.unfolding.histogram import MitigatedDistribution
from qtn.mitigation.unfolding.solved import Answer, Rates, unfolded
from qtn.mitigation.values.calibration import (
    ReadoutCalibration,
    calibrate_readout,
    calibration_circuits,
)
from qtn.mitigation.values.correct import unflipped
from qtn.mitigation.values.execute import Executor
from qtn.mitigation.values.pauli_noise import PAIRS, PauliNoise

MOST_BITS = 63
BRANCHES = 256  # paths of a fault through gates that are no Clifford gates
COPIES = 64  # random circuits: twirls, each with a flip pattern and its complement
DOUBLED = 128  # with drawn Paulis, whose number scatters more
CLEAR = 3.0  # standard errors by which a probability is not 0
LEARNING: dict[str, Any] = {"shots": 500, "depths": (2, 24), "copies": 6}


@few_threads(1)
def mitigate_distribution(
    circuit: Any,
    noise: PauliNoise | None = None,
    *,
    device: Any,
    shots: int = 20_000,
    calibration: ReadoutCalibration | None = None,
    seed: int = 0,
    budget: Budget | None = None,
) -> MitigatedDistribution:
    """Measure the distribution of a circuit's outcomes and unfold the device's noise from it.

    The circuit runs twirled, its bits flipped at random before the measurement, so that gates and
    readout flip outcomes by random patterns: p_noisy = R ∗ p_ideal. R follows from a noise model of
    the gates and the rates of the readout; the result is the distribution of largest likelihood,
    non-negative and of sum 1. Nothing is known of the ideal outcomes. For Clifford circuits the
    model is exact in the noise that it holds. In others the interference of a fault's branches is
    left out; the circuit then runs again with its gate noise doubled, and the standard errors hold
    what that changes in the answer beyond shot noise.

    Args:
        circuit: without free parameters, measured in Z at its end: the measured classical bits in
            their order, at most 63, or all qubits where it measures none; or one transpiled by
            `qtn.devices.transpile_for` without measurements.
        noise: the model of its two-qubit gates; None learns it (`qtn.mitigation.learn_noise` with
            500 shots, depths 2 and 24, 6 copies).
        device: anything that `qtn.run` takes.
        shots: executions of the circuit, shared by 64 random copies; again as many with doubled
            noise where faults branch.
        calibration: readout rates of its qubits; None measures them, with `shots` per circuit.
        seed: seed of everything random.
        budget: the most that all parts may take together, checked before the first.

    Returns:
        The distribution with standard errors (shots, readout calibration, branches), the
        frequencies as measured, and all shots that were taken. Above 14 qubits it holds outcomes
        that were seen, and of these such that flips of likelier ones do not explain.

    Raises:
        ArgumentError: a circuit, device or number that cannot be used.
        BudgetError: the parts exceed the budget together, or need one.
        DeviceError: the device cannot take the circuits.

    Cost: `shots` or twice as many, two calibration circuits, and what learning takes; then up to
        14 qubits n 2^n per step of the search, above outcomes × candidates × 2,048.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> bell = QuantumCircuit(2); _ = bell.h(0); _ = bell.cx(0, 1)
        >>> found = mitigate_distribution(bell, device="FakeManilaV2", seed=1)
        >>> ideal = {"00": 0.5, "11": 0.5}
        >>> found.fidelity(ideal, raw=True) < 0.98 < 0.99 < found.fidelity(ideal)
        True

    Reference: Gonzales, arXiv:2501.01953: noise as a convolution over ⊕, from an estimation
        circuit, divided out. Here the patterns follow from a gate-wise noise model for every
        circuit, and the likelihood takes the place of the division, which amplifies shot noise and
        gives negative probabilities.
    """
    positive_int("shots", shots, maximum=MAX_SHOTS)
    if noise is not None and not isinstance(noise, PauliNoise):
        raise fail("noise", "a PauliNoise", noise, "Learn it with learn_noise.")
    if calibration is not None and not isinstance(calibration, ReadoutCalibration):
        raise fail("calibration", "a ReadoutCalibration", calibration)
    check_budget(budget)
    executor = Executor.of(device, budget)
    native = _native(circuit, device, seed)
    spent, learns = 0, noise is None and two_qubit_gates(native.circuit) > 0
    executor.check(_parts(native, executor, shots, learns=learns, calibrates=calibration is None))
    if learns:
        noise = learn_noise(native, device=device, seed=seed, budget=budget, **LEARNING)
        spent += noise.shots
    if calibration is None:
        calibration = calibrate_readout(device, native.qubits, shots, seed, budget)
        spent += 2 * shots
    work = _Work(
        native, noise, Rates.of(calibration, native.qubits), shots, Context(executor, seed)
    )
    faults, found, taken = work.unfolded(1.0)
    method = "unfolded"
    if not faults.certain:
        _, doubled, more = work.unfolded(2.0)
        found, taken = _widened(found, doubled), taken + more
        method = "unfolded, errors hold the difference to doubled noise"
    found = found.in_order()
    return MitigatedDistribution(
        faults.n, found.strings, found.probabilities, found.stderr, found.raw, spent + taken, method
    )


def _parts(
    native: Transpiled, executor: Executor, shots: int, *, learns: bool, calibrates: bool
) -> list[tuple[list[QuantumCircuit], int]]:
    """Return all runs that there may be, with the shots of each circuit; copies are alike."""
    plain = measured(native, "Z" * len(native.qubits), executor.target, merge=True)
    parts = [([plain] * copies, -(-shots // copies)) for copies in (COPIES, DOUBLED)]
    if learns:
        parts += learning_runs(native, executor, **LEARNING)
    if calibrates:
        order = native.qubits
        parts.append((calibration_circuits(executor.width(max(order) + 1), order), shots))
    return parts


def _native(circuit: Any, device: Any, seed: int) -> Transpiled:
    """Transpile, and refuse what has no distribution or one of too many bits."""
    if not isinstance(circuit, Transpiled):
        given = read_circuit(circuit)
        read = unmeasured(given, "the distribution of its outcomes is mitigated")
        if read.num_parameters:
            raise fail("circuit", "without free parameters", read.name, "Bind them first.")
        bits = _measured_qubits(opened(given))
        if not 1 <= len(bits) <= MOST_BITS:
            raise ArgumentError(
                f"Argument `circuit` has {len(bits)} qubits, but distributions are mitigated "
                f"of 1 to {MOST_BITS}. Mitigate values instead (qtn.mitigate)."
            )
        whole = transpile_for(read, device, seed)
        circuit = replace(whole, qubits=tuple(whole.qubits[q] for q in bits))
    if len(circuit.qubits) > MOST_BITS:
        raise fail("circuit", f"of at most {MOST_BITS} qubits", len(circuit.qubits))
    if any(i.clbits or i.operation.name == "reset" for i in circuit.circuit.data):
        raise ArgumentError(
            "Argument `circuit` holds resets, or measurements that were transpiled with it, but "
            "the distribution of its outcomes is mitigated. Give unitary gates and measurements "
            "at the end, not transpiled."
        )
    return circuit


def _measured_qubits(circuit: QuantumCircuit) -> list[int]:
    """Return the qubits that are read, in the order of classical bits; all if none is measured."""
    held: dict[int, int] = {}
    for k in sorted(final_measurements(circuit)):
        one = circuit.data[k]
        held[circuit.find_bit(one.clbits[0]).index] = circuit.find_bit(one.qubits[0]).index
    qubits = [held[bit] for bit in sorted(held)]
    if len(set(qubits)) < len(qubits):
        raise fail("circuit", "one that measures every qubit at most once", circuit.name)
    return qubits or list(range(circuit.num_qubits))


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """A circuit on a device whose noise is known."""

    native: Transpiled
    noise: PauliNoise | None
    rates: Rates
    shots: int
    context: Context

    def unfolded(self, factor: float) -> tuple[Faults, Answer, int]:
        """Run the circuit with its gate noise to this power, and unfold it; also the shots."""
        noise, rng = self.noise, self.context.stream(f"unfolding at {factor:g}")
        if noise is not None:
            raised = {key: factor * np.asarray(rates) for key, rates in noise.rates.items()}
            noise = replace(noise, rates=raised)
        faults = faults_of(self.native, noise, BRANCHES, rng)
        outcomes = self._outcomes(factor)
        return faults, unfolded(faults, self.rates, outcomes, rng), outcomes.size

    def _outcomes(self, factor: float) -> Masks:
        """Run twirled, flipped copies, with Paulis drawn from the additional noise."""
        context, letters = self.context, "Z" * len(self.native.qubits)
        plain = measured(self.native, letters, context.executor.target, merge=True)
        gates = two_qubit_gates(plain)
        chances = np.zeros((gates, len(PAIRS)))
        if self.noise is not None and gates:
            chances = insertion_chances(plain, self.noise, factor - 1)
        variants, rng = list[Variant](), context.rng
        copies = COPIES if factor == 1 else DOUBLED
        for _ in range(copies // 2):
            drawn, _ = insert_paulis(plain, rng.random(chances.shape) < chances, rng)
            variants += Twirled(2).dress(Variant(merged(drawn, context.executor)), context)
        outcomes = context.executor.run(
            [one.circuit for one in variants], shots=-(-self.shots // copies),
            seed=derived_seed(context.seed, "mitigate-distribution", f"{factor:g}"),
        )  # fmt: skip
        rows = [unflipped(bits, one.flips) for bits, one in zip(outcomes, variants, strict=True)]
        return np.stack([pack_bits(bits.to_bool_array(order="little")) for bits in rows])


def _widened(found: Answer, doubled: Answer) -> Answer:
    """Add to the errors what doubling the gates' noise changes, beyond the shot noise of both.

    Were the response exact, both answers would agree; what it misses is about as large in the
    additional noise as in the noise itself. Where shots are few it is lost in the shot noise of one
    outcome, but not in that of all: each gets at least the share of its probability that holds for
    all that are clearly there. Those that are not share an error: one that came out as 0 in both
    runs, where it can fall no further, scatters least and is not known better than its like.
    """
    other, variance = doubled.at(found.strings)
    p, own = found.probabilities, found.stderr**2
    excess = (p - other) ** 2 - own - variance
    clear = p**2 > CLEAR**2 * own
    share = max(0.0, float(excess[clear].sum() / max((p[clear] ** 2).sum(), own.sum())))
    wide = own + np.maximum(excess, share * p**2)
    small = ~clear
    if small.any():
        alike = float(own[small].mean()) + max(0.0, float(excess[small].mean()))
        wide[small] = np.maximum(wide[small], alike)
    return replace(found, stderr=np.sqrt(wide))
