from __future__ import annotations

import numpy as np
import pytest
from mitigation.examples import quench
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparseObservable, SparsePauliOp, Statevector

from qtn.devices import transpile_for
from qtn.errors import ArgumentError
from qtn.interop.observables import parse_observable
from qtn.mitigation.values.ideal import ideal_values


@pytest.mark.parametrize("label", ["ZZII", "XIXI", "0+1Y", "rl-Z"])
def test_twins_are_exact(label):
    native = transpile_for(quench(), "FakeManila")
    terms = parse_observable(label, 4).terms
    dense = SparsePauliOp.from_sparse_observable(SparseObservable.from_label(label))
    exact = Statevector(quench()).expectation_value(dense).real
    assert ideal_values(native, terms)[0] == pytest.approx(exact, abs=1e-9)


def test_a_qubit_that_no_gate_touches_is_in_its_first_state():
    lonely = QuantumCircuit(3)
    lonely.x(0)
    lonely.cx(0, 1)
    native = transpile_for(lonely, "FakeManila")
    terms = parse_observable({"ZII": 1.0, "ZZI": 1.0, "1ZI": 1.0}, 3).terms
    letters = ["".join(f for _, f in t.factors) for t in terms]
    expected = {"Z": 1.0, "ZZ": -1.0, "Z1": 0.0}
    assert ideal_values(native, terms) == pytest.approx([expected[w] for w in letters])


def test_a_state_that_does_not_fit_is_refused():
    wide = QuantumCircuit(12)
    rng = np.random.default_rng(0)
    for _ in range(6):
        for i in range(11):
            wide.ry(rng.uniform(0, 3), i)
            wide.rzz(1.0, i, i + 1)
    native = transpile_for(wide, "aer")
    with pytest.raises(ArgumentError, match="no classical twin at bond dimension 2"):
        ideal_values(native, parse_observable("Z" * 12, 12).terms, max_bond=2)
