"""Fidelities of noisy chains whose bonds were cut, against dense channels."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import DensityMatrix, Operator, Statevector, SuperOp
from qiskit_aer.noise import NoiseModel, depolarizing_error, thermal_relaxation_error

from qtn.errors import VerificationError
from qtn.states import MPS
from qtn.verification import Limits, verify
from qtn.verification.engines.base import NoisySource
from qtn.verification.engines.noisy import noisy_ladder
from qtn.verification.engines.noisy_overlap import noisy_fidelity

Rng = np.random.Generator


def hopping(n: int, depth: int, rng: Rng) -> QuantumCircuit:
    """Neighbours exchange excitations, with a disordered interaction."""
    circuit, size = QuantumCircuit(n), 10 ** rng.uniform(-1.3, 0.0)
    circuit.x(range(1, n, 2))
    for layer in range(depth):
        for q in range(layer % 2, n - 1, 2):
            circuit.rxx(size, q, q + 1)
            circuit.ryy(size, q, q + 1)
            circuit.rzz(0.5 * size * rng.normal(), q, q + 1)
    return circuit


def random_gates(n: int, depth: int, rng: Rng) -> QuantumCircuit:
    """Random one-qubit gates between CX and weak ZZ gates, one on every pair and more at random."""
    circuit, size = QuantumCircuit(n), 10 ** rng.uniform(-1.3, 0.3)
    for q in [*range(n - 1), *rng.integers(n - 1, size=depth * n // 2).tolist()]:
        circuit.u(*rng.uniform(0, size, 3), q)
        if rng.random() < 0.3:
            circuit.cx(q, q + 1)
        else:
            circuit.rzz(size * rng.normal(), q, q + 1)
    return circuit


def ising(n: int, depth: int, rng: Rng) -> QuantumCircuit:
    """Transverse Ising chain, quenched from all plus; at times undone, so that bonds shrink."""
    circuit, (size, field) = QuantumCircuit(n), rng.uniform(0.05, 0.9, 2)
    for _ in range(depth):
        for q in range(n - 1):
            circuit.rzz(size, q, q + 1)
        circuit.rx(field * rng.uniform(0.8, 1.2), range(n))
    if rng.random() < 0.3:
        circuit = circuit.compose(circuit.inverse())
    first = QuantumCircuit(n)
    first.h(range(n))
    return first.compose(circuit)


FAMILIES = (hopping, random_gates, ising)
ONE, TWO = ("u", "rx", "h"), ("rxx", "ryy", "rzz", "cx")


def random_noise(rng: Rng) -> NoiseModel:
    """Depolarising noise, relaxation or both."""
    model, sort = NoiseModel(), int(rng.integers(3))
    mixed = depolarizing_error(10 ** rng.uniform(-3.5, -1.3), 2)
    t1, t2 = 1.0, rng.uniform(0.2, 1.95)
    relaxed = thermal_relaxation_error(t1, t2, 10 ** rng.uniform(-3.5, -1.0))
    pair = relaxed.tensor(relaxed)
    model.add_all_qubit_quantum_error((mixed, pair, mixed.compose(pair))[sort], TWO)
    if sort:
        model.add_all_qubit_quantum_error(relaxed, ONE)
    return model


def targets(ideal: np.ndarray, n: int, rng: Rng) -> list[np.ndarray]:
    """The noiseless state, others near it and one far away."""
    turned, flipped = QuantumCircuit(n), QuantumCircuit(n)
    for q in range(n):
        turned.ry(rng.normal(0, 0.3), q)
    flipped.x(int(rng.integers(n)))
    product = np.zeros(2**n)
    product[np.argmax(np.abs(ideal))] = 1.0
    noise = rng.normal(size=2**n) + 1j * rng.normal(size=2**n)
    mixed = ideal + rng.uniform(0.1, 1.0) * noise / np.linalg.norm(noise)
    moved = [Statevector(ideal).evolve(c).data for c in (turned, flipped)]
    return [ideal, product, mixed / np.linalg.norm(mixed), *moved]


def exact_density(circuit: QuantumCircuit, model: NoiseModel) -> np.ndarray:
    """Return the density matrix by the channels one by one.

    Aer's own density matrix is off by some 1e-8 under relaxation with T2 > T1, too much here.
    """
    used = circuit.count_ops()
    errors = {k: SuperOp(e) for k, e in model._default_quantum_errors.items() if k in used}
    state = DensityMatrix.from_label("0" * circuit.num_qubits)
    for item in circuit.data:
        qubits = [circuit.find_bit(q).index for q in item.qubits]
        state = state.evolve(Operator(item.operation), qubits)
        if item.operation.name in errors:
            state = state.evolve(errors[item.operation.name], qubits)
    return np.asarray(state.data)


def draw(seed: int, largest: int) -> list[tuple[float, float, bool]]:
    """Error, half-width and whether a bound, of the fidelities of one circuit cut hard."""
    rng = np.random.default_rng([seed, 80])
    n, depth = int(rng.integers(6, largest + 1)), int(rng.integers(2, 10))
    circuit, model = FAMILIES[seed % len(FAMILIES)](n, depth, rng), random_noise(rng)
    asked = targets(Statevector(circuit).data, n, rng)
    rho, found = exact_density(circuit, model), []
    for bond in rng.permutation([3, 6, 8, 12, 16, 24, 32, 40, 48])[:6]:
        try:
            states = noisy_ladder(NoisySource.of(circuit, model), Limits(max_bond=int(bond)))
        except VerificationError:
            continue
        for vector in asked:
            got = noisy_fidelity(states, MPS.from_dense(vector, cutoff=0.0))
            truth = float(np.vdot(vector, rho @ vector).real)
            width = max(got.high - got.value, got.value - got.low)
            held = got.low - 1e-11 <= truth <= got.high + 1e-11
            error = abs(got.value - truth)
            found.append((error if held else np.inf, width, got.rigorous))
    return found


@pytest.mark.parametrize(
    ("draws", "largest"), [(12, 6), pytest.param(120, 9, marks=pytest.mark.slow)]
)
def test_fidelities_of_cut_noisy_chains_hold(draws: int, largest: int) -> None:
    found = [one for seed in range(draws) for one in draw(seed, largest)]
    cut = [(error, width) for error, width, rigorous in found if not rigorous]
    assert len(cut) > 3 * draws, len(found)
    held = np.mean([np.isfinite(error) for error, _ in cut])
    widths = np.array([width for _, width in cut])
    report = (
        f"{len(cut)} estimates, {held:.2%} hold, half-widths {np.quantile(widths, (0.5, 0.95))}"
    )
    assert held >= 0.95, report
    assert np.median(widths) < 1e-3, report
    assert all(np.isfinite(error) for error, _, rigorous in found if rigorous)


def weak(middle: float = 0.02, outer: float = 0.02) -> tuple[QuantumCircuit, NoiseModel, MPS]:
    """Weakly entangling gates: a product loses less than a thousandth."""
    circuit, model = QuantumCircuit(4), NoiseModel()
    circuit.h(range(4))
    for q, angle in enumerate((outer, middle, outer)):
        circuit.rzz(angle, q, q + 1)
    model.add_all_qubit_quantum_error(depolarizing_error(0.01, 2), ["rzz"])
    return circuit, model, MPS.from_dense(Statevector(circuit).data)


def test_without_a_coarser_bond_nothing_is_certified() -> None:
    circuit, model, target = weak()
    states = noisy_ladder(NoisySource.of(circuit, model), Limits(max_bond=1))
    assert len(states) == 1
    found = noisy_fidelity(states, target)
    assert (found.low, found.high, found.certified) == (0.0, 1.0, False)
    with pytest.raises(VerificationError, match="Nothing is certified: the noisy state lost"):
        verify(circuit, target, ["ZZII"], noise=model, limits=Limits(max_bond=1))
    mixed = verify(circuit, target, ["IIII"], noise=model, limits=Limits(max_bond=1))
    assert "fidelity  not certified" in str(mixed)


def test_weight_lost_to_the_cutoff_is_no_bound() -> None:
    circuit, model, target = weak(middle=0.03, outer=0.002)
    dense = Statevector(circuit).data
    truth = np.vdot(dense, exact_density(circuit, model) @ dense).real
    sharp = verify(circuit, target, noise=model)
    assert sharp.rigorous
    assert sharp.fidelity == pytest.approx(truth, abs=1e-10)
    blunt = verify(circuit, target, ["ZZII"], noise=model, limits=Limits(cutoff=1e-5))
    assert not blunt.rigorous
    assert blunt.low <= truth <= blunt.high
    assert blunt.values[0].stderr > 1e-6
    with pytest.raises(VerificationError, match="Nothing is certified"):
        verify(circuit, target, noise=model, limits=Limits(cutoff=1e-3))
