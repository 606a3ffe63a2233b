"""Estimators as dataclasses: parameters, defaults, and what scikit-learn does with them."""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import Any, get_type_hints

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

import qtn
from qtn.models.base import Estimator, estimator

NAMES = (
    *("MPSClassifier", "TTNClassifier", "MPSRegressor"),
    *("TTNRegressor", "MPSBornMachine", "TTNBornMachine"),
)
IMAGES = {"shape": None, "shifts": 0, "flips": False, "jitter": "auto"}
LAST = {"seed": 0, "random_state": None, "progress": None}
FILES = {"rescale": "auto", "checkpoint": None, "device": "cpu", "dtype": None}
STOP = {"validation_fraction": 0.0, "patience": 10}
# Public names in the order of help, with their defaults: users write them down.
AUTO: dict[str, Any] = dict.fromkeys(("epochs", "batch_size", "learning_rate"), "auto")
CHAIN = {"start": "auto", "noise": "auto", "ridge": "auto", "copies": "auto", "order": None}
FIRST = {"bond": "auto", "recipe": "auto"}
LOSS = {"features": "auto", "loss": "auto", "generative": "auto"}
CIRCUIT = {"isometric": False, "nodes": "matrices", "depth": "auto"} | {
    "gate_noise": 0.0, "readout_noise": 0.0, "shots": "auto"
}  # fmt: skip
PARAMETERS: dict[str, dict[str, Any]] = {
    "MPSClassifier": {**FIRST, **CIRCUIT, **LOSS, "sweeps": 0, **AUTO, **CHAIN, **STOP}
    | {"class_weight": None, **IMAGES, **FILES, **LAST},
    "TTNClassifier": {**FIRST, "tree": None, **IMAGES, **CIRCUIT, **LOSS, **AUTO, **STOP}
    | {"class_weight": None, **FILES, **LAST},
    "MPSRegressor": {**FIRST, "features": "auto", **AUTO, **CHAIN, **STOP, **IMAGES}
    | {**FILES, **LAST},
    "TTNRegressor": {**FIRST, "tree": None, **IMAGES, "features": "auto", **AUTO, **STOP}
    | {**FILES, **LAST},
    "MPSBornMachine": {**FIRST, "bins": "auto", "sweeps": "auto", "polish": "auto"}
    | {"fraction": 0.2, "cutoff": 1e-6, "mixture": "auto", "smoothing": 1.0, "order": None}
    | {"tolerance": 1e-5, "validation_fraction": 0.0, "noise": 0.1, "device": "cpu", **LAST},
    "TTNBornMachine": {**FIRST, "tree": None, "rewired": "auto", "shape": None, "bins": "auto"}
    | {"sweeps": "auto"}
    | {"mixture": "auto", "smoothing": 1.0, "tolerance": 1e-5, "validation_fraction": 0.0, **LAST},
}


def table() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.integers(0, 2, (20, 4)).astype(float), np.arange(20) % 2


@pytest.mark.parametrize("name", NAMES)
def test_names_order_and_defaults_of_the_parameters(name: str) -> None:
    kind = getattr(qtn, name)
    found = inspect.signature(kind).parameters
    assert {k: p.default for k, p in found.items()} == PARAMETERS[name]
    assert list(found) == list(PARAMETERS[name])
    kinds = [p.kind for p in found.values()]
    assert kinds == [kinds[0]] + [inspect.Parameter.KEYWORD_ONLY] * (len(kinds) - 1)
    assert kind(5).bond == 5
    assert kind().get_params() == PARAMETERS[name]
    assert {f.name for f in fields(kind)} == set(PARAMETERS[name])
    hints = get_type_hints(kind.__init__)
    assert (hints["bond"], hints["progress"]) == (int | str, bool | None)


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_is_documented_once_or_referred_to(name: str) -> None:
    text = inspect.getdoc(getattr(qtn, name)) or ""
    documented = text[text.index("Args:") : text.index("Attributes:")]
    assert [p for p in PARAMETERS[name] if p not in documented] == []


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_set_as_they_are_and_cloned(name: str) -> None:
    given = {"bond": -7, "seed": "no", "random_state": np.random.default_rng(0)}
    model = getattr(qtn, name)(**given)  # nothing is checked before fit
    assert all(getattr(model, k) is v for k, v in given.items())
    other = clone(getattr(qtn, name)(3, seed=4)).set_params(seed=5)
    assert other.get_params() == PARAMETERS[name] | {"bond": 3, "seed": 5}
    assert repr(other) == f"{name}(bond=3, seed=5)"
    assert other != clone(other), "estimators are told apart by identity, as scikit-learn's are"
    assert len({other, clone(other)}) == 2
    with pytest.raises(TypeError, match="unexpected keyword argument 'bonds'"):
        getattr(qtn, name)(bonds=3)
    with pytest.raises(TypeError, match="positional argument"):
        getattr(qtn, name)(3, 4)


@pytest.mark.parametrize("name", NAMES)
def test_grid_search_in_a_pipeline(name: str) -> None:
    x, y = np.tile(table()[0][:5], (4, 1)), np.tile([0, 1, 0, 1, 1], 4)  # folds alike
    quick = {"sweeps": 1} if "Born" in name else {"epochs": 1}
    scale = MinMaxScaler() if "Born" not in name else "passthrough"
    steps = make_pipeline(scale, getattr(qtn, name)(progress=False, **quick))
    search = GridSearchCV(steps, {f"{name.lower()}__bond": [3, 4]}, cv=2).fit(x, y)
    assert search.best_params_[f"{name.lower()}__bond"] in (3, 4)


def test_a_class_of_ones_own() -> None:
    @estimator("bond", "seed", "depth", "validation_fraction", "random_state", "progress")
    class Deep(Estimator):
        depth: int = 3
        forms_ = ()
        site_vectors = _labels = _unnormalised = None  # type: ignore[assignment]

    assert repr(Deep(4, depth=2)) == "Deep(bond=4, depth=2)"
    assert list(inspect.signature(Deep).parameters)[:3] == ["bond", "seed", "depth"]
    with pytest.raises(AssertionError, match="name every parameter once"):
        estimator("bond")(type("Flat", (Estimator,), {}))
