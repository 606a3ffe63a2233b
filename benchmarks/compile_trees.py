"""Trees on devices, trained trees, and chains sampled on few qubits.

    python -m benchmarks.compile --only "tree" "60 sites"

Routing is held against Qiskit's transpiler of level 3, the best of five seeds, on the same circuit
and the same couplings. Trained trees are classifiers of digits 3 and 8, the state of label 3.
"""

from __future__ import annotations

import math
import statistics
import time
from typing import Any

import numpy as np

import qtn
from benchmarks import learn_data, report
from benchmarks.compile_networks import SEEDS, random_tree, reached
from qtn.aqc import Tree

PEER_SEEDS = range(5)
SHOTS = 100_000


def routing_rows(table: report.Table) -> None:
    """Add the two-qubit gates of random trees on a line and on heavy hexagons."""
    for height, fullness in ((4, 1.05), (5, 1.1)):
        seeds = SEEDS[:1] if table.quick else SEEDS
        found = [reached(random_tree(height, 4, s), Tree(fullness), 1e-3, s) for s in seeds]
        for device in ("line", "heavy-hex"):
            routed_row(table, f"random tree, {2**height} leaves, bond 4", found, device)


def routed_row(table: report.Table, name: str, found: list[qtn.Compiled], device: str) -> None:
    """Add the median gates of routed circuits beside those of Qiskit's transpiler."""
    began = time.process_time()
    ours = [short.routed(device) for short in found]
    spent = (time.process_time() - began) / len(found)
    theirs = [transpiled(short, device) for short in found]
    gates = statistics.median(one.two_qubit_gates for one in ours)
    peer = statistics.median(cost for cost, _ in theirs)
    whole = [one.whole for one in ours]
    table.at_most(
        f"{name}: on {'a line' if device == 'line' else 'heavy hexagons'}", float(gates), peer,
        peer=peer, unit="CX", peer_name="Qiskit transpile, level 3",
        note=f"all coupled {whole[0][0]} CX, depth {whole[0][1]}; depth "
        f"{max(one.two_qubit_depth for one in ours)} against "
        f"{max(depth for _, depth in theirs)}; {len(found)} seeds, {spent:.1f} CPU s each",
    )  # fmt: skip


def transpiled(short: qtn.Compiled, device: str) -> tuple[int, int]:
    """Return the fewest two-qubit gates of five seeds of Qiskit's transpiler, and their depth."""
    from qiskit import transpile
    from qiskit.transpiler import CouplingMap

    from qtn.aqc.shape.couplings import read_couplings

    couplings = read_couplings(device, short.circuit.num_qubits)
    lattice = CouplingMap([edge for a, b in couplings.pairs for edge in ((a, b), (b, a))])
    done = [
        transpile(
            short.circuit, coupling_map=lattice, basis_gates=["cx", "u"], optimization_level=3,
            seed_transpiler=seed,
        )
        for seed in PEER_SEEDS
    ]  # fmt: skip
    return min((int(c.count_ops()["cx"]), int(c.depth(lambda i: len(i.qubits) == 2))) for c in done)


def classifier(epochs: int) -> Any:
    """Return the state of label 3 of a tree trained on digits of 4×4 pixels."""
    data = qtn.load_digits(size=4, classes=(3, 8), seed=0)
    model = qtn.TTNClassifier(bond=4, shape=(4, 4), epochs=epochs, progress=False)
    return model.fit(data.x_train, data.y_train).state(label=3)


def trained_rows(table: report.Table) -> None:
    """Add the trained tree of 16 leaves: trained for 10 epochs, and as long as the default."""
    for epochs, bar in ((10, 7e-3), (qtn.TTNClassifier.FIXED["epochs"], None)):
        state = classifier(epochs)
        began = time.process_time()
        short = qtn.compile(state, Tree(0.31, tries=6), progress=False)
        spent = time.process_time() - began
        stairs = qtn.compile(state, qtn.Staircase(3), progress=False)
        cheap = short.two_qubit_gates <= 60 and short.two_qubit_depth <= 16
        lines = [short.routed(device) for device in ("line", "heavy-hex")]
        table.add(report.Row(
            f"trained tree classifier, 16 leaves, bond 4, {epochs} epochs",
            report.number(short.infidelity), report.number(stairs.infidelity), "-",
            "-" if bar is None else f"<= {report.number(bar)}, 60 CX, depth 16",
            None if bar is None else bool(short.infidelity <= bar and cheap),
            f"{short.two_qubit_gates} CX, depth {short.two_qubit_depth}, {spent:.1f} CPU s; "
            f"line {lines[0].two_qubit_gates}, heavy hexagons {lines[1].two_qubit_gates} CX; "
            f"peer Staircase(3): {stairs.two_qubit_gates} CX, depth {stairs.two_qubit_depth}",
        ))  # fmt: skip


def large_rows(table: report.Table) -> None:
    """Add the front of a trained tree of 128 leaves, all of it in 60 CPU seconds."""
    name = "trained tree classifier, 128 leaves, bond 4: front"
    if why := learn_data.missing("mnist"):
        table.absent(name, "data", why)
        return
    rows, labels, _, _ = learn_data.images("mnist", 1)
    kept = np.flatnonzero(np.isin(labels, (3, 8)))[:2000]
    padded = np.pad(rows[kept].reshape(-1, 28, 28), ((0, 0), (2, 2), (2, 2)))
    small = padded.reshape(-1, 16, 2, 8, 4).mean((2, 4)).reshape(-1, 128)
    model = qtn.TTNClassifier(bond=4, shape=(16, 8), epochs=10, progress=False)
    state = model.fit(small, labels[kept]).state(label=3)
    began = time.process_time()
    found = [
        qtn.compile(state, Tree(fullness, tries=1, steps=3000), progress=False)
        for fullness in ((0.3,) if table.quick else (0.2, 0.4, 0.7, 1.0))
    ]
    spent = time.process_time() - began
    points = [
        f"{short.two_qubit_gates} CX (depth {short.two_qubit_depth}) "
        f"{report.number(short.infidelity)}"
        for short in found
    ]
    table.at_most(name, spent, 60.0, unit="CPU s", note="; ".join(points))


def sampling_row(table: report.Table) -> None:
    """Add marginals and pairs of a chain of 60 sites, sampled on four qubits with resets."""
    state = qtn.ground_state(qtn.chain("tfim", 60, field=1.2), max_bond=8, progress=False)
    began = time.process_time()
    short = reached(state, qtn.Staircase(3, steps=400, polish=10_000), 1e-5, 0)
    few = short.reused()
    compiled = time.process_time() - began
    shots = SHOTS // 20 if table.quick else SHOTS
    began = time.process_time()
    run = qtn.run(few.circuit, device="aer", shots=shots, seed=0)
    bits = run.bits[0].to_bool_array(order="little")
    spent = time.process_time() - began
    rng = np.random.default_rng(1)
    sets = [[int(s)] for s in rng.choice(60, 10, replace=False)]
    sets += [sorted(map(int, rng.choice(60, 2, replace=False))) for _ in range(10)]
    worst = 0.0
    for sites in sets:
        p = ones(state, sites)
        q = float(bits[:, sites].all(axis=1).mean())
        worst = max(worst, abs(p - q) / math.sqrt(p * (1.0 - p) / shots))
    bar = 5.0
    table.add(report.Row(
        "ground state (Ising, h=1.2), 60 sites, bond 8, sampled with resets: worst of 20",
        f"{worst:.1f} σ", "-", "-", f"<= {bar:g} σ on 4 qubits",
        bool(worst <= bar and few.qubits == 4),
        f"{few.qubits} qubits, {few.resets} resets, {few.two_qubit_gates} CX, {shots} shots; "
        f"infidelity {report.number(short.infidelity)}, bias at most {few.bias:.2g}; compiled in "
        f"{compiled:.0f} CPU s, sampled in {spent:.0f}",
    ))  # fmt: skip


def ones(state: qtn.MPS, sites: list[int]) -> float:
    """Return the probability that some sites are all 1."""
    left = np.ones((1, 1))
    for site, tensor in enumerate(state.canonical(0).tensors):
        kept = tensor[:, 1:] if site in sites else tensor
        half = np.tensordot(left, kept, axes=(1, 0))
        left = np.tensordot(kept.conj(), half, axes=((0, 1), (0, 1)))
    return float(left.real.item())


JOBS = {
    "random tree on devices": routing_rows,
    "trained tree, 16 leaves": trained_rows,
    "trained tree, 128 leaves": large_rows,
    "ground state, 60 sites, sampled with resets": sampling_row,
}
