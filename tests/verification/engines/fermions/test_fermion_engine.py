"""The engine of free fermions with phases: exact products of Z, estimates with phases, refusals."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import XXPlusYYGate
from qiskit.quantum_info import SparseObservable, SparsePauliOp, Statevector

import qtn
from qtn import ArgumentError, VerificationError


def quench(n=8, phase=0.0, layers=4):
    """Return hops on a chain from every second qubit full, with phases between neighbours."""
    circuit = QuantumCircuit(n)
    circuit.x(range(0, n, 2))
    for _ in range(layers):
        for first in (0, 1):
            for q in range(first, n - 1, 2):
                circuit.append(XXPlusYYGate(0.9), [q, q + 1])
                if phase:
                    circuit.cp(phase, q, q + 1)
        circuit.rz(0.4, 1)
    return circuit


def asked(circuit, observables, **options):
    """Verify by the mean field alone."""
    return qtn.verify(
        circuit, observables=observables, method="mean-field", progress=False, **options
    )


def exactly(circuit, weights):
    """Return the value of a sum of words from the state vector."""
    word = SparsePauliOp(list(weights), np.array(list(weights.values())))
    return Statevector(circuit).expectation_value(word).real


def test_products_of_z_are_exact_without_phases():
    circuit = quench()
    sums = [
        *({word: 1.0} for word in ("ZIIIIIII", "IZZIIIII", "ZIZIZIIZ", "ZZZZZZZZ", "IIIIIIII")),
        {"ZIIIIIII": 0.5, "IIIZIZII": -2.0, "IIIIIIII": 1.0},
    ]
    check = asked(circuit, [SparsePauliOp(list(w), np.array(list(w.values()))) for w in sums])
    assert check.rigorous
    assert check.why.startswith("free fermions on 1 chains, exact")
    for weights, found in zip(sums, check.values, strict=True):
        assert found.value == pytest.approx(exactly(circuit, weights), abs=1e-12)
        assert found.stderr < 1e-11


def test_projectors():
    circuit = quench(6)
    check = asked(circuit, [SparseObservable("010101"), SparseObservable("IIII0Z")])
    weights = np.abs(Statevector(circuit).data) ** 2
    bits = (np.arange(64)[:, None] >> np.arange(6)) & 1
    assert check.values[0].value == pytest.approx(weights[0b010101], abs=1e-12)
    assert check.values[1].value == pytest.approx(
        weights @ ((1 - bits[:, 1]) * (1 - 2 * bits[:, 0])), abs=1e-12
    )


def test_phases_make_estimates_that_hold():
    circuit = quench(phase=0.05)
    words = ["I" * k + "Z" + "I" * (7 - k) for k in range(8)]
    check = asked(circuit, words)
    assert not check.rigorous
    assert "phases between fermions to second order" in check.why
    for word, found in zip(words, check.values, strict=True):
        assert abs(found.value - exactly(circuit, {word: 1.0})) < found.stderr < 1e-3


def test_large_phases_are_refused():
    with pytest.raises(VerificationError, match="too much for its second order"):
        asked(quench(phase=1.0), ["ZIIIIIII"])


@pytest.mark.parametrize(("circuit", "observable"), [(quench(4), "XIII"), (quench(4, 0.1), "ZZII")])
def test_other_observables_are_refused(circuit, observable):
    with pytest.raises(ArgumentError, match="gives values of single Z, and of products"):
        asked(circuit, observable)


def test_other_gates_and_targets_are_refused():
    ghz = QuantumCircuit(2)
    ghz.h(0)
    ghz.cx(0, 1)
    with pytest.raises(ArgumentError, match="what acts on qubits 0, 1 does not conserve"):
        asked(ghz, "ZZ")
    with pytest.raises(ArgumentError, match="which gives values of single Z"):
        qtn.verify(quench(4), qtn.product_state("neel", 4), method="mean-field", progress=False)


def test_auto_takes_free_fermions_of_any_entanglement():
    circuit = quench(60, layers=30)
    check = qtn.verify(circuit, observables=["Z" + "I" * 58 + "Z"], progress=False)
    assert check.rigorous
    assert check.method == "mean-field"
    assert "one engine" in check.why


def test_auto_takes_small_phases_where_no_chain_is_exact():
    circuit = quench(40, phase=0.001, layers=14)
    limits = qtn.verification.Limits(max_bond=16, seconds=5.0)
    words = ["I" * 20 + "Z" + "I" * 19]
    check = qtn.verify(circuit, observables=words, limits=limits, progress=False)
    assert not check.rigorous
    assert check.values[0].stderr < 1e-4
    assert check.method == "mean-field"
