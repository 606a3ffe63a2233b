"""Core shapes: against an enumeration, against brute force and greedy search by HOOI.

Greedy and brute force fit every shape that they look at by orthogonal iteration. The greedy search
starts from all ranks 1 and raises one rank or two at once, the move that lowers the error most.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

import numpy as np

import qtn
from benchmarks import report
from qtn.states.tucker import cut, hooi, hosvd

Shape = tuple[int, ...]
BRUTE = (((5, 6, 4, 5), 120), ((6, 5, 7, 4), 160), ((4, 8, 5, 5), 140))  # sides, parameters
LARGE = (((8, 9, 10, 7), 300), ((12, 10, 9, 11), 500))
RATES = (0.3, 0.6)


def decaying(sides: Shape, rate: float, seed: int) -> np.ndarray:
    """Random entries that decay with the sum of their indices, in random bases."""
    rng = np.random.default_rng(seed)
    tensor = rng.normal(size=sides) * np.exp(-rate * np.indices(sides).sum(0))
    for axis, n in enumerate(sides):
        basis = np.linalg.qr(rng.normal(size=(n, n)))[0]
        tensor = np.moveaxis(np.tensordot(basis, tensor, (1, axis)), 0, axis)
    return tensor


def add_rows(table: report.Table) -> None:
    """Tensors with decaying spectra, a chain, a tree."""
    _enumerated(table)
    worst, note = 0.0, []
    for (sides, most), rate in itertools.product(BRUTE, RATES):
        tensor = decaying(sides, rate, 7)
        best = min(fitted(tensor, shape) for shape in whole(sides, most))
        ours = fitted(tensor, qtn.core_shapes(tensor, most).shape)
        worst = max(worst, ours / best - 1.0)
        note.append(f"{100 * (ours / best - 1.0):.2f}")
    table.at_most("HOOI error above that of brute force by HOOI, largest of 6", 100 * worst, 1.0,
                  unit="%", note=f"all: {', '.join(note)} %")  # fmt: skip
    _greedy(table)
    _bounds(table)
    _states(table)


def _enumerated(table: report.Table) -> None:
    wrong = 0
    for seed in range(20):
        tensor = decaying((5, 4, 6, 3), 0.1 * (seed % 5), seed)
        most = 40 + 15 * seed
        core = hosvd(tensor)[0].core
        found = [
            (float(np.linalg.norm(without(core, shape))), size(tensor.shape, shape))
            for shape in allowed(tensor.shape, most)
        ]
        ours = qtn.core_shapes(tensor, most)
        least = min(error for error, _ in found) / np.linalg.norm(tensor)
        wrong += abs(ours.error - least) > 1e-12
    table.at_most("core shapes that differ from an enumeration, of 20", wrong, 0)


def _greedy(table: report.Table) -> None:
    for sides, most in LARGE:
        tensor = decaying(sides, 0.5, 1)
        qtn.core_shapes(tensor, most)
        pair = report.paired_medians(
            lambda t=tensor, m=most: qtn.core_shapes(t, m),
            lambda t=tensor, m=most: greedy(t, m), repeats=1 if table.quick else 3, warm_up=False,
        )  # fmt: skip
        shapes = qtn.core_shapes(tensor, most).shape, greedy(tensor, most)
        errors = [fitted(tensor, shape) / np.linalg.norm(tensor) for shape in shapes]
        name = "×".join(map(str, sides))
        table.speed(f"{name}, {most} parameters: seconds", pair, at_least=100.0,
                    peer="greedy by HOOI", note=f"HOOI errors {errors[0]:.5f} and {errors[1]:.5f}, "
                    f"shapes {shapes[0]} and {shapes[1]}")  # fmt: skip


def _bounds(table: report.Table) -> None:
    tensor = decaying((8, 9, 10, 7), 0.4, 3)
    outside = 0
    for most in (100, 300, 900):
        found = qtn.core_shapes(tensor, most)
        squares = [bound**2 for bound in found.bounds]
        outside += not squares[0] <= found.error**2 <= squares[1]
        table.inform(f"8×9×10×7, {most} parameters: error²", f"{found.error**2:.3e}", "",
                     f"{squares[0]:.3e} ≤ … ≤ {squares[1]:.3e}",
                     f"largest tail, sum of tails; shape {found.shape}")  # fmt: skip
    table.at_most("errors outside their bounds, of 3", outside, 0)


def _states(table: report.Table) -> None:
    state = qtn.evolve(qtn.chain("xx", n=20), "domain-wall", 4.0)
    for bond in (4, 8):
        uniform = state.truncated(bond).state
        most = sum(t.size for t in uniform.tensors)
        began = time.process_time()
        found = qtn.core_shapes(state, most)
        spent = time.process_time() - began
        theirs = float(np.sqrt(state.infidelity(uniform)))
        table.at_most(f"domain wall of 20 sites, {most} parameters: error", found.error, theirs,
                      peer=theirs, peer_name=f"all bonds {bond}",
                      note=f"{spent:.2f} CPU s, bonds {found.shape}")  # fmt: skip


def allowed(sides: Shape, most: int) -> Iterator[Shape]:
    """Yield the shapes of at most so many parameters that no axis wastes."""
    for shape in itertools.product(*(range(1, n + 1) for n in sides)):
        if size(sides, shape) <= most and all(r * r <= int(np.prod(shape)) for r in shape):
            yield shape


def whole(sides: Shape, most: int) -> list[Shape]:
    """Return those of them that are not inside another: the others lose more."""
    found = set(allowed(sides, most))
    return [s for s in found if not any(moved in found for moved in moves(s))]


def moves(shape: Shape) -> list[Shape]:
    """Return the shapes with one rank or two raised by one."""
    axes = range(len(shape))
    raised = [(k,) for k in axes] + list(itertools.combinations(axes, 2))
    return [tuple(r + (k in up) for k, r in enumerate(shape)) for up in raised]


def size(sides: Shape, shape: Shape) -> int:
    return int(np.prod(shape)) + sum(n * r for n, r in zip(sides, shape))


def without(core: np.ndarray, shape: Shape) -> np.ndarray:
    """Return the core with its leading block zero."""
    rest = core.copy()
    rest[tuple(slice(r) for r in shape)] = 0.0
    return rest


def fitted(tensor: np.ndarray, shape: Shape) -> float:
    """Return the error of a shape after orthogonal iteration."""
    found = hooi(tensor, cut(hosvd(tensor)[0], shape))
    lost = np.vdot(tensor, tensor).real - np.vdot(found.core, found.core).real
    return float(np.sqrt(max(lost, 0.0)))


def greedy(tensor: np.ndarray, most: int) -> Shape:
    """Return the shape that greedy search with orthogonal iteration ends at."""
    shape: Shape = (1,) * tensor.ndim
    while True:
        open_moves = set(allowed_moves(tensor.shape, shape, most))
        if not open_moves:
            return shape
        shape = min(open_moves, key=lambda moved: fitted(tensor, moved))


def allowed_moves(sides: Shape, shape: Shape, most: int) -> Iterator[Shape]:
    for moved in moves(shape):
        fits = all(r <= n for r, n in zip(moved, sides)) and size(sides, moved) <= most
        if fits and all(r * r <= int(np.prod(moved)) for r in moved):
            yield moved
