"""Registers that follow a tree: circuits that are tree tensor networks themselves.

The root prepares the memory of its two children; every node takes its memory and fresh wires, and
leaves the memories of its own children; what is left at the end are the leaves. The depth follows
the height of the tree, not the number of sites. Wires of a node are neighbours in the circuit but
not on a line of qubits: `Compiled.routed` writes it for one. From a fullness of 1 on, where it
makes no difference to the fit, a node's memory takes the wires beside its sibling: on a line a
third of the swaps is left.

Reference: the shape is that of Shi, Duan and Vidal, Phys. Rev. A 74, 022320 (2006), whose unitaries
are circuits of CX here, found all at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from qtn.aqc.methods.base import SHOWN
from qtn.aqc.methods.register_method import RegisterMethod
from qtn.aqc.search.job import Job
from qtn.aqc.search.registers import tree_target
from qtn.aqc.shape.nodes import TargetTree

BESIDE = 1.0  # fullness from which memories lie beside their siblings


@dataclass(frozen=True, slots=True, repr=False)
class Tree(RegisterMethod):
    """Entanglers on the wires of every node of a tree, all of them at once.

    Args:
        fullness: CX per node as a share of the counting bound (a quarter of the real parameters of
            the node's tensor). From about 1.1 on the circuit is exact; below 1 it is the nearest
            one of so many gates.
        per_node: at most so many CX per node; None for no limit.
        bond: largest bond of the circuit, held by log2 of it memory wires; None for the target's.
        tries: random starts at most; a further one is made where those before miss the goal.
        start: a `Compiled` result to go on from, of the same options or of a smaller fullness; the
            search never ends worse than it.
        steps: quasi-Newton steps from each start.
        real: real one-qubit gates; None uses them when the target is real.
        basis: two-qubit gate of the circuit: "cx", "cz", "ecr" or "rzz".
        tolerance: the search ends when 300 steps and two kicks gain less than this fraction.
        seconds: CPU seconds after which the search ends; None for no limit.

    The target is a `TTN`, or a model or state that is one; a chain is compiled by `Window`.

    Cost: per step 4 × 128 · 2^(w+m-2) operations for every CX of a node with w wires and m memory
    wires, and O(χ⁴) for every node.

    Example:
        >>> import numpy as np
        >>> import qtn
        >>> pairs = ((0, 1), (2, 3), (4, 5))
        >>> bell = np.eye(2)[:, :, None] / 2**0.5
        >>> copy = np.zeros((2, 2, 2)); copy[0, 0, 0] = copy[1, 1, 1] = 1.0
        >>> ghz = qtn.TTN((copy, copy, bell), pairs)
        >>> short = qtn.compile(ghz, Tree(), min_fidelity=0.999)
        >>> short.two_qubit_depth <= 6
        True
    """

    fullness: float = field(default=1.1, metadata=SHOWN)

    def _tree(self, job: Job) -> TargetTree:
        return tree_target(job.target, self.bond, beside=self.fullness >= BESIDE)
