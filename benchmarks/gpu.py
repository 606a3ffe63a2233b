"""What a GPU gains over one core of a CPU: training, compiling, chains, circuits with Aer.

    make bench-gpu

Every job runs on the GPU in this process and on one thread of the same machine in another one, at
the same time; ratios are wall time over wall time. It takes up to six minutes, and prints "no GPU"
where there is none.
CPU figures of long jobs are measured on a part (some steps of an epoch, some bonds of a sweep) and
scaled to the whole; a job without a scale is measured whole.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch  # before Aer, which brings CUDA libraries of its own

from benchmarks import parts, report
from qtn._machine import gpus

SITES, ROWS, BATCH = 196, 60_000, 64
WORKERS = 8
STEPS = 20  # of a timed search
DEADLINE = 300.0  # seconds until which the CPU is waited for


def best(job: Callable[[], Any], repeats: int) -> float:
    """Return the shortest of some wall times."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        job()
        times.append(time.perf_counter() - began)
    return min(times)


def settled(device: str) -> None:
    """Wait until a device has done what it was asked for."""
    if device != "cpu":
        torch.cuda.synchronize()


def training(kind: str, bond: int, device: str) -> float:
    """Return the seconds of an epoch of 60,000 rows, from the second epoch on."""
    import qtn

    steps = -(-ROWS // BATCH)
    timed = steps if device != "cpu" else 4 if bond < 100 else 2
    rng = np.random.default_rng(1)
    rows = min(timed * BATCH, ROWS)
    x, y = rng.random((rows, SITES)), np.arange(rows) % 10
    options = {"epochs": 2, "batch_size": BATCH, "device": device, "progress": False}
    model = getattr(qtn, kind)(bond, validation_fraction=0, **options).fit(x, y)
    return model.history_["seconds"][-1] * steps / timed


def born(bond: int, device: str) -> float:
    """Return the seconds of a sweep over 196 sites and 60,000 rows, from some bonds of it."""
    from qtn.models.sweeps.born_sweeps import BornSweeper
    from qtn.models.sweeps.born_torch import TorchBornSweeper

    sites = 14
    rng = np.random.default_rng(2)
    rows = rng.integers(0, 2, (ROWS, sites))
    bonds = [1, *[bond] * (sites - 1), 1]
    start = [1 + 0.3 * rng.random((bonds[i], 2, bonds[i + 1])) for i in range(sites)]
    weights = np.full(ROWS, 1 / ROWS)
    if device == "cpu":
        sweeper: Any = BornSweeper(start, rows, weights)
        step = partial(sweeper._merge_and_split, 6, bond, 0.0, 0.2, to_right=True)
    else:
        sweeper = TorchBornSweeper(start, rows, weights, device)
        step = partial(sweeper._merge_and_split, 6, (bond, 0.0, 0.2), to_right=True)

    def one() -> None:
        step()
        settled(device)

    for k in range(6):  # the left environments of the bond that is timed
        sweeper._orthogonalise_left(k)
        sweeper._update_left(k)
    one()
    return best(one, 3 if device != "cpu" else 2) * 2 * (SITES - 1)


def gradient(bond: int, layers: int, device: str) -> float:
    """Return the seconds of a gradient of the layered kernel, 40 sites, in spaces kept before."""
    from qtn.aqc.kernels.gates import parted
    from qtn.aqc.kernels.layered import LayeredKernel
    from qtn.aqc.shape.ansatz import brickwall_shape

    rng = np.random.default_rng(3)
    shape = brickwall_shape(40, layers)
    gates = haar(rng, shape.size)
    kernel = LayeredKernel(
        list(random_state(40, bond).tensors), shape, 1e-6, bond, None if device == "cpu" else device
    )
    kernel.evaluate(parted(gates))
    return best(lambda: kernel.evaluate(parted(gates)), 1 if device == "cpu" else 4)


def exact_gradient(n: int, layers: int, bond: int, device: str) -> float:
    """Return the seconds of a gradient of the exact transverse kernel, recorded on a GPU."""
    from qtn.aqc.kernels.accelerated.transverse_torch import TransverseTorch
    from qtn.aqc.kernels.gates import parted
    from qtn.aqc.kernels.transverse import TransverseKernel
    from qtn.aqc.shape.ansatz import brickwall_shape

    shape, chain = brickwall_shape(n, layers), list(random_state(n, bond).tensors)
    gates = parted(haar(np.random.default_rng(3), shape.size))
    kernel: Any = (
        TransverseKernel(chain, shape, 1e-8)
        if device == "cpu"
        else TransverseTorch(chain, shape, device, 1e-8)
    )
    for _ in range(2):  # the second call on a GPU records
        kernel.evaluate(gates)
    return best(lambda: kernel.evaluate(gates), 1 if device == "cpu" else 4)


def compiled(state: Any, layers: int, start: Any, device: str) -> float:
    """Return the seconds of a brickwall search of a fixed number of steps."""
    import qtn

    place = None if device == "cpu" else device
    method = qtn.Brickwall(layers, start=start, steps=STEPS, device=place)
    return best(lambda: qtn.compile(state, method, progress=False), 1)


def kcuf3(checkpoint: int, device: str) -> float:
    """Return the seconds of a search for a checkpoint of the KCuF3 tutorial, 50 sites."""
    from benchmarks import compile_targets as targets

    problem = targets.kcuf3.__wrapped__(50, checkpoint)
    start = problem.shape.bonds, problem.shape.gates
    return compiled(problem.state, problem.layers, start, device)


def quench(n: int, time: float, layers: int, device: str) -> float:
    """Return the seconds of a search for a quench of a Heisenberg chain."""
    import qtn

    state = qtn.evolve(qtn.chain("heisenberg", n=n), "neel", time, cutoff=1e-10, progress=False)
    return compiled(state, layers, "trotter", device)


def haar(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return gates some way from the identity."""
    noise = rng.normal(size=(count, 4, 4)) + 1j * rng.normal(size=(count, 4, 4))
    return np.linalg.qr(np.eye(4) + 0.3 * noise)[0]


def random_state(n: int, bond: int) -> Any:
    """Return a chain of complex Gaussian tensors of full bonds, centre 0."""
    import qtn
    from qtn.states.kernels.gauge import normalise_chain

    rng = np.random.default_rng(4)
    bonds = [min(bond, 2**k, 2 ** (n - k)) for k in range(n + 1)]
    shapes = itertools.pairwise(bonds)
    tensors = [rng.normal(size=(a, 2, b)) + 1j * rng.normal(size=(a, 2, b)) for a, b in shapes]
    return qtn.MPS(tuple(normalise_chain(tensors)))


def samples(bond: int, device: str) -> float:
    """Return the seconds of 100,000 samples of a chain of 60 sites."""
    state = random_state(60, bond)
    shots = 100_000 if device != "cpu" else 10_000
    place = {} if device == "cpu" else {"device": device}
    state.sample(10, 0, **place)
    return best(lambda: state.sample(shots, 1, **place), 2) * 100_000 / shots


def verification(n: int, bond: int, device: str) -> float:
    """Return the seconds to build a brickwall's chain, 14 Haar-like layers, and its overlap."""
    from qtn.interop.circuits import gate_list
    from qtn.verification.engines.chain_state import ChainState
    from qtn.verification.engines.device_state import DeviceState

    gates = gate_list(brickwall(n, 14))

    def one() -> None:
        made: Any = (
            ChainState(gates, bond, 1e-14)
            if device == "cpu"
            else DeviceState(gates, bond, 1e-14, device)
        )
        made.state.overlap(made.state)

    if device != "cpu":
        DeviceState(gate_list(brickwall(8, 4)), bond, 1e-14, device)
    return best(one, 1)


def brickwall(n: int, layers: int) -> Any:
    """Return layers of random gates on neighbours, far from the identity."""
    from qiskit import QuantumCircuit

    rng = np.random.default_rng(5)
    circuit = QuantumCircuit(n)
    for layer in range(layers):
        for k in range(layer % 2, n - 1, 2):
            noise = rng.normal(size=(2, 4, 4))
            circuit.unitary(np.linalg.qr(noise[0] + 1j * noise[1])[0], [k, k + 1])
    return circuit


def layered_circuit(n: int, layers: int) -> Any:
    """Return rotations and CX gates in a ring."""
    from qiskit import QuantumCircuit

    rng = np.random.default_rng(6)
    circuit = QuantumCircuit(n)
    for _ in range(layers):
        for k in range(n):
            circuit.ry(rng.normal(), k)
            circuit.rz(rng.normal(), k)
        for k in range(n):
            circuit.cx(k, (k + 1) % n)
    circuit.measure_all()
    return circuit


def statevector(n: int, device: str) -> float:
    """Return the seconds of `qtn.run` for a circuit of 20 layers and 1,000 shots."""
    import qtn

    where = qtn.Device("aer", gpu=device != "cpu")
    qtn.run(layered_circuit(4, 1), device=where, shots=10)
    circuit = layered_circuit(n, 20)
    return best(lambda: qtn.run(circuit, device=where, shots=1000), 1 if device == "cpu" else 2)


def run_overhead(n: int) -> float:
    """Return what `qtn.run` takes longer on a GPU than Aer does, in seconds."""
    import qtn
    from qtn.devices.engines.gpu import Aer

    circuit, where = layered_circuit(n, 20), qtn.Device("aer", gpu=True)
    simulator = Aer(gpu=True).simulator("statevector")

    def bare() -> None:
        simulator.run(circuit, shots=1000, memory=True).result()

    bare()
    qtn.run(circuit, device=where, shots=1000)
    return best(lambda: qtn.run(circuit, device=where, shots=1000), 3) - best(bare, 3)


def noisy(n: int, device: str) -> float:
    """Return the seconds of 4,096 shots with depolarising noise, ten layers."""
    from qiskit_aer.noise import NoiseModel, depolarizing_error

    import qtn

    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(0.01, 2), ["cx"])
    noise.add_all_qubit_quantum_error(depolarizing_error(0.001, 1), ["sx", "x"])
    where = qtn.Device("aer", "statevector", noise=noise, gpu=device != "cpu")
    shots = 4096 if device != "cpu" else 256
    qtn.run(layered_circuit(3, 1), device=where, shots=10)
    circuit = layered_circuit(n, 10)
    return best(lambda: qtn.run(circuit, device=where, shots=shots), 1) * 4096 / shots


@dataclass(frozen=True, slots=True)
class Job:
    """One row: what is timed on both, and how many times faster the GPU must be."""

    name: str
    time: Callable[[str], float]
    bar: float | None = None


JOBS = (
    Job("run, statevector 24 qubits, 1,000 shots", partial(statevector, 24)),
    Job("run, noisy 16 qubits, 4,096 shots", partial(noisy, 16), 5.0),
    Job("epoch, MPSClassifier, bond 64", partial(training, "MPSClassifier", 64), 5.0),
    Job("epoch, MPSClassifier, bond 128", partial(training, "MPSClassifier", 128), 10.0),
    Job("epoch, TTNClassifier, bond 64", partial(training, "TTNClassifier", 64), 5.0),
    Job("epoch, TTNClassifier, bond 128", partial(training, "TTNClassifier", 128), 10.0),
    Job("sweep, MPSBornMachine, bond 64", partial(born, 64), 5.0),
    Job("sweep, MPSBornMachine, bond 128", partial(born, 128), 10.0),
    Job("gradient, bond 64, 10 layers", partial(gradient, 64, 10), 3.0),
    Job("gradient, bond 128, 12 layers", partial(gradient, 128, 12), 10.0),
    Job("gradient, bond 256, 14 layers", partial(gradient, 256, 14), 30.0),
    Job("exact gradient, 50 sites, bond 16, 9 layers", partial(exact_gradient, 50, 9, 16)),
    Job("exact gradient, 50 sites, bond 32, 11 layers", partial(exact_gradient, 50, 11, 32)),
    Job("20 steps, KCuF3-50, checkpoint 6", partial(kcuf3, 6), 1.0),
    Job("20 steps, quench n=100 t=2, 9 layers", partial(quench, 100, 2.0, 9), 1.0),
    Job("build and overlap, 100 qubits, bond 512", partial(verification, 100, 512), 20.0),
    Job("build and overlap, 40 qubits, bond 512", partial(verification, 40, 512), 20.0),
    Job("100,000 samples, bond 64", partial(samples, 64)),
    Job("100,000 samples, bond 256", partial(samples, 256)),
)


OVERHEAD = "run adds to Aer, 24 qubits"


def compared(
    job: Job, table: report.Table, ours: float | Exception, theirs: float, note: str
) -> None:
    """Add the row of a job."""
    if isinstance(ours, Exception):
        raise ours
    ratio = theirs / ours
    met = None if job.bar is None else ratio >= job.bar
    bar = "" if job.bar is None else f"ratio >= {job.bar:g}"
    cells = f"{report.number(ours)} s", f"{report.number(theirs)} s one core"
    table.add(report.Row(job.name, *cells, f"{report.number(ratio)}x", bar, met, note))


def overhead(table: report.Table) -> None:
    """Add what `qtn.run` adds to Aer."""
    table.at_most(OVERHEAD, run_overhead(24), 0.2, unit="s")


def main() -> None:
    """Run the jobs, the CPU's beside the GPU's."""
    parser = argparse.ArgumentParser(description="What a GPU gains over one core.")
    parser.add_argument("--only", nargs="+", default=[""], help="jobs whose name holds a TEXT")
    only = parser.parse_args().only
    if not gpus():
        print("no GPU")
        return
    chosen = [job for job in JOBS if any(text in job.name for text in only)]
    table = report.Table("gpu", "On a GPU", whole=len(chosen) == len(JOBS))
    card = gpus()[0]
    table.note(f"{card.name}, driver {card.driver}; wall times, CPU jobs on one core beside it.")
    os.environ.update(parts.ONE_THREAD)
    began = time.perf_counter()
    # Long ones first, so that the last is not waited for.
    order = sorted(chosen, key=lambda job: ("128" in job.name) + 2 * (" 256" in job.name))
    with multiprocessing.get_context("spawn").Pool(WORKERS) as pool, table.open():
        waiting = {job.name: pool.apply_async(job.time, ("cpu",)) for job in order[::-1]}
        found = {job.name: attempted(job) for job in chosen}
        if any(text in OVERHEAD for text in only):
            overhead(table)
        for job in chosen:
            left = max(1.0, DEADLINE - (time.perf_counter() - began))
            waiting[job.name].wait(left)
            done = waiting[job.name].ready()
            try:
                theirs = waiting[job.name].get() if done else DEADLINE
                compared(job, table, found[job.name], theirs, "" if done else "CPU not done yet")
            except Exception as error:
                failed(table, job, error)


def attempted(job: Job) -> float | Exception:
    """Return the seconds of a job on the GPU, or why there are none."""
    try:
        return job.time("cuda")
    except Exception as error:
        return error


def failed(table: report.Table, job: Job, error: Exception) -> None:
    """Add the row of a job that failed."""
    text = f"{type(error).__name__}: {error}"[:160]
    table.add(report.Row(job.name, "failed", "-", "-", "", False, text))


if __name__ == "__main__":
    main()
