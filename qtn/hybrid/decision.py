"""Shots to a decision, and which form needs the fewest of them: known before anything runs.

What a row's decision takes follows from the exact scores (`qtn.hybrid.forms.signal`); these come
from the trained network before anything is compiled, and from the compiled circuits afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from qtn._checks import real
from qtn._display import Display, Displayed
from qtn._figures.axes import axes_of
from qtn._figures.palette import BLUE, GREY
from qtn.devices import resolve, transpile_for
from qtn.devices.placement.expected import expected_fidelity, idle_fidelity
from qtn.errors import ArgumentError
from qtn.hybrid.forms.base import Form
from qtn.hybrid.forms.choose import chosen_form, suited
from qtn.hybrid.forms.signal import Signal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
ERROR = 0.05  # of a decision, unless asked otherwise
AS_GOOD = 0.8  # a later form must take fewer shots than this share of an earlier one's


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Decision(Displayed):
    """The shots that decide the classes of rows as the exact scores do.

    Args:
        form: name of the form.
        shots: per row, of all its circuits together; infinite where noise turns the order.
        error: probability of another class than that of the exact scores, at most.
        given: shots per row, of all circuits together, that there are.
        least: per row the shots that would decide if all other classes were silent: ln(1/error)
            over the counts per shot of the winner.
        keep: share of the signal that the device's noise is expected to leave; 1 without noise.
    """

    form: str
    shots: Floats
    error: float
    given: int
    least: Floats
    keep: float = 1.0

    @classmethod
    def of(cls, form: Form, signal: Signal, shots: int, error: float, keep: float = 1.0) -> Self:
        """Return the decision that a signal allows with these shots per circuit."""
        name, given = type(form).__name__, shots * signal.circuits
        with np.errstate(divide="ignore"):
            least = np.log(1.0 / error) / (keep * signal.most())
        return cls(name, signal.shots(error, keep), error, given, least, keep)

    def _brief(self) -> str:
        return self.says()

    def _display(self) -> Display:
        rows = [
            ("form", self.form),
            ("rows", len(self.shots)),
            ("error of a decision", f"{self.error:.3g}"),
            ("shots that decide half of the rows", _count(self.median)),
            ("80 % of the rows", _count(self.quantile(0.8))),
            ("shots given", _count(self.given)),
            ("they decide", f"{self.decided:.0%} of the rows"),
            ("signal kept by noise", f"{self.keep:.0%}" if self.keep < 1 else None),
        ]
        return Display("Shots per row", rows)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the share of the rows that so many shots decide.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.

        Returns:
            The axes; the dotted line is what is given.
        """
        axes, found = axes_of(ax), np.sort(self.shots[np.isfinite(self.shots)])
        shares = np.arange(1, len(found) + 1) / len(self.shots)
        axes.step(found, shares, where="post", color=BLUE)
        axes.axvline(self.given, color=GREY, ls=":")
        axes.set(xscale="log", xlabel="shots per row", ylabel="share of the rows decided")
        axes.set_ylim(0.0, 1.02)
        return axes

    def says(self) -> str:
        """Return all that in one sentence."""
        noise = f", noise leaving {self.keep:.0%} of the signal" if self.keep < 1 else ""
        return (
            f"{self.form}: {_shots(self.median)} per row decide at {1 - self.error:.0%} "
            f"(median; {_count(self.quantile(0.8))} for 80 % of {len(self.shots)} rows{noise}); "
            f"{_count(self.given)} are given, which decide {self.decided:.0%} of the rows"
        )

    @property
    def median(self) -> float:
        """Median over the rows."""
        return self.quantile(0.5)

    @property
    def starved(self) -> bool:
        """Whether most rows get too few counts for a decision, however the other classes do."""
        return bool(np.median(self.least) > self.given)

    @property
    def decided(self) -> float:
        """Share of the rows that the shots given decide."""
        return float(np.mean(self.shots <= self.given))

    def quantile(self, share: float) -> float:
        """Return the shots that decide this share of the rows.

        Example:
            >>> shots = np.array([10.0, 20.0, 40.0, 80.0, 160.0])
            >>> decision = Decision("Overlap", shots, 0.05, 50, least=shots / 2)
            >>> decision.quantile(0.8), decision.median, decision.decided
            (80.0, 40.0, 0.6)
        """
        real("share", share, 0.0, 1.0)
        return float(np.quantile(self.shots, share, method="inverted_cdf"))


@dataclass(frozen=True, slots=True)
class Choice:
    """A form, and why.

    Args:
        form: the form.
        why: the reason in a sentence or two; empty for a form that was given.
    """

    form: Form
    why: str = ""


def best_form(form: Any, model: Any, rows: Any, shots: int, error: float = ERROR) -> Choice:
    """Return the form that a model is deployed in.

    Args:
        form: as `qtn.deploy` takes it. "auto" takes, of the forms that suit the model, the one
            whose decisions take the fewest shots; an earlier one in `FORMS`, whose circuits are
            shorter, unless a later one takes a fifth fewer.
        model: a trained model; fitted, if rows are to be judged.
        rows: as the model takes them; None takes the training rows whose scores it remembers.
        shots: per row and circuit.
        error: of a decision.

    Raises:
        ArgumentError: no form, or none that gives most rows enough counts for a decision.
    """
    if not (isinstance(form, str) and form == "auto"):
        return Choice(chosen_form(form, model))
    scores = _scores(model, rows)
    forms = list(suited(model).values())
    judged = [] if scores is None else [(f, _judged(f, model, scores, shots, error)) for f in forms]
    known = [(f, d) for f, d in judged if d is not None]
    if not known:
        return Choice(chosen_form(form, model), _unjudged(forms))
    best = known[0]
    for candidate in known[1:]:
        if candidate[1].median < AS_GOOD * best[1].median:
            best = candidate
    others = [d for f, d in known if f is not best[0]]
    if best[1].starved:
        _refuse(best[1], others)
    return Choice(best[0], _reason(best[1], others))


def refuse_starved(decision: Decision) -> None:
    """Raise `ArgumentError` where no row could be decided even if all other classes were silent."""
    needed = float(np.min(decision.least, initial=np.inf))
    if needed > decision.given:
        raise ArgumentError(
            f"Argument `shots` is too small for any decision: {decision.form} would take at least "
            f"{_count(needed)} shots in all for the clearest of these rows, but "
            f"{_count(decision.given)} are given. Give more shots, or train with isometric=True, "
            "where every shot counts; `scores` measures the values as they are."
        )


def expected_keep(circuits: Sequence[QuantumCircuit], device: Any, seed: int = 0) -> float:
    """Return the share of a signal that the noise of a device is expected to leave.

    The product of (1 - error) over gates, waiting and readout of the circuit with the most
    two-qubit gates, as the device tells them, after routing. An error that leaves an outcome as it
    is counts as one, so that the estimate is rather too low.
    """
    target = resolve(device).target
    if target is None:
        return 1.0
    longest = max(circuits, key=lambda c: c.num_nonlocal_gates())
    found = transpile_for(longest, device, seed)
    return expected_fidelity(found, target) * idle_fidelity(found, target)


def _scores(model: Any, rows: Any) -> Floats | None:
    """Return the scores of rows, or of those that the model remembers."""
    if rows is not None:
        return np.asarray(model.scores(rows)) if hasattr(model, "scores") else None
    found = getattr(model, "seen_scores_", None)
    return None if found is None or not len(found) else np.asarray(found)


def _judged(form: Form, model: Any, scores: Floats, shots: int, error: float) -> Decision | None:
    signal = form.foreseen(model, scores)
    if signal is None:
        return None
    return Decision.of(form, signal, shots, error)


def _reason(best: Decision, others: Sequence[Decision]) -> str:
    text = best.says()
    for other in others:
        text += f"; {other.form} would take {_count(other.median)}"
        if other.median <= best.median / AS_GOOD:
            text += " in one longer circuit"
    return text + "."


def _unjudged(forms: Sequence[Form]) -> str:
    if len(forms) < 2:
        return "the only form that suits the model"
    return "the first form that suits the model; give rows=, and the shots are computed"


def _refuse(best: Decision, others: Sequence[Decision]) -> None:
    names = " and ".join(d.form for d in (best, *others))
    counts = best.given * np.log(1.0 / best.error) / float(np.median(best.least))
    raise ArgumentError(
        f"No form of this model decides within the shots ({names} would suit it): the likeliest "
        f"class of a row gets {counts:.2g} counts (median). {best.says()}. Train with "
        "isometric=True, where every shot counts; give more shots; or name the form, such as "
        'form="overlap", if the scores are wanted as they are.'
    )


def _count(number: float) -> str:
    """Return a number of shots with three digits."""
    if not np.isfinite(number):
        return "no number"
    return f"{number:,.0f}" if number < 1e7 else f"{number:.2g}"


def _shots(number: float) -> str:
    return f"{_count(number)} {'shots' if np.isfinite(number) else 'of shots'}"
