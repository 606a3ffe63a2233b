"""Synergy: compiled tensor networks as starts, against random gates and the identity.

The tensor network is compiled exactly (its bond is one that the circuit holds), so that the first
loss is its own; then gates that are the identity are added and all are moved. All starts have the
same gates on the same sites, the same optimiser and the same number of steps. The tensor network is
the same for all seeds; they draw the other starts.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from qiskit.quantum_info import SparsePauliOp

import qtn
from benchmarks import report
from qtn.aqc.shape.blocks import Blocks
from qtn.hybrid import extended
from qtn.hybrid.refine.energies.statevector import adjoint_gradients, prepared
from qtn.hybrid.refine.optimise import minimise
from qtn.hybrid.refine.starts import started

FIGURE = report.PICTURES / "synergy.png"
SEEDS, BUDGETS = range(10), (5, 10, 20, 50, 100)
ROUNDING = 1e-9
STARTS = ("compiled", "random", "identity")

Trace = list[float]


@dataclass(frozen=True, slots=True)
class Problem:
    """A loss of circuits, the compiled network with its added gates, and the network's own loss."""

    name: str
    network: float
    best: float
    unit: str
    blocks: Blocks
    losses: Callable[[str, int], Trace]


def rows(table: report.Table) -> None:
    """Two energies and a likelihood from all starts, and their picture."""
    drawn = []
    for problem in (_heisenberg(), _tfim(), _cardinality()):
        drawn.append((problem, _compared(table, problem)))
    _draw(drawn)
    table.note(f"Losses against steps are drawn in docs/pictures/{FIGURE.name}.")


def _heisenberg() -> Problem:
    """The 4×4 patch of spins: a network of bond 4 along a snake, gates on all neighbours added."""
    places = [[4 * row + (k if row % 2 == 0 else 3 - k) for k in range(4)] for row in range(4)]
    along = [(r[k], r[k + 1]) for r in places for k in range(3)]
    across = [(places[k][c], places[k + 1][c]) for k in range(3) for c in range(4)]
    pairs = [(min(pair), max(pair)) for pair in along + across]
    words = [(letter * 2, list(pair), 0.25) for pair in pairs for letter in "XYZ"]
    hamiltonian = SparsePauliOp.from_sparse_list(words, num_qubits=16)
    return _energy("Heisenberg 4x4", hamiltonian, 4, qtn.Window(), qtn.Extended(1, pairs))


def _tfim() -> Problem:
    """The critical Ising chain of 16 spins: a network of bond 2, two brickwall layers added."""
    hamiltonian = qtn.chain("tfim", 16)
    return _energy("TFIM, 16 spins", hamiltonian, 2, qtn.Staircase(1), qtn.Extended(2, "line"))


def _cardinality() -> Problem:
    """All rows of 12 bits with 6 ones: a Born machine of bond 2, a gate on every pair added."""
    ones = [list(chosen) for chosen in itertools.combinations(range(12), 6)]
    table = np.zeros((len(ones), 12))
    for row, chosen in zip(table, ones, strict=True):
        row[chosen] = 1.0
    model = qtn.MPSBornMachine(bond=2, sweeps=20, seed=0, progress=False).fit(table)
    network = -float(model.score_samples(table).mean()) - np.log(len(table))
    blocks = qtn.Extended(1, "all").apply(qtn.compile(model.state(), qtn.Staircase(1)).sequence)
    losses = _likelihood(blocks, table.astype(int) @ (1 << np.arange(12)))
    return Problem("6 ones of 12 bits", network, 0.0, "nats", blocks, losses)


def _energy(
    name: str, hamiltonian: SparsePauliOp, bond: int, method: qtn.Method, more: qtn.Extended
) -> Problem:
    state = qtn.ground_state(hamiltonian, max_bond=bond, progress=False)
    compiled = qtn.compile(state, method, progress=False)
    circuit = extended(compiled, more.layers, more.couplings)
    best = qtn.ground_state(hamiltonian, max_bond=128, progress=False).origin.energy

    def losses(start: str, seed: int) -> Trace:
        found = qtn.lower_energy(
            circuit, hamiltonian, start=start, steps=BUDGETS[-1], seed=seed, progress=False
        )
        return list(found.provenance["energies"])

    return Problem(name, state.origin.energy, best, "J", circuit.sequence, losses)


def _likelihood(blocks: Blocks, seen: np.ndarray) -> Callable[[str, int], Trace]:
    """Return the searches for a small divergence of the uniform distribution of `seen`."""
    sites = [where for where, _ in blocks.gates]

    def divergence(matrices: list[list[np.ndarray]]) -> tuple[float, list[list[np.ndarray]]]:
        state = prepared(blocks.n, sites, matrices[0])
        p = state[seen] ** 2 + 1e-12
        slope = np.zeros_like(state)
        slope[seen] = -state[seen] / p / len(seen)
        found = adjoint_gradients(sites, matrices[0], state, slope)
        return float(-np.log(p * len(seen)).mean()), [[2.0 * g for g in found]]

    def losses(start: str, seed: int) -> Trace:
        trace: Trace = []

        def watch(step: int, value: float, _: object) -> bool:
            trace.append(value)
            return False

        begun = started(blocks, start, seed)
        minimise([begun], divergence, steps=BUDGETS[-1], watch=watch, patience=BUDGETS[-1])
        return trace

    return losses


def _compared(table: report.Table, problem: Problem) -> dict[str, np.ndarray]:
    """Add the rows of a problem; return the losses of every start, (seeds, steps)."""
    clock = time.process_time()
    traces = {
        start: np.array([_whole(problem.losses(start, seed)) for seed in _seeds(start)])
        for start in STARTS
    }
    seconds = time.process_time() - clock
    name, unit = f"synergy, {problem.name}", problem.unit
    first = float(traces["compiled"][0, 0]) - problem.network
    note = f"network {problem.network:.4f}, best known {problem.best:.4f}; {problem.blocks!r}"
    table.at_most(f"{name}: first above the network", first, ROUNDING, unit=unit, note=note)
    margins = []
    for budget in BUDGETS:
        here = {start: trace[:, budget] for start, trace in traces.items()}
        mine = float(here["compiled"].max())
        margins.append(min(float(here[s].min()) for s in STARTS[1:]) - mine)
        others = [f"{s} {here[s].mean():.4f}, best {here[s].min():.4f}" for s in STARTS[1:]]
        table.inform(f"… after {budget} steps", f"{mine:.4f}", note="; ".join(others))
    note = f"least of all budgets, over the best of 10 seeds; {seconds:.0f} CPU s"
    table.at_least("… below random and identity", min(margins), 0.0, unit=unit, note=note)
    return traces


def _seeds(start: str) -> range:
    return SEEDS[:1] if start == "compiled" else SEEDS


def _whole(trace: Trace) -> Trace:
    """Return losses after 0, 1, … steps; a search that ended keeps its last."""
    steps = BUDGETS[-1] + 1
    return [*trace[:steps], *[trace[-1]] * (steps - len(trace))]


def _draw(drawn: list[tuple[Problem, dict[str, np.ndarray]]]) -> None:
    """Write the figure of losses above the best known against steps."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, len(drawn), figsize=(10.5, 3.4), layout="constrained")
    for axes, (problem, traces) in zip(panels, drawn, strict=True):
        for start, colour in zip(STARTS, ("C0", "C3", "C1"), strict=True):
            gaps = traces[start] - problem.best
            axes.plot(gaps.mean(axis=0), colour, label=start)
            axes.fill_between(
                range(gaps.shape[1]), gaps.min(axis=0), gaps.max(axis=0), color=colour, alpha=0.2
            )
        axes.axhline(problem.network - problem.best, color="k", ls=":", label="tensor network")
        axes.set_yscale("log")
        axes.set_xlabel("steps")
        axes.set_title(problem.name)
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("loss above the best known")
    panels[0].legend(fontsize="small")
    figure.savefig(FIGURE, dpi=110)
    plt.close(figure)
