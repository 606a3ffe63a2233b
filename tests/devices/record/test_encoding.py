"""Work and results as bytes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.primitives import BitArray
from qiskit.quantum_info import SparseObservable, SparsePauliOp

from qtn.devices.counts import expectation
from qtn.devices.lookup import resolve
from qtn.devices.preparation import prepare
from qtn.devices.pubs import read_pubs
from qtn.devices.record.encoding import pack_raw, pack_work, unpack_raw, unpack_work


def test_work_round_trip(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    circuit = chain_circuit(3, free=True)
    observables = [SparsePauliOp(["XYZ", "ZZI"], [0.1, 2.0]), SparseObservable.from_label("0+1")]
    work = read_pubs([(circuit, np.ones((2, 3))), chain_circuit(3)], measured_allowed=False)
    prepared = [prepare(w, observables, resolve("FakeManilaV2"), 0) for w in work]
    again, count, single = unpack_work(pack_work(prepared, 2, False))
    assert (count, single) == (2, False)
    for before, after in zip(prepared, again, strict=True):
        assert after.transpiled.qubits == before.transpiled.qubits
        assert after.transpiled.initial == before.transpiled.initial
        assert after.transpiled.circuit == before.transpiled.circuit
        assert [b.label for b in after.bases] == [b.label for b in before.bases]
        bits = [BitArray.from_counts({"010": 3, "111": 2, "001": 1})] * len(before.bases)
        read, known = (expectation(bits, p.observables) for p in (after, before))
        assert [a.tolist() for a in read[:2]] == [b.tolist() for b in known[:2]]
        for one, other in zip(before.pubs, after.pubs, strict=True):
            assert one.circuit == other.circuit
            assert one.values is other.values or np.array_equal(one.values, other.values)


def test_work_of_several_blocks(
    chain_circuit: Callable[..., QuantumCircuit], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "qtn.devices.record.encoding.BLOCK", 3
    )  # cuts between a circuit and its measured copy
    given = [(chain_circuit(2 + k % 3, free=True), np.full((1, 2 + k % 3), k)) for k in range(7)]
    work = read_pubs(given, measured_allowed=True)
    prepared = [prepare(w, None, resolve("aer"), 0) for w in work]
    again, count, _ = unpack_work(pack_work(prepared, 0, False))
    assert count == 0
    assert [p.transpiled for p in again] == [p.transpiled for p in prepared]
    for before, after in zip(prepared, again, strict=True):
        one, other = before.pubs[0], after.pubs[0]
        assert one.circuit == other.circuit
        assert one.circuit.parameters == other.circuit.parameters
        assert one.values is not None
        assert np.array_equal(one.values, other.values)


def test_bits_round_trip() -> None:
    bits = [
        BitArray.from_bool_array(np.random.default_rng(0).random((4, 10, 13)) > 0.5),
        BitArray.from_counts({"01": 3, "11": 2}),
    ]
    again, how = unpack_raw(pack_raw(bits, "an engine"))
    assert how == "an engine"
    for before, after in zip(bits, again, strict=True):
        assert after.num_bits == before.num_bits
        assert np.array_equal(after.array, before.array)
