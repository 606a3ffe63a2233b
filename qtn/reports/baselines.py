"""Classical models that any other must be measured against, fitted on the same rows.

Logistic regression, a support vector machine with a Gaussian kernel and a small neural network with
about as many parameters as the first tensor network. Columns are standardised, and what matters
most of each (C, α) is chosen by three-fold cross-validation on the training rows, so that a
baseline is not weak for want of tuning; on more than 4,000 rows it is chosen on 4,000 of them, and
all are fitted.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from qtn._checks import fail, finite_array
from qtn.data.dataset import label_array, sentence_array
from qtn.errors import ArgumentError
from qtn.reports.entrants import (
    BASELINE,
    CLASSICAL,
    QUANTUM,
    Entrant,
    Question,
    check_fitted,
    model_name,
    unique,
)
from qtn.reports.parameters import count_parameters

FOLDS = 3
CHOSEN_ON = 4000  # rows
EPOCHS = 100  # of the network, at a learning rate of 0.01; more gains nothing on digits
PLAIN_UNITS = 32  # hidden units where no parameter count is to be met
NEEDS_ROWS = (
    "No baselines: give train=(x, y), the rows that the models were fitted on, or baselines=None."
)


def baseline_entrants(
    baselines: Any, train: Any, question: Question, entrants: tuple[Entrant, ...], seed: int
) -> tuple[Entrant, ...]:
    """Return the baselines of a comparison, fitted where they are not.

    Args:
        baselines: "auto", None, or scikit-learn estimators (a list, or a dictionary by name);
            fitted ones are taken as they are.
        train: rows and labels (x, y) to fit on; None where there are none.
        question: what is asked.
        entrants: the other models, for the number of parameters.
        seed: of folds and starts.

    Raises:
        ArgumentError: an estimator to be fitted without rows, or rows that do not fit the question.
    """
    if baselines is None or (isinstance(baselines, str) and baselines == "auto" and train is None):
        return ()
    rows = None if train is None else training_rows(train, question)
    if isinstance(baselines, str):
        if baselines != "auto":
            raise fail("baselines", '"auto", None or a list of estimators', baselines)
        assert rows is not None
        found = _automatic(rows[0], rows[1], question, entrants, seed)
        return tuple(Entrant(name, BASELINE, model) for name, model in found.items())
    return tuple(
        Entrant(name, BASELINE, _fitted(f"baselines[{name!r}]", model, rows))
        for name, model in _listed(baselines).items()
    )


def training_rows(train: Any, question: Question) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows and labels that baselines are fitted on.

    Raises:
        ArgumentError: no pair of rows and labels, other columns or classes than in the question.
    """
    expected = "a pair (x, y) of training rows and their labels"
    if not isinstance(train, tuple | list) or len(train) != 2:
        raise fail("train", expected, train)
    sentences = question.x.ndim == 1
    x = (
        sentence_array("train[0]", train[0])
        if sentences
        else finite_array("train[0]", train[0], ndim=2, dtype=np.float64)
    )
    numeric = question.classes is None
    y = (
        finite_array("train[1]", train[1], dtype=np.float64)
        if numeric
        else label_array("train[1]", train[1])
    )
    rows = "sentences" if sentences else f"rows of {question.x.shape[1]} columns"
    if y.shape != (len(x),) or x.shape[1:] != question.x.shape[1:]:
        raise ArgumentError(
            f"Argument `train` must hold {rows} with one label each, but holds arrays of shapes "
            f"{x.shape} and {y.shape}."
        )
    if not numeric and set(np.unique(y).tolist()) != set(np.asarray(question.classes).tolist()):
        raise ArgumentError(
            f"Argument `train` must hold the classes {list(np.asarray(question.classes))}, but "
            f"holds {list(np.unique(y))}. Give the rows that the models were fitted on."
        )
    return x, y


def shared_rows(train: Any, question: Question) -> int:
    """Return how many of the test rows stand among the training rows too, value by value."""
    try:
        both = [np.ascontiguousarray(rows, dtype=np.float64) for rows in (train[0], question.x)]
        known = {row.tobytes() for row in both[0]}
        return sum(row.tobytes() in known for row in both[1])
    except ValueError:  # tables with text
        words = [np.asarray(rows, dtype=object).tolist() for rows in (train[0], question.x)]
        texts = {repr(row) for row in words[0]}
        return sum(repr(row) in texts for row in words[1])


def _listed(baselines: Any) -> dict[str, Any]:
    if isinstance(baselines, Mapping):
        return {str(name): model for name, model in baselines.items()}
    if not isinstance(baselines, list | tuple):
        raise fail("baselines", '"auto", None or a list of estimators', baselines)
    return unique((model_name(model), model) for model in baselines)


def _fitted(name: str, model: Any, rows: tuple[np.ndarray, np.ndarray] | None) -> Any:
    if isinstance(model, type) or not callable(getattr(model, "predict", None)):
        raise fail(name, "a scikit-learn estimator", model)
    try:
        check_fitted(name, model)
    except ArgumentError:
        if rows is None:
            way_out = "Give train=(x, y) and it is fitted on these rows, or call fit(x, y) first."
            raise fail(name, "a fitted classifier or regressor", model, way_out) from None
        return clone(model).fit(*rows)
    return model


def _automatic(
    x: np.ndarray, y: np.ndarray, question: Question, entrants: tuple[Entrant, ...], seed: int
) -> dict[str, Any]:
    numeric = question.classes is None
    if x.ndim == 1:
        return {"bag of words": _bag_of_words(x, y, seed)}
    outputs = 1 if numeric or len(np.unique(y)) == 2 else len(np.unique(y))
    units = hidden_units(_parameters(entrants), x.shape[1], outputs)
    network = {
        "hidden_layer_sizes": (units,),
        "learning_rate_init": 0.01,
        "max_iter": EPOCHS,
        "random_state": seed,
    }
    found: dict[str, tuple[Any, dict[str, Sequence[float]]]]
    if numeric:
        found = {
            "ridge regression": (Ridge(), {"alpha": (0.1, 1.0, 10.0, 100.0)}),
            "RBF-SVM": (SVR(), {"C": (1.0, 10.0, 100.0), "epsilon": (0.01, 0.1)}),
            f"MLP, {units} units": (MLPRegressor(**network), {"alpha": (0.01, 1.0)}),
        }
    else:
        found = {
            "logistic regression": (LogisticRegression(max_iter=2000), {"C": (0.1, 1.0, 10.0)}),
            "RBF-SVM": (SVC(), {"C": (1.0, 10.0, 100.0)}),
            f"MLP, {units} units": (MLPClassifier(**network), {"alpha": (0.01, 1.0)}),
        }
    return {
        name: _chosen(model, grid, x, y, numeric, seed) for name, (model, grid) in found.items()
    }


def _bag_of_words(x: np.ndarray, y: np.ndarray, seed: int) -> Any:
    """Return logistic regression on how often a sentence holds each word, letter or number."""
    model = Pipeline([
        ("count", CountVectorizer(analyzer=_tokens)), ("model", LogisticRegression(max_iter=2000))
    ])  # fmt: skip
    folds = min(FOLDS, int(np.unique(y, return_counts=True)[1].min()))
    if folds < 2:
        return model.fit(x, y)
    split = StratifiedKFold(folds, shuffle=True, random_state=seed)
    grid = {"model__C": [0.1, 1.0, 10.0]}
    return GridSearchCV(model, grid, cv=split).fit(x, y).best_estimator_


def _tokens(sentence: Any) -> list[str]:
    """Return the tokens of a sentence; a text without spaces is a word of letters."""
    if isinstance(sentence, str):
        return sentence.split() if " " in sentence else list(sentence)
    return [str(token) for token in sentence]


def hidden_units(parameters: int | None, features: int, outputs: int) -> int:
    """Return the width of one hidden layer for about this many parameters.

    h units take h (features + 1) + outputs (h + 1) parameters.
    """
    if parameters is None:
        return PLAIN_UNITS
    return max(1, round((parameters - outputs) / (features + 1 + outputs)))


def _parameters(entrants: tuple[Entrant, ...]) -> int | None:
    for kind in (CLASSICAL, QUANTUM):
        for entrant in entrants:
            count = count_parameters(entrant.model) if entrant.kind == kind else None
            if count:
                return count
    return None


def _chosen(
    model: Any,
    settings: dict[str, Sequence[float]],
    x: np.ndarray,
    y: np.ndarray,
    numeric: bool,
    seed: int,
) -> Any:
    """Fit with the setting that cross-validation chooses; without enough rows, as it stands."""
    prefix = "model__regressor__" if numeric else "model__"
    if numeric:  # numbers of any size and unit
        model = TransformedTargetRegressor(model, transformer=StandardScaler())
    pipeline = Pipeline([("scale", StandardScaler()), ("model", model)])
    smallest = len(y) if numeric else int(np.unique(y, return_counts=True)[1].min())
    folds = min(FOLDS, smallest)
    with warnings.catch_warnings():
        # A network that is stopped after its epochs is a baseline like any other.
        warnings.simplefilter("ignore", ConvergenceWarning)
        if folds < 2:
            return pipeline.fit(x, y)
        split = (KFold if numeric else StratifiedKFold)(folds, shuffle=True, random_state=seed)
        few = np.random.default_rng(seed).permutation(len(x))[:CHOSEN_ON]
        grid = {prefix + name: list(values) for name, values in settings.items()}
        search = GridSearchCV(pipeline, grid, cv=split, refit=False).fit(x[few], y[few])
        return pipeline.set_params(**search.best_params_).fit(x, y)
