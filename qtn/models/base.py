"""What all estimators have in common: parameters, each declared once, and the seed of a fit.

An estimator is a dataclass. Each parameter is one field, declared in the highest class all of whose
subclasses have it; a class repeats a field only to give it another default. `estimator` makes the
constructor, which assigns and checks nothing, as scikit-learn wants it: `fit` checks.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast, dataclass_transform, get_type_hints

from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from qtn._checks import fail, instance, real
from qtn._random import RandomState, chosen_seed
from qtn.models.forms.compilable import Compilable
from qtn.models.training.pictures import TrainingPictures

Class = TypeVar("Class", bound=type)
Model = TypeVar("Model")


@dataclass_transform(eq_default=False, kw_only_default=True, field_specifiers=(field,))
def estimator(*order: str) -> Callable[[Class], Class]:
    """Make a class with fields an estimator with these parameters.

    Args:
        order: the names of all parameters in the order in which help shows them, the most telling
            first; none for a base class, which nobody makes.

    Example:
        >>> @estimator("depth", "tolerance")
        ... class Deep(BaseEstimator):
        ...     tolerance: float = 1e-3
        ...     depth: int = 3
        >>> Deep(depth=2)
        Deep(depth=2)
    """

    def made(cls: Class) -> Class:
        dataclass(eq=False, repr=False, kw_only=True)(cls)
        if order:
            signature = inspect.signature(cls)
            shown = [signature.parameters[name] for name in order]
            assert len(shown) == len(signature.parameters), "name every parameter once"
            cls.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined]
            # Fields are annotated in several modules: names are looked up where they were written.
            hints = get_type_hints(cls)
            constructor = vars(cls)["__init__"]
            constructor.__annotations__ = {name: hints[name] for name in order} | {"return": None}
        return cls

    return made


def fitted_as(name: str, model: Any, kind: Callable[..., Model], noun: str, way_out: str) -> Model:
    """Return `model` if it is a fitted one of a kind.

    Args:
        name: of the argument.
        model: what was given.
        kind: the class it must be of.
        noun: what an error calls it, "a fitted classifier".
        way_out: what an error advises.

    Raises:
        ArgumentError: it is none, or not fitted.
    """
    found: Model = instance(name, model, cast(type, kind), noun, way_out=way_out)
    try:
        check_is_fitted(found)
    except NotFittedError as error:
        raise fail(name, noun, model, way_out) from error
    return found


@estimator()
class Estimator(TrainingPictures, Compilable, BaseEstimator):
    """Base of all estimators; see `MPSClassifier` and `MPSBornMachine` for the parameters."""

    bond: Any = field(default=8, kw_only=False)
    validation_fraction: float = 0.0
    seed: int = 0
    random_state: RandomState = None
    progress: bool | None = None

    def _check_parameters(self) -> None:
        """Raise `ArgumentError` unless all parameters can be used, and choose the seed of a fit."""
        real("validation_fraction", self.validation_fraction, 0.0, 0.9)
        self._seed = chosen_seed(self.seed, self.random_state)
