r"""Values over time, and how far the errors of the evolution may have moved them.

If the state is off by a vector of norm ε, a value is off by at most

.. math:: |\langle O \rangle_{ψ+δ} - \langle O \rangle_ψ| \le 2 ε \|O\|,
    \quad \|O\| \le \sum_k |c_k|

for O = Σ c_k P_k, to first order in ε. The evolution tells ε: the estimated error of its steps and
the square root of the weight that it cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail
from qtn._display import Display, Displayed, Table
from qtn._figures.axes import axes_of, chosen
from qtn._figures.curves import draw_curves
from qtn._optional import data_frame
from qtn.interop.observables import products_of
from qtn.physics.door import evolve_through
from qtn.physics.values import expectation

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["TimeSeries", "follow"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TimeSeries(Displayed):
    """What was seen of an evolving state.

    Args:
        times: in inverse energy, shape (times,).
        values: by name of the observable, shape (times,).
        bars: by name, how far the errors of the evolution may have moved the values.
        errors: estimated norm of the error of the state, shape (times,).
        entropies: entropy of the most entangled cut, of a tree bond, in nats.
        bonds: largest bond dimension.
    """

    times: Array
    values: Mapping[str, Array]
    bars: Mapping[str, Array]
    errors: Array
    entropies: Array
    bonds: NDArray[np.int64]

    def plot(self, ax: Axes | None = None, *, kind: str = "values") -> Axes:
        """Draw the values over time, the error of the state, or its entanglement.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.
            kind: "values", with bars; "error", the norm of the error of the state; "entropy", of
                the most entangled cut.

        Returns:
            The axes.

        Raises:
            ArgumentError: another kind.
        """
        time = "time (1/energy)"
        draw = chosen(kind, {
            "values": lambda axes: draw_curves(
                axes, self.times, self.values, self.bars, xlabel=time, ylabel="expectation value"
            ),
            "error": lambda axes: draw_curves(
                axes, self.times, {"error": np.maximum(self.errors, 1e-16)},
                xlabel=time, ylabel="error of the state (norm)", log=True,
            ),
            "entropy": lambda axes: draw_curves(
                axes, self.times, {"entropy": self.entropies},
                xlabel=time, ylabel="largest entropy of a cut (nats)",
            ),
        })  # fmt: skip
        found: Axes = draw(axes_of(ax))
        return found

    def to_frame(self) -> pd.DataFrame:
        """Return one line per time as a pandas data frame: values, error, entropy, bond.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        columns = {
            "time": self.times, **self.values, "error": self.errors,
            "entropy": self.entropies, "bond": self.bonds,
        }  # fmt: skip
        lists = {name: np.asarray(column).tolist() for name, column in columns.items()}
        return data_frame(
            [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
        )

    def _brief(self) -> str:
        return (
            f"{len(self.times)} times to {self.times[-1]:g}, {', '.join(self.values)}, "
            f"error {self.errors[-1]:.1e}"
        )

    def _display(self) -> Display:
        columns = [self.times, *self.values.values(), self.errors, self.bonds]
        rows = [tuple(column[k] for column in columns) for k in range(len(self.times))]
        table = Table(("time", *self.values, "error", "bond"), rows)
        return Display("Values over time", tables=[table])


def follow(
    hamiltonian: Any, state: Any, times: Iterable[float], observables: Any, **options: Any
) -> TimeSeries:
    """Evolve a state and return the values of observables on the way.

    Args:
        hamiltonian: as in `qtn.evolve`.
        state: at time zero.
        times: rising real times.
        observables: one observable, or a mapping of names to observables.
        **options: `cutoff`, `max_bond`, `method`, `progress` of `qtn.evolve`.

    Returns:
        Values with the bars that the estimated errors of the evolution leave.

    Raises:
        ArgumentError: as in `qtn.evolve`; no time, or an observable on another number of qubits.

    Cost: that of `qtn.evolve` to the last time, and a contraction per time and observable.

    Example:
        >>> import qtn
        >>> seen = follow(qtn.chain("tfim", 4), "zeros", [0.0, 0.5], {"first": "IIIZ"})
        >>> seen.values["first"].round(3).tolist()
        [1.0, 0.577]
    """
    known = isinstance(observables, Mapping) and not _is_sum(observables)
    named = dict(observables) if known else {"value": observables}
    weights = {
        name: sum(abs(term.coefficient) for term in products_of(one, None, "observables"))
        for name, one in named.items()
    }
    moments, rows = np.asarray(list(times), float), []
    for current in evolve_through(hamiltonian, state, moments, **options):
        rows.append((*_seen(current), expectation(current, list(named.values()))))
    if not rows:
        raise fail("times", "at least one time", moments)
    errors, entropies, bonds = (np.array(column) for column in list(zip(*rows))[:3])
    found = dict(zip(named, np.array([row[3] for row in rows]).T, strict=True))
    bars = {name: 2.0 * weight * errors for name, weight in weights.items()}
    return TimeSeries(moments, found, bars, errors, entropies, bonds)


def _is_sum(observables: Mapping[Any, Any]) -> bool:
    """Whether a mapping is one observable: labels to coefficients."""
    return all(
        isinstance(value, int | float | complex | np.number) for value in observables.values()
    )


def _seen(state: Any) -> tuple[float, float, int]:
    """Return the error of a state, the entropy of its most entangled cut, its largest bond."""
    origin = state.origin
    known = hasattr(origin, "truncation_error") and hasattr(origin, "step_error")
    error = float(origin.truncation_error + origin.step_error) if known else 0.0
    return error, float(np.max(state.entropies(), initial=0.0)), state.max_bond
