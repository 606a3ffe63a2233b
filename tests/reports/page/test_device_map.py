"""The part of a device that a circuit uses lies flat, with the errors that are there."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.reports.page import device_map
from qtn.reports.page.device_map import mapped
from qtn.reports.records import Placement
from qtn.reports.records.placed import Coupling


def line(qubits: tuple[int, ...], size: int = 9) -> Placement:
    couplings = tuple(Coupling(q, q + 1, 0.01 * (q + 1)) for q in range(size - 1))
    return Placement(couplings, (0.02,) * size, qubits, 5, 4)


def test_qubits_around_the_circuit_are_drawn() -> None:
    found = mapped("quantum", "device", line((4, 3)))
    assert [s.number for s in found.spots] == [1, 2, 3, 4, 5, 6]
    assert [s.holds for s in found.spots] == ["", "", "1", "0", "", ""]
    assert [link.used for link in found.links] == [False, False, True, False, False]
    assert found.spots[0].says == "reads wrongly 2.00%"
    assert found.links[2].says == "3 to 4: error 4.00%"
    assert found.says == (
        "2 of 9 qubits of device; in its gates 5 two-qubit gates, depth 4; median error of the "
        "couplings used 4.00%, worst 4.00%."
    )
    assert [[c.text for c in row] for row in found.table.rows] == [
        ["0", "4", "2.00", "4.00"],
        ["1", "3", "2.00", "4.00"],
    ]


def test_neighbours_are_one_unit_apart() -> None:
    spots = mapped("x", "y", line((4, 5))).spots
    places = np.array([(s.x, s.y) for s in spots])
    apart = np.linalg.norm(np.diff(places, axis=0), axis=1)
    assert apart == pytest.approx(np.full(len(apart), apart[0]), rel=1e-3)
    assert np.ptp(places[:, 1]) < 1.0  # wide, not high
    assert places.min() >= 0


def test_a_lattice_lies_flat() -> None:
    side = 5
    pairs = [(r * side + c, r * side + c + 1) for r in range(side) for c in range(side - 1)]
    pairs += [(r * side + c, (r + 1) * side + c) for r in range(side - 1) for c in range(side)]
    couplings = tuple(Coupling(a, b, 0.0) for a, b in pairs)
    found = mapped("x", "y", Placement(couplings, (0.0,) * 25, (12,), 0, 0))
    places = {s.number: np.array((s.x, s.y)) for s in found.spots}
    lengths = [np.linalg.norm(places[k.first] - places[k.second]) for k in couplings
               if k.first in places and k.second in places]  # fmt: skip
    assert max(lengths) < 2 * min(lengths)
    apart = [np.linalg.norm(p - q) for a, p in places.items() for b, q in places.items() if a < b]
    assert min(apart) > 0.5 * min(lengths)  # no two on top of each other


def test_islands_and_lonely_qubits() -> None:
    apart = Placement((Coupling(0, 1, 0.1), Coupling(2, 3, 0.2)), (0.0,) * 5, (0, 3, 4), 0, 0)
    found = mapped("x", "y", apart)
    assert len({(s.x, s.y) for s in found.spots}) == 5
    assert found.table.rows[2][3].text == "–"


def test_very_large_neighbourhoods_are_told_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_map, "_LARGEST", 3)
    found = mapped("x", "y", line((4, 3)))
    assert (found.spots, found.links) == ((), ())
    assert len(found.table.rows) == 2
