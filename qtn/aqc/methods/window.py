"""Windows that move along a chain: circuits that are matrix product states themselves.

The window of site i holds the site and the memory of all sites behind it, log2 of the bond. Its
gates act on neighbours inside it, then the site is done and the window moves on. Such a circuit is
a chain of the bond of its memory: its overlap with the target is exact, it needs no analytic start,
and with the CX of the counting bound, or a few more where bonds are large, it is exact. Such
circuits are found register after register, and searched at once only where a register misses; with
fewer CX all gates are searched at once from random ones.

Reference: the shape is that of Schön, Solano, Verstraete, Cirac and Wolf, Phys. Rev. Lett. 95,
110503 (2005); here its unitaries are circuits of CX, found all at once instead of one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from qtn._random import generator
from qtn.aqc.methods.base import SHOWN
from qtn.aqc.methods.register_method import RegisterMethod
from qtn.aqc.search.job import Job
from qtn.aqc.search.sitewise import exact_gates
from qtn.aqc.shape.chain_trees import NEGLIGIBLE, chain_tree
from qtn.aqc.shape.nodes import Nodes, TargetTree
from qtn.states import MPS

TRIES = 10  # starts of every register, where registers are searched one after another
SHARE = 0.25  # of the infidelity asked for that smaller bonds may take


@dataclass(frozen=True, slots=True, repr=False)
class Window(RegisterMethod):
    """Entanglers on log2(bond) + 1 neighbouring wires per site, all of them at once.

    Args:
        fullness: CX per site as a share of the counting bound (a quarter of the real parameters of
            the site's tensor on whole wires). From 1 on the circuit is exact, with a few CX more
            where bonds are large; below 1 it is the nearest one of so many gates.
        per_node: at most so many CX per window; None for no limit.
        bond: largest bond of the circuit, held by log2 of it memory wires; None for what the goal
            needs of the target's at every cut. Cuts without entanglement cost nothing.
        tries: random starts at most, of fewer CX than an exact circuit needs; a further one is made
            where those before miss the goal.
        start: a `Compiled` result to go on from, of the same options or of a smaller fullness; the
            search never ends worse than it.
        steps: quasi-Newton steps from each start.
        real: real one-qubit gates; None uses them when the target is real.
        basis: two-qubit gate of the circuit: "cx", "cz", "ecr" or "rzz".
        tolerance: the search ends when 300 steps and two kicks gain less than this fraction.
        seconds: CPU seconds after which the search ends; None for no limit.

    Cost: per step 4 × 128 · 2^(2m-1) operations for every CX and O(χ³) for every site, with
    m = log2 χ.

    Example:
        >>> import numpy as np
        >>> import qtn
        >>> amplitudes = np.random.default_rng(0).normal(size=32)
        >>> short = qtn.compile(amplitudes / np.linalg.norm(amplitudes), Window())
        >>> short.two_qubit_gates, short.infidelity < 1e-10
        (17, True)
    """

    fullness: float = field(default=1.0, metadata=SHOWN)

    def _tree(self, job: Job) -> TargetTree:
        full, held = _needed(job, self.bond)
        return chain_tree(full.tensors, [max(t.shape[2], 2) for t in held.tensors[:-1]])

    def _exact(self, job: Job, shape: Nodes, real: bool) -> np.ndarray | None:
        tree = chain_tree(_needed(job, self.bond)[1].tensors)
        alike = [node.sites for node in tree.shape.nodes] == [node.sites for node in shape.nodes]
        full = all(len(node.pairs) >= node.due for node in shape.nodes)
        if not (alike and full):
            return None
        keeper = job.keeper
        rng = generator(job.seed, "sitewise")

        def over() -> bool:
            return keeper.interrupted or keeper.late

        return exact_gates(tree, shape, real, rng, TRIES, over, nearest=True)


def _needed(job: Job, bond: int | None) -> tuple[MPS, MPS]:
    """Return the target without bonds of no weight, and with those alone that the goal needs."""
    full = job.state.truncated(cutoff=NEGLIGIBLE / job.n).state.normalised()
    lost = max(NEGLIGIBLE, SHARE * job.target_infidelity) / job.n
    return full, full.truncated(max_bond=bond, cutoff=lost).state.normalised()
