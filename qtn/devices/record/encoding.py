"""Work and results as bytes: QPY for our own circuits, npz for numbers, JSON for the rest.

Nothing is pickled, and no provider's own encoder is used: some results cannot pass through those.
"""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from qiskit import qpy
from qiskit.primitives import BitArray

from qtn.devices.counts import served
from qtn.devices.engines.base import Pub, Raw, Values
from qtn.devices.placement.transpile import Transpiled
from qtn.devices.preparation import Prepared, all_terms, values_pub
from qtn.devices.record.fingerprints import entry_of
from qtn.states.operators import Basis, Observable, Term, aligned

__all__ = ["pack_raw", "pack_work", "unpack_raw", "unpack_work"]

LETTERS = {"X": "X-+", "Y": "Ylr", "Z": "Z10"}  # by kind, see `entry_of`
Factors = tuple[tuple[int, str], ...]
BLOCK = 256  # circuits that QPY writes at once; it lets go of what it needs for each at the end


def pack_raw(raw: Sequence[Raw], how: str) -> bytes:
    """Write measured bits, or an estimator's values, and what gave them."""
    arrays: dict[str, Any] = {}
    entries: list[Any] = []
    for k, r in enumerate(raw):
        if isinstance(r, Values):
            arrays |= {f"value{k}": r.value, f"stderr{k}": r.stderr}
            entries.append(r.method)
        else:
            arrays[f"bits{k}"] = r.array
            entries.append(r.num_bits)
    return _npz(arrays, json.dumps({"bits": entries, "engine": how}))


def unpack_raw(blob: bytes) -> tuple[list[Raw], str]:
    """Read what `pack_raw` wrote."""
    arrays, header = _unnpz(blob)
    raw: list[Raw] = []
    for k, entry in enumerate(header["bits"]):
        if isinstance(entry, str):
            raw.append(Values(arrays[f"value{k}"], arrays[f"stderr{k}"], entry))
        else:
            raw.append(BitArray(arrays[f"bits{k}"], entry))
    return raw, header["engine"]


def pack_work(prepared: list[Prepared], observables: int, single: bool) -> bytes:
    """Write prepared circuits with their layouts, bases and values.

    Args:
        prepared: the work.
        observables: number of observables; 0 for counts.
        single: whether the observable came alone (then values have no axis over observables).
    """
    circuits = [
        c for p in prepared for c in (p.transpiled.circuit, *(pub.circuit for pub in p.pubs))
    ]
    arrays: dict[str, Any] = {}
    for k in range(0, len(circuits), BLOCK):
        stream = io.BytesIO()
        qpy.dump(circuits[k : k + BLOCK], stream)
        arrays[_block(k // BLOCK)] = np.frombuffer(stream.getvalue(), dtype=np.uint8)
    entries = []
    for k, p in enumerate(prepared):
        values = p.pubs[0].values
        if values is not None:
            arrays[f"values{k}"] = values
        entries.append(
            {
                "qubits": p.transpiled.qubits,
                "initial": p.transpiled.initial,
                "bases": _written_bases(p),
            }
        )
    header = {"observables": observables, "single": single, "circuits": entries}
    return _npz(arrays, json.dumps(header))


def unpack_work(blob: bytes) -> tuple[list[Prepared], int, bool]:
    """Read what `pack_work` wrote. The caller has checked the hash: QPY is read only from us."""
    arrays, header = _unnpz(blob)
    circuits = _circuits(arrays)
    prepared = []
    for k, entry in enumerate(header["circuits"]):
        values = arrays.get(f"values{k}")
        base = next(circuits)
        transpiled = Transpiled(base, tuple(entry["qubits"]), tuple(entry["initial"]))
        bases, observables = _read_bases(
            entry["bases"], len(transpiled.qubits), header["observables"]
        )
        if bases:
            pubs: tuple[Pub, ...] = tuple(Pub(next(circuits), values) for _ in bases)
        else:
            pubs = (values_pub(transpiled, observables, values),)
            next(circuits)
        prepared.append(Prepared(transpiled, bases, pubs, observables))
    return prepared, header["observables"], header["single"]


def _block(number: int) -> str:
    return f"qpy{number}" if number else "qpy"


def _circuits(arrays: dict[str, Any]) -> Iterator[Any]:
    """Read the circuits of all blocks, one block after the other."""
    for number in itertools.count():
        block = arrays.pop(_block(number), None)
        if block is None:
            return
        yield from qpy.load(io.BytesIO(block.tobytes()))


def _written_bases(p: Prepared) -> list[Any]:
    """Write every basis as its label and the terms that it serves; "" for an estimator."""
    each = list(enumerate(p.observables))
    if not p.bases:
        return [["", [entry_of(k, t) for t in all_terms(o)]] for k, o in each]
    return [
        [b.label, [entry_of(k, t) for k, o in each for t in served(o, number, b)]]
        for number, b in enumerate(p.bases)
    ]


def _read_bases(
    written: list[Any], n: int, count: int
) -> tuple[tuple[Basis, ...], tuple[Observable, ...]]:
    """Return bases and aligned observables; no bases for an estimator."""
    own: list[dict[Factors, float]] = [{} for _ in range(count)]
    letters: dict[str, list[Factors]] = {}
    for label, entries in written:
        places = letters.setdefault(label[::-1], [])
        for coefficient, qubits, axes, kinds, observable in entries:
            names = (LETTERS[a][kind] for a, kind in zip(axes, kinds, strict=True))
            factors = tuple(zip(qubits, names, strict=True))
            own[observable][factors] = own[observable].get(factors, 0.0) + coefficient
            places.append(factors)
    if "" in letters:
        each = [Observable.of(n, [Term(c, f) for f, c in one.items()]) for one in own]
        return (), aligned(each)
    numbers: dict[Factors, int] = {}
    for factors in (f for places in letters.values() for f in places if f):
        numbers.setdefault(factors, len(numbers))
    bases = tuple(
        Basis(word, tuple(sorted({numbers[f] for f in places if f})))
        for word, places in letters.items()
    )
    return bases, tuple(
        Observable(n, one.get((), 0.0), tuple(Term(one.get(f, 0.0), f) for f in numbers), bases)
        for one in own
    )


def _npz(arrays: dict[str, Any], header: str) -> bytes:
    stream = io.BytesIO()
    text = np.frombuffer(header.encode(), dtype=np.uint8)
    np.savez_compressed(stream, header=text, **arrays)
    return stream.getvalue()


def _unnpz(blob: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    with np.load(io.BytesIO(blob), allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    return arrays, json.loads(arrays.pop("header").tobytes())
