"""The hadron circuit against dense exponentials of its Hamiltonian's parts."""

import numpy as np
import pytest
import scipy.linalg as sl
from qiskit.quantum_info import SparsePauliOp, Statevector

import qtn
from qtn import ArgumentError

HOP, COUPLING, MASS = 0.15, 0.3, 0.03


def _lowering(n, qubit):
    """Return σ⁻ on one qubit (|1⟩ to |0⟩), little-endian, densely."""
    lower = np.array([[0.0, 1.0], [0.0, 0.0]])
    return np.kron(np.eye(2 ** (n - 1 - qubit)), np.kron(lower, np.eye(2**qubit)))


def _dense_step(sites):
    """Return one step as a matrix, made of exponentials of whole layers."""
    n = 2 * sites
    lower = [_lowering(n, q) for q in range(n)]
    number = [a.T @ a for a in lower]

    def hops(first):
        terms = [
            lower[q] @ lower[q + 2].T
            for site in range(first, sites - 1, 2)
            for q in (2 * site, 2 * site + 1)
        ]
        return sum(t + t.T for t in terms) if terms else np.zeros_like(lower[0])

    electric = sum(
        (np.eye(2**n) - number[2 * site]) @ number[2 * site + 1] for site in range(sites)
    )
    # Rz(-m) is exp(i m Z / 2) and Z = 1 - 2 n: up to a phase exp(-i m n).
    mass = sum(number[1::2]) - sum(number[::2])
    layers = [(HOP, hops(0)), (HOP, hops(1)), (COUPLING, electric), (MASS, mass)]
    step = np.eye(2**n)
    for angle, generator in layers:
        step = sl.expm(1j * angle * generator) @ step
    return step, number


def _values(circuit):
    state = Statevector(circuit)
    n = circuit.num_qubits
    weights = np.abs(state.data) ** 2
    bits = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    return weights @ bits


def _filled(bits):
    return Statevector.from_label("".join(str(b) for b in bits[::-1])).data


@pytest.mark.parametrize("start", ["vacuum", "meson"])
def test_steps_are_the_exponentials_of_the_layers(start):
    step, number = _dense_step(4)
    bits = [0, 0, 1, 1, 0, 0, 1, 1]
    if start == "meson":
        bits[3], bits[4] = 0, 1
    psi = np.linalg.matrix_power(step, 3) @ _filled(bits)
    circuit = qtn.hadron_circuit(4, 3, hop=HOP, coupling=COUPLING, mass=MASS, start=start)
    assert abs(np.vdot(psi, Statevector(circuit).data)) == pytest.approx(1, abs=1e-12)
    expected = [np.vdot(psi, n @ psi).real for n in number]
    assert np.allclose(_values(circuit), expected, atol=1e-12)


@pytest.mark.parametrize("sites", [4, 6, 8])
def test_without_coupling_a_species_is_a_one_body_matrix(sites):
    steps, hop = 10, 0.4
    found = _values(qtn.hadron_circuit(sites, steps, hop=hop, coupling=0.0))
    start = _values(qtn.hadron_circuit(sites, 0)).round().astype(bool)
    step = np.eye(sites, dtype=complex)
    for first in (0, 1):
        for left in range(first, sites - 1, 2):
            pair = np.array([[np.cos(hop), 1j * np.sin(hop)], [1j * np.sin(hop), np.cos(hop)]])
            step[left : left + 2] = pair @ step[left : left + 2]
    moved = np.abs(np.linalg.matrix_power(step, steps)) ** 2
    for species in (0, 1):
        expected = moved[:, start[species::2]].sum(axis=1)
        assert np.allclose(found[species::2], expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize(("sites", "start"), [(4, "meson"), (6, "meson"), (6, "vacuum")])
def test_both_numbers_are_conserved(sites, start):
    before = _values(qtn.hadron_circuit(sites, 0, start=start))
    after = _values(qtn.hadron_circuit(sites, 5, coupling=0.7, start=start))
    assert before.sum() == sites
    for species in (0, 1):
        assert after[species::2].sum() == pytest.approx(before[species::2].sum(), abs=1e-12)
    assert not np.allclose(before, after, atol=0.1)


def test_meson_turns_over_two_qubits_in_the_middle_of_the_vacuum():
    for sites, turned in ((4, [3, 4]), (6, [5, 6]), (60, [59, 60])):
        ops = [qtn.hadron_circuit(sites, 0, start=start) for start in ("vacuum", "meson")]
        full = [{c.find_bit(gate.qubits[0]).index for gate in c} for c in ops]
        assert sorted(full[0] ^ full[1]) == turned
        assert len(full[0]) == len(full[1]) == sites
        assert full[0] == {q for q in range(2 * sites) if q // 2 % 2}


def test_mass_changes_no_value():
    light, heavy = (
        _values(qtn.hadron_circuit(4, 4, mass=mass, coupling=0.5)) for mass in (0.0, 1.3)
    )
    assert np.allclose(light, heavy, atol=1e-13)


def test_default_is_120_qubits_without_swaps():
    circuit = qtn.hadron_circuit()
    counted = dict(circuit.count_ops())
    assert circuit.num_qubits == 120
    assert counted == {
        "x": 60, "xx_plus_yy": 20 * 118, "p": 20 * 60, "cp": 20 * 60, "rz": 20 * 120,
    }  # fmt: skip


def test_energy_of_long_evolution_of_short_steps_is_kept():
    """Short steps are evolution under H: its energy stays (an error of the layers would show)."""
    circuit = qtn.hadron_circuit(4, 200, hop=0.01, coupling=0.005, start="meson")
    n, words = 8, []
    for q in range(n - 2):
        words += [("XX", [q, q + 2], 0.5), ("YY", [q, q + 2], 0.5)]
    for i in range(0, n, 2):
        words += [("Z", [i], 0.125), ("Z", [i + 1], -0.125), ("ZZ", [i, i + 1], -0.125)]
    h = SparsePauliOp.from_sparse_list(words, n)
    energies = [
        Statevector(c).expectation_value(h).real
        for c in (qtn.hadron_circuit(4, 0, start="meson"), circuit)
    ]
    assert energies[0] == pytest.approx(energies[1], abs=0.02)


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        ({"sites": 5}, "`sites` must be an even number"),
        ({"sites": 0}, "`sites`"),
        ({"steps": -1}, "`steps`"),
        ({"hop": np.nan}, "`hop` must be a finite number"),
        ({"coupling": "x"}, "`coupling`"),
        ({"mass": np.inf}, "`mass`"),
        ({"start": "baryon"}, "`start` must be one of 'vacuum', 'meson'"),
    ],
)
def test_refusals(bad, text):
    with pytest.raises(ArgumentError, match=text):
        qtn.hadron_circuit(**bad)
