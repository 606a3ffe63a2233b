"""Distance to the limit: what share of the machine's own matrix-product rate a gradient reaches.

    python -m benchmarks.compile --only "distance to the limit"

The rate is that of BLAS zgemm on 256 x 256 matrices, measured right before. Useful operations are
those of products of matrices, tensors and gates (eight real ones for a complex product); what QR
factorisations, copies and bookkeeping take counts as time and not as work. States between layers
in single precision are still held against zgemm. Shares above 1 are possible: on some machines BLAS
does not use the widest vectors.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from scipy.linalg.blas import zgemm

from benchmarks import report
from benchmarks.compile_targets import Problem, heisenberg_quench, tutorial
from qtn.aqc.kernels import layers_cpu
from qtn.aqc.kernels.base import Kernel
from qtn.aqc.kernels.dense import DenseKernel
from qtn.aqc.kernels.layered import LayeredKernel
from qtn.aqc.kernels.transverse import TransverseKernel
from qtn.aqc.kernels.transverse_loops import PSI
from qtn.aqc.search.improve import given
from qtn.aqc.search.job import Job
from qtn.aqc.target import as_target

SIDE, REPEATS = 256, 9
TRANSVERSE_BAR, LAYERED_BAR = 0.5, 0.3


def least_seconds(run: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Return the CPU seconds of the fastest run: others share the cores."""
    found = []
    for _ in range(repeats):
        began = time.process_time()
        run()
        found.append(time.process_time() - began)
    return min(found)


def product_rate() -> float:
    """Return real operations per second of one thread in zgemm."""
    rng = np.random.default_rng(0)
    matrix = np.asfortranarray(rng.normal(size=(SIDE, SIDE)) + 1j * rng.normal(size=(SIDE, SIDE)))
    zgemm(1.0, matrix, matrix)
    return 8.0 * SIDE**3 / least_seconds(lambda: zgemm(1.0, matrix, matrix))


def operations(kernel: Kernel, gates: np.ndarray) -> float:
    """Return the real operations of the products in one gradient."""
    if isinstance(kernel, TransverseKernel):
        rows = kernel._ready().operations
        sizes = rows[:, 2] * rows[:, 3] * rows[:, 4] * rows[:, 5]
        return 8.0 * float(np.sum(np.where(rows[:, 0] == PSI, 2, 3) * sizes))
    if isinstance(kernel, DenseKernel):  # to, undone and back, and the environment, at every gate
        return 8.0 * 16.0 * 2.0**kernel.ansatz.n * kernel.ansatz.size
    with counted() as total:
        kernel.evaluate(gates)
    return 8.0 * total[0]


def gradient_share(kernel: Kernel, gates: np.ndarray) -> tuple[float, float]:
    """Return the share of the product rate that a gradient reaches, and its CPU seconds."""
    kernel.evaluate(gates)
    kernel.evaluate(gates)
    work = operations(kernel, gates)
    seconds = least_seconds(lambda: kernel.evaluate(gates))
    return work / seconds / product_rate(), seconds


# Complex products of each function of `layers_loops`, from the shapes of its arguments.
PRODUCTS: dict[str, Callable[..., int]] = {
    "gated_pair": lambda _, left, right, gate: (
        4 * left.shape[0] * right.shape[2] * (left.shape[2] + 4)
    ),
    "gram": lambda _, pair, rho: 4 * pair.shape[2] * pair.shape[0] * (
        pair.shape[0] + 2 * pair.shape[2]
    ),
    "image": lambda _, pair, rho, guess: 4 * pair.shape[2] * pair.shape[0] * (
        pair.shape[0] + 2 * guess.shape[0]
    ),
    "divided": lambda _, pair, rho, basis: 2 * pair.shape[0] * basis.shape[1] * (
        2 * pair.shape[2] + pair.shape[0] + basis.shape[1]
    ),
    "right_of": lambda _, bra, part, ket, gate: (
        2 * bra.shape[2] * ket.shape[0] * (ket.shape[2] + bra.shape[0])
        if not len(gate)
        else 4 * bra.shape[0] * ket.shape[2] * (bra.shape[2] + ket.shape[0] + 4)
    ),
    "environment": lambda _, carry, ket, before: (
        4 * carry.shape[0] * ket.shape[2] * (ket.shape[0] + 4)
    ),
    "left_of": lambda _, bra, pair, gate: (
        4 * bra.shape[0] * pair.shape[2] * (bra.shape[2] + 4)
    ),
    "left_of_bare": lambda _, bra, carry, ket: (
        2 * bra.shape[2] * ket.shape[0] * (bra.shape[0] + ket.shape[2])
    ),
}  # fmt: skip


@contextmanager
def counted() -> Iterator[list[float]]:
    """Count the complex products of the layered kernel while this is open."""
    loops, total = layers_cpu.loops, [0.0]
    plain = {name: getattr(loops, name) for name in PRODUCTS}

    def counting(name: str) -> Callable[..., Any]:
        def run(*arguments: Any) -> Any:
            total[0] += PRODUCTS[name](*arguments)
            return plain[name](*arguments)

        return run

    try:
        for name in PRODUCTS:
            setattr(loops, name, counting(name))
        yield total
    finally:
        for name, function in plain.items():
            setattr(loops, name, function)


def kernel_of(problem: Problem, kind: Any, cut: float) -> tuple[Any, np.ndarray]:
    """Return a kernel on a problem and the gates of its start circuit."""
    if problem.shape is None:
        raise ValueError(f"{problem.name} has no start circuit")
    job = Job(as_target(problem.state)).as_complex()
    ansatz, gates = given(job.n, problem.shape.bonds, problem.shape.gates)
    kernel = kind(job.chain, ansatz)
    kernel.cut = cut
    return kernel, gates


def rows(table: report.Table) -> None:
    """The shares of both kernels, with bars at bonds of 32 and more."""
    deep = heisenberg_quench(50, 3.0, 11)
    wide = Problem("n=50 t=3", deep.state, heisenberg_quench(50, 3.0, 9).shape)
    for name, problem, kind, cut, bar in (
        ("transverse, heis-50, 7 layers", tutorial("heis", 50), TransverseKernel, 1e-7, None),
        ("transverse, Heisenberg n=50 t=3, 9 layers", wide, TransverseKernel, 1e-8,
         TRANSVERSE_BAR),
        ("layered, heis-50, 7 layers", tutorial("heis", 50), LayeredKernel, 1e-7, None),
        ("layered, Heisenberg n=50 t=3, 11 layers", deep, LayeredKernel, 1e-8, LAYERED_BAR),
    ):  # fmt: skip
        kernel, gates = kernel_of(problem, kind, cut)
        share, seconds = gradient_share(kernel, gates)
        bond = widest(kernel)
        note = f"of zgemm; bond {bond}, cut {cut:g}, {1e3 * seconds:.1f} CPU ms a gradient"
        if bar is None:
            table.inform(name, report.number(share), note=note)
        else:
            table.at_least(name, share, bar, note=note)


def widest(kernel: Any) -> int:
    """Return the largest bond that a gradient meets."""
    if isinstance(kernel, TransverseKernel):
        return int(kernel._target.bonds(kernel._level).max())
    states = [*kernel._forward, *kernel._backward]
    return max(tensor.shape[0] for state in states for tensor in state.tensors)
