"""From a request to circuits ready to run, and from their bits back to results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from qiskit.primitives import BitArray

from qtn.devices.observables import Basis, expectation, measurement_bases
from qtn.devices.pubs import Work
from qtn.devices.resolve import Engine, Pub
from qtn.devices.result import PubResult
from qtn.devices.transpile import Transpiled, measured, transpile_to
from qtn.estimate import Estimate

__all__ = ["Batch", "Prepared", "bindings_of", "finish", "join", "prepare", "slices"]

# (position of a circuit, rows of its values or None) for each circuit of one unit of work
Batch = list[tuple[int, slice | None]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A circuit ready to run: transpiled, with one measured circuit per basis."""

    transpiled: Transpiled
    bases: tuple[Basis, ...]
    pubs: tuple[Pub, ...]


def prepare(work: Work, observables: list[Any] | None, engine: Engine, seed: int) -> Prepared:
    """Transpile one circuit and append the measurements that the observables ask for."""
    ready = work.transpiled
    if ready is None:
        ready = transpile_to(work.circuit, engine.target, seed, name=engine.name)
    n = len(ready.qubits)
    if work.measured:
        return Prepared(ready, (Basis("Z" * n, ()),), ((ready.circuit, work.values),))
    bases = measurement_bases(observables, n) if observables else (Basis("Z" * n, ()),)
    merge = work.transpiled is None
    pubs = tuple(
        (measured(ready, basis.label, engine.target, merge=merge), work.values) for basis in bases
    )
    return Prepared(ready, bases, pubs)


def bindings_of(pub: Pub) -> int:
    """Number of executions of a circuit: its bindings, or one."""
    return 1 if pub[1] is None else len(pub[1])


def slices(pubs: Sequence[Pub], size: int) -> list[Batch]:
    """Cut the bindings of all circuits into batches of at most `size`; circuits may share one.

    The cut depends on the work alone, never on who executes it, so that every batch has the same
    random stream wherever it runs.
    """
    batches: list[Batch] = []
    room = 0
    for i, pub in enumerate(pubs):
        position, count = 0, bindings_of(pub)
        while position < count:
            if room == 0:
                batches.append([])
                room = size
            take = min(room, count - position)
            rows = None if pub[1] is None else slice(position, position + take)
            batches[-1].append((i, rows))
            position += take
            room -= take
    return batches


def take(pubs: Sequence[Pub], batch: Batch) -> list[Pub]:
    """Return the circuits of a batch with their share of the values."""
    part: list[Pub] = []
    for i, rows in batch:
        circuit, values = pubs[i]
        part.append((circuit, None if rows is None or values is None else values[rows]))
    return part


def join(
    count: int, batches: Sequence[Batch], found: Sequence[Sequence[BitArray]]
) -> list[BitArray]:
    """Put the bits of all batches together again, one `BitArray` per circuit."""
    pieces: list[list[BitArray]] = [[] for _ in range(count)]
    for batch, bits in zip(batches, found, strict=True):
        for (i, _), piece in zip(batch, bits, strict=True):
            pieces[i].append(piece)
    return [p[0] if len(p) == 1 else BitArray.concatenate(p, axis=0) for p in pieces]


def finish(
    prepared: Sequence[Prepared], bits: Sequence[BitArray], observables: int, single: bool
) -> tuple[PubResult, ...]:
    """Attach bits to circuits and estimate the observables (0: counts only)."""
    found, start = [], 0
    for p in prepared:
        mine = tuple(bits[start : start + len(p.pubs)])
        start += len(p.pubs)
        estimate = _estimate(mine, p.bases, observables, single) if observables else None
        found.append(PubResult(p.transpiled, mine, p.bases, estimate))
    return tuple(found)


def _estimate(
    bits: tuple[BitArray, ...], bases: tuple[Basis, ...], count: int, single: bool
) -> Estimate:
    value, stderr, shots = expectation(bits, bases, count)
    if single:
        value, stderr = value[..., 0], stderr[..., 0]
    if np.ndim(value) == 0:
        return Estimate(float(value), float(stderr), shots, "counts")
    return Estimate(value, stderr, shots, "counts")
