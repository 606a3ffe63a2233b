"""Rows of the comparison: do its intervals hold what they say, and what does a comparison cost?

Coverages of accuracies and of their differences are exact: summed over all outcomes with their
probabilities, nothing simulated. Those of errors and R² are over 2,000 simulated test sets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import stats

import qtn
from benchmarks import report
from qtn.reports.measures import number_measures
from qtn.statistics import compare_hits, interval_of, proportion_interval
from qtn.statistics.paired import HIT_DRAWS

ROWS = (20, 60, 200, 1000)
SHARES = np.linspace(0.5, 0.995, 100)  # true accuracies
# Test rows, and the chances that the second, or the first, model alone is right.
PAIRS = (
    *((50, 0.02, 0.0), (50, 0.04, 0.02), (50, 0.1, 0.02), (200, 0.01, 0.0), (200, 0.02, 0.02)),
    *((200, 0.05, 0.01), (360, 0.005, 0.005), (360, 0.06, 0.02), (1000, 0.02, 0.01)),
)
UNLIKELY = 1e-7  # outcomes that are left out
NORMAL = float(stats.norm.ppf(0.975))
Interval = Callable[[int, int], tuple[float, float]]


def coverage_of_proportions(table: report.Table) -> None:
    """Coverage of 95 % intervals of an accuracy, on average and at worst over true accuracies."""
    plain = {n: _coverage(n, _normal_interval) for n in ROWS}
    for method, bar in (("wilson", 0.945), ("clopper-pearson", 0.95)):
        found = {n: _coverage(n, _named(method)) for n in ROWS}
        figure = np.mean if method == "wilson" else np.min
        worst = min(float(figure(c)) for c in found.values())
        peer = min(float(figure(c)) for c in plain.values())
        kind = "mean" if method == "wilson" else "worst"
        lowest = ", ".join(f"n={n}: {c.mean():.3f} (worst {c.min():.3f})" for n, c in found.items())
        table.at_least(
            f"coverage at 95 %, accuracy, {method}, {kind} over true accuracies", worst, bar,
            peer=peer, peer_name="value ± 1.96 σ", note=lowest,
        )  # fmt: skip


def coverage_of_differences(table: report.Table) -> None:
    """Coverage of 95 % intervals of the difference of two accuracies on the same rows."""
    ours = [_pair_coverage(*pair, _difference) for pair in PAIRS]
    plain = [_pair_coverage(*pair, _plain_bootstrap) for pair in PAIRS]
    widths = ", ".join(
        f"n={n}, {b:g}/{c:g}: {x:.3f} (plain {y:.3f})"
        for (n, b, c), x, y in zip(PAIRS, ours, plain, strict=True)
    )
    table.at_least(
        "coverage at 95 %, difference of accuracies, worst of nine cases", min(ours), 0.94,
        peer=min(plain), peer_name="plain bootstrap", note=widths,
    )  # fmt: skip


def coverage_of_errors(table: report.Table) -> None:
    """Coverage of 95 % intervals of the error of a regressor and of R²."""
    rng, sets, rows = np.random.default_rng(18), 2000, 100
    held = {"RMSE": 0, "R²": 0}
    true = {"RMSE": 0.5, "R²": 1 - 0.25 / 1.25}
    for _ in range(sets):
        signal, noise = rng.normal(size=(2, rows))
        for measure in number_measures(signal, signal + 0.5 * noise, 0.95):
            held[measure.name] += measure.low <= true[measure.name] <= measure.high
    for name, count in held.items():
        table.at_least(
            f"coverage at 95 %, {name} of 100 rows, jackknife", count / sets, 0.93,
            note=f"{sets} sets, ± {np.sqrt(0.05 * 0.95 / sets):.3f}",
        )  # fmt: skip


def false_alarms(table: report.Table) -> None:
    """Any difference found among six models that are equally good, with and without Holm."""
    rng, sets, models, rows = np.random.default_rng(19), 400, 6, 200
    alarms, bare = 0, 0
    for _ in range(sets):
        easy = rng.uniform(size=rows) < 0.8
        hits = np.where(easy, True, rng.uniform(size=(models + 1, rows)) < 0.5)
        p = [compare_hits(hits[0], other).p_value for other in hits[1:]]
        alarms += qtn.statistics.holm(p).min() <= 0.05
        bare += min(p) <= 0.05
    table.at_most(
        "false alarms at 5 %, six equal models against a seventh, exact McNemar + Holm",
        alarms / sets, 0.05, peer=bare / sets, peer_name="without Holm",
        note=f"{sets} sets of {rows} rows",
    )  # fmt: skip


def cost(table: report.Table) -> None:
    """CPU seconds of a comparison beside those of its evaluations, called one by one."""
    data = qtn.load_digits(size=4, classes=(0, 1), seed=18, test_fraction=0.5)
    model = qtn.MPSClassifier(bond=8, seed=0, progress=False).fit(data.x_train, data.y_train)
    quantum = qtn.deploy(
        model, qtn.Staircase(layers=1), device="FakeAlgiers", shots=1024, progress=False
    )
    x, y = data.x_test, data.y_test

    def apart() -> None:
        model.predict(x), model.scores(x), quantum.ideal_scores(x)
        replace(quantum, device="tensor").scores(x)
        quantum.scores(x)

    pair = report.paired_medians(
        lambda: qtn.compare(model, quantum, x, y, progress=False), apart, 3
    )
    table.at_most(
        "cost of a comparison, 180 rows, 16 qubits, noisy", pair.ours, 1.3 * pair.peer,
        peer=pair.peer, unit="s", peer_name="its evaluations one by one",
        note="CPU s; above them are dry runs, intervals and tests",
    )  # fmt: skip
    train = (data.x_train, data.y_train)
    seconds = report.cpu_seconds(lambda: qtn.compare(model, (), x, y, train=train, progress=False))
    table.at_most("baselines of 180 training rows, 16 columns", seconds, 3.0, unit="s")


def _named(method: str) -> Interval:
    return lambda k, n: proportion_interval(k, n, method=method)


def _normal_interval(k: int, n: int) -> tuple[float, float]:
    half = NORMAL * np.sqrt(k / n * (1 - k / n) / n)
    return k / n - half, k / n + half


def _coverage(n: int, interval: Interval) -> np.ndarray:
    """The chance that the interval holds the truth, at every true accuracy."""
    ends = np.array([interval(k, n) for k in range(n + 1)])
    chance = stats.binom.pmf(np.arange(n + 1)[:, None], n, SHARES)
    inside = (ends[:, :1] <= SHARES) & (ends[:, 1:] >= SHARES)
    return np.asarray((chance * inside).sum(axis=0))


def _pair_coverage(n: int, b: float, c: float, interval: Callable[..., Any]) -> float:
    """The chance that an interval of the difference holds the truth b - c."""
    most = [int(stats.binom.ppf(1 - UNLIKELY, n, p)) for p in (b, c)]
    held = whole = 0.0
    for wins in range(most[0] + 1):
        for losses in range(most[1] + 1):
            counts = [wins, losses, n - wins - losses]
            chance = float(stats.multinomial.pmf(counts, n, [b, c, 1 - b - c]))
            if chance < UNLIKELY:
                continue
            low, high = interval(*counts)
            whole += chance
            held += chance * (low - 1e-12 <= b - c <= high + 1e-12)
    return held / whole


def _difference(wins: int, losses: int, rest: int) -> tuple[float, float]:
    first = np.repeat([False, True, True], [wins, losses, rest])
    second = np.repeat([True, False, True], [wins, losses, rest])
    found = compare_hits(first, second)
    return found.low, found.high


def _plain_bootstrap(wins: int, losses: int, rest: int) -> tuple[float, float]:
    """Draw with the observed shares, nothing raised."""
    n = wins + losses + rest
    shares = np.array([wins, losses, rest]) / n
    drawn = np.random.default_rng(0).multinomial(n, shares, size=HIT_DRAWS)
    return interval_of((drawn[:, 0] - drawn[:, 1]) / n)


def rows(table: report.Table) -> None:
    """All rows of the comparison."""
    coverage_of_proportions(table)
    coverage_of_differences(table)
    coverage_of_errors(table)
    false_alarms(table)
    cost(table)
