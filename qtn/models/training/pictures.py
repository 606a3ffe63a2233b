"""What fitted estimators show beyond their parameters: training curves, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.base import is_regressor
from sklearn.utils import estimator_html_repr
from sklearn.utils.validation import check_is_fitted

from qtn._checks import choice
from qtn._display import Display
from qtn._figures.axes import axes_of
from qtn._figures.curves import draw_steps
from qtn._optional import data_frame
from qtn.errors import ArgumentError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["TrainingPictures"]

HELD_OUT = "validation_"


class TrainingPictures:
    """The picture and the frame of an estimator's `history_`, and its table once it is fitted.

    `repr` and the diagram in a notebook are scikit-learn's; what was fitted stands below it.
    """

    def plot(self: Any, ax: Axes | None = None, *, kind: str = "loss") -> Axes:
        """Draw what was recorded while the model was trained, on rows held out too if there are.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.
            kind: "loss", "accuracy" or any other record of `history_`.

        Returns:
            The axes.

        Raises:
            NotFittedError: the model is not fitted.
            ArgumentError: another record, or a model that was made from tensors.
        """
        check_is_fitted(self, "history_")
        history = self.history_
        if not any(len(values) for values in history.values()):
            raise ArgumentError(
                "There is no training to draw: the model was not trained here, but made from "
                "tensors. Fit it, or draw its state: model.state(label).plot()."
            )
        kinds = [name for name in history if name != "epoch" and not name.startswith(HELD_OUT)]
        choice("kind", kind, kinds)
        records = {"training": history[kind], "validation": history.get(HELD_OUT + kind, ())}
        label = "time (s)" if kind == "seconds" else kind
        if kind == "loss":
            label += " (variances of the targets)" if is_regressor(self) else " (nats per sample)"
        return draw_steps(axes_of(ax), {type(self).__name__: records}, ylabel=label)

    def to_frame(self: Any) -> pd.DataFrame:
        """Return `history_` as a pandas data frame, one line per epoch.

        Raises:
            NotFittedError: the model is not fitted.
            MissingExtraError: pandas is not installed.
        """
        check_is_fitted(self, "history_")
        records = {name: values for name, values in self.history_.items() if len(values)}
        epochs = max(map(len, records.values()), default=0)
        columns = {n: v for n, v in records.items() if len(v) == epochs and n != "epoch"}
        return data_frame(
            [{"epoch": k + 1, **{n: v[k] for n, v in columns.items()}} for k in range(epochs)]
        )

    def __str__(self) -> str:
        return fitted_display(self).text() if hasattr(self, "history_") else repr(self)

    def _html_repr(self) -> str:
        table = fitted_display(self).html() if hasattr(self, "history_") else ""
        return str(estimator_html_repr(self)) + table


def fitted_display(model: Any) -> Display:
    """Return what came of the training of a fitted estimator."""
    history, recipe = model.history_, getattr(model, "recipe_", None)
    lasts = {name: values[-1] for name, values in history.items() if len(values)}
    classes = getattr(model, "classes_", None)
    shown = ("loss", HELD_OUT + "loss", "accuracy", HELD_OUT + "accuracy")
    rows = [
        ("parameters", ", ".join(f"{k}={v!r}" for k, v in _given(model).items()) or "the defaults"),
        ("columns", getattr(model, "n_features_in_", None)),
        ("classes", None if classes is None else classes.tolist()),
        ("recipe", None if recipe is None else f"{recipe.name}: {recipe.why}"),
        ("epochs", len(history.get("loss", ()))),
        ("best epoch", getattr(model, "best_epoch_", None)),
        *((f"last {name.replace('_', ' ')}", lasts.get(name)) for name in shown),
        ("status", getattr(model, "status_", None)),
    ]
    return Display(f"{type(model).__name__}, fitted", rows)


def _given(model: Any) -> dict[str, Any]:
    """Return the parameters that differ from those of a new estimator of the class."""
    usual = type(model)().get_params(deep=False)
    return {k: v for k, v in model.get_params(deep=False).items() if repr(v) != repr(usual[k])}
