"""Operators of two to four qubits: all entanglers at once, beside Qiskit's own decomposition.

Two qubits are one block. On three and four the circuit of the fewest CX that a search finds
(`qtn.aqc.search.small_unitaries`) is likely to be two thirds of a decomposition by cosines and
sines, which has fewer where the operator is structured: both are on the front.
"""

from __future__ import annotations

import numpy as np

from qtn.aqc.kernels.gates import nearest_unitary
from qtn.aqc.methods.portfolio.scene import Scene
from qtn.aqc.points import ROUNDING, Point
from qtn.aqc.result import Status
from qtn.aqc.search.job import Solution
from qtn.aqc.search.small_unitaries import FINE, entangled
from qtn.aqc.shape.ansatz import brickwall_shape
from qtn.aqc.shape.blocks import Blocks
from qtn.interop.circuits import first_major, gate_list
from qtn.states import MPO


def is_block(scene: Scene) -> bool:
    """Whether the target is an operator of two qubits."""
    return isinstance(scene.job.target, MPO) and scene.job.n == 2


def is_small(scene: Scene) -> bool:
    """Whether the target is an operator of three or four qubits."""
    return isinstance(scene.job.target, MPO) and 2 < scene.job.n <= FINE


def block(scene: Scene) -> Solution:
    """Return an operator of two qubits as it is."""
    found = Blocks.of(brickwall_shape(2, 1), first_major(_matrix(scene))[None])
    return Solution(found, Status.EXACT, pareto=(scene.job.point("one block", found, 0.0),))


def small_operator(scene: Scene) -> Solution:
    """Return an exact circuit of an operator, and one that reaches the goal, likely of fewer CX."""
    job, matrix = scene.job, _matrix(scene)
    points, goal = [_decomposed(scene, matrix)], max(job.target_infidelity, 0.5 * ROUNDING)
    # The last site first, as for Qiskit's plugin: the same starts, and never more CX.
    found = entangled(matrix, goal, seed=job.seed, keeper=job.keeper.aside())
    if found is not None:
        points.append(job.point("all entanglers at once", _mirrored(found), goal))
    status = Status.TIME if job.keeper.late else Status.CONVERGED
    return Solution.of(points, status, (), scene.limit)


def _matrix(scene: Scene) -> np.ndarray:
    """Return the unitary matrix in Qiskit's order."""
    assert isinstance(scene.job.target, MPO)
    return nearest_unitary(scene.job.target.to_dense().astype(complex))


def _mirrored(blocks: Blocks) -> Blocks:
    """Return blocks on wires that are the sites from the last one on as blocks on sites."""
    last = blocks.n - 1
    pairs = [((last - b, last - a), first_major(gate)) for (a, b), gate in blocks.gates]
    return Blocks(blocks.n, tuple(pairs))


def _decomposed(scene: Scene, matrix: np.ndarray) -> Point:
    """Return the circuit of Qiskit's decomposition, which is exact."""
    from qiskit import transpile
    from qiskit.synthesis import qs_decomposition

    plain = transpile(
        qs_decomposition(matrix), basis_gates=["u", "cx"], optimization_level=1, seed_transpiler=0
    )
    gates = [(sites, first_major(gate)) for sites, gate in gate_list(plain).gates]
    return scene.job.point("Qiskit's decomposition", Blocks(scene.job.n, tuple(gates)), 0.0)
