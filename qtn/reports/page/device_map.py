"""Where a circuit lies on its device: the qubits around it, their couplings and errors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csgraph

from qtn.reports.page.cells import Sortable, listed
from qtn.reports.records import Placement
from qtn.reports.records.placed import Coupling

_MARGIN, _UNIT = 24.0, 46.0  # pixels
_WIDEST = 1400.0
_AROUND = 2  # couplings away from the circuit
_LARGEST = 200  # qubits that are drawn
_STEPS = 100


@dataclass(frozen=True, slots=True)
class Spot:
    """A qubit of the device: place, number, the circuit's qubit on it ("" for none), its errors."""

    x: float
    y: float
    number: int
    holds: str
    says: str


@dataclass(frozen=True, slots=True)
class Link:
    """A coupling: its ends, whether both hold qubits of the circuit, and its error."""

    x1: float
    y1: float
    x2: float
    y2: float
    used: bool
    says: str


@dataclass(frozen=True, slots=True)
class DeviceMap:
    """The drawing of a placement, and its figures as a table."""

    name: str
    says: str
    width: float
    height: float
    spots: tuple[Spot, ...]
    links: tuple[Link, ...]
    table: Sortable


def mapped(name: str, device: str, placement: Placement) -> DeviceMap:
    """Return the part of a device that a circuit uses.

    Args:
        name: of the model.
        device: its name.
        placement: of the circuit.
    """
    couplings = _near(placement)
    holds = {device_qubit: q for q, device_qubit in enumerate(placement.qubits)}
    numbers = sorted({q for c in couplings for q in (c.first, c.second)} | set(holds))
    places = _places(numbers, couplings) if len(numbers) <= _LARGEST else {}
    spots = tuple(
        Spot(*places[q], q, str(holds.get(q, "")), f"reads wrongly {placement.readout[q]:.2%}")
        for q in numbers
        if places
    )
    links = tuple(
        Link(*places[c.first], *places[c.second], c.first in holds and c.second in holds, _text(c))
        for c in couplings
        if places
    )
    used = [c for c in couplings if c.first in holds and c.second in holds]
    return DeviceMap(
        name=name,
        says=_says(device, placement, used),
        width=max((s.x for s in spots), default=0.0) + _MARGIN,
        height=max((s.y for s in spots), default=0.0) + _MARGIN,
        spots=spots,
        links=links,
        table=_table(placement, used),
    )


def _near(placement: Placement) -> list[Coupling]:
    """Return the couplings within a few steps of the circuit."""
    reached = set(placement.qubits)
    for _ in range(_AROUND):
        reached |= {
            q
            for c in placement.couplings
            if c.first in reached or c.second in reached
            for q in (c.first, c.second)
        }
    return [c for c in placement.couplings if c.first in reached and c.second in reached]


def _places(numbers: list[int], couplings: Iterable[Coupling]) -> dict[int, tuple[float, float]]:
    """Return places in the plane, about one unit between neighbours.

    Distances in the plane shall be those along the couplings: classical scaling, which lays
    lattices flat, and from there the stress made small by majorisation.
    """
    index = {q: k for k, q in enumerate(numbers)}
    joined = np.zeros((len(numbers), len(numbers)))
    for c in couplings:
        joined[index[c.first], index[c.second]] = 1.0
    _, islands = csgraph.connected_components(joined, directed=False)
    found: dict[int, np.ndarray] = {}
    shift = 0.0
    for island in range(islands.max(initial=-1) + 1):
        members = np.flatnonzero(islands == island)
        points = _upright(
            _flat(csgraph.shortest_path(joined[np.ix_(members, members)], "D", False))
        )
        points[:, 0] += shift
        found |= {numbers[k]: point for k, point in zip(members, points, strict=True)}
        shift = points[:, 0].max() + 1.0
    scale = min(_UNIT, _WIDEST / max(shift, 1.0))
    return {
        q: (round(float(x * scale + _MARGIN), 1), round(float(y * scale + _MARGIN), 1))
        for q, (x, y) in found.items()
    }


def _flat(distances: np.ndarray) -> np.ndarray:
    r"""Return points of small stress Σ (‖xᵢ − xⱼ‖ − dᵢⱼ)², shape (points, 2).

    Reference: de Leeuw, Applications of convex analysis to multidimensional scaling (1977): the
    step X ← B(X) X / n never raises the stress.
    """
    n = len(distances)
    centring = np.eye(n) - 1.0 / n
    values, vectors = np.linalg.eigh(-0.5 * centring @ distances**2 @ centring)
    points = np.zeros((n, 2))
    points[:, : min(n, 2)] = (vectors * np.sqrt(np.maximum(values, 0.0)))[:, -2:]
    for _ in range(_STEPS):
        apart = np.linalg.norm(points[:, None] - points[None], axis=2)
        ratio = np.divide(distances, apart, out=np.zeros_like(apart), where=apart > 1e-12)
        points = (np.diag(ratio.sum(axis=1)) - ratio) @ points / n
    return points


def _upright(points: np.ndarray) -> np.ndarray:
    """Turn points so that they are wide rather than high, and begin at the origin."""
    centred = points - points.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, ::-1]
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]])  # eigenvectors have none
    turned = centred @ (axes * signs)
    return np.asarray(turned - turned.min(axis=0))


def _text(coupling: Coupling) -> str:
    return f"{coupling.first} to {coupling.second}: error {coupling.error:.2%}"


def _says(device: str, placement: Placement, used: list[Coupling]) -> str:
    text = (
        f"{len(placement.qubits)} of {len(placement.readout)} qubits of {device}; in its gates "
        f"{placement.two_qubit_gates} two-qubit gates, depth {placement.two_qubit_depth}"
    )
    if used:
        errors = [c.error for c in used]
        text += f"; median error of the couplings used {np.median(errors):.2%}"
        text += f", worst {max(errors):.2%}"
    return text + "."


def _table(placement: Placement, used: list[Coupling]) -> Sortable:
    worst = {
        q: max((c.error for c in used if q in (c.first, c.second)), default=None)
        for q in placement.qubits
    }
    headings = ("circuit qubit", "device qubit", "readout error, %", "worst coupling used, %")
    rows = (
        (q, d, f"{100 * placement.readout[d]:.2f}", _percent(worst[d]))
        for q, d in enumerate(placement.qubits)
    )
    return listed("Qubits", headings, rows)


def _percent(error: float | None) -> str:
    return "–" if error is None else f"{100 * error:.2f}"
