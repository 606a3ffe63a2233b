"""Exact synthesis of any chain, at a cost that is known before it begins.

Every site is an isometry from the memory of the sites before it to itself and the memory of those
behind it, with the basis of every memory left free. Entanglers are laid out as parameters are
counted, (2χ² real ones per site, four per CX) with a few to spare where bonds are large, and found
site after site. Should a site resist, every isometry is taken apart without a search, as a unitary
on its wires: more CX, but no luck.

Reference: Schön, Solano, Verstraete, Cirac and Wolf, Phys. Rev. Lett. 95, 110503 (2005) for the
sequence of isometries; Shende, Bullock and Markov, IEEE Trans. CAD 25, 1000 (2006) for unitaries.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from qiskit import transpile

from qtn._checks import choice, flag, positive_int
from qtn._random import generator
from qtn.aqc.kernels.gates import plain, unitary
from qtn.aqc.methods.base import Method
from qtn.aqc.result import Status
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.search.sitewise import exact_gates
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.boxes import boxed, cost
from qtn.aqc.shape.certificate import certify
from qtn.aqc.shape.chain_trees import NEGLIGIBLE, chain_tree
from qtn.aqc.shape.emit import BASES
from qtn.aqc.shape.nodes import TargetTree
from qtn.aqc.target import as_chain, as_target
from qtn.interop.circuits import gate_list
from qtn.states import MPS


@dataclass(frozen=True, slots=True, repr=False)
class Isometries(Method):
    """Exact synthesis of a chain, site after site; the number of CX is known beforehand.

    Args:
        search: find few CX per isometry; False takes every isometry apart as a unitary, which needs
            no search and about two and a half times as many CX.
        tries: random starts of every isometry; should all of them fail, the circuit is that of
            `search=False`, and the result's provenance says so.
        real: real one-qubit gates; None uses them when the target is real.
        basis: two-qubit gate of the circuit: "cx", "cz", "ecr" or "rzz".

    Cost: per site and step O(χ⁴) for each of its χ²/2 CX, tens of steps; 0.2 CPU seconds on 20
    sites of bond 4, 3 on 32 sites of bond 8, 15 on 20 sites of bond 16.

    Example:
        >>> import numpy as np
        >>> import qtn
        >>> amplitudes = np.random.default_rng(0).normal(size=32)
        >>> amplitudes /= np.linalg.norm(amplitudes)
        >>> exact = Isometries()
        >>> stated = exact.two_qubit_gates(amplitudes)
        >>> short = qtn.compile(amplitudes, exact)
        >>> short.two_qubit_gates == stated, short.infidelity < 1e-12
        (True, True)
    """

    search: bool = True
    tries: int = 20
    real: bool | None = None
    basis: str = "cx"

    def __post_init__(self) -> None:
        flag("search", self.search)
        positive_int("tries", self.tries)
        choice("real", self.real, (None, True, False))
        choice("basis", self.basis, BASES)

    def two_qubit_gates(self, target: Any) -> int:
        """Return the number of CX of the circuit for a target, without making it.

        Args:
            target: as in `qtn.compile`.

        Returns:
            The number for a generic target of these bonds; a circuit may have fewer.

        Raises:
            ArgumentError: an unusable target.
        """
        state = as_target(target)
        chain = state if isinstance(state, MPS) else as_chain(state)
        return 0 if chain.n == 1 else self._count(_tree(chain))

    def solve(self, job: Job) -> Solution:
        """Find the isometries one after another."""
        tree = _tree(job.state)
        found = self._searched(job, tree) if self.search else None
        stated = self._count(tree)
        if found is not None:
            return Solution(found, Status.EXACT, notes={"two-qubit gates stated": stated})
        blocks = _apart(tree)
        job.note(blocks, certify(job.state, blocks).infidelity)
        notes = {"two-qubit gates stated": stated}
        if self.search:
            notes["taken apart instead"] = replace(self, search=False)._count(tree)
        return Solution(blocks, Status.EXACT, notes=notes)

    def _searched(self, job: Job, tree: TargetTree) -> Blocks | None:
        shape, keeper = tree.shape.filled(1.0), job.keeper
        real = job.real if self.real is None else self.real
        if not shape.size:
            return shape.blocks(np.empty((0, 4, 4)))
        rng = generator(job.seed, "isometries")
        gates = exact_gates(
            tree,
            shape,
            real and job.real,
            rng,
            self.tries,
            lambda: keeper.interrupted or keeper.late,
        )
        if gates is None:
            return None
        blocks = shape.blocks(plain(unitary(gates), real and job.real))
        job.note(blocks, certify(job.state, blocks).infidelity)
        return blocks

    def _count(self, tree: TargetTree) -> int:
        return sum(tree.shape.counts(1.0)) if self.search else cost(tree.shape)


def _tree(state: MPS) -> TargetTree:
    return chain_tree(state.truncated(cutoff=NEGLIGIBLE / state.n).state.normalised().tensors)


def _apart(tree: TargetTree) -> Blocks:
    """Return the isometries as unitaries on their wires, taken apart by Qiskit."""
    circuit = transpile(
        boxed(tree), basis_gates=["cx", "u"], optimization_level=1, seed_transpiler=0
    )
    # Our first site is the most significant digit, Qiskit's first qubit the least significant one.
    gates = [(qubits[::-1], matrix) for qubits, matrix in gate_list(circuit).gates]
    return Blocks(tree.shape.n, tuple(gates))
