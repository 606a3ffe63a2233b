from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import Pauli

from qtn.mitigation.absorption.string_kernels import exponents
from qtn.states.operators import Term
from qtn.states.pauli_sums import PauliSum


def test_channels_count_where_their_string_anticommutes():
    rng = np.random.default_rng(0)
    n = 70  # two words
    terms = [
        Term(1.0, tuple((int(q), str(rng.choice(list("XYZ")))) for q in sorted(chosen)))
        for chosen in (rng.choice(n, size=4, replace=False) for _ in range(12))
    ]
    # strings on shared qubits, so that some clash
    terms += [Term(1.0, ((0, "X"), (69, "Z"))), Term(1.0, ((0, "Z"),)), Term(1.0, ((69, "Y"),))]
    total = PauliSum.from_terms(terms, n)
    logs = rng.random(len(total))
    found = exponents(total.x, total.z, total.x, total.z, logs)
    paulis = [Pauli(one) for one in total.labels()]
    clash = np.array([[p.anticommutes(q) for p in paulis] for q in paulis])
    assert found == pytest.approx(clash @ logs)
    assert found.max() > 0
