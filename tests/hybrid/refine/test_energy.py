"""Energies of compiled circuits: exact, lowered, never raised, in every form of a Hamiltonian."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import Pauli, SparseObservable, SparsePauliOp, Statevector

import qtn
from qtn.aqc.shape.blocks import Blocks
from qtn.errors import ArgumentError
from qtn.hybrid.refine import energy as module
from qtn.hybrid.refine.energies.statevector import prepared
from qtn.hybrid.refine.energy import Energy, lower_energy
from qtn.hybrid.refine.gates import stays_real
from qtn.hybrid.refine.starts import Extended, started
from qtn.physics.terms import read_terms

H = qtn.chain("tfim", 6)


@pytest.fixture(scope="module")
def state() -> qtn.MPS:
    return qtn.ground_state(H, max_bond=2)


@pytest.fixture(scope="module")
def short(state: qtn.MPS) -> qtn.Compiled:
    return qtn.compile(state, qtn.Staircase(1))


def test_energy_is_that_of_the_network_and_of_qiskit(state: qtn.MPS, short: qtn.Compiled) -> None:
    found = Energy(H).value(short)
    assert found == pytest.approx(state.origin.energy, abs=1e-10)
    assert found == pytest.approx(Statevector(short.circuit).expectation_value(H).real, abs=1e-12)


@pytest.mark.parametrize(
    "hamiltonian",
    [
        {"ZZ": 1.0, "XI": 0.5},
        SparsePauliOp(["ZZ", "XI"], [1.0, 0.5]),
        SparseObservable.from_list([("ZZ", 1.0), ("XI", 0.5)]),
        read_terms({"ZZ": 1.0, "XI": 0.5}),
        {Pauli("ZZ"): 1.0, Pauli("XI"): 0.5},
        {"00": 2.0, "11": 2.0, "II": -1.0, "XI": 0.5},
    ],
)
def test_every_form_of_a_hamiltonian(hamiltonian: object) -> None:
    rng = np.random.default_rng(0)
    matrix = np.linalg.qr(rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)))[0]
    energy = Energy(hamiltonian)
    vector = Statevector(matrix[[0, 2, 1, 3], 0].copy())
    expected = vector.expectation_value(SparsePauliOp(["ZZ", "XI"], [1.0, 0.5])).real
    assert energy.value(Blocks(2, (((0, 1), matrix),))) == pytest.approx(expected, abs=1e-12)
    assert qtn.run(qtn.compile(np.eye(4)[0]), energy.observable).values[0].value is not None


def test_derivatives_follow_the_convention_of_the_search(short: qtn.Compiled) -> None:
    blocks = started(short.sequence, "random")
    value, slopes = Energy(H).value_and_gradient(blocks)
    step = 1e-6 * np.random.default_rng(0).normal(size=(4, 4))
    sites = [s for s, _ in blocks.gates]
    moved = [m + step if k == 1 else m for k, (_, m) in enumerate(blocks.gates)]
    vector = prepared(6, sites, moved)  # no unitary any more
    after = float(vector @ H.to_matrix().real @ vector)
    assert stays_real(blocks.gates[1][1])
    assert after - value == pytest.approx(float(np.sum(slopes[1] * step)), rel=1e-3)


def test_chains_beyond_state_vectors_say_the_same(
    short: qtn.Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    dense = lower_energy(short, H, start=Extended(1), steps=5)
    monkeypatch.setattr(module, "DENSE", 3)
    chain = lower_energy(short, H, start=Extended(1), steps=5)
    assert chain.provenance["energies"] == pytest.approx(dense.provenance["energies"], abs=1e-9)


def test_forty_qubits() -> None:
    hamiltonian = qtn.chain("tfim", 40)
    state = qtn.ground_state(hamiltonian, max_bond=2)
    short = qtn.compile(state, qtn.Staircase(1))
    lower = lower_energy(short, hamiltonian, start=Extended(1), steps=4)
    assert lower.provenance["energy of the start"] == pytest.approx(state.origin.energy, abs=1e-9)
    assert lower.provenance["energy"] < state.origin.energy - 1e-3


def test_lowering_ends_at_the_ground_state(short: qtn.Compiled) -> None:
    lower = lower_energy(short, H, start=Extended(2), steps=150)
    exact = np.linalg.eigvalsh(H.to_matrix())[0]
    assert exact - 1e-12 < lower.provenance["energy"] < exact + 1e-4
    assert lower.provenance["energies"] == sorted(lower.provenance["energies"], reverse=True)
    measured = Statevector(lower.circuit).expectation_value(H).real
    assert measured == pytest.approx(lower.provenance["energy"], abs=1e-10)
    overlap = abs(np.vdot(Statevector(short.circuit).data, Statevector(lower.circuit).data)) ** 2
    assert lower.fidelity == pytest.approx(overlap, abs=1e-10)  # still with the target


def test_lowering_adds_no_gate(short: qtn.Compiled) -> None:
    lower = lower_energy(short, H, start="random", steps=5, seed=3)
    assert lower.two_qubit_gates <= short.two_qubit_gates
    assert not np.iscomplexobj(lower.gates)


def test_complex_circuits_are_extended_by_complex_gates() -> None:
    hamiltonian = {"XYI": 1.0, "IYZ": 0.5, "ZIX": 0.7, "YII": 0.3}
    target = np.random.default_rng(0).normal(size=(8, 2)) @ [1, 1j]
    short = qtn.compile(target / np.linalg.norm(target), qtn.Staircase(1))
    lower = lower_energy(short, hamiltonian, start=Extended(2), steps=200)
    exact = np.linalg.eigvalsh(SparsePauliOp(list(hamiltonian), list(hamiltonian.values())))[0]
    assert lower.provenance["energy"] == pytest.approx(exact, abs=1e-6)


def test_a_result_from_a_file_has_no_known_infidelity(
    short: qtn.Compiled, tmp_path: object
) -> None:
    loaded = qtn.load(qtn.save(short, f"{tmp_path}/short.qtn"))
    lower = lower_energy(loaded, H, start=Extended(1), steps=3)
    assert np.isnan(lower.infidelity)
    assert lower.floor == 0.0
    again = qtn.load(qtn.save(lower, f"{tmp_path}/lower.qtn"))
    assert Energy(H).value(again) == pytest.approx(lower.provenance["energy"], abs=1e-12)


def test_bad_input(short: qtn.Compiled) -> None:
    with pytest.raises(ArgumentError, match="`hamiltonian` must be on the 6 qubits"):
        lower_energy(short, qtn.chain("tfim", 5))
    with pytest.raises(ArgumentError, match="`hamiltonian` must be"):
        Energy(np.eye(4))
    with pytest.raises(ArgumentError, match="Hermitian"):
        Energy({"ZZ": 1j})
    with pytest.raises(ArgumentError, match="`compiled` must be"):
        lower_energy(short.circuit, H)
    with pytest.raises(ArgumentError, match="`steps` must be"):
        lower_energy(short, H, steps=0)
    with pytest.raises(ArgumentError, match="`start` must be"):
        lower_energy(short, H, start="cold")
    with pytest.raises(ArgumentError, match="`max_bond` must be"):
        Energy(H, max_bond=0)
    with pytest.raises(ArgumentError, match="`circuit` must be"):
        Energy(H).value(short.circuit)
    operator = qtn.compile(qtn.propagator(H, 0.1), qtn.Brickwall(2))
    with pytest.raises(ArgumentError, match="The circuit is an operator"):
        Energy(H).value(operator)
