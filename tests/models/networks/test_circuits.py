from __future__ import annotations

import numpy as np
import oracles
import pytest

from qtn.data import load_digits
from qtn.errors import ArgumentError
from qtn.models import MPSClassifier, TTNClassifier

DATA = load_digits(size=2, classes=(0, 1, 2))
KINDS = {"chain": MPSClassifier, "tree": TTNClassifier}


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("bond", [2, 4])
def test_circuit_gives_exactly_the_model_s_probabilities(kind: str, bond: int) -> None:
    model = KINDS[kind](bond, isometric=True, epochs=2)
    model.fit(DATA.x_train, DATA.y_train)
    circuit = model.circuit()
    assert circuit.num_qubits == 4 + (0 if kind == "tree" else bond.bit_length() - 1)
    for x, wanted in zip(DATA.x_test[:3], model.scores(DATA.x_test[:3])):
        outcomes = oracles.readout(circuit.assign_parameters(np.pi * x))
        got = [outcomes[c::3].sum() for c in range(3)]
        assert got == pytest.approx(wanted, abs=1e-10)


@pytest.mark.parametrize(("kind", "qubits"), [("chain", 2), ("tree", 5)])
def test_reset_form_needs_fewer_qubits_and_gives_the_same(kind: str, qubits: int) -> None:
    from qiskit_aer import AerSimulator

    data = load_digits(size=4, classes=(0, 1))
    model = KINDS[kind](2, isometric=True, epochs=1, shape=(4, 4))
    model.fit(data.x_train[:60], data.y_train[:60])
    assert model.circuit().num_qubits == (16 if kind == "tree" else 17)
    circuit = model.circuit(reset=True)
    assert circuit.num_qubits == qubits
    bound = circuit.assign_parameters(np.pi * data.x_test[0]).decompose(["unitary"], reps=4)
    shots = 20_000
    counts = AerSimulator().run(bound, shots=shots, seed_simulator=1).result().get_counts()
    odd = sum(v for k, v in counts.items() if int(k, 2) % 2) / shots
    wanted = model.scores(data.x_test[:1])[0, 1]
    assert odd == pytest.approx(wanted, abs=5 * np.sqrt(0.25 / shots))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_ordinary_model_is_no_circuit(kind: str) -> None:
    plain = KINDS[kind](3, epochs=1).fit(DATA.x_train, DATA.y_train)
    with pytest.raises(ArgumentError, match=r"has no form circuit\(\); it has state"):
        plain.circuit()
