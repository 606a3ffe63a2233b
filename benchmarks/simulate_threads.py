"""What doors cost with the threads that a program finds by default, for `make bench-simulate`.

    python3 -m benchmarks.simulate_threads

Small products gain nothing from threads, and threads that wait for work burn processor time. Every
door is called in fresh processes, with the variables that limit threads set to 1, 2, … and not set
at all; the bar is the processor time without them, at most 1.5 times that of one thread. On its own
it prints a plain table, and stops measuring when `--seconds` are over; what needs a package that is
not there is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks import report

VARIABLES = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"),
    *("NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"),
)
BAR = 1.5
UNSET = "unset"
REPEATS = 2
LEAST = 0.1  # CPU seconds that a measurement takes
Call = Callable[[], Any]


def hadrons(method: str, sites: int) -> Call:
    """Five steps of SU(2) hadron dynamics, two qubits a site, bond 48."""
    import qtn
    from qtn.verification import Limits

    circuit = qtn.hadron_circuit(sites, 5)
    limits = Limits(max_bond=48)
    middle = ["I" * (sites - 1) + "Z" + "I" * sites]
    return lambda: qtn.verify(
        circuit, observables=middle, method=method, limits=limits, progress=False
    )


def kicked(method: str) -> Call:
    import qtn
    from benchmarks.simulate_jobs import brickwork

    circuit = brickwork(30, 10)
    return lambda: qtn.verify(circuit, observables=["I" * 14 + "ZZ" + "I" * 14], method=method)


def noisy_verify() -> Call:
    import qtn
    from benchmarks import simulate_noise
    from benchmarks.simulate_jobs import brickwork

    circuit, model = brickwork(30, 5), simulate_noise.model()
    return lambda: qtn.verify(circuit, observables=["I" * 14 + "ZZ" + "I" * 14], noise=model)


def evolve() -> Call:
    import qtn

    chain = qtn.chain("heisenberg", 30)
    return lambda: qtn.evolve(chain, "neel", 2.0, max_bond=64, progress=False)


def ground() -> Call:
    import qtn

    chain = qtn.chain("tfim", 40)
    return lambda: qtn.ground_state(chain, max_bond=32, progress=False)


def thermal() -> Call:
    import qtn

    chain = qtn.chain("heisenberg", 10)
    return lambda: qtn.thermal_state(chain, 0.5, max_bond=32, progress=False)


def compile_brick() -> Call:
    import qtn

    target = qtn.evolve(qtn.chain("heisenberg", 10), "neel", 0.5, progress=False)
    return lambda: qtn.compile(target, qtn.Brickwall(layers=4), progress=False)


def compile_stairs() -> Call:
    import qtn

    target = qtn.MPS.from_dense(np.random.default_rng(0).normal(size=2**10)).normalised()
    return lambda: qtn.compile(target, qtn.Staircase(layers=4), progress=False)


def run_tensor() -> Call:
    import qtn
    from benchmarks.simulate_jobs import brickwork

    circuit = brickwork(24, 8)
    circuit.measure_all()
    return lambda: qtn.run(circuit, device="tensor", shots=2000, progress=False)


def run_aer() -> Call:
    import qtn
    from benchmarks.simulate_jobs import brickwork

    circuit = brickwork(12, 8)
    circuit.measure_all()
    return lambda: qtn.run(circuit, device="aer", shots=2000, progress=False)


def mitigate() -> Call:
    import qiskit_ibm_runtime  # noqa: F401
    from qiskit import QuantumCircuit

    import qtn

    circuit = QuantumCircuit(4)
    for _ in range(3):
        circuit.rx(0.3, range(4))
        circuit.cx([0, 1, 2], [1, 2, 3])
    techniques = [qtn.Readout(), qtn.TwinZNE()]
    return lambda: qtn.mitigate(
        circuit, "ZZII", techniques, device="FakeManilaV2", shots=20_000, progress=False
    )


def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    x = rng.random((300, 32))
    return x, (x[:, :16].sum(1) > x[:, 16:].sum(1)).astype(int)


def classifier(name: str) -> Call:
    import torch  # noqa: F401

    import qtn

    x, y = rows()
    return lambda: getattr(qtn, name)(bond=8, epochs=4, progress=False).fit(x, y).predict(x)


def born() -> Call:
    import qtn

    x = rows()[0].round()
    return lambda: qtn.MPSBornMachine(bond=8, sweeps=2, progress=False).fit(x)


def chain_state() -> Call:
    """Canonical form, truncation, overlap, entropies and samples of a chain of bond 64."""
    import qtn

    rng = np.random.default_rng(0)
    sides = [min(2**k, 2 ** (40 - k), 64) for k in range(41)]
    tensors = [rng.normal(size=(a, 2, b)) for a, b in pairwise(sides)]
    state = qtn.MPS(tuple(tensors)).normalised()

    def work() -> None:
        short = state.truncated(max_bond=32).state
        short.fidelity(state), state.entropies(), state.sample(500)

    return work


def tree_state() -> Call:
    import qtn

    state = qtn.evolve(qtn.chain("heisenberg", 12), "neel", 0.5, progress=False)
    pairs = tuple((a, b) for a, b in zip([0, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21], range(1, 12)))
    tree = qtn.TTN.product([[1, 0]] * 12, pairs)

    def work() -> None:
        for _ in range(20):
            tree.sample(500), tree.entropies(), tree.overlap(tree), state.infidelity(state)

    return work


DOORS: dict[str, Callable[[], Call]] = {
    "verify hadrons n=40, chain": lambda: hadrons("chain", 20),
    "verify hadrons n=120, blocks": lambda: hadrons("auto", 60),
    "verify bricks, both": lambda: kicked("both"),
    "verify bricks, contraction": lambda: kicked("contraction"),
    "verify with noise": noisy_verify,
    "evolve": evolve,
    "ground_state": ground,
    "thermal_state": thermal,
    "compile, Brickwall": compile_brick,
    "compile, Staircase": compile_stairs,
    "run, tensor": run_tensor,
    "run, aer": run_aer,
    "mitigate, twins": mitigate,
    "MPSClassifier": lambda: classifier("MPSClassifier"),
    "TTNClassifier": lambda: classifier("TTNClassifier"),
    "MPSBornMachine": born,
    "chains": chain_state,
    "trees": tree_state,
}


# ---------------------------------------------------------------------- one process, some threads


def child(names: list[str]) -> None:
    """Measure doors in this process: a line of JSON for each."""
    for name in names:
        found: dict[str, Any] = {"door": name}
        try:
            call = DOORS[name]()
            call()  # compiles, and fills caches
            calls = max(1, int(LEAST / max(timed(call)[0], 1e-3)))
            measured = [timed(call, calls) for _ in range(REPEATS)]
            found["cpu"], found["wall"] = map(min, zip(*measured))
        except ImportError as error:
            found["missing"] = str(error).splitlines()[0][:80]
        except Exception as error:  # one door less
            found["missing"] = f"{type(error).__name__}: {error}".splitlines()[0][:120]
        print(json.dumps(found), flush=True)


def timed(call: Call, calls: int = 1) -> tuple[float, float]:
    """Return CPU seconds of all threads, and seconds on the clock, of a call among several."""
    time.sleep(0.1)  # threads of the call before have come to rest
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(calls):
        call()
    return (time.process_time() - cpu) / calls, (time.perf_counter() - wall) / calls


def measured(threads: str, names: list[str], seconds: float) -> dict[str, dict[str, Any]]:
    """Return what a fresh process with so many threads found within the seconds."""
    environment = {k: v for k, v in os.environ.items() if k not in VARIABLES}
    if threads != UNSET:
        environment |= dict.fromkeys(VARIABLES, threads)
    command = [sys.executable, "-m", "benchmarks.simulate_threads", "--child", *names]
    found = {}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            text = process.communicate(timeout=max(seconds, 1.0))[0]
        except subprocess.TimeoutExpired:
            process.kill()
            text = process.communicate()[0]
    for line in text.splitlines():
        if line.startswith('{"door"'):
            one = json.loads(line)
            found[one["door"]] = one
    return found


def compiled(names: list[str], seconds: float) -> None:
    """Let kernels be compiled, which numba keeps, by several processes where there are cores."""
    count = min((os.cpu_count() or 1) // 2, len(names))
    if count < 4:
        return
    end = time.monotonic() + seconds
    environment = {**os.environ, **dict.fromkeys(VARIABLES, "1")}
    command = [sys.executable, "-m", "benchmarks.simulate_threads", "--child"]
    running = [
        subprocess.Popen([*command, *names[k::count]], env=environment, stdout=subprocess.DEVNULL)
        for k in range(count)
    ]
    for process in running:
        try:
            process.wait(max(end - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def settings() -> list[str]:
    """Return the numbers of threads, the two that are compared first."""
    cores = os.cpu_count() or 1
    counts = [k for k in (2, 4, 16) if k <= cores]
    return ["1", UNSET, *map(str, counts)]


def all_measured(names: list[str], seconds: float) -> dict[str, dict[str, dict[str, Any]]]:
    """Return per setting what its process found, as far as the seconds suffice."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    end = time.monotonic() + seconds
    compiled(names, 0.4 * seconds)
    for threads in settings():
        left = end - time.monotonic()
        if left > 2.0:
            # The first process may still compile; the second must have its share.
            share = left if found else 0.6 * left
            asked = names if not found else [n for n in names if "cpu" in found["1"].get(n, {})]
            found[threads] = measured(threads, asked, share)
    return found


# ------------------------------------------------------------------------------------------ tables


def ratio(found: dict[str, dict[str, dict[str, Any]]], name: str) -> float | None:
    """Return the processor time without limits by that of one thread."""
    one, free = (found.get(threads, {}).get(name, {}).get("cpu") for threads in ("1", UNSET))
    return None if not one or not free else free / one


def add_rows(table: report.Table) -> None:
    """The doors as rows of `make bench-simulate`."""
    found = all_measured(list(DOORS), 600.0)
    for name in DOORS:
        one, gain = found["1"].get(name, {}), ratio(found, name)
        if gain is None:
            table.absent(f"threads: {name}", "one thread", one.get("missing", "no time was left"))
            continue
        walls = ", ".join(f"{k}: {v[name]['wall']:.2f}" for k, v in found.items() if name in v)
        note = f"one thread {one['cpu']:.2f} CPU s; wall s {walls}"
        table.at_most(f"threads: {name}, CPU unset by one thread", gain, BAR, note=note)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=85.0, help="end after so many")
    parser.add_argument("--only", nargs="+", default=[""], metavar="TEXT")
    parser.add_argument("--child", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        child(options.child)
        return
    names = [name for name in DOORS if any(text in name for text in options.only)]
    found = all_measured(names, options.seconds)
    print(f"{os.cpu_count()} cores; CPU s (wall s) by threads; bar: unset <= {BAR} of one thread")
    print(f"{'door':34}" + "".join(f"{k:>16}" for k in found) + f"{'ratio':>8}  verdict")
    for name in names:
        cells = [found[k].get(name, {}) for k in found]
        texts = [f"{c['cpu']:.2f} ({c['wall']:.2f})" if "cpu" in c else "-" for c in cells]
        gain = ratio(found, name)
        verdict = cells[0].get("missing", "not measured") if gain is None else (
            "met" if gain <= BAR else "missed"
        )  # fmt: skip
        shown = "-" if gain is None else f"{gain:.2f}"
        print(f"{name:34}" + "".join(f"{t:>16}" for t in texts) + f"{shown:>8}  {verdict}")


if __name__ == "__main__":
    main()
