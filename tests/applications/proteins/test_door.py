"""The classifier of proteins, its baselines and their folds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import qtn
from qtn.applications.proteins import Proteins, fold_scores, protein_baselines
from qtn.errors import ArgumentError
from qtn.hybrid.forms.channels import exact_distribution

HYDROPHOBIC, OTHER = "AILMFVWC", "DEKRNQSTGHPY"


def proteins(count: int = 60, seed: int = 0) -> Proteins:
    """Proteins of 20 to 300 residues, of which half hold a hydrophobic stretch of 21."""
    rng = np.random.default_rng(seed)
    texts, labels = [], np.array(["inside", "membrane"])[np.arange(count) % 2]
    for label in labels:
        letters = list(rng.choice(list(OTHER + HYDROPHOBIC[:2]), rng.integers(20, 300)))
        if label == "membrane":
            letters[:21] = rng.choice(list(HYDROPHOBIC), 21)
        texts.append("".join(letters))
    lengths = np.array([len(text) for text in texts])
    return Proteins(tuple(texts), labels, np.arange(count) // 2 % 3, lengths)


QUICK: dict[str, Any] = {"starts": 1, "epochs": 12, "batch_size": 16, "progress": False}


def test_a_planted_stretch_is_found_by_a_circuit_of_8_qubits() -> None:
    train, test = proteins().fold(0)
    model = qtn.protein_classifier(**QUICK).fit(list(train.sequences), train.labels)
    assert model.score(list(test.sequences), test.labels) > 0.75
    network = model[-1]
    circuit = network.to_circuits(model[0].transform(test.sequences[:1]))[0]
    assert (circuit.num_qubits, circuit.count_ops()["cx"]) == (8, 381)
    p = exact_distribution(circuit, np.zeros((1, 0)))
    assert np.abs(p - network.outcomes(model[0].transform(test.sequences[:1]))).max() < 1e-12


def test_it_is_deployed_with_what_reads_proteins() -> None:
    data = proteins(20)
    model = qtn.protein_classifier(**{**QUICK, "epochs": 1}).fit(list(data.sequences), data.labels)
    quantum = qtn.deploy(model, shots=200, progress=False)
    x = list(data.sequences[:3])
    assert np.abs(quantum.ideal_scores(x) - model.predict_proba(x)).max() < 1e-12
    assert quantum.predict(x).shape == (3,)
    assert quantum.two_qubit_gates == 381


@pytest.mark.parametrize(("size", "parameters"), [("small", 89), ("large", 383)])
def test_sizes(size: str, parameters: int) -> None:
    data = proteins(20)
    model = qtn.protein_classifier(size, **{**QUICK, "epochs": 1})
    model.fit(list(data.sequences), data.labels)
    assert len(model[-1].vocabulary_) == 21
    assert model[-1].parameters_ == parameters


def test_folds_are_judged_by_models_that_have_not_seen_them() -> None:
    models = {name: protein_baselines()[name] for name in ("majority", "composition, logistic")}
    models["12"] = protein_baselines()["12 hydropathy windows, logistic"]
    found = fold_scores(models, proteins(), folds=[0, 2])
    assert found.folds == (0, 2)
    assert found.accuracy["majority"] == (0.5, 0.5)
    assert found.auc["majority"] == (0.5, 0.5)
    assert min(found.accuracy["12"]) > 0.9
    assert "majority" in str(found)
    assert "<table" in found._repr_html_()


def test_baselines_are_complete() -> None:
    data = proteins(24)
    for name, model in protein_baselines().items():
        fitted = model.fit(np.array(data.sequences, dtype=object), data.labels)
        assert fitted.predict_proba(list(data.sequences)).shape == (24, 2), name


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(ArgumentError, match="`size` must be one of 'small', 'large'"):
        qtn.protein_classifier("huge")
    with pytest.raises(ArgumentError, match=r"must be parameters of .*, but is \['bond'"):
        qtn.protein_classifier(bond=3)
    with pytest.raises(ArgumentError, match="classifiers by name"):
        fold_scores({}, proteins())
    with pytest.raises(ArgumentError, match="as load_deeploc gives them"):
        fold_scores(protein_baselines(), [])  # type: ignore[arg-type]


def test_folds_and_kinds_are_checked() -> None:
    """Of three kinds an accuracy would stand beside the AUC of the first one alone."""
    names, numbers = ("ACD",) * 6, np.array([0, 0, 0, 1, 1, 1])
    two, three = np.array(["a", "b"] * 3), np.array(["a", "b", "c"] * 2)
    models = {"majority": protein_baselines()["majority"]}
    proteins = Proteins(names, two, numbers, np.full(6, 3))
    with pytest.raises(ArgumentError, match="two kinds of labels"):
        fold_scores(models, Proteins(names, three, numbers, np.full(6, 3)))
    for folds in (3, []):
        with pytest.raises(ArgumentError, match="folds"):
            fold_scores(models, proteins, folds)  # type: ignore[arg-type]
