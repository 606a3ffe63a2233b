from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit

from qtn.errors import ArgumentError
from qtn.mitigation.values.pauli_noise import PAIRS, PauliNoise, anticommute, gates_of


def pair() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.sx(0)
    circuit.cx(0, 1)
    return circuit


def test_fidelities_follow_from_the_rates():
    rates = np.zeros(15)
    rates[PAIRS.index(("X", "I"))] = 0.1
    model = PauliNoise({("cx", (0, 1)): rates})
    found = dict(zip([("I", "I"), *PAIRS], model.fidelities("cx", (0, 1)), strict=True))
    assert found["Z", "I"] == pytest.approx(np.exp(-0.2))
    assert found["X", "Z"] == pytest.approx(1.0)
    assert model.norm(pair()) == pytest.approx(np.exp(0.2))
    assert anticommute(("X", "X"), ("Z", "I"))
    assert not anticommute(("X", "X"), ("Z", "Z"))


def test_pack_and_unpack_keep_the_rates():
    model = PauliNoise({("cx", (0, 1)): np.linspace(0, 0.1, 15)}, 7, "x")
    again = PauliNoise.unpack(*model.pack())
    assert (again.of("cx", (0, 1)) == model.of("cx", (0, 1))).all()
    assert (again.shots, again.device) == (7, "x")
    assert repr(again) == "PauliNoise(1 gates of x, 7 shots)"


def test_gates_that_were_not_learned_are_named():
    model = PauliNoise({("cx", (0, 1)): np.zeros(15)})
    with pytest.raises(ArgumentError, match=r"does not hold the gate cx\[1, 0\]"):
        model.of("cx", (1, 0))


def test_cz_is_symmetric_and_its_rates_are_turned():
    rates = np.arange(15.0)
    turned = PauliNoise({("cz", (0, 1)): rates}).of("cz", (1, 0))
    assert turned[PAIRS.index(("X", "I"))] == rates[PAIRS.index(("I", "X"))]
    assert turned[PAIRS.index(("Y", "Z"))] == rates[PAIRS.index(("Z", "Y"))]


def test_gates_are_listed_once_in_order():
    circuit = pair()
    circuit.cx(1, 0)
    circuit.cx(0, 1)
    assert gates_of(circuit) == (("cx", (0, 1)), ("cx", (1, 0)))


@pytest.mark.parametrize(
    "rates", [np.zeros(14), np.full(15, -0.01), np.full(15, np.nan), [99.0] * 15]
)
def test_rates_that_are_none_are_refused(rates):
    with pytest.raises(ArgumentError, match="rates"):
        PauliNoise({("cx", (0, 1)): rates})


@pytest.mark.parametrize("key", ["cx", ("cx", (0, 0)), ("cx", (0,)), (1, (0, 1))])
def test_keys_that_are_no_gates_are_refused(key):
    with pytest.raises(ArgumentError, match="two different qubits"):
        PauliNoise({key: np.zeros(15)})


def test_covariances_are_packed_and_checked():
    key, rates = ("cx", (0, 1)), np.full(15, 1e-3)
    model = PauliNoise({key: rates}, covariances={key: 1e-6 * np.eye(15)})
    again = PauliNoise.unpack(*model.pack())
    assert (again.covariances[key] == model.covariances[key]).all()
    assert "covariances" not in PauliNoise({key: rates}).pack()[0]
    with pytest.raises(ArgumentError, match="of a gate in `rates`"):
        PauliNoise({key: rates}, covariances={("cx", (1, 0)): np.eye(15)})
    with pytest.raises(ArgumentError, match=r"shape \(15, 15\)"):
        PauliNoise({key: rates}, covariances={key: np.eye(4)})
    with pytest.raises(ArgumentError, match="no negative number on the diagonal"):
        PauliNoise({key: rates}, covariances={key: -np.eye(15)})
    arrays, header = model.pack()
    arrays["covariances"] = np.zeros((2, 15, 15))
    with pytest.raises(ArgumentError, match="one matrix per gate"):
        PauliNoise.unpack(arrays, header)
