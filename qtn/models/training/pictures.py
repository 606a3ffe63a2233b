"""Training curves of fitted estimators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.base import is_regressor
from sklearn.utils.validation import check_is_fitted

from qtn._checks import choice
from qtn._figures.axes import axes_of
from qtn._figures.curves import draw_steps
from qtn._optional import data_frame

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["TrainingPictures"]

HELD_OUT = "validation_"


class TrainingPictures:
    """The picture and the frame of an estimator's `history_`."""

    def plot(self: Any, ax: Axes | None = None, *, kind: str = "loss") -> Axes:
        """Draw what was recorded while the model was trained, on rows held out too if there are.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.
            kind: "loss", "accuracy" or any other record of `history_`.

        Returns:
            The axes.

        Raises:
            NotFittedError: the model is not fitted.
            ArgumentError: another record.
        """
        check_is_fitted(self, "history_")
        history = self.history_
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
