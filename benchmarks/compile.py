"""State to short circuit: infidelity at equal depth and time to it, beside the peers.

Targets are those of `benchmarks.compile_targets`; the peers run in an environment of their own
(`make bench-compile` builds it) on the same target from the same start circuit. Times are CPU
seconds of one thread, compilation of the peers included where a row says "in all". Seeds run in one
process after the compiled kernels have been loaded; what the first run of all pays for compiling
them has its own row. Starts that are given are turned by small random angles for every seed but the
first; grown circuits have no random part.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

import qtn
from benchmarks import (
    compile_chains,
    compile_depth,
    compile_devices,
    compile_kcuf3,
    compile_networks,
    compile_operators,
    compile_plugins,
    compile_shallow,
    compile_share,
    compile_short,
    compile_trees,
    parts,
    report,
)
from benchmarks import compile_peers as peers
from benchmarks import compile_targets as targets
from benchmarks.compile_targets import Problem
from qtn.aqc import Brickwall, Staircase, Window
from qtn.aqc.kernels.choose import choose_kernel

SEEDS, BUDGET = 5, 900.0  # seeds of a row, and CPU seconds that they may take together
KICK = 0.01  # radian by which a seed turns a given start
CUT = 1e-7  # weight that bonds may lose where one gradient is timed


@dataclass(frozen=True, slots=True)
class Goal:
    """One compilation: how we do it, what it must reach, and by when on the way.

    With `aim` the search is told the bar.
    """

    name: str
    problem: Callable[[], Problem]
    method: Callable[[Problem, int], Any]
    bar: float
    on_the_way: tuple[tuple[float, float], ...] = ()
    seconds: float | None = None
    blocks: int | None = None
    two_qubit_gates: int | None = None
    two_qubit_depth: int | None = None
    memory_gb: float | None = None
    aim: bool = False
    quick: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What one compilation gave: CPU seconds, and the trace in CPU seconds."""

    compiled: Any
    seconds: float
    trace: tuple[tuple[float, float], ...]

    def time_to(self, goal: float) -> float | None:
        return next((seconds for seconds, value in self.trace if value <= goal), None)


def from_shape(
    layers: int, steps: int = 600, tolerance: float = 2e-3
) -> Callable[[Problem, int], Any]:
    """Brickwall from the start circuit that the peers get too."""

    def build(problem: Problem, seed: int) -> Any:
        if problem.shape is None:
            raise ValueError(f"{problem.name} has no start circuit")
        start = (problem.shape.bonds, kicked(problem.shape.gates, seed))
        return Brickwall(layers=layers, start=start, steps=steps, tolerance=tolerance)

    return build


def kicked(gates: targets.Blocks, seed: int) -> targets.Blocks:
    """Return the blocks turned by random angles of size `KICK`; seed 0 leaves them alone."""
    if seed == 0:
        return gates
    rng = np.random.default_rng(seed)
    parts = rng.normal(size=(2, *gates.shape)) * KICK
    matrices = parts[0] + 1j * parts[1]
    return targets.exponentials(matrices + matrices.conj().transpose(0, 2, 1), 0.5j) @ gates


def brickwall(layers: int, **options: Any) -> Callable[[Problem, int], Any]:
    return lambda _problem, _seed: Brickwall(layers=layers, **options)


def staircase(layers: int, **options: Any) -> Callable[[Problem, int], Any]:
    return lambda _problem, _seed: Staircase(layers=layers, **options)


def quench(n: int, time_: float, layers: int) -> Callable[[], Problem]:
    return lambda: targets.heisenberg_quench(n, time_, layers)


def named(name: str, n: int) -> Callable[[], Problem]:
    return lambda: targets.tutorial(name, n)


GOALS = (
    Goal("doc-50, 3 layers", named("doc", 50), from_shape(3), 1.35e-4,
         ((3e-4, 0.05),), seconds=0.5, quick=True),
    Goal("tfim-50, 6 layers", named("tfim", 50), from_shape(6, 1000), 1e-6,
         ((1e-4, 0.1), (1e-6, 1.5)), quick=True),
    Goal("tfim-100, 6 layers", named("tfim", 100), from_shape(6), 1e-4, ((1e-4, 0.3),)),
    Goal("heis-50, 7 layers", named("heis", 50), from_shape(7, 1500, 5e-4), 6e-4,
         ((1e-3, 0.4),), quick=True),
    Goal("heis-100, 7 layers", named("heis", 100), from_shape(7), 1.4e-3, ((1.4e-3, 10.0),)),
    Goal("doc-50 from Haar-random gates", named("doc", 50),
         brickwall(3, start="random", spread=2.0), 5e-3, seconds=5.0),
    Goal("Heisenberg n=20 t=2, 9 layers", quench(20, 2.0, 9), from_shape(9, 1500), 5e-5),
    Goal("Heisenberg n=50 t=2, 9 layers", quench(50, 2.0, 9), from_shape(9), 1.5e-4,
         ((1e-3, 5.0),)),
    Goal("Heisenberg n=100 t=1, 5 layers", quench(100, 1.0, 5), from_shape(5), 6e-5),
    Goal("Heisenberg n=100 t=2, 9 layers", quench(100, 2.0, 9),
         brickwall(9, start="tiled", steps=250, tolerance=5e-4),
         3.5e-4, seconds=25.0, memory_gb=1.0),
    # Eleven layers end at 1.00e-3, whatever the start.
    Goal("Heisenberg n=50 t=3, 11 to 13 layers", quench(50, 3.0, 11),
         brickwall(11, start="grown", steps=240, tolerance=2e-3, metric=12, max_layers=13), 8e-4,
         aim=True),
    Goal("critical TFIM ground state n=50", targets.critical_ising,
         staircase(4, sweeps=25, steps=20), 3e-4, blocks=196),
    Goal("XXZ antiferromagnet n=50", targets.antiferromagnet,
         brickwall(6, start="identity", steps=450, tolerance=2e-3, real=False), 1e-2,
         seconds=3.0, two_qubit_gates=391, two_qubit_depth=18),
    Goal("bars and stripes 4x4, 90 blocks", targets.bars_and_stripes,
         staircase(8, blocks=90, tries=8, sweeps=10, steps=30, polish=100), 3e-3, blocks=90,
         two_qubit_gates=180, quick=True),
    Goal("bars and stripes 4x4, 120 blocks", targets.bars_and_stripes,
         staircase(9, blocks=120, tries=8, sweeps=10, steps=30), 1e-4, blocks=120,
         two_qubit_gates=240),
    Goal("digits n=16", targets.digits, staircase(7, blocks=90), 7e-3, blocks=90,
         two_qubit_gates=180),
)  # fmt: skip

# Problem, sites, engine, CPU budget of the engine, time goal, bar on the gradient ratio.
DUELS = (
    ("doc", 10, "explicit", 15.0, None, 100.0),
    ("doc", 10, "aer", 15.0, None, 100.0),
    ("doc", 10, "jax", 60.0, 1e-4, None),
    ("tfim", 10, "explicit", 15.0, None, 100.0),
    ("heis", 10, "aer", 30.0, None, 100.0),
    ("tfim", 20, "explicit", 60.0, None, 100.0),
    ("heis", 20, "aer", 60.0, None, 100.0),
    ("doc", 50, "explicit", 120.0, None, 100.0),
    ("doc", 50, "aer", 120.0, None, 100.0),
    ("doc", 50, "jax", 300.0, 3e-4, 3.0),
    ("doc", 50, "native", 120.0, 3e-4, None),
    ("tfim", 50, "jax", 400.0, 3e-4, 3.0),
    ("tfim", 50, "native", 300.0, 1e-4, None),
    ("heis", 50, "jax", 480.0, 1e-3, 3.0),
    ("heis", 50, "native", 400.0, 1e-3, None),
)


# Family, sites, engine: bar on the ratio of times to the goal without what the peer compiles.
TIME_BARS = {("heis", 50, "native"): 10.0}


def compile_once(problem: Problem, method: Any, seed: int, goal: float | None = None) -> Done:
    """Run one compilation; its history is in CPU seconds."""
    cpu = time.process_time()
    fidelity = None if goal is None else 1.0 - goal
    try:
        compiled = qtn.compile(
            problem.state, method, seed=seed, min_fidelity=fidelity, progress=False
        )
    except qtn.FidelityError as error:
        compiled = error.best
    cpu = time.process_time() - cpu
    trace = tuple((r.seconds, r.infidelity) for r in compiled.history)
    return Done(compiled, cpu, trace)


def seeded(problem: Problem, goal: Goal, seeds: int) -> list[Done]:
    """Run a goal with several seeds, as long as the budget of CPU seconds lasts.

    A method without random parts gives the same result twice; more seeds then say nothing.
    """
    runs: list[Done] = []
    for seed in range(seeds):
        bar = goal.bar if goal.aim else None
        runs.append(compile_once(problem, goal.method(problem, seed), seed, bar))
        spent = sum(run.seconds for run in runs)
        same = seed == 1 and runs[0].compiled.infidelity == runs[1].compiled.infidelity
        if same or spent + runs[-1].seconds > BUDGET:
            break
    return runs


def goal_rows(table: report.Table, goal: Goal) -> None:
    """Rows of one goal: the infidelity (median, worst), then the times on the way."""
    problem = goal.problem()
    runs = seeded(problem, goal, 1 if table.quick else SEEDS)
    values = [run.compiled.infidelity for run in runs]
    middle = runs[int(np.argsort(values)[len(values) // 2])]
    made = middle.compiled
    note = (
        f"{made.blocks} blocks, {made.two_qubit_gates} CX, depth {made.two_qubit_depth}, "
        f"{report.number(middle.seconds)} CPU s"
    )
    if len(runs) > 1 and len(set(values)) == 1:
        note += "; the seed plays no part"
    else:
        note += f"; {len(runs)} seeds, worst {report.number(max(values))}"
    median = statistics.median(values)
    met = median <= goal.bar
    for limit, found, what in (
        (goal.memory_gb, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, "GB"),
        (goal.seconds, statistics.median(run.seconds for run in runs), "CPU s"),
        (goal.blocks, made.blocks, "blocks"),
        (goal.two_qubit_gates, made.two_qubit_gates, "CX"),
        (goal.two_qubit_depth, made.two_qubit_depth, "CX depth"),
    ):
        if limit is not None:
            met = met and found <= limit
            note += f"; {report.number(found)} {what} of {report.number(limit)} allowed"
    bar = f"<= {report.number(goal.bar)}"
    table.add(report.Row(goal.name, report.number(median), "-", "-", bar, met, note))
    for infidelity, limit in goal.on_the_way:
        times = [run.time_to(infidelity) for run in runs]
        known = [t for t in times if t is not None]
        label = f"  time to {infidelity:g}"
        if len(known) < len(times):
            table.add(report.Row(label, "never", "-", "-", f"<= {limit:g} s", False))
        else:
            table.at_most(label, statistics.median(known), limit, unit="s")


def gradient(problem: Problem) -> Callable[[], Any]:
    """Return one evaluation of the overlap and all environments by our kernel."""
    kernel, gates = compile_share.kernel_of(problem, choose_kernel, CUT)
    return lambda: kernel.evaluate(gates)


def share_note(problem: Problem) -> str:
    """Say what share of the machine's own rate of matrix products a gradient reaches."""
    share, _ = compile_share.gradient_share(*compile_share.kernel_of(problem, choose_kernel, CUT))
    return f"{100 * share:.0f} % of zgemm"


def gradient_seconds(problem: Problem, repeats: int = 7) -> float:
    """CPU seconds of one evaluation, compiled and warm."""
    evaluate = gradient(problem)
    evaluate()
    return statistics.median(report.cpu_seconds(evaluate) for _ in range(repeats))


def first_gradient_seconds(family: str, n: int) -> float:
    """CPU seconds of our first evaluation in a new process without any compiled code."""
    code = (
        "from benchmarks import compile, report; "
        f"evaluate = compile.gradient(compile.targets.tutorial({family!r}, {n})); "
        "print(report.cpu_seconds(evaluate))"
    )
    return in_new_process(code)[0]


def in_new_process(code: str, times: int = 1) -> list[float]:
    """Run code that prints a number in new processes that share a cache, empty at first."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
        return [
            float(
                subprocess.run(
                    [sys.executable, "-c", code], env=environment, capture_output=True, text=True,
                    check=True,
                ).stdout
            )
            for _ in range(times)
        ]  # fmt: skip


def duel_rows(
    table: report.Table, family: str, n: int, engine: str, budget: float,
    goal: float | None, bar: float | None,
) -> None:  # fmt: skip
    """Rows of one peer on one problem: gradient, time to the goal, infidelity in the end."""
    problem = targets.tutorial(family, n)
    label = peers.ENGINES[engine]
    evaluate = gradient(problem)
    evaluate()
    ours: list[float] = []
    result = peers.run(
        problem,
        engine,
        budget,
        lambda: ours.append(statistics.median(report.cpu_seconds(evaluate) for _ in range(3))),
    )
    if isinstance(result, str):
        table.absent(problem.name, label, result)
        return
    made = f"{result.parameters} parameters, peer's budget {budget:.0f} CPU s"
    mine = statistics.median(ours)
    if np.isnan(result.evaluation):
        # A single evaluation holds what the engine prepares and compiles, and says so.
        pair = report.Paired(mine, result.first, result.first / mine)
        note = f"{made}: enough for one evaluation, its first"
    else:
        pair = report.Paired(mine, result.evaluation, result.evaluation / mine)
        note = f"{made}; in turns, {result.evaluations} times"
    note += f"; ours {share_note(problem)}"
    table.speed(f"{problem.name}: gradient", pair, at_least=bar, peer=label, note=note)
    first = first_gradient_seconds(family, n)
    pair = report.Paired(first, result.first, result.first / first)
    name = f"{problem.name}: first gradient, compilation included"
    table.speed(name, pair, at_least=None, peer=label, note="ours: nothing cached")
    run = compile_once(problem, from_shape(problem.layers)(problem, 0), 0)
    note = f"peer: {result.evaluations} evaluations, {result.peak_mb:.0f} MB"
    table.at_most(
        f"{problem.name}: infidelity in the end", run.compiled.infidelity, result.infidelity,
        peer=result.infidelity, peer_name=label, note=note,
    )  # fmt: skip
    if goal is not None:
        aim = (goal, TIME_BARS.get((family, n, engine)))
        time_rows(table, problem.name, label, result, run.time_to(goal), first - mine, aim)


def time_rows(
    table: report.Table, problem: str, label: str, peer: peers.PeerRun, mine: float | None,
    compiling: float, goal: tuple[float, float | None],
) -> None:  # fmt: skip
    """Rows of the time to an infidelity, with and without what each side compiles."""
    aim, bar = goal
    theirs, one = peer.time_to(aim), float(np.nan_to_num(peer.evaluation))
    for what, added, left_out in (
        ("with its compilation", compiling, 0.0),
        ("without", 0.0, peer.first - one),
    ):
        name = f"{problem}: to {aim:g}, {what}"
        ours = None if mine is None else mine + added
        if ours is None or theirs is None:
            shown = "never" if ours is None else f"{report.number(ours)} s"
            late = f"> {report.number(peer.seconds - left_out)} s {label}"
            reached = f"peer's best {report.number(min(v for _, v in peer.trace))}"
            table.add(report.Row(name, shown, late, "-", "", None, reached))
        else:
            pair = report.Paired(ours, theirs - left_out, (theirs - left_out) / ours)
            table.speed(name, pair, at_least=None if added else bar, peer=label)


def scaling_rows(table: report.Table) -> None:
    """Growth of one gradient with n, and with the bond dimension of the target."""
    sizes = (25, 50, 100, 200)
    times = [gradient_seconds(targets.tutorial("heis", n)) for n in sizes]
    exponent = float(np.polyfit(np.log(sizes), np.log(times), 1)[0])
    shown = ", ".join(f"n={n}: {1e3 * t:.1f} ms" for n, t in zip(sizes, times, strict=True))
    table.at_most("gradient, exponent in n (heis, 7 layers)", exponent, 1.2, note=shown)
    full = targets.heisenberg_quench(50, 3.0, 9)
    bonds, times = (8, 16, 32, 48), []
    for bond in bonds:
        state = full.state.truncated(max_bond=bond).state.normalised()
        times.append(gradient_seconds(Problem(f"chi {bond}", state, full.shape)))
    exponent = float(np.polyfit(np.log(bonds), np.log(times), 1)[0])
    shown = ", ".join(f"chi={b}: {1e3 * t:.1f} ms" for b, t in zip(bonds, times, strict=True))
    table.inform("gradient, exponent in chi (t=3, 9 layers)", f"{exponent:.2f}", note=shown)


def kernel_rows(table: report.Table) -> None:
    """CPU seconds that compiling our kernels adds to a process, median of three empty caches."""
    transverse = (
        "import time, numpy as np, qtn; rng = np.random.default_rng(0); "
        "state = rng.normal(size=(2, 64)); state = state[0] + 1j * state[1]; "
        "state /= np.linalg.norm(state); start = time.process_time(); "
        "qtn.compile(state, qtn.Brickwall(3, steps=5, sweeps=2), progress=False); "
        "print(time.process_time() - start)"
    )
    layered = (
        "from benchmarks import compile, report; from qtn.aqc.kernels import choose; "
        "choose.MAX_MEMORY = 0.0; problem = compile.targets.tutorial('heis', 20); "
        "print(report.cpu_seconds(compile.gradient(problem)))"
    )
    for name, code in (
        ("compiling our kernels, once", transverse),
        ("compiling the kernel for deep circuits, once per precision", layered),
    ):
        runs = [in_new_process(code, 2) for _ in range(3)]
        added = sorted(first - second for first, second in runs)
        cached = statistics.median(second for _, second in runs)
        note = f"{added[0]:.2f} to {added[-1]:.2f} s; with the cache {cached:.2f} s in all"
        table.at_most(name, added[1], 5.0, unit="s", note=note)


def jobs() -> dict[str, parts.Job]:
    """Return all jobs by name."""
    found: dict[str, parts.Job] = {"kernels": kernel_rows}
    for goal in GOALS:
        found[goal.name] = partial(goal_rows, goal=goal)
    for family, n, engine, most, aim, bar in DUELS:
        found[f"{family}-{n}, {peers.ENGINES[engine]}"] = partial(
            duel_rows, family=family, n=n, engine=engine, budget=most, goal=aim, bar=bar
        )
    found["growth"] = scaling_rows
    found["11 layers by length"] = compile_depth.rows
    found["shallow circuits"] = compile_shallow.rows
    found["distance to the limit"] = compile_share.rows
    found["short correlations"] = compile_short.rows
    found["KCuF3"] = compile_kcuf3.rows
    found.update(compile_networks.JOBS)
    found.update(compile_chains.JOBS)
    found.update(compile_trees.JOBS)
    found.update(compile_operators.JOBS)
    found.update(compile_devices.JOBS)
    found.update(compile_plugins.JOBS)
    return found


QUICK = (
    *compile_operators.QUICK,
    "kernels", *(goal.name for goal in GOALS if goal.quick),
    *(f"{family}-{n}, {peers.ENGINES[engine]}" for family, n, engine, *_ in DUELS[:3]),
)  # fmt: skip


def warm_up() -> None:
    """Compile and cache the numba kernels, so that no row pays for it; report what it took."""
    small = targets.tutorial("doc", 10)
    start = time.process_time()
    qtn.compile(small.state, from_shape(3)(small, 0), progress=False)
    qtn.compile(targets.bars_and_stripes().state, Staircase(layers=1), progress=False)
    qtn.compile(compile_networks.random_chain(6, 4, 0), Window(steps=3), progress=False)
    print(f"kernels ready after {time.process_time() - start:.1f} CPU s", flush=True)


if __name__ == "__main__":
    whole = report.Table("compile", "Compiler: state to short circuit")
    parts.main(whole, jobs(), quick=QUICK, first=warm_up)
