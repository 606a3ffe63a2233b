"""`qtn.run`: circuits and parameter sweeps on any device, counts or expectation values back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from qiskit.primitives import BitArray

from qtn._checks import positive_int
from qtn._progress import progress_bar
from qtn._random import derived_seed
from qtn.devices.observables import Basis, expectation, measurement_bases
from qtn.devices.pubs import Work, read_pubs
from qtn.devices.resolve import Device, Engine, Pub, resolve
from qtn.devices.result import PubResult, RunResult
from qtn.devices.transpile import Transpiled, measured, transpile_to
from qtn.errors import ArgumentError
from qtn.estimate import Estimate

__all__ = ["run"]

MAX_SHOTS = 10_000_000
MAX_BYTES = 4 << 30


@dataclass(frozen=True, slots=True)
class Prepared:
    """A circuit ready to run: transpiled, with one measured circuit per basis."""

    work: Work
    transpiled: Transpiled
    bases: tuple[Basis, ...]
    pubs: tuple[Pub, ...]


def run(
    circuits: Any,
    observables: Any = None,
    *,
    device: Any = "aer",
    shots: int = 4096,
    seed: int = 0,
    progress: bool | None = None,
) -> RunResult:
    """Run circuits on a device and return counts, or expectation values with standard errors.

    Every circuit is transpiled once, with the layout of lowest expected error, and bound as often
    as there are parameter values. Expectation values are always taken from counts, so that the
    readout error of the device is in them; products that can be read off the same shots share
    them.

    Args:
        circuits: a `QuantumCircuit`; a pair `(circuit, values)` with values of shape
            (bindings, parameters), columns in the order of `circuit.parameters`; or a list of
            either. A `Transpiled` (from `transpile_for`, perhaps folded) may stand for a circuit
            and runs as it is. A circuit without measurements is measured on all qubits.
        observables: a `SparsePauliOp` or `SparseObservable` on the circuit's own qubits (the
            layout is applied), or a list of them; each is measured on every circuit.
        device: `"aer"` (noiseless), `"aer-gpu"`, `"tensor"`, the name of a fake backend
            (simulated with its noise), `"ibm_..."` (saved account), a `BackendV2`, a
            `BaseSamplerV2`, or a `Device`.
        shots: per circuit, binding and measurement basis.
        seed: same seed, same device, same result (simulators).
        progress: show a bar; None shows it in a terminal or notebook.

    Returns:
        `RunResult`: `.counts()`, `.bits`, `.values` (one `Estimate` per circuit, over bindings;
        with a list of observables the last axis runs over them), `.circuits`, `.engine`.

    Raises:
        ArgumentError: unknown device, too few qubits, unbound parameters, wrong shape of values,
            too many shots, an observable that does not fit.
        DeviceError: the device failed or returned unusable data.

    Cost: one transpilation per circuit; then that of the engine, which the result names.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> from qiskit.quantum_info import SparsePauliOp
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0), bell.cx(0, 1)
        >>> run(bell, SparsePauliOp("ZZ"), shots=1000).values[0].value
        1.0
    """
    started = time.perf_counter()
    shots = positive_int(
        "shots",
        shots,
        maximum=MAX_SHOTS,
        way_out="Add the counts of several runs with different seeds; for exact values use "
        "qtn.verify.",
    )
    work = read_pubs(circuits, measured_allowed=observables is None)
    asked = _observables(observables)
    engine = resolve(device)
    prepared = [_prepare(w, asked, engine, seed) for w in work]
    _check_memory(prepared, shots)
    flat = [pub for p in prepared for pub in p.pubs]
    bits, said = _sample(engine, flat, shots, seed, progress)
    found, start = [], 0
    for p in prepared:
        mine = tuple(bits[start : start + len(p.pubs)])
        start += len(p.pubs)
        estimate = None if asked is None else _estimate(mine, p.bases, len(asked), observables)
        found.append(PubResult(p.transpiled, mine, p.bases, estimate))
    seconds = time.perf_counter() - started
    return RunResult(tuple(found), Device.of(device).label, said, shots, seconds)


def _observables(observables: Any) -> list[Any] | None:
    if observables is None:
        return None
    return list(observables) if isinstance(observables, list | tuple) else [observables]


def _prepare(work: Work, observables: list[Any] | None, engine: Engine, seed: int) -> Prepared:
    ready = work.transpiled
    if ready is None:
        ready = transpile_to(work.circuit, engine.target, seed, name=engine.name)
    n = len(ready.qubits)
    if work.measured:
        bases: tuple[Basis, ...] = (Basis("Z" * n, ()),)
        return Prepared(work, ready, bases, ((ready.circuit, work.values),))
    bases = measurement_bases(observables, n) if observables else (Basis("Z" * n, ()),)
    merge = work.transpiled is None
    pubs = tuple(
        (measured(ready, basis.label, engine.target, merge=merge), work.values) for basis in bases
    )
    return Prepared(work, ready, bases, pubs)


def _check_memory(prepared: list[Prepared], shots: int) -> None:
    total = sum(
        shots * (1 if v is None else len(v)) * -(-c.num_clbits // 8)
        for p in prepared
        for c, v in p.pubs
    )
    if total > MAX_BYTES:
        raise ArgumentError(
            f"Argument `shots` is {shots}, and with all circuits and bindings the outcomes would "
            f"take {total / 2**30:.1f} GiB (limit {MAX_BYTES / 2**30:.0f}). "
            "Run fewer bindings at once or fewer shots."
        )


def _sample(
    engine: Engine, pubs: list[Pub], shots: int, seed: int, progress: bool | None
) -> tuple[list[BitArray], str]:
    """Run all circuits in batches of fixed size, each with its own random stream."""
    pieces: list[list[BitArray]] = [[] for _ in pubs]
    said: dict[str, None] = {}
    batches = list(_batches(pubs, engine.batch))
    with progress_bar(sum(1 if v is None else len(v) for _, v in pubs), "run", progress) as bar:
        for k, batch in enumerate(batches):
            part = [(pubs[i][0], None if rows is None else pubs[i][1][rows]) for i, rows in batch]  # type: ignore[index]
            bits, how = engine.sample(part, shots, derived_seed(seed, "sample", k))
            said[how] = None
            for (i, _), found in zip(batch, bits, strict=True):
                pieces[i].append(found)
            bar.update(sum(1 if v is None else len(v) for _, v in part))
    joined = [p[0] if len(p) == 1 else BitArray.concatenate(p, axis=0) for p in pieces]
    return joined, "; ".join(said)


def _batches(pubs: Sequence[Pub], size: int) -> list[list[tuple[int, slice | None]]]:
    """Cut the bindings of all circuits into runs of at most `size`; circuits may share one."""
    batches: list[list[tuple[int, slice | None]]] = []
    room = 0
    for i, (_, values) in enumerate(pubs):
        position, count = 0, 1 if values is None else len(values)
        while position < count:
            if room == 0:
                batches.append([])
                room = size
            take = min(room, count - position)
            rows = None if values is None else slice(position, position + take)
            batches[-1].append((i, rows))
            position += take
            room -= take
    return batches


def _estimate(
    bits: tuple[BitArray, ...], bases: tuple[Basis, ...], count: int, observables: Any
) -> Estimate:
    value, stderr, shots = expectation(bits, bases, count)
    if not isinstance(observables, list | tuple):
        value, stderr = value[..., 0], stderr[..., 0]
    if np.ndim(value) == 0:
        return Estimate(float(value), float(stderr), shots, "counts")
    return Estimate(value, stderr, shots, "counts")
