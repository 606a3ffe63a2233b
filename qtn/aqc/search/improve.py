"""Search for the gates of a chain of layers: from a start to the best gates nearby.

Every method that starts from layers ends here: polar half-sweeps if they are asked for, then
L-BFGS and polar half-sweeps in turns. What it takes to begin is here too: gates given by their
bonds, shallower brickwalls lengthened by identities, gates turned at random.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qtn._checks import finite_array
from qtn.aqc.kernels.base import Gradients, Kernel
from qtn.aqc.kernels.gate_loops import retract
from qtn.aqc.kernels.gates import joined, parted, plain, unitary
from qtn.aqc.result import Status
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.search.optimise import LBFGS, Search, alternate, polar_sweeps
from qtn.aqc.shape.ansatz import Ansatz, brickwall_shape, from_bonds, identity_gates
from qtn.aqc.shape.blocks import Blocks
from qtn.errors import ArgumentError

Start = tuple[Ansatz, np.ndarray]
"""A shape and its gates in parts (gates, 2, 4, 4)."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long and how to search.

    Args:
        steps: quasi-Newton steps and half-sweeps in turns.
        sweeps: polar half-sweeps before them.
        tolerance: the search ends when 30 steps gain less than this fraction.
        metric: sites per window of the metric; 0 for none.
        device: a torch device; None for the compiled kernels on the CPU.
    """

    steps: int = 500
    sweeps: int = 0
    tolerance: float = 1e-2
    metric: int = 0
    device: str | None = None


def improved(job: Job, ansatz: Ansatz, gates: np.ndarray, effort: Effort) -> Solution:
    """Polar half-sweeps if asked for, then L-BFGS and polar half-sweeps in turns.

    Args:
        job: the target and the goal.
        ansatz: the circuit shape.
        gates: where to start, in parts (gates, 2, 4, 4).
        effort: how long to search.
    """
    search = job.search(effort.tolerance)
    job = job.holding(gates)
    kernel = job.gradients(ansatz, effort.device)
    status = run(kernel, gates, search, effort)
    final = unitary(search.gates)
    matrices = plain(final, job.real)
    return Solution(job.marked(Blocks.of(ansatz, matrices)), status, tuple(search.history))


def run(kernel: Gradients, gates: np.ndarray, search: Search, effort: Effort) -> Status:
    """Optimise; the best gates are left in `search`."""
    overlap = kernel.evaluate(gates)[0]
    search.note(kernel, gates, overlap)
    if abs(overlap) < 1e-150:
        return Status.NO_OVERLAP
    if isinstance(kernel, Kernel):
        polar_sweeps(kernel, gates.copy(), search, effort.sweeps)
    if search.reached:
        return Status.REACHED
    options = LBFGS(effort.steps, metric=effort.metric)
    return search.ended(alternate(kernel, search.gates, search, options))


def given(n: int, bonds: Sequence[int], gates: np.ndarray) -> Start:
    """Arrange blocks given in time order into layers.

    Raises:
        ArgumentError: bonds outside the chain, or gates of another shape or not unitary.
    """
    matrices = finite_array("start", np.asarray(gates), ndim=3).astype(complex)
    if matrices.shape != (len(bonds), 4, 4):
        raise ArgumentError(
            f"Argument `start` must hold gates ({len(bonds)}, 4, 4), one per bond, but they have "
            f"shape {matrices.shape}."
        )
    outside = [b for b in bonds if not 0 <= b < n - 1]
    if outside:
        raise ArgumentError(
            f"Argument `start` must hold bonds in 0 ... {n - 2}, but holds {outside[0]}. "
            f"Give a start for {n} sites."
        )
    wrong = np.abs(matrices @ matrices.conj().transpose(0, 2, 1) - np.eye(4)).max(initial=0.0)
    if wrong > 1e-3:
        raise ArgumentError(
            f"Argument `start` must hold unitary gates, but one is off by {wrong:.2g}."
        )
    ansatz, order = from_bonds(n, bonds)
    return ansatz, unitary(parted(matrices[order]))


def lengthened(ansatz: Ansatz, gates: np.ndarray, layers: int) -> Start:
    """Append identity layers to a brickwall until it has `layers`; other shapes stay as they are.

    Args:
        ansatz: the circuit shape.
        gates: its gates in parts (gates, 2, 4, 4).
        layers: number of layers wanted.
    """
    longer = brickwall_shape(ansatz.n, layers)
    if longer.layers[: len(ansatz.layers)] != ansatz.layers or longer.size <= ansatz.size:
        return ansatz, gates
    added = parted(identity_gates(longer, False)[ansatz.size :])
    return longer, np.concatenate([gates, added])


def turned(gates: np.ndarray, spread: float, rng: np.random.Generator, real: bool) -> np.ndarray:
    """Return the gates times exponentials of random Lie-algebra elements of size `spread`."""
    noise = rng.normal(size=gates.shape) * spread
    matrix = joined(noise)
    step = parted(0.5 * (matrix - matrix.conj().transpose(0, 2, 1)))
    if real:
        step[:, 1] = 0.0
    out = np.empty_like(gates)
    retract(step, gates, out)
    return out
