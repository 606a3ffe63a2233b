"""Layouts of lowest error."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import networkx as nx
import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.transpiler import CouplingMap, InstructionProperties

from qtn.devices.placement.layout import choose_layout, device_errors, interactions, is_line


def cost(circuit: QuantumCircuit, layout: tuple[int, ...], target: object) -> float:
    errors = device_errors(target)
    pairs = interactions(circuit).items()
    edges = errors.edges
    return sum(c * edges[tuple(sorted((layout[a], layout[b])))] for (a, b), c in pairs) + sum(
        errors.readout[q] for q in layout
    )


@pytest.mark.parametrize("n", [2, 4, 6])
def test_line_is_placed_on_the_best_path(
    n: int, chain_circuit: Callable[..., QuantumCircuit]
) -> None:
    target = GenericBackendV2(12, coupling_map=CouplingMap.from_grid(3, 4), seed=3).target
    rng = np.random.default_rng(0)
    for edge in target["cx"]:
        target.update_instruction_properties(
            "cx", edge, InstructionProperties(error=float(rng.uniform(0.001, 0.05)))
        )
    circuit = chain_circuit(n, layers=2)
    graph = nx.grid_2d_graph(3, 4)
    number = {node: 4 * node[0] + node[1] for node in graph}
    graph = nx.relabel_nodes(graph, number)
    paths = [
        p
        for a, b in itertools.permutations(range(12), 2)
        for p in nx.all_simple_paths(graph, a, b, cutoff=n - 1)
        if len(p) == n
    ]
    best = min(cost(circuit, tuple(p), target) for p in paths)
    found = choose_layout(circuit, target)
    assert found is not None
    assert len(set(found)) == n
    assert cost(circuit, found, target) == pytest.approx(best)


def test_tree_embeds_without_swaps() -> None:
    circuit = QuantumCircuit(4)
    for leaf in (1, 2, 3):
        circuit.cx(0, leaf)
    target = GenericBackendV2(12, coupling_map=CouplingMap.from_grid(3, 4), seed=3).target
    layout = choose_layout(circuit, target)
    assert layout is not None
    assert cost(circuit, layout, target) > 0  # raises where a pair is not coupled


def test_parts_and_single_qubits_are_placed_at_the_least_cost() -> None:
    target = GenericBackendV2(8, coupling_map=CouplingMap.from_line(8), seed=4).target
    circuit = QuantumCircuit(6)
    circuit.cx(1, 2)
    circuit.cx(3, 4)
    circuit.cx(3, 4)
    edges = list(device_errors(target).edges)
    places = [
        (one[0], *first, *second, one[1])
        for a, b in itertools.permutations(edges, 2)
        if not set(a) & set(b)
        for first in (a, a[::-1])
        for second in (b, b[::-1])
        for one in itertools.permutations(set(range(8)).difference(a, b), 2)
    ]
    found = choose_layout(circuit, target)
    assert found is not None
    assert len(set(found)) == 6
    best = min(cost(circuit, place, target) for place in places)
    assert cost(circuit, found, target) == pytest.approx(best)
    assert choose_layout(QuantumCircuit(9), target) is None


def test_what_does_not_embed_is_none() -> None:
    triangle = QuantumCircuit(3)
    for pair in ((0, 1), (1, 2), (0, 2)):
        triangle.cx(*pair)
    target = GenericBackendV2(5, coupling_map=CouplingMap.from_line(5), seed=3).target
    assert choose_layout(triangle, target) is None
    wide = QuantumCircuit(3)
    wide.ccx(0, 1, 2)
    assert choose_layout(wide, target) is None


def test_lines_are_recognised(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    assert is_line(chain_circuit(5, layers=3))
    ring = chain_circuit(4)
    ring.cx(3, 0)
    assert not is_line(ring)
    star = QuantumCircuit(4)
    for leaf in (1, 2, 3):
        star.cx(0, leaf)
    assert not is_line(star)
    wide = QuantumCircuit(3)
    wide.ccx(0, 1, 2)
    assert not is_line(wide)
