"""Windows that move along a chain: circuits that are matrix product states themselves.

The window of site i holds the site and the memory of all sites behind it, log2 of the bond. Its
gates act on neighbours inside it, then the site is done and the window moves on. Such a circuit is
a chain of the bond of its memory: its overlap with the target is exact, it needs no analytic start,
and with a few per cent more CX than the counting bound it is exact.

Reference: the shape is that of Schön, Solano, Verstraete, Cirac and Wolf, Phys. Rev. Lett. 95,
110503 (2005); here its unitaries are circuits of CX, found all at once instead of one by one.
"""

from __future__ import annotations

from dataclasses import dataclass

from qtn.aqc.methods.register_method import RegisterMethod
from qtn.aqc.search.job import Job
from qtn.aqc.search.registers import chain_tree
from qtn.aqc.shape.nodes import TargetTree


@dataclass(frozen=True, slots=True)
class Window(RegisterMethod):
    """Entanglers on log2(bond) + 1 neighbouring wires per site, all of them at once.

    Args:
        fullness: CX per site as a share of the counting bound (a quarter of the real parameters of
            the site's tensor). From about 1.05 on the circuit is exact; below 1 it is the nearest
            one of so many gates.
        per_node: at most so many CX per window; None for no limit.
        bond: largest bond of the circuit, held by log2 of it memory wires; None for the target's.
        tries: random starts at most; a further one is made where those before miss the goal.
        start: a `Compiled` result of the same options to go on from.
        steps: quasi-Newton steps from each start.
        real: real one-qubit gates; None uses them when the target is real.
        basis: two-qubit gate of the circuit: "cx", "cz", "ecr" or "rzz".
        tolerance: the search ends when 300 steps and two kicks gain less than this fraction.

    Cost: per step 4 × 128 · 2^(2m-1) operations for every CX and O(χ³) for every site, with
    m = log2 χ.

    Example:
        >>> import numpy as np
        >>> import qtn
        >>> amplitudes = np.random.default_rng(0).normal(size=32)
        >>> short = qtn.compile(amplitudes / np.linalg.norm(amplitudes), Window())
        >>> short.two_qubit_gates, short.infidelity < 1e-10
        (18, True)
    """

    def _tree(self, job: Job) -> TargetTree:
        return chain_tree(job.chain, self.bond)
