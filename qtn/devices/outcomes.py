"""Outcomes and values of a run as figures, and as the lines of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qtn._display import Table, with_error
from qtn._figures.histogram import draw_histogram
from qtn._figures.intervals import draw_values
from qtn.estimate import Estimate
from qtn.statistics.proportions import proportion_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_counts", "draw_estimates", "found_table", "value_rows"]

CONFIDENCE, SIGMAS = 0.95, 1.96
_SHOWN = 100  # lines of a table of what was found


def draw_counts(ax: Axes, counts: Mapping[str, int], most: int) -> Axes:
    """Draw the share of every outcome with its Wilson interval of 95 %.

    Args:
        ax: where to draw.
        counts: by bit string.
        most: outcomes that get a bar of their own; the rest share a last one.
    """
    total = sum(counts.values())
    ranked = sorted(counts, key=lambda outcome: (-counts[outcome], outcome))
    names, others = sorted(ranked[:most]), ranked[most:]
    hits = [counts[name] for name in names]
    if others:
        names, hits = [*names, f"{len(others)} others"], [*hits, sum(counts[o] for o in others)]
    ends = np.array([proportion_interval(k, total, CONFIDENCE) for k in hits])
    label = f"share of {total:,} shots, {100 * CONFIDENCE:g} % intervals"
    shares = np.array(hits) / total
    return draw_histogram(ax, names, shares, *ends.T, ylabel=label, rest=int(bool(others)))


def draw_estimates(ax: Axes, estimates: Sequence[Estimate]) -> Axes:
    """Draw the real parts of all values with 1.96 standard errors."""
    values = np.concatenate([np.ravel(e.value).real for e in estimates])
    errors = np.concatenate([np.ravel(e.stderr) for e in estimates])
    return draw_values(
        ax, values, SIGMAS * errors, xlabel="value", ylabel="expectation value", unit="95 %"
    )


def found_table(pubs: Sequence[Any]) -> Table:
    """Return what was found: the values, or else the most frequent outcomes of the first circuit.

    A table of a long run holds its beginning.
    """
    if all(pub.estimate is not None for pub in pubs):
        rows = [
            (r["circuit"], r["binding"], r["observable"], with_error(r["value"], r["stderr"]))
            for r in value_rows(pubs[:_SHOWN])
        ]
        return Table(("circuit", "binding", "observable", "value"), rows[:_SHOWN])
    counts = dict(pubs[0].bits[0].get_counts()) if pubs and pubs[0].bits else {}
    total = max(sum(counts.values()), 1)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]
    which = "the most frequent outcomes" + (" of the first circuit" if len(pubs) > 1 else "")
    shares = [(outcome, hits, f"{hits / total:.3f}") for outcome, hits in ranked]
    return Table(("outcome", "count", "share"), shares, which, most=10)


def value_rows(pubs: Sequence[Any]) -> list[dict[str, Any]]:
    """Return one line per circuit, binding and observable."""
    rows = []
    for circuit, pub in enumerate(pubs):
        found = pub.estimate
        bound = bool(pub.bits[0].shape) if pub.bits else bool(found.shape)
        value, stderr = np.asarray(found.value), np.asarray(found.stderr)
        for index in np.ndindex(value.shape):
            places = index if bound else (0, *index)
            binding, observable = (*places, 0, 0)[:2]
            rows.append(
                {"circuit": circuit, "binding": binding, "observable": observable,
                 "value": value[index].item(), "stderr": stderr[index].item(),
                 "shots": found.shots, "method": found.method}
            )  # fmt: skip
    return rows
