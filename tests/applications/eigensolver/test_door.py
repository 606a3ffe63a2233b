"""`qtn.vqe`: starts at the network, ends no higher, is measured with intervals."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp, Statevector

import qtn
from qtn.applications.eigensolver import RyRz
from qtn.errors import ArgumentError

H = qtn.chain("heisenberg", 6)


@pytest.fixture(scope="module")
def found() -> qtn.VQE:
    return qtn.vqe(H, qtn.NetworkAnsatz(2), steps=60, progress=False)


def test_from_the_network_down(found: qtn.VQE) -> None:
    exact = np.linalg.eigvalsh(H.to_matrix())[0]
    assert found.energies[0] == pytest.approx(found.network_energy, abs=1e-9)
    assert exact - 1e-10 <= found.energy < found.network_energy - 1e-2
    assert found.energy <= min(found.energies) + 1e-12
    state = Statevector(found.circuit)
    assert state.expectation_value(H).real == pytest.approx(found.energy, abs=1e-10)
    assert "6 qubits" in repr(found)
    assert "energy of the network" in found._repr_html_()


def test_below_other_starts(found: qtn.VQE) -> None:
    for start in ("random", "identity"):
        other = qtn.vqe(H, qtn.NetworkAnsatz(2), start=start, steps=10, seed=1, progress=False)
        assert other.network_energy == pytest.approx(found.network_energy)
        assert found.energies[10] < other.energy


def test_the_same_search_in_other_frameworks() -> None:
    small = qtn.chain("heisenberg", 4)
    own = qtn.vqe(small, qtn.NetworkAnsatz(2), steps=2, progress=False)
    for framework in ("qiskit", "pennylane"):
        if framework == "pennylane":
            pytest.importorskip("pennylane")
        other = qtn.vqe(small, qtn.NetworkAnsatz(2), framework=framework, steps=2, progress=False)
        assert np.allclose(other.energies, own.energies, atol=1e-7)
        assert other.framework == framework


def test_pennylane_begins_at_the_compiled_state(found: qtn.VQE) -> None:
    qml = pytest.importorskip("pennylane")
    apply, h, start = found.to_pennylane()

    @qml.qnode(qml.device("default.qubit", wires=6))
    def energy(values: np.ndarray) -> float:
        apply(values)
        return qml.expval(h)

    assert float(energy(start)) == pytest.approx(found.network_energy, abs=1e-9)
    assert float(energy(found.angles)) == pytest.approx(found.energy, abs=1e-9)


def test_rotations_with_neural_extrapolation() -> None:
    small = qtn.chain("tfim", 3)
    found = qtn.vqe(small, RyRz(1), start="identity", steps=40, progress=False)
    assert np.isnan(found.network_energy)
    raw = found.measure((), device="FakeManilaV2", shots=2048, progress=False)
    better = found.measure(
        [qtn.Readout(), qtn.ZNE(fit="neural")], device="FakeManilaV2", shots=2048, seed=1,
        progress=False,
    )  # fmt: skip
    assert "neural" in better.method
    assert better.stderr > 0
    assert abs(better.value - found.energy) < abs(raw.value - found.energy)


def test_bad_input() -> None:
    with pytest.raises(ArgumentError, match="`start`"):
        qtn.vqe(H, start="network")
    with pytest.raises(ArgumentError, match="`framework`"):
        qtn.vqe(H, framework="cirq")
    with pytest.raises(ArgumentError, match="`steps`"):
        qtn.vqe(H, steps=0)
    with pytest.raises(ArgumentError, match="`hamiltonian`"):
        qtn.vqe(3)
    with pytest.raises(ArgumentError, match="on the 6 qubits"):
        qtn.vqe(H, RyRz(1).circuit(4), start="random")


def test_the_search_is_the_same_in_other_units() -> None:
    """When it ends must not be judged by energies in units of their own."""
    words = SparsePauliOp(["XXI", "IZZ", "YIX", "III"], [1.0, 0.5, 0.25, 2.0])
    circuit = qtn.RyRz(1).circuit(3)
    found = [
        qtn.vqe(unit * words, circuit, start="random", steps=10, progress=False)
        for unit in (1.0, 2.0**-70)
    ]
    np.testing.assert_array_equal(found[0].angles, found[1].angles)
    assert len(found[0].energies) == len(found[1].energies) > 5
    flat = qtn.vqe(SparsePauliOp("III"), circuit, start="random", steps=2, progress=False)
    assert flat.energy == pytest.approx(1.0)


def test_the_energy_is_drawn_over_the_steps() -> None:
    found = qtn.vqe(qtn.chain("tfim", 3), qtn.NetworkAnsatz(2), steps=3, progress=False)
    ax = found.plot()
    assert ax.lines[0].get_ydata() == pytest.approx(found.energies)
    assert ax.lines[1].get_ydata()[0] == found.network_energy
    assert found.plot(kind="circuit").get_ylabel() == "qubit"
    with pytest.raises(ArgumentError, match="`kind` must be one of 'energy', 'circuit'"):
        found.plot(kind="angles")
