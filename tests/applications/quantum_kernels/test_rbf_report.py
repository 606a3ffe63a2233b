"""Reports: both RBF machines beside the quantum kernel, with intervals and differences."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.svm import SVC

import qtn
from qtn.errors import ArgumentError


def test_report() -> None:
    x, y = load_digits(return_X_y=True)
    kept = np.random.default_rng(0).permutation(np.flatnonzero(y < 4))[:350]
    x, y, new, labels = x[kept[:150]] / 16, y[kept[:150]], x[kept[150:]] / 16, y[kept[150:]]
    model = qtn.QuantumKernelClassifier(components=4).fit(x, y)
    found = model.beside(new, labels)
    assert list(found.accuracies) == ["quantum kernel", "RBF, same features", "RBF, all features"]
    assert found.accuracies["quantum kernel"] == pytest.approx(model.score(new, labels))
    assert found.accuracies["RBF, all features"] > 0.85
    line = found.lines[1]
    assert line.difference.value == pytest.approx(
        found.accuracies[line.name] - found.accuracies["quantum kernel"]
    )
    gamma, cost = (float(part.split()[1]) for part in line.settings.split(", "))
    peer = SVC(C=cost, gamma=gamma).fit(model._scaling.transform(x), y)
    again = peer.score(model._scaling.transform(new), labels)
    assert again == pytest.approx(found.accuracies[line.name], abs=0.01)
    assert "200 test rows; median off the diagonal" in str(found)
    assert repr(found).startswith("KernelReport(200 rows: quantum kernel 0.")
    assert "RBF, same features" in found._repr_html_()


def test_labels_never_seen_are_refused() -> None:
    x = np.random.default_rng(0).uniform(-1, 1, (20, 3))
    model = qtn.QuantumKernelClassifier(bandwidth=None, C=1.0).fit(x, x[:, 0] > 0)
    with pytest.raises(ArgumentError, match="labels seen in training"):
        model.beside(x, np.full(20, 3))
    with pytest.raises(ArgumentError, match=r"one label per row, shape \(20,\)"):
        model.beside(x, [True])
