"""Fitted pipelines and searches taken apart: the trained network, and what rows pass before it."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline

from qtn._checks import fail
from qtn.errors import ArgumentError


def taken_apart(name: str, model: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return the last estimator of a model, and the fitted transformers before it, in turn.

    A search (`GridSearchCV` and its like) stands for its `best_estimator_`, a `Pipeline` for its
    last step, a `FrozenEstimator` for what it holds; whatever is none of these is returned as it
    is.

    Raises:
        ArgumentError: a search that was not fitted, or that was told not to refit the best.

    Example:
        >>> from sklearn.pipeline import make_pipeline
        >>> from sklearn.preprocessing import StandardScaler
        >>> from qtn.models import MPSClassifier
        >>> found, before = taken_apart("model", make_pipeline(StandardScaler(), MPSClassifier()))
        >>> type(found).__name__, before
        ('MPSClassifier', (StandardScaler(),))
    """
    before: list[Any] = []
    while True:
        if isinstance(model, Pipeline):
            steps = [step for _, step in model.steps if step not in (None, "passthrough")]
            if not steps:
                raise fail(name, "a pipeline that ends in a trained model", model)
            *first, model = steps
            before += first
        elif hasattr(model, "best_estimator_"):
            model = model.best_estimator_
        elif _searches(model):
            raise ArgumentError(
                f"Argument `{name}` is a {type(model).__name__} without a best estimator. Call "
                "fit(x, y) first, with refit=True."
            )
        elif type(model).__name__ == "FrozenEstimator" and hasattr(model, "estimator"):
            model = model.estimator
        else:
            return model, tuple(before)


def passed(before: tuple[Any, ...], x: Any) -> Any:
    """Return rows after the transformers, as the pipeline's last step gets them.

    Raises:
        ArgumentError: a transformer cannot take them.
    """
    for transformer in before:
        try:
            x = transformer.transform(x)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ArgumentError(
                f"Argument `x` does not pass {type(transformer).__name__}, a step before the "
                f"model: {error}"
            ) from error
    return x


def _searches(model: Any) -> bool:
    """Say whether a model is a search over parameters, by what all of scikit-learn's have."""
    return hasattr(model, "refit") and hasattr(model, "estimator") and hasattr(model, "cv")
