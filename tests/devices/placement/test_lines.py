"""Long lines of coupled qubits."""

from itertools import pairwise, permutations

import numpy as np
import pytest
from qiskit import QuantumCircuit

from qtn.devices.lookup import resolve
from qtn.devices.placement.layout import choose_layout, over_broken
from qtn.devices.placement.lines import long_lines


def grid(width, height, seed):
    size = width * height
    rng = np.random.default_rng(seed)
    couplings = np.full((size, size), np.inf)
    for a in range(size):
        for b in (a + 1 if (a + 1) % width else None, a + width if a + width < size else None):
            if b is not None:
                couplings[a, b] = couplings[b, a] = rng.uniform(0.001, 0.01)
    return couplings, rng.uniform(0.001, 0.01, size)


def is_way(line, couplings):
    return len(set(line)) == len(line) and all(
        np.isfinite(couplings[a, b]) for a, b in pairwise(line)
    )


def test_all_qubits_of_a_grid_are_walked_over():
    couplings, readout = grid(5, 4, 0)
    (line,) = long_lines([[1] * 19], couplings, readout)
    assert sorted(line) == list(range(20))
    assert is_way(line, couplings)


def test_short_lines_are_the_cheapest():
    couplings, readout = grid(3, 2, 1)
    counts = [3, 1]

    def cost(line):
        gates = sum(c * couplings[a, b] for c, (a, b) in zip(counts, pairwise(line), strict=True))
        return gates + readout[list(line)].sum()

    ways = [
        (a, b, c) for a in range(6) for b in range(6) for c in range(6)
        if len({a, b, c}) == 3 and is_way((a, b, c), couplings)
    ]  # fmt: skip
    assert long_lines([counts], couplings, readout) == (min(ways, key=cost),)


def test_two_short_lines_are_the_cheapest():
    couplings, readout = grid(3, 2, 2)
    counts = [[3, 1], [2]]

    def cost(lines):
        return sum(
            sum(c * couplings[a, b] for c, (a, b) in zip(row, pairwise(line), strict=True))
            + readout[list(line)].sum()
            for row, line in zip(counts, lines, strict=True)
        )

    ways = [
        (order[:3], order[3:])
        for order in permutations(range(6), 5)
        if is_way(order[:3], couplings) and is_way(order[3:], couplings)
    ]
    found = long_lines(counts, couplings, readout)
    assert cost(found) == pytest.approx(min(map(cost, ways)))


def test_all_qubits_of_a_grid_hold_four_lines():
    couplings, readout = grid(6, 4, 3)
    lines = long_lines([[1] * 7, [1] * 7, [1] * 4, [1] * 2], couplings, readout)
    assert sorted(q for line in lines for q in line) == list(range(24))
    assert all(is_way(line, couplings) for line in lines)


def test_broken_couplings_are_used_as_rarely_as_possible():
    couplings = np.full((6, 6), np.inf)
    for a in range(5):  # a line of six qubits, broken in the middle
        couplings[a, a + 1] = couplings[a + 1, a] = 0.01
    broken = np.zeros((6, 6), bool)
    broken[2, 3] = broken[3, 2] = True
    lines = long_lines([[1, 1], [1, 1]], couplings, np.zeros(6), broken)
    assert sorted(sorted(line) for line in lines) == [[0, 1, 2], [3, 4, 5]]
    (line,) = long_lines([[1] * 5], couplings, np.zeros(6), broken)
    assert sorted(line) == list(range(6))
    assert long_lines([[1, 1], [1] * 3], couplings, np.zeros(6), broken) is None


def test_what_does_not_fit_is_none():
    star = np.full((5, 5), np.inf)
    for leaf in range(1, 5):
        star[0, leaf] = star[leaf, 0] = 0.01
    assert long_lines([[1, 1, 1]], star, np.zeros(5)) is None
    assert long_lines([[1], [1]], star, np.zeros(5)) is None
    assert long_lines([[1]], np.full((2, 2), np.inf), np.zeros(2)) is None


@pytest.mark.parametrize("name", ["FakeSherbrooke", "FakeMarrakesh"])
def test_a_hundred_qubits_lie_on_a_line_without_broken_couplings(name):
    target = resolve(name).target
    circuit = QuantumCircuit(100)
    for qubit in range(99):
        circuit.cx(qubit, qubit + 1)
    layout = choose_layout(circuit, target)
    gate = next(g for g in ("cz", "ecr") if g in target.operation_names)
    errors = {tuple(sorted(q)): entry.error for q, entry in target[gate].items()}
    assert sorted(set(layout)) == sorted(layout)
    assert max(errors[tuple(sorted(pair))] for pair in pairwise(layout)) < 0.2
    assert not over_broken(circuit, layout, target)


def test_two_lines_of_sixty_lie_beside_each_other():
    """No set of couplings holds them on this device without its broken ones; four are enough."""
    target = resolve("FakeMarrakesh").target
    circuit = QuantumCircuit(120)
    for qubit in range(118):  # even and odd qubits: two lines
        circuit.cz(qubit, qubit + 2)
    layout = choose_layout(circuit, target)
    errors = {tuple(sorted(q)): entry.error for q, entry in target["cz"].items()}
    pairs = [tuple(sorted((layout[q], layout[q + 2]))) for q in range(118)]
    assert len(set(layout)) == 120
    assert sum(errors[pair] > 0.2 for pair in pairs) <= 4
