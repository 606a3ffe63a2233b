"""Where in the cell a protein is: quantum trees over its residues, beside honest baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

from qtn._checks import bounded_int, choice, fail, instance, items
from qtn._display import Display, Displayed, Table
from qtn.applications.proteins.convolution import SmallConvolution
from qtn.applications.proteins.deeploc import Proteins
from qtn.applications.proteins.hydropathy import Composition, Hydropathy
from qtn.applications.proteins.residues import Residues
from qtn.applications.sequences import SequenceClassifier

# Chosen on the first fold's training proteins; see docs/proteins.md.
RECIPES: dict[str, dict[str, Any]] = {
    "small": {
        "sharing": "level",
        "boxes": 3,
        "starts": 5,
        "epochs": 60,
        "learning_rate": 0.05,
        "shifts": 6,
    },
    "large": {"wires": 2, "epochs": 35, "learning_rate": 0.02, "shifts": 8},
}


def protein_classifier(size: str = "small", *, seed: int = 0, **settings: Any) -> Pipeline:
    """Return an untrained classifier of proteins, a tree over 192 of their residues.

    The first 128 and the last 64 residues of a protein are the leaves of a tree of boxes with
    discarded wires. "small" has three boxes on two qubits, each for neighbouring levels: 89
    parameters; its circuit takes 8 qubits and 381 CX, since discarded qubits are reset. "large" has
    one box on four: 383 parameters, and about a hundred CX per box.

    Args:
        size: "small" or "large".
        seed: of the training.
        settings: other parameters of `qtn.SequenceClassifier`.

    Returns:
        A scikit-learn pipeline from proteins, texts of one letter per residue, to classes. A fitted
        one is deployed, given a head and compared like every other model.

    Raises:
        ArgumentError: another size, or a parameter that there is not.

    Cost: training on 5,900 proteins takes about 40 CPU seconds.

    Example:
        >>> model = protein_classifier(epochs=2, starts=1, progress=False)
        >>> model.fit(["MLLVIFLL" * 9, "MDEKRQND" * 9], ["membrane", "cytoplasm"]).classes_.tolist()
        ['cytoplasm', 'membrane']

    Reference: Kundu et al., arXiv:2403.06890, and Harvey et al., arXiv:2308.07865.
    """
    choice("size", size, tuple(RECIPES))
    bounded_int("seed", seed, 0)
    known = SequenceClassifier().get_params()
    unknown = sorted(set(settings) - set(known))
    if unknown:
        raise fail(
            "settings", f"parameters of qtn.SequenceClassifier ({', '.join(known)})", unknown
        )
    usual = {"batch_size": 128, "validation_fraction": 0.1, "patience": 1000}
    model = SequenceClassifier(**{**usual, **RECIPES[size], "seed": seed, **settings})
    return make_pipeline(Residues(), model)


def protein_baselines(seed: int = 0) -> dict[str, Any]:
    """Return untrained classifiers that any other must be measured against, by name.

    Args:
        seed: of boosting and of the convolution.

    Example:
        >>> list(protein_baselines())[:2]
        ['majority', 'composition, logistic']
    """
    features: FeatureUnion = make_union(Composition(4), Hydropathy())
    return {
        "majority": DummyClassifier(),
        "composition, logistic": _logistic(Composition()),
        "12 hydropathy windows, logistic": _logistic(Hydropathy()),
        "both, boosted": make_pipeline(
            features, HistGradientBoostingClassifier(random_state=seed)
        ),
        "convolution, 397 parameters": make_pipeline(Residues(), SmallConvolution(seed=seed)),
    }  # fmt: skip


def _logistic(features: Any) -> Pipeline:
    return make_pipeline(features, StandardScaler(), LogisticRegression(max_iter=2000))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FoldScores(Displayed):
    """How well models do on folds that they were not trained on.

    Args:
        folds: their numbers.
        accuracy: by name, one per fold.
        auc: the same, the area under the receiver's characteristic.
    """

    folds: tuple[int, ...]
    accuracy: dict[str, tuple[float, ...]]
    auc: dict[str, tuple[float, ...]]

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Return name, mean accuracy, mean AUC and the accuracies of the folds, as texts."""
        return [
            (name, f"{np.mean(found):.3f}", f"{np.mean(self.auc[name]):.3f}",
             " ".join(f"{value:.3f}" for value in found))
            for name, found in self.accuracy.items()
        ]  # fmt: skip

    def _brief(self) -> str:
        found = ", ".join(f"{name} {accuracy}" for name, accuracy, *_ in self.rows())
        return f"{len(self.folds)} folds, accuracy: {found}"

    def _display(self) -> Display:
        folds = f"folds {', '.join(map(str, self.folds))}"
        scores = Table(("model", "accuracy", "AUC", folds), self.rows(), most=len(self.accuracy))
        return Display("Folds that models were not trained on", tables=[scores])


def fold_scores(
    models: Mapping[str, Any], proteins: Proteins, folds: Sequence[int] | None = None
) -> FoldScores:
    """Train models on all folds but one, and judge them on that one, fold after fold.

    Args:
        models: untrained classifiers of proteins by name; they are cloned.
        proteins: with two kinds of labels.
        folds: the folds to judge on; None for all.

    Raises:
        ArgumentError: no models, labels of more or fewer than two kinds, no such fold, or none.
    """
    if not isinstance(models, Mapping) or not models:
        raise fail("models", "classifiers by name", models)
    instance("proteins", proteins, Proteins, "proteins as load_deeploc gives them")
    if len(np.unique(proteins.labels)) != 2:  # an AUC is of one kind against the other
        raise fail("proteins", "proteins with two kinds of labels", proteins)
    known = np.unique(proteins.folds).tolist()
    chosen = tuple(known if folds is None else items("folds", folds, "numbers of folds"))
    if not chosen:
        raise fail("folds", f"at least one of {known}", folds)
    accuracy: dict[str, list[float]] = {name: [] for name in models}
    auc: dict[str, list[float]] = {name: [] for name in models}
    for number in chosen:
        train, test = proteins.fold(number)
        for name, model in models.items():
            fitted = clone(model).fit(np.array(train.sequences, dtype=object), train.labels)
            p = fitted.predict_proba(np.array(test.sequences, dtype=object))
            hits = fitted.classes_[p.argmax(axis=1)] == test.labels
            accuracy[name].append(float(hits.mean()))
            auc[name].append(float(roc_auc_score(test.labels == fitted.classes_[0], p[:, 0])))
    pack = {name: tuple(found) for name, found in accuracy.items()}
    return FoldScores(chosen, pack, {name: tuple(found) for name, found in auc.items()})
