"""Evidence for estimates: probes against dense values, coherent losses, accidents."""

from __future__ import annotations

import math

import numpy as np
import pytest
from oracles import brickwork, pauli_matrix
from qiskit import QuantumCircuit
from qiskit.quantum_info import Pauli, Statevector, random_unitary

from qtn.interop.circuits import gate_list
from qtn.states import MPS
from qtn.states.operators import Term
from qtn.verification import verify
from qtn.verification.engines.chains import STATES
from qtn.verification.engines.truncated import (
    PROBED,
    Ladder,
    estimates,
    left_environments,
    probe_changes,
    probes,
)
from qtn.verification.inputs import observable_terms
from qtn.verification.limits import Limits


def ladder(circuit: QuantumCircuit, bonds: tuple[int, ...], name: str = "chain") -> Ladder:
    return Ladder.of([STATES[name](gate_list(circuit), bond, 1e-20) for bond in bonds])


@pytest.mark.parametrize("name", sorted(STATES))
@pytest.mark.parametrize(("n", "word"), [(5, {2: "Y"}), (6, {1: "X", 4: "Z"}), (2, {0: "Z"})])
def test_probes_are_the_values_of_their_paulis(n: int, word: dict[int, str], name: str) -> None:
    circuit = brickwork(n, 3, seed=5, su4=True)
    vector = Statevector(circuit).data
    chain = STATES[name](gate_list(circuit), None, 1e-20).chain()
    found = probes(chain, left_environments(chain), Term(1.0, tuple(word.items())))
    first, last = max(0, min(word) - 1), min(n - 1, max(word) + 1)
    expected = []
    for pair in ((first, first + 1), (last - 1, last)):
        for a in "IXYZ":
            for b in "IXYZ":
                letters = {**word, pair[0]: a, pair[1]: b}
                label = "".join(letters.get(k, "I") for k in reversed(range(n)))
                expected.append(np.vdot(vector, pauli_matrix(label) @ vector).real)
    assert found == pytest.approx(np.array(expected), abs=1e-10)


def test_probes_of_a_single_qubit() -> None:
    chain = MPS.product([[1.0, 0.0]])
    found = probes(chain, left_environments(chain), Term(1.0, ((0, "Z"),)))
    assert found == pytest.approx([1.0, 0.0, 0.0, 1.0])


def test_coherent_losses_are_seen_and_counted() -> None:
    """Equal gates on a Néel state lose more than the product of the kept weights tells."""
    circuit = QuantumCircuit(30)
    circuit.x(range(1, 30, 2))
    for layer in range(16):
        for q in range(layer % 2, 29, 2):
            circuit.rxx(0.4, q, q + 1)
            circuit.ryy(0.4, q, q + 1)
    found = ladder(circuit, (32, 16, 8))
    best = STATES["chain"](gate_list(circuit), 128, 1e-20)
    true = 1.0 - abs(best.overlap(found.chains[0])) ** 2
    assert true > 1.2 * found.lost[0]
    assert true < found.infidelity < 6.0 * true


def test_a_rare_branch_lost_by_every_bond_is_within_the_interval() -> None:
    """No bond keeps the scrambled branch, so all bonds agree, and all are wrong by its weight."""
    n, rng = 12, np.random.default_rng(0)
    circuit = QuantumCircuit(n)
    circuit.ry(0.4, 0)
    circuit.cx(range(n - 1), range(1, n))
    for layer in range(14):
        for q in range(2 - layer % 2, n - 1, 2):
            block = np.eye(4, dtype=complex)  # leaves |00⟩ alone
            block[1:, 1:] = random_unitary(3, seed=int(rng.integers(2**30))).data
            circuit.unitary(block, [q, q + 1])
    state = Statevector(circuit)
    labels = ["I" * (n - 1 - k) + "Z" + "I" * k for k in range(n)]
    check = verify(circuit, observables=labels, method="chain", limits=Limits(max_bond=4))
    assert not check.rigorous
    for label, value in zip(labels, check.values, strict=True):
        error = abs(state.expectation_value(Pauli(label)).real - value.value)
        assert error <= value.stderr
    assert max(v.stderr for v in check.values) < 0.3


def test_a_value_that_agrees_by_accident_keeps_its_width() -> None:
    """The interval of ⟨P⟩ rests on the probes, not on |v(D) - v(D/2)| of P alone."""
    circuit = brickwork(12, 8, seed=2, su4=True)
    found = ladder(circuit, (48, 24, 12))
    terms = [Term(1.0, ((q, letter),)) for q in range(12) for letter in "XYZ"]
    own = np.array([[state.expectation([term]) for term in terms] for state in found.states[:2]])
    changes = probe_changes(found, terms)
    assert (changes >= found.steps[0] * np.abs(own[0] - own[1]) - 1e-12).all()
    closest = int(np.argmin(np.abs(own[0] - own[1])))
    assert changes[closest] > 3.0 * found.steps[0] * np.abs(own[0] - own[1])[closest]


def test_many_terms_are_probed_in_part() -> None:
    found = ladder(brickwork(8, 6, su4=True), (12, 6, 3))
    terms = [Term(1.0, ((q % 8, "Z"),)) for q in range(2 * PROBED + 3)]
    changes = probe_changes(found, terms)
    assert changes.shape == (len(terms),)
    assert (changes > 0).all()
    assert probe_changes(found, []).size == 0


def test_sums_add_in_squares_and_constants_not_at_all() -> None:
    found = ladder(brickwork(12, 6, seed=1, su4=True), (60, 30, 15))
    (single,) = observable_terms("IIIIIIIIIIIZ", 12)
    constant = Term(5.0, ())
    (value, width), (shifted, same), (five, none) = estimates(
        found, [single, [*single, constant], [constant]]
    )
    assert (shifted, same) == pytest.approx((value + 5.0, width))
    assert (five, none) == (pytest.approx(5.0), 0.0)


def test_without_a_coarser_bond_nothing_is_certified() -> None:
    found = ladder(brickwork(6, 4, su4=True), (1,))
    assert estimates(found, [[Term(1.0, ((0, "Z"),))]])[0][1] == math.inf
    assert found.infidelity > 0.5
