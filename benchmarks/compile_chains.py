"""Exact circuits of chains of any kind: CX as stated beforehand, infidelity, CPU seconds.

    python -m benchmarks.compile --only "exact chains" "1e-6 by default"

Bars are numbers of CX: twice the bound that counts parameters, or the cost of the entangled part.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import numpy as np
from scipy.linalg.blas import zgemm

import qtn
from benchmarks import report
from benchmarks.compile_networks import SEEDS, random_chain
from qtn.aqc import Isometries
from qtn.aqc.kernels.nodes import NodesKernel
from qtn.aqc.search.entanglers import Entanglers
from qtn.aqc.shape.chain_trees import chain_tree

SIDE = 256  # of the matrices whose product is the machine's rate
SPIN_ONE, WITH_PRODUCTS = "spin-1 AKLT, six pairs of qubits", "100 sites, bond 1 from site 14"


def with_products(seed: int) -> qtn.MPS:
    """Return 15 sites of bond 4 and 85 sites in a product state."""
    product = qtn.MPS.product([[0.6, 0.8j]] * 85)
    return qtn.MPS((*random_chain(15, 4, seed).tensors, *product.tensors)).normalised()


def spin_one(_seed: int) -> qtn.MPS:
    """Return the ground state of Affleck, Kennedy, Lieb and Tasaki, six sites of three levels."""
    site = np.zeros((2, 3, 2))
    site[0, 0, 1], site[1, 2, 0] = (2 / 3) ** 0.5, -((2 / 3) ** 0.5)
    site[0, 1, 0], site[1, 1, 1] = -((1 / 3) ** 0.5), (1 / 3) ** 0.5
    state = qtn.MPS((site[:1], *[site] * 4, site[:, :, :1])).normalised()
    return qtn.aqc.embed_in_qubits(state)


CHAINS: tuple[tuple[str, Callable[[int], qtn.MPS], float], ...] = (
    ("n=20, bond 3", lambda s: random_chain(20, 3, s), 162),
    ("n=20, bond 4", lambda s: random_chain(20, 4, s), 264),
    ("n=20, bond 5", lambda s: random_chain(20, 5, s), 420),
    ("n=20, bond 6", lambda s: random_chain(20, 6, s), 576),
    ("n=32, bond 8", lambda s: random_chain(32, 8, s), 1060),
    ("n=100, bond 3", lambda s: random_chain(100, 3, s), 882),
    (WITH_PRODUCTS, with_products, 104),
    (SPIN_ONE, spin_one, 85),
)


def exact_rows(table: report.Table) -> None:
    """Add CX of exact circuits, held to the number stated and to a bar; worst of the seeds."""
    for name, made, bar in CHAINS:
        gates, stated, worst, seconds = 0, 0, 0.0, 0.0
        for seed in SEEDS[:1] if table.quick else SEEDS:
            state = made(seed)
            stated = max(stated, Isometries().two_qubit_gates(state))
            began = time.process_time()
            short = qtn.compile(state, Isometries(), seed=seed, progress=False)
            seconds = max(seconds, time.process_time() - began)
            gates, worst = max(gates, short.two_qubit_gates), max(worst, short.infidelity)
        exact = worst <= 1e-12 and gates <= stated
        table.at_most(
            f"exact chains, {name}", float(gates) if exact else float("inf"), bar, unit="CX",
            note=f"{stated} stated; infidelity {report.number(worst)}, "
            f"{report.number(seconds)} CPU s",
        )  # fmt: skip


def default_rows(table: report.Table) -> None:
    """Add CPU seconds of `qtn.compile` without a method to 1e-6, within twice the bound in CX."""
    for bond in (4, 5, 6):
        spent, gates, worst, bound = 0.0, 0, 0.0, 0
        for seed in SEEDS[:1] if table.quick else SEEDS[:3]:
            state = random_chain(20, bond, seed)
            bound = chain_tree(state.tensors).shape.bound
            began = time.process_time()
            short = qtn.compile(state, min_fidelity=1 - 1e-6, seed=seed, progress=False)
            spent = max(spent, time.process_time() - began)
            gates, worst = max(gates, short.two_qubit_gates), max(worst, short.infidelity)
        met = worst <= 1e-6 and gates <= 2 * bound
        table.at_most(
            f"1e-6 by default, n=20, bond {bond}", spent if met else float("inf"), 5.0,
            unit="CPU s", note=f"{gates} CX, bound {bound}; infidelity {report.number(worst)}",
        )  # fmt: skip


def share_rows(table: report.Table) -> None:
    """Add the share of the machine's product rate that a gradient of all gates reaches."""
    matrix = np.asfortranarray(np.random.default_rng(0).normal(size=(SIDE, SIDE)) + 0j)
    rate = 8.0 * SIDE**3 / _seconds(lambda: zgemm(1.0, matrix, matrix))
    for n, bond, bar in ((20, 4, None), (32, 8, 0.4), (20, 16, 0.4)):
        tree = chain_tree(random_chain(n, bond, SEEDS[0]).tensors)
        shape = tree.shape.filled(0.97)
        kernel = NodesKernel(tree, shape)
        gates = Entanglers(shape.size, shape.ends, False).random(np.random.default_rng(0))
        seconds = _seconds(partial(kernel.evaluate, gates))
        note = f"of zgemm, gates undone included; {shape.size} CX, {1e3 * seconds:.2f} CPU ms"
        name, share = f"window kernel, n={n}, bond {bond}", shape.work / seconds / rate
        if bar is None:
            table.inform(name, report.number(share), note=note)
        else:
            table.at_least(name, share, bar, note=note)


def _seconds(call: Callable[[], object]) -> float:
    call()
    count, began = 0, time.process_time()
    while time.process_time() < began + 0.3:
        call()
        count += 1
    return (time.process_time() - began) / count


JOBS = {
    "exact chains": exact_rows,
    "1e-6 by default": default_rows,
    "distance to the limit of windows": share_rows,
}
