"""Fewer layers of hops, with free angles, for circuits of fermions on chains.

A deep circuit of hops along chains (XX + YY) with weak couplings between them is a product formula
of free fermions. Its state is found again by fewer layers of hops, whose angles are searched on
Slater determinants, where neither the number of qubits nor entanglement costs anything. What the
couplings do beyond a mean field is taken over by a few layers of couplings, a linear problem.

* One angle per layer is searched first, then an angle and two phases per hop: what the ends of a
  chain and of the circuit need differs from the middle.
* Depths grow until the infidelity expected (determinants, and couplings to second order) reaches
  the goal. Layers of couplings are added where the hops alone leave less than the couplings do.
* The qubits that hop into each other are those of the circuit given, so that hops within a species
  take no swaps: two species lie on two lines.

Reference: Robertson et al., ACM Trans. Quantum Comput. 6, 1 (2025), for the compression of Trotter
circuits; Jordan and Wigner, Z. Phys. 47, 631 (1928), for what makes it cheap here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from qtn._checks import bounded_int, choice, fail, flag, positive_int
from qtn.aqc.methods.base import SHOWN, Method
from qtn.aqc.points import Point
from qtn.aqc.result import Status
from qtn.aqc.search.job import Job, Solution
from qtn.aqc.shape.blocks import Blocks
from qtn.aqc.shape.emit import BASES
from qtn.aqc.starts.fermions.correlations import Coupler, Placed
from qtn.aqc.starts.fermions.determinants import Layers, freed, tied_angles
from qtn.aqc.starts.fermions.species import Chain, Species, read_species
from qtn.aqc.starts.fermions.written import hop_blocks
from qtn.aqc.starts.fermions.zigzag import zigzag_shapes
from qtn.errors import ArgumentError
from qtn.states.origin import Prepared

DEEPEST = 40  # layers of hops
FEW = 40  # steps after which the better of two ways to begin is chosen
NEAR = 0.5  # infidelity after a few steps above which the others are not worth it
USUAL = 1e-2  # goal where none is given
NOWHERE = Placed((), (), np.zeros((0, 0)), 0.0)
WORTH = 0.8  # of the infidelity, that one more layer must leave at most
IDLE = 3  # layers of hops that gained less, after which none is added


@dataclass(frozen=True, slots=True, repr=False)
class Hops(Method):
    """Layers of hops with free angles, for states that a circuit of hopping fermions prepared.

    The target must know its circuit: `qtn.compile(circuit, Hops())`, or an MPS read from one. Its
    gates conserve the number of ones: hops along chains, weak phases of two densities, swaps (XX
    chains, Hubbard models at small U, XXZ chains near XX; see `qtn.mean_field`).

    Args:
        layers: layers of hops; None grows them until the goal of the call is expected, which is an
            infidelity of 1e-2 where none is given.
        couplings: layers of couplings between the chains, at most one behind each layer of hops;
            None adds them as the goal needs.
        steps: quasi-Newton steps over the free angles of a chain.
        basis: two-qubit gate of the circuit: "cx", "cz", "ecr" or "rzz".
        line: gates between neighbours on one line only, for two chains whose qubits stand as
            a0 b0 b1 a1 a2 b2 b3 a3 …: the qubits of all sites swap between layers of hops, and
            couplings within sites go into the swaps.

    Cost: O(D n N²) per step for N fermions, whatever the entanglement; the certificate costs more.

    Example:
        >>> import qtn
        >>> deep = qtn.hadron_circuit(sites=6, steps=5)
        >>> short = qtn.compile(deep, Hops(layers=4, couplings=0), progress=False)
        >>> short.two_qubit_gates, short.two_qubit_depth, short.fidelity > 0.998
        (32, 7, True)

    Reference: free fermions as in Jordan and Wigner (1928); time-dependent Hartree for the mean
        field of the couplings.
    """

    layers: int | None = field(default=None, metadata=SHOWN)
    couplings: int | None = None
    steps: int = 300
    basis: str = "cx"
    line: bool = False

    def __post_init__(self) -> None:
        if self.layers is not None:
            bounded_int("layers", self.layers, 1, DEEPEST)
        if self.couplings is not None:
            most = DEEPEST if self.layers is None else self.layers
            bounded_int("couplings", self.couplings, 0, most)
        positive_int("steps", self.steps)
        choice("basis", self.basis, BASES)
        flag("line", self.line)
        if self.line and self.couplings is not None:
            way_out = "On a line every swap has a coupling: leave it out."
            raise fail("couplings", "None where line=True", self.couplings, way_out)

    def solve(self, job: Job) -> Solution:
        """Search layers of hops on determinants, and place couplings.

        Raises:
            ArgumentError: the target knows no circuit, or it is none of fermions on chains.
        """
        origin = job.state.origin
        if not isinstance(origin, Prepared) or not origin.gates:
            raise ArgumentError(
                "Hops needs a target that knows the circuit that prepared it: compile the circuit "
                "itself, qtn.compile(circuit, qtn.Hops()), or use Auto()."
            )
        species = read_species(job.n, origin.gates)
        goal, points = job.target_infidelity or USUAL, list[Point]()
        least, idle = 1.0, 0
        for depth in [self.layers] if self.layers else range(1, DEEPEST + 1):
            began, before = time.process_time(), least
            for blocks, value, name in self._of_depth(species, depth, goal):
                job.note(blocks, value)
                points.append(job.point(name, blocks, value))
                least = min(least, value)
            idle = 0 if least < WORTH * before or not points else idle + 1
            late = not job.has_time(2.0 * (time.process_time() - began))
            if least <= goal or late or idle == IDLE:
                break
        if not points:
            shapes, found, _ = self._hops(species, 1)
            return Solution(hop_blocks(species, shapes, found, NOWHERE, self.line))
        status = Status.REACHED if least <= goal else Status.CONVERGED
        return Solution.of(points, status, tuple(job.keeper.history))

    def _of_depth(
        self, species: Species, depth: int, goal: float
    ) -> Iterator[tuple[Blocks, float, str]]:
        """Yield circuits of so many layers with the infidelity expected, couplings growing."""
        shapes, found, lost = self._hops(species, depth)
        if not self.layers and lost > NEAR:
            return
        coupler = Coupler(species, shapes, found)
        if self.line or self.couplings is not None:
            counts = [min(self.couplings or 0, depth)]
        else:
            counts = list(range(depth + 1)) if lost < coupler.floor else [0]
        last = math.inf
        for count in counts:
            # On a line every swap has room for a coupling.
            placed = coupler.placed(tuple(range(depth - 1))) if self.line else coupler.best(count)
            value = min(1.0, lost + placed.infidelity)
            if value > WORTH * last:
                return
            name = f"Hops({depth}, {'line=True' if self.line else f'couplings={count}'})"
            yield hop_blocks(species, shapes, found, placed, self.line), value, name
            last = value
            if value <= goal:
                return

    def _hops(self, species: Species, depth: int) -> tuple[list[Layers], list[np.ndarray], float]:
        """Return the best layers, their parameters, and the infidelity of the determinants.

        Both ways to begin, with even or with odd bonds, are searched for a few steps.
        """
        chains, seen = list(species.chains), []
        ways = [[Layers(len(chain.modes), depth, first) for chain in chains] for first in (0, 1)]
        for shapes in [zigzag_shapes(species, depth)] if self.line else ways:
            begin = tied_angles(chains, shapes)
            seen.append((shapes, *_freed(chains, shapes, begin, min(FEW, self.steps))))
        shapes, found, value = min(seen, key=lambda trial: trial[2])
        if value < -math.log1p(-NEAR):
            found, value = _freed(chains, shapes, found, self.steps)
        return shapes, found, -math.expm1(-value)


def _freed(
    chains: list[Chain], shapes: list[Layers], begin: list[np.ndarray], steps: int
) -> tuple[list[np.ndarray], float]:
    """Return parameters of all chains after so many steps, and -ln F of all."""
    searches = [freed(*part, steps) for part in zip(chains, shapes, begin, strict=True)]
    return [x for _, x in searches], sum(value for value, _ in searches)
