"""Sentences on devices: quotients and their errors, counts against exact values, mitigation."""

from __future__ import annotations

import numpy as np
import pytest

import qtn
from qtn.applications.language.on_device import quotients

pytest.importorskip("lambeq", reason="lambeq is not installed")
X = ["she cooks soup", "he bakes bread", "she writes code", "he debugs code", "she bakes"]
Y = ["food", "food", "IT", "IT", "food"]


def test_quotients_of_means():
    value, stderr = quotients(np.array([[0.1, 0.3]]), np.array([[0.01, 0.02]]))
    np.testing.assert_allclose(value, [[0.25, 0.75]])
    spread = np.sqrt(0.3**2 * 0.01**2 + 0.1**2 * 0.02**2) / 0.4**2
    np.testing.assert_allclose(stderr, [[spread, spread]])
    value, stderr = quotients(np.array([[-0.1, 0.0]]), np.array([[0.01, 0.02]]))
    np.testing.assert_allclose(value, [[0.5, 0.5]])
    np.testing.assert_allclose(stderr, [[1.0, 1.0]])


@pytest.mark.parametrize("discard", [False, True])
def test_counts_hold_the_exact_values(discard):
    model = qtn.SentenceClassifier(ansatz="sim15", discard=discard, epochs=3, progress=False)
    model.fit(X, Y)
    found = model.measure(X, device="aer", shots=4000, seed=1, progress=False)
    assert found.shape == (5, 2)
    assert found.shots == 5 * 4000
    exact = model.predict_proba(X)
    assert (abs(found.value - exact) < 5 * found.stderr).all()
    np.testing.assert_allclose(found.value.sum(axis=1), 1.0)


def test_mitigated_values_are_nearer():
    model = qtn.SentenceClassifier(ansatz="sim15", discard=True, epochs=15, progress=False)
    model.fit(X, Y)
    exact = model.predict_proba(X)
    plain, better = (
        model.measure(X, t, device="FakeTorino", shots=2000, seed=1, progress=False)
        for t in ((), [qtn.Readout(), qtn.ZNE()])
    )
    assert abs(better.value - exact).mean() < abs(plain.value - exact).mean() / 2
    assert "zne" in better.method
