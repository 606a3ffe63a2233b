from __future__ import annotations

import re

import numpy as np
import pytest
from mitigation.noisy_devices import chain
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.primitives.containers import BitArray
from qiskit.quantum_info import DensityMatrix, SparsePauliOp, Statevector
from qiskit_aer.noise import depolarizing_error

from qtn.devices import transpile_for
from qtn.errors import ArgumentError, DeviceError
from qtn.interop.observables import parse_observable
from qtn.mitigation import (
    PEC,
    TEM,
    ZNE,
    DynamicalDecoupling,
    PauliNoise,
    PostSelection,
    Readout,
    ReadoutCalibration,
    ShotBudget,
    Twins,
    TwinZNE,
    Twirl,
    VirtualDistillation,
    measure,
    mitigate,
    plan,
)
from qtn.mitigation.techniques.distillation import DistilledCorrector, turned, two_copies


def rotated() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.ry(0.7, 0)
    circuit.cx(0, 1)
    circuit.ry(0.4, 1)
    return circuit


OBSERVABLE = SparsePauliOp(["IZ", "ZI", "IX", "YI"], [1.0, 0.5, 0.7, 0.3])
EXACT = DensityMatrix(rotated()).expectation_value(OBSERVABLE).real


def noisy(circuit: QuantumCircuit, error: float) -> QuantumCircuit:
    """The circuit with channels inside: the rotations that measure the swap are ideal."""
    out = circuit.copy()
    for qubit in range(circuit.num_qubits):
        out.append(depolarizing_error(error, 1).to_instruction(), [qubit])
    return out


def distilled(state: DensityMatrix, observable: SparsePauliOp) -> float:
    squared = state.data @ state.data
    return DensityMatrix(squared / np.trace(squared)).expectation_value(observable).real


def probabilities(circuit: QuantumCircuit, letters: str) -> np.ndarray:
    both = turned(two_copies(circuit, range(circuit.num_qubits)), letters)
    return DensityMatrix(both).probabilities()


def bits_of(counts: np.ndarray) -> BitArray:
    """Outcomes, each as often as counted; qubit 0 is the least significant bit."""
    width = int(np.log2(len(counts)))
    index = np.repeat(np.arange(len(counts)), counts)
    return BitArray.from_bool_array((index[:, None] >> np.arange(width)) & 1 == 1, order="little")


def per_outcome(qubit: int, inverses: np.ndarray) -> np.ndarray:
    """O S on every outcome of both copies, with a dense inverse confusion; qubit -1: S alone."""
    width = inverses.shape[0]
    n = width // 2
    table = (np.arange(2**width)[:, None] >> np.arange(width)) & 1
    values = np.ones(2**width)
    for q in range(n):
        a, b = table[:, q], table[:, n + q]
        values *= (1 - a - b) if q == qubit else np.where((a == 1) & (b == 0), -1.0, 1.0)
    confusion = np.ones((1, 1))
    for inverse in inverses:
        confusion = np.kron(inverse, confusion)  # later bits are more significant
    return values @ confusion


def oracle(
    counts: np.ndarray,
    qubits: list[int],
    coefficients: np.ndarray,
    rates: ReadoutCalibration | None,
) -> tuple[float, float]:
    """Value and variance of Σ c <O S> / <S> with dense vectors and differences."""
    width = int(np.log2(len(counts)))
    shots = counts.sum()
    weights = counts / shots

    def ratio(matrices: np.ndarray) -> tuple[float, np.ndarray]:
        inverses = np.linalg.inv(matrices)
        swap = per_outcome(-1, inverses)
        top = sum(c * per_outcome(q, inverses) for q, c in zip(qubits, coefficients))
        value = (weights @ top) / (weights @ swap)
        return value, (top - value * swap) / (weights @ swap)

    matrices = np.tile(np.eye(2), (width, 1, 1)) if rates is None else rates.matrices
    value, residual = ratio(matrices)
    variance = weights @ residual**2 / (shots - 1)
    for place, error in enumerate(() if rates is None else rates.variances):
        found = []
        for step in (1e-5, -1e-5):
            moved = matrices.copy()
            wrong = 1 if place % 2 == 0 else 0
            moved[place // 2][wrong, 1 - wrong] += step
            moved[place // 2][1 - wrong, 1 - wrong] -= step
            found.append(ratio(moved)[0])
        variance += ((found[0] - found[1]) / 2e-5) ** 2 * error
    return float(value), float(variance)


@pytest.mark.parametrize("readout", [False, True])
def test_values_and_errors_are_those_of_the_formula(readout):
    parsed = parse_observable(OBSERVABLE, 2)
    rng = np.random.default_rng(1)
    rates = None
    if readout:
        rates = ReadoutCalibration(rng.uniform(0.01, 0.1, (4, 2)), 500, (0, 1, 2, 3))
    corrector = DistilledCorrector.of(parsed, rates)
    assert corrector.calibration is rates
    for basis in parsed.bases:
        counts = rng.multinomial(3000, probabilities(noisy(rotated(), 0.2), basis.letters))
        found = corrector.moments(bits_of(counts), basis)
        terms = [parsed.terms[t] for t in basis.terms]
        c = np.array([t.coefficient for t in terms])
        value, variance = oracle(counts, [t.qubits[0] for t in terms], c, rates)
        shot = c @ found.covariance[0] @ c
        slope = c @ found.gradient[0]
        assert found.mean[0] @ c == pytest.approx(value, abs=1e-12)
        assert shot + slope**2 @ corrector.variances == pytest.approx(variance, rel=1e-6)


def test_stochastic_noise_is_squared_away():
    """Exact probabilities, rounded to a millionth: the value of ρ² / Tr ρ² itself."""
    circuit = noisy(rotated(), 0.3)
    parsed, value = parse_observable(OBSERVABLE, 2), 0.0
    for basis in parsed.bases:
        counts = np.rint(1e6 * probabilities(circuit, basis.letters)).astype(int)
        found = DistilledCorrector.of(parsed, None).moments(bits_of(counts), basis)
        value += found.mean[0] @ parsed.coefficients[list(basis.terms)]
    state = DensityMatrix(circuit)
    assert value == pytest.approx(distilled(state, OBSERVABLE), abs=1e-4)
    assert abs(value - EXACT) < 0.6 * abs(state.expectation_value(OBSERVABLE).real - EXACT)


def test_pure_states_keep_their_values():
    found = mitigate(rotated(), OBSERVABLE, VirtualDistillation(), device="aer", shots=20_000)
    assert abs(found.value - EXACT) < 5 * found.stderr
    assert found.stderr < 0.03
    assert (found.method, found.shots) == ("distillation", 40_000)


def test_readout_of_both_copies_is_corrected_with_an_honest_error():
    device = chain(4, readout=(0.02, 0.15))
    options = {"device": device, "shots": 10_000}
    raw = mitigate(rotated(), OBSERVABLE, VirtualDistillation(), **options)
    both = [Readout(), VirtualDistillation()]
    runs = [mitigate(rotated(), OBSERVABLE, both, seed=seed, **options) for seed in range(8)]
    values = np.array([r.value for r in runs])
    assert abs(raw.value - EXACT) > 4 * raw.stderr
    assert abs(values.mean() - EXACT) < 4 * runs[0].stderr / np.sqrt(8)
    assert 0.4 < values.std(ddof=1) / runs[0].stderr < 2.0
    assert runs[0].method == "distillation + readout"
    assert runs[0].shots == 2 * 10_000 + 2 * 10_000  # two bases, one calibration for both


def test_a_fake_device_gives_the_distilled_value():
    """Little noise in the gates: what is left of it is below the errors."""
    device = chain(4, gate=1e-4, readout=(0.02, 0.05))
    both = [VirtualDistillation(), Readout()]
    found = mitigate(rotated(), [OBSERVABLE, "IZ"], both, device=device, shots=20_000, seed=2)
    exact = [EXACT, DensityMatrix(rotated()).expectation_value(SparsePauliOp("IZ")).real]
    assert (np.abs(found.value - exact) < 5 * found.stderr).all()
    assert (found.stderr > 0).all()


def test_a_known_calibration_costs_nothing():
    rates = ReadoutCalibration(np.full((4, 2), 0.03), 1000, (3, 2, 1, 0))
    both = [Readout(calibration=rates), VirtualDistillation()]
    device = chain(4, readout=(0.03, 0.03))
    found = mitigate(rotated(), "IZ", both, device=device, shots=4000)
    assert found.shots == 4000
    assert abs(found.value - Statevector(rotated()).expectation_value(SparsePauliOp("IZ"))) < 0.2
    short = ReadoutCalibration(np.full((2, 2), 0.03), 1000, (0, 1))
    with pytest.raises(ArgumentError, match="Calibrate these qubits too"):
        plan(rotated(), "IZ", [Readout(calibration=short), VirtualDistillation()], device=device)


def test_the_plan_measures_both_copies_in_every_basis():
    prepared = plan(
        rotated(), OBSERVABLE, [VirtualDistillation(), Readout()], device="FakeManilaV2",
        shots=ShotBudget(1000),
    )  # fmt: skip
    assert len(prepared.native.qubits) == 4
    assert len(prepared.planned) == 2
    assert all(one.circuit.num_clbits == 4 for one in prepared.planned)
    read = {prepared.executor.measured_qubits(one.circuit) for one in prepared.planned}
    assert read == {prepared.native.qubits}
    assert prepared.shots <= 2000


def test_a_transpiled_circuit_is_copied_as_it_is():
    native = transpile_for(rotated(), "FakeManilaV2")
    options = {"device": "FakeManilaV2", "shots": 8000}
    found = mitigate(native, OBSERVABLE, [VirtualDistillation(), Readout()], **options)
    assert abs(found.value - EXACT) < 0.1


def test_the_outcomes_tell_nothing_without_it():
    data = measure(
        plan(rotated(), "IZ", [VirtualDistillation(), Readout()], device="aer", shots=100),
        progress=False,
    )
    with pytest.raises(ArgumentError, match="leaves out distillation, without which"):
        data.raw()
    assert data.estimate(VirtualDistillation()).method == "distillation"


NOISE = PauliNoise({})


@pytest.mark.parametrize(
    "other",
    [
        ZNE(), TwinZNE(), Twirl(), DynamicalDecoupling(), PostSelection(ones=1), PEC(NOISE),
        Readout(method="twirled"), Readout(method="correlated"),
        Readout(method="subspace"), Twins(),
    ],
    ids=lambda one: one.label,
)  # fmt: skip
def test_techniques_that_know_one_copy_are_refused(other):
    for listed in ([other, VirtualDistillation()], [VirtualDistillation(), other]):
        with pytest.raises(ArgumentError, match=f"alone, but .* holds {re.escape(other.label)}"):
            plan(rotated(), "IZ", listed, device="FakeManilaV2")


def test_what_it_cannot_take_is_refused():
    for copies in (1, 3, 2.5, True, "two"):
        with pytest.raises(ArgumentError, match="`copies` must be one of 2"):
            VirtualDistillation(copies=copies)
    with pytest.raises(ArgumentError, match="TEM, which take the same step"):
        plan(rotated(), "IZ", [VirtualDistillation(), TEM(NOISE)], device="FakeManilaV2")
    swept = QuantumCircuit(1)
    swept.rx(Parameter("a"), 0)
    with pytest.raises(ArgumentError, match="takes a circuit without free parameters"):
        plan((swept, [[0.1], [0.2]]), "Z", VirtualDistillation(), device="aer")
    for products in ("ZZ", {"I0": 1.0}):
        with pytest.raises(ArgumentError, match="one-qubit Pauli terms"):
            plan(rotated(), products, VirtualDistillation(), device="aer")


def test_a_purity_that_cannot_be_told_from_nothing_is_an_error():
    coin = np.random.default_rng(0).random((200, 12)) < 0.5  # six pairs, no purity left
    parsed = parse_observable("IIIIIZ", 6)
    with pytest.raises(DeviceError, match="cannot tell from 0"):
        DistilledCorrector.of(parsed, None).moments(
            BitArray.from_bool_array(coin, order="little"), parsed.bases[0]
        )
