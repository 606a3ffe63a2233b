"""What a chain in blocks will take for a circuit of hops and phases, from its mean field.

The Schmidt weights of the mean field say, before any chain is evolved, how many of the χ largest
have which charge at a cut and a time, and what is left of them. A gate between two sites then
factors, for each charge q of the bond between them, a matrix with one row per (left charge, level)
and one column per (level, right charge)::

    work = sum_q r_q c_q min(r_q, c_q),        seconds = A · work + B · sum_q r_q c_q + C · sectors

The constants are those of one core, measured on chains of 12 to 24 sites and up to 14 steps.
Weights are computed at a few cuts and times and interpolated between them.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, real
from qtn.errors import ArgumentError
from qtn.interop.charged import ChargedCircuit, charged_circuit
from qtn.interop.circuits import gate_list
from qtn.physics.free_fermions.gaussian import pair_correlations
from qtn.physics.free_fermions.hartree import mean_field_run
from qtn.physics.free_fermions.reading import Fermions, read_fermions
from qtn.physics.free_fermions.spectra import mode_weights, sector_sizes

__all__ = ["BlockWork", "block_work", "forecast_blocks"]

Array = NDArray[Any]
Charge = tuple[int, ...]
Sizes = dict[Charge, int]
TIMES = 5
CUTS = 5
LEAST = 1e-30  # stands for no weight at all where its logarithm is taken
SECONDS = np.array([1.5e-9, 0.0, 1.6e-4])


@dataclass(frozen=True, slots=True)
class BlockWork:
    """The forecast of an evolution in blocks.

    Args:
        seconds: CPU seconds of one core.
        kept: squared norm that truncations to the bond will leave.
        parts: multiplications of the factorisations, entries, sectors: what seconds are made of.
    """

    seconds: float
    kept: float
    parts: tuple[float, float, float]


def forecast_blocks(circuit: Any, max_bond: int, cutoff: float = 1e-13) -> BlockWork:
    """Return what `qtn.circuit_to_blocks` will take for a circuit of hops and phases, unrun.

    Args:
        circuit: as for `qtn.mean_field`.
        max_bond: χ, between sites.
        cutoff: relative squared weight that one truncation may lose.

    Returns:
        Seconds of one core, and the squared norm that will be kept.

    Raises:
        ArgumentError: gates of another kind (named), or a bad limit.

    Cost: a second for 120 qubits and χ = 800, which takes a minute to run.

    Example:
        >>> import qtn
        >>> found = forecast_blocks(qtn.hadron_circuit(sites=12, steps=8), 64)
        >>> found.seconds < 5, round(found.kept, 4)
        (True, 1.0)
    """
    bond = bounded_int("max_bond", max_bond, 1)
    cutoff = real("cutoff", cutoff, 0.0, 1.0)
    fermions = read_fermions(circuit)
    blocks = charged_circuit(gate_list(circuit))
    if blocks is None:
        raise ArgumentError("Argument `circuit` has no gates whose charges could make blocks.")
    return block_work(fermions, blocks, bond, cutoff)


def block_work(
    fermions: Fermions, blocks: ChargedCircuit, max_bond: int, cutoff: float = 1e-13
) -> BlockWork:
    """Return what evolving a circuit in blocks will take and lose.

    Args:
        fermions: the circuit as fermions, its chains along the qubits.
        blocks: the same as gates between sites of definite charges.
        max_bond: χ.
        cutoff: relative squared weight that one truncation may lose.

    Cost: some 75 spectra of χ weights, O(n χ log χ) each: a second for 120 qubits and χ = 800.
    """
    sites = _spread(len(blocks.groups) - 1, CUTS)
    grid = np.zeros((TIMES, len(sites), 4))
    for row, orbitals in enumerate(_snapshots(fermions)):
        for column, site in enumerate(sites):
            left, middle, right = (
                _sectors(orbitals, fermions, blocks, cut, max_bond, cutoff)
                for cut in (site, site + 1, site + 2)
            )
            grid[row, column, :3] = _update(_levels(fermions, blocks, site), left[0], right[0])
            grid[row, column, 3] = np.log(max(middle[1], LEAST))
    parts, loss = _summed(blocks, sites, grid)
    return BlockWork(float(SECONDS @ parts), float(np.exp(-loss)), parts)


def _spread(count: int, most: int) -> list[int]:
    """Return some of the left sites 0 … count - 1 of pairs, evenly."""
    return sorted({round(x) for x in np.linspace(0, count - 1, min(count, most))})


def _snapshots(fermions: Fermions) -> list[Array]:
    """Return the orbitals after equal parts of the gates."""
    found, carried = [], None
    for part in np.array_split(np.arange(len(fermions.steps)), TIMES):
        steps = [fermions.steps[k] for k in part]
        carried, _ = mean_field_run(fermions.n, fermions.filled, steps, carried)
        found.append(carried[:, list(fermions.filled)])
    return found


def _sectors(
    orbitals: Array, fermions: Fermions, blocks: ChargedCircuit, cut: int, bond: int, cutoff: float
) -> tuple[Sizes, float]:
    """Return the sectors of the bond left of a site, and the weight that is not kept in them."""
    left = {fermions.places[q] for qubits in blocks.groups[:cut] for q in qubits}
    weights = []
    for chain in fermions.chains:
        inside = [mode for mode in chain if mode in left]
        weights.append(mode_weights(pair_correlations(orbitals[inside]), range(len(inside))))
    return sector_sizes(weights, bond, cutoff)


def _levels(fermions: Fermions, blocks: ChargedCircuit, site: int) -> list[list[Charge]]:
    """Return the charges, one number per chain, of the levels of two neighbouring sites."""
    chain_of = {mode: k for k, chain in enumerate(fermions.chains) for mode in chain}
    found = []
    for qubits in blocks.groups[site : site + 2]:
        chains = [chain_of[fermions.places[q]] for q in qubits]
        found.append([
            tuple(sum(bit for bit, c in zip(bits, chains, strict=True) if c == k)
                  for k in range(len(fermions.chains)))
            for bits in itertools.product((0, 1), repeat=len(qubits))
        ])  # fmt: skip
    return found


def _update(levels: list[list[Charge]], left: Sizes, right: Sizes) -> tuple[float, float, float]:
    """Return work, entries and sectors of one gate between two sites."""
    rows, columns = Counter[Charge](), Counter[Charge]()
    for charge, size in left.items():
        for level in levels[0]:
            rows[tuple(q + c for q, c in zip(charge, level, strict=True))] += size
    for charge, size in right.items():
        for level in levels[1]:
            columns[tuple(q - c for q, c in zip(charge, level, strict=True))] += size
    pairs = [(rows[q], columns[q]) for q in rows.keys() & columns.keys()]
    work = sum(float(r) * c * min(r, c) for r, c in pairs)
    return work, sum(float(r) * c for r, c in pairs), float(len(pairs))


def _summed(
    blocks: ChargedCircuit, sites: list[int], grid: Array
) -> tuple[tuple[float, float, float], float]:
    """Return the parts of all gates together, and the sum of the weights that they lose."""
    times = np.arange(1, TIMES + 1) / TIMES
    total = np.zeros(4)
    for number, (where, _) in enumerate(blocks.gates):
        if len(where) == 1:
            continue
        fraction = (number + 1) / len(blocks.gates)
        # Between the times, then between the sites; nothing is entangled at time 0.
        at_time = np.array([
            [np.interp(fraction, [0.0, *times], [start, *grid[:, column, part]])
             for column in range(len(sites))]
            for part, start in enumerate((0.0, 0.0, 0.0, np.log(LEAST)))
        ])  # fmt: skip
        found = np.array([np.interp(min(where), sites, row) for row in at_time])
        found[3] = np.exp(found[3])
        total += found * (2 * abs(where[1] - where[0]) - 1)
    return (float(total[0]), float(total[1]), float(total[2])), float(total[3])
