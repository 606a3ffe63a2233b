"""From a request to circuits ready to run, and from their bits back to results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from qiskit.primitives import BitArray

from qtn.devices.counts import bases_of, expectation, plain_basis
from qtn.devices.engines.base import Engine, Pub, Raw, Values
from qtn.devices.lookup import Device, DeviceLike, resolve
from qtn.devices.measurements import columns_of, readable
from qtn.devices.placement.transpile import Transpiled, measured, transpile_to
from qtn.devices.pubs import Work
from qtn.devices.result import PubResult
from qtn.estimate import Estimate
from qtn.interop.circuits import read_circuit
from qtn.interop.observables import parse_observables, pauli_words
from qtn.states.operators import Basis, Observable, Term

__all__ = [
    "Batch",
    "Prepared",
    "finish",
    "join",
    "prepare",
    "slices",
    "transpile_for",
    "values_pub",
]

# (position of a circuit, rows of its values or None) for each circuit of one unit of work
Batch = list[tuple[int, slice | None]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A circuit ready to run: transpiled, with one measured circuit per basis.

    Args:
        transpiled: the circuit.
        bases: one per measured circuit; none for an estimator, which measures by itself.
        pubs: the measured circuits with their values.
        observables: aligned; none where counts are wanted.
    """

    transpiled: Transpiled
    bases: tuple[Basis, ...]
    pubs: tuple[Pub, ...]
    observables: tuple[Observable, ...] = ()


def transpile_for(circuit: Any, device: DeviceLike, seed: int = 0) -> Transpiled:
    """Transpile `circuit` for `device`: its gates, its coupling, the layout of lowest error.

    A circuit whose two-qubit gates fit the coupling map (lines, trees) is placed by a search over
    embeddings for the least summed two-qubit and readout error, so that it needs no swap; others
    go through Qiskit's own layout and routing. The result can be given to `qtn.run` in place of a
    circuit and is not transpiled again.

    Args:
        circuit: `QuantumCircuit`, compiled result or OpenQASM text; may have free
            parameters; they stay free.
        device: as in `qtn.run`.
        seed: of the transpiler.

    Returns:
        The transpiled circuit with its layout.

    Raises:
        ArgumentError: more qubits than the device has, or a gate's matrix is not unitary.
        DeviceError: the device cannot express the circuit.

    Cost: one run of Qiskit's pass manager (tens of milliseconds for tens of qubits).

    Example:
        >>> from qiskit import QuantumCircuit
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0), bell.cx(0, 1)
        >>> transpile_for(bell, "aer").two_qubit_gates
        1
    """
    return transpile_to(
        read_circuit(circuit), resolve(device).target, seed, name=Device.of(device).label
    )


def prepare(work: Work, observables: list[Any] | None, engine: Engine, seed: int) -> Prepared:
    """Transpile one circuit and append the measurements that the observables ask for."""
    ready = work.transpiled
    if ready is None:
        ready = transpile_to(work.circuit, engine.target, seed, name=engine.name)
    n = len(ready.qubits)
    values = columns_of(work.values, work.circuit.parameters, ready.circuit.parameters)
    parsed: tuple[Observable, ...] = ()
    if observables:
        parsed = parse_observables(observables, n, "observables", ordered=False)
    if engine.gives_values:
        return Prepared(ready, (), (values_pub(ready, parsed, values),), parsed)
    if work.measured:
        return Prepared(ready, (plain_basis(n),), (Pub(readable(ready.circuit), values),))
    bases = bases_of(parsed) if parsed else (plain_basis(n),)
    merge = work.transpiled is None
    pubs = tuple(
        Pub(measured(ready, basis.label, engine.target, merge=merge), values) for basis in bases
    )
    return Prepared(ready, bases, pubs, parsed)


def values_pub(
    ready: Transpiled, observables: Sequence[Observable], values: NDArray[np.float64] | None
) -> Pub:
    """Return the work of an estimator: unmeasured, with observables on the device's qubits."""
    width = ready.circuit.num_qubits
    words = tuple(pauli_words(all_terms(o), ready.qubits, width) for o in observables)
    return Pub(ready.circuit, values, words)


def all_terms(observable: Observable) -> list[Term]:
    """Return the terms that an aligned observable has itself, its constant among them."""
    constant = [Term(observable.constant, ())] if observable.constant else []
    return [t for t in observable.terms if t.coefficient] + constant


def slices(pubs: Sequence[Pub], size: int) -> list[Batch]:
    """Cut the bindings of all circuits into batches of at most `size`; circuits may share one.

    The cut depends on the work alone, never on who executes it, so that every batch has the same
    random stream wherever it runs.
    """
    batches: list[Batch] = []
    room = 0
    for i, pub in enumerate(pubs):
        position, count = 0, pub.bindings
        while position < count:
            if room == 0:
                batches.append([])
                room = size
            take = min(room, count - position)
            rows = None if pub.values is None else slice(position, position + take)
            batches[-1].append((i, rows))
            position += take
            room -= take
    return batches


def take(pubs: Sequence[Pub], batch: Batch) -> list[Pub]:
    """Return the circuits of a batch with their share of the values."""
    part: list[Pub] = []
    for i, rows in batch:
        values = pubs[i].values
        mine = None if rows is None or values is None else values[rows]
        part.append(replace(pubs[i], values=mine))
    return part


def join(count: int, batches: Sequence[Batch], found: Sequence[Sequence[Raw]]) -> list[Raw]:
    """Put the bits (or values) of all batches together again, one entry per circuit."""
    pieces: list[list[Any]] = [[] for _ in range(count)]
    for batch, raw in zip(batches, found, strict=True):
        for (i, _), piece in zip(batch, raw, strict=True):
            pieces[i].append(piece)
    return [p[0] if len(p) == 1 else _joined(p) for p in pieces]


def _joined(pieces: list[Any]) -> Raw:
    if isinstance(pieces[0], BitArray):
        return BitArray.concatenate(pieces, axis=0)
    value, stderr = (np.concatenate([getattr(p, f) for p in pieces]) for f in ("value", "stderr"))
    return Values(value, stderr, pieces[0].method)


def finish(
    prepared: Sequence[Prepared],
    raw: Sequence[Raw],
    observables: int,
    single: bool,
    shots: int,
) -> tuple[PubResult, ...]:
    """Attach what came back to the circuits and estimate the observables (0: counts only)."""
    found, start = [], 0
    for p in prepared:
        mine = raw[start : start + len(p.pubs)]
        start += len(p.pubs)
        bits = tuple(r for r in mine if isinstance(r, BitArray))
        if len(bits) < len(mine):
            values = cast(Values, mine[0])
            estimate = _estimate(values.value, values.stderr, shots, values.method, single)
            found.append(PubResult(p.transpiled, (), (), estimate))
        elif observables:
            value, stderr, total = expectation(bits, p.observables)
            estimate = _estimate(value, stderr, total, "counts", single)
            found.append(PubResult(p.transpiled, bits, p.bases, estimate))
        else:
            found.append(PubResult(p.transpiled, bits, p.bases, None))
    return tuple(found)


def _estimate(
    value: NDArray[np.float64],
    stderr: NDArray[np.float64],
    shots: int,
    method: str,
    single: bool,
) -> Estimate:
    if single:
        value, stderr = value[..., 0], stderr[..., 0]
    if np.ndim(value) == 0:
        return Estimate(float(value), float(stderr), shots, method)
    return Estimate(value, stderr, shots, method)
