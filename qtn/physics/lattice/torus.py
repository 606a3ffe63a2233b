"""The partition function of a torus by exact contraction of the whole network.

Spins are indices that all their bonds share, bonds are matrices, fields vectors: nothing is cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from qtn.physics.lattice.weights import bond_weights, field_weights, log_scale
from qtn.states.closed_networks import Contraction, Network, plan_contraction


@dataclass(frozen=True, slots=True)
class Limits:
    """What the contraction may take: seconds of one core, bytes, and the seed of its order."""

    seconds: float = 300.0
    memory: float = 4e9
    seed: int = 0


def torus_plan(rows: int, columns: int, beta: float, field: float, limits: Limits) -> Contraction:
    """Return the network of a torus with an order of contraction.

    Args:
        rows: of spins; 1 or 2 of them share two bonds, as a torus has it.
        columns: the same.
        beta: inverse temperature in units of the coupling.
        field: in units of the coupling.
        limits: of the search.

    Cost: the search for an order, at most as long as the contraction.
    """
    network = Network()
    spins = [[network.index() for _ in range(columns)] for _ in range(rows)]
    bond, site = bond_weights(beta), field_weights(beta, field)
    for i in range(rows):
        for j in range(columns):
            here = spins[i][j]
            for other in (spins[(i + 1) % rows][j], spins[i][(j + 1) % columns]):
                if other == here:
                    network.add(bond.diagonal().copy(), here)
                else:
                    network.add(bond, here, other)
            if field:
                network.add(site, here)
    return plan_contraction(network, limits)


def torus_log(plan: Contraction, sites: int, beta: float, field: float) -> float:
    """Return ln Z per site."""
    return math.log(plan.evaluate().real) / sites + log_scale(beta, field)
