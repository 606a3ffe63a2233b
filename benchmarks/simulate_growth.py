"""How our kernels grow: n = 25 … 400 and bond 16 … 256, and the fraction of the matrix peak."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import report

LENGTHS = (25, 50, 100, 200, 400)
BONDS = (16, 32, 64, 128, 256)
FIGURE = report.PICTURES / "simulate_growth.png"


def random_state(n: int, bond: int, seed: int = 0) -> list[np.ndarray]:
    """A random complex chain in right-canonical form."""
    from qtn.states.kernels.gauge import canonicalise

    rng = np.random.default_rng(seed)
    sizes = [min(bond, 2**i, 2 ** (n - i)) if min(i, n - i) < 9 else bond for i in range(n + 1)]
    shapes = [(sizes[i], 2, sizes[i + 1]) for i in range(n)]
    chain = [(rng.normal(size=s) + 1j * rng.normal(size=s)) / (2 * s[2]) ** 0.5 for s in shapes]
    chain = canonicalise(chain, 0)
    chain[0] = chain[0] / np.linalg.norm(chain[0])
    return chain


def peak(side: int = 512) -> float:
    """Flops per second of a complex product, best of a few."""
    a = np.random.default_rng(0).normal(size=(side, side)) * (1 + 1j)
    return 8.0 * side**3 / best(lambda: a @ a, 4)


def best(job: Callable[[], Any], repeats: int = 3) -> float:
    """Shortest processor time of a few calls; long jobs are called once."""
    times: list[float] = []
    while len(times) < repeats and sum(times) < 0.5:
        start = time.process_time()
        job()
        times.append(time.process_time() - start)
    return max(min(times), 1e-6)


def measure(n: int, bond: int) -> dict[str, tuple[float, float]]:
    """Seconds of the kernels on a random state, and the fraction of the peak that they reach.

    The peak is measured beside every kernel: on a shared machine it changes from minute to minute.
    """
    from benchmarks.simulate_jobs import energy_terms
    from qtn.states.kernels.expectation import product_sum
    from qtn.states.kernels.overlap import log_overlap
    from qtn.states.kernels.sample import amplitudes_of, sample_chain

    a, b = random_state(n, bond), random_state(n, bond, 1)
    terms = energy_terms(n)
    bits = np.random.default_rng(0).integers(0, 2, (1000, n))
    pairs = [(t.shape[0], t.shape[2]) for t in a]
    sides = sum(8.0 * x * y for x, y in pairs)  # one row through every site, one level
    cubes = sum(16.0 * x * y * (x + y) for x, y in pairs)
    half = sum(8.0 * x * y * y for x, y in pairs)
    rng = np.random.default_rng(1)
    kernels: dict[str, tuple[Callable[[], Any], float]] = {
        "overlap": (lambda: log_overlap(a, b), cubes),
        "energy": (lambda: product_sum(a, terms, center=0), cubes + half),
        "1000 amplitudes": (lambda: amplitudes_of(a, bits), 1000 * sides),
        "1000 samples": (lambda: sample_chain(a, 1000, rng), 2000 * sides),
    }
    out = {}
    for name, (job, flops) in kernels.items():
        before = peak()
        seconds = best(job)
        out[name] = (seconds, flops / seconds / max(before, peak()))
    return out


def rows(table: report.Table) -> None:
    """Measure, add rows, draw the figure."""
    by_length = {n: measure(n, 64) for n in LENGTHS}
    by_bond = {chi: measure(50, chi) for chi in BONDS}
    for kernel in by_length[LENGTHS[0]]:
        seconds = [by_length[n][kernel][0] for n in LENGTHS]
        power = np.polyfit(np.log(LENGTHS[1:]), np.log(seconds[1:]), 1)[0]
        share = by_bond[256][kernel][1]
        table.inform(
            f"growth of {kernel}",
            " ".join(report.number(s) for s in seconds),
            note=f"s at n = 25…400, bond 64: power {power:.2f}; {share:.0%} of peak at bond 256",
        )
    draw(by_length, by_bond)
    note = f"of a complex product of side 512; drawn in docs/pictures/{FIGURE.name}"
    table.inform("matrix-product peak", f"{peak() / 1e9:.0f} Gflop/s", note=note)


def draw(by_length: Any, by_bond: Any) -> None:
    """Write the figure with three panels: time over n, time over bond, fraction of the peak."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(12, 3.6), layout="constrained")
    for kernel in by_length[LENGTHS[0]]:
        left.loglog(LENGTHS, [by_length[n][kernel][0] for n in LENGTHS], "o-", label=kernel)
        middle.loglog(BONDS, [by_bond[c][kernel][0] for c in BONDS], "o-", label=kernel)
        right.semilogx(BONDS, [by_bond[c][kernel][1] for c in BONDS], "o-", label=kernel)
    left.set(xlabel="sites", ylabel="processor seconds", title="bond 64")
    middle.set(xlabel="bond", title="50 sites")
    right.set(xlabel="bond", ylabel="fraction of the matrix peak", ylim=(0, 1))
    for panel, ticks in ((left, LENGTHS), (middle, BONDS), (right, BONDS)):
        panel.set_xticks(ticks, [str(k) for k in ticks])
        panel.minorticks_off()
    left.legend(fontsize=7)
    figure.savefig(FIGURE, dpi=110)
    plt.close(figure)
