"""Circuits of fermions on chains: fewer layers of hops, tried before anything else.

A state that remembers its circuit is worth a look at the gates. Where they are hops along chains
and weak phases of densities, layers of hops with free angles are searched on determinants, in
seconds whatever the number of qubits and the entanglement, where general gates from the identity
find nothing.
"""

from __future__ import annotations

from dataclasses import replace

from qtn.aqc.methods.hops import Hops
from qtn.aqc.methods.portfolio.scene import Scene
from qtn.aqc.search.job import Solution
from qtn.aqc.starts.fermions.correlations import coupling_floor
from qtn.aqc.starts.fermions.species import read_species
from qtn.errors import ArgumentError
from qtn.states import MPS
from qtn.states.origin import Prepared

STRONG = 0.15  # infidelity of the mean field above which the second order means little
WRONG = 1.2  # times the infidelity expected at which the second order does not hold
EASY = 200  # sites times bond up to which a certificate takes milliseconds
SMALLEST = 4  # qubits from which hops in layers are worth a try


def of_hops(scene: Scene) -> bool:
    """Whether the target remembers a circuit of hops and weak phases on enough qubits."""
    target = scene.job.target
    if not isinstance(target, MPS) or target.n < SMALLEST:
        return False
    origin = target.origin
    if not isinstance(origin, Prepared) or not origin.gates:
        return False
    try:
        species = read_species(target.n, origin.gates)
    except ArgumentError:
        return False
    hopping = any(chain.bonds.any() for chain in species.chains)
    return hopping and coupling_floor(species) < STRONG


def by_hops(scene: Scene) -> Solution:
    """Return layers of hops, as many as the goal needs.

    The best one is certified; small targets leave time for all. Where the best one is farther from
    the target than the second order says, the others are not to be relied on either, and only this
    one goes on the front.
    """
    found = Hops(basis=scene.job.basis).solve(scene.job)
    if not found.pareto:
        return found
    if scene.job.n * scene.job.state.max_bond <= EASY:
        certified = scene.job.certified
        front = [replace(p, infidelity=certified(p.sequence).infidelity) for p in found.pareto]
        return replace(found, pareto=tuple(front))
    best = found.best
    value = scene.job.certified(best.sequence).infidelity
    known = replace(best, infidelity=value)
    if value > WRONG * best.infidelity:
        return replace(found, pareto=(known,))
    return replace(found, pareto=tuple(known if p is best else p for p in found.pareto))
