"""Work and results as bytes: QPY for our own circuits, npz for numbers, JSON for the rest.

Nothing is pickled, and no provider's own encoder is used: some results cannot pass through those.
"""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
from qiskit import qpy
from qiskit.primitives import BitArray

from qtn.devices.observables import Basis, Term
from qtn.devices.prepare import Prepared
from qtn.devices.transpile import Transpiled

__all__ = ["pack_bits", "pack_work", "unpack_bits", "unpack_work"]


def pack_bits(bits: list[BitArray], how: str) -> bytes:
    """Write measured bits, and which engine measured them."""
    arrays = {f"bits{k}": b.array for k, b in enumerate(bits)}
    header = json.dumps({"bits": [b.num_bits for b in bits], "engine": how})
    return _npz(arrays, header)


def unpack_bits(blob: bytes) -> tuple[list[BitArray], str]:
    """Read what `pack_bits` wrote."""
    arrays, header = _unnpz(blob)
    return [BitArray(arrays[f"bits{k}"], n) for k, n in enumerate(header["bits"])], header["engine"]


def pack_work(prepared: list[Prepared], observables: int, single: bool) -> bytes:
    """Write prepared circuits with their layouts, bases and values.

    Args:
        prepared: the work.
        observables: number of observables; 0 for counts.
        single: whether the observable came alone (then values have no axis over observables).
    """
    circuits = [c for p in prepared for c in (p.transpiled.circuit, *(pub[0] for pub in p.pubs))]
    stream = io.BytesIO()
    qpy.dump(circuits, stream)
    arrays: dict[str, Any] = {"qpy": np.frombuffer(stream.getvalue(), dtype=np.uint8)}
    entries = []
    for k, p in enumerate(prepared):
        values = p.pubs[0][1]
        if values is not None:
            arrays[f"values{k}"] = values
        entries.append(
            {
                "qubits": p.transpiled.qubits,
                "initial": p.transpiled.initial,
                "bases": [[b.label, [_term(t) for t in b.terms]] for b in p.bases],
            }
        )
    header = {"observables": observables, "single": single, "circuits": entries}
    return _npz(arrays, json.dumps(header))


def unpack_work(blob: bytes) -> tuple[list[Prepared], int, bool]:
    """Read what `pack_work` wrote. The caller has checked the hash: QPY is read only from us."""
    arrays, header = _unnpz(blob)
    circuits = iter(qpy.load(io.BytesIO(arrays["qpy"].tobytes())))
    prepared = []
    for k, entry in enumerate(header["circuits"]):
        values = arrays.get(f"values{k}")
        base = next(circuits)
        bases = tuple(Basis(label, tuple(map(_read_term, ts))) for label, ts in entry["bases"])
        pubs = tuple((next(circuits), values) for _ in bases)
        transpiled = Transpiled(base, tuple(entry["qubits"]), tuple(entry["initial"]))
        prepared.append(Prepared(transpiled, bases, pubs))
    return prepared, header["observables"], header["single"]


def _term(term: Term) -> list[Any]:
    return [term.coefficient, term.qubits, term.axes, term.kinds, term.observable]


def _read_term(entry: list[Any]) -> Term:
    coefficient, qubits, axes, kinds, observable = entry
    return Term(coefficient, tuple(qubits), axes, tuple(kinds), observable)


def _npz(arrays: dict[str, Any], header: str) -> bytes:
    stream = io.BytesIO()
    text = np.frombuffer(header.encode(), dtype=np.uint8)
    np.savez_compressed(stream, header=text, **arrays)
    return stream.getvalue()


def _unnpz(blob: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    with np.load(io.BytesIO(blob), allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    return arrays, json.loads(arrays.pop("header").tobytes())
