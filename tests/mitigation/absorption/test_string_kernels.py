from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from qiskit.quantum_info import Pauli, SparsePauliOp

from qtn.mitigation.absorption.string_kernels import clashing_norms, exponents
from qtn.states.operators import Term
from qtn.states.pauli_sums import PauliSum
from qtn.states.pauli_sums.bits import bit_hashes, hash_keys


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


def norms_of(total: PauliSum, strings: PauliSum, depth: int) -> np.ndarray:
    order = np.argsort(-np.abs(total.coefficients))
    keys = np.hstack([total.x, total.z])[order]
    hashes = np.zeros(len(keys), np.uint64)
    hash_keys(keys, bit_hashes(1), hashes)
    noise = np.hstack([strings.x, strings.z])
    return clashing_norms(keys, total.coefficients[order], hashes, noise, depth)


def test_norms_of_what_anticommutes_are_bounded_and_tend_to_the_norm():
    rng = np.random.default_rng(1)
    n = 4
    labels = ["".join(rng.choice(list("IXYZ"), size=n)) for _ in range(40)]
    made = SparsePauliOp(labels, rng.normal(size=40)).simplify()
    terms = [
        Term(float(c.real), tuple((q, a) for q, a in enumerate(reversed(one)) if a != "I"))
        for one, c in zip(made.paulis.to_labels(), made.coeffs, strict=True)
    ]
    total = PauliSum.from_terms(terms, n)
    strings = PauliSum.from_terms([Term(1.0, ((q, a),)) for q in range(n) for a in "XYZ"], n)
    exact = []
    for one in strings.labels():
        p, dense = Pauli(one).to_matrix(), made.to_matrix()
        exact.append(np.linalg.norm(p @ dense @ p - dense, 2) / 2)
    found = [norms_of(total, strings, depth) for depth in (0, 1, 4, 10)]
    for loose, tight in pairwise(found):
        assert (tight <= loose * (1 + 1e-12)).all()
        assert (tight >= np.array(exact) * (1 - 1e-12)).all()
    assert found[-1] == pytest.approx(np.array(exact), rel=1e-2)
    assert found[0].max() > 1.5 * max(exact)


def test_long_sums_are_bounded_by_their_rest():
    n = 60
    terms = [Term(0.1, tuple((q, "XZ"[(k >> q) & 1]) for q in range(9))) for k in range(400)]
    total = PauliSum.from_terms(terms, n)
    string = PauliSum.from_terms([Term(1.0, ((0, "Y"),))], n)
    found = norms_of(total, string, 10)[0]
    assert 0.1 * 20 < found <= 40  # at least the 2-norm, at most Σ|c|
