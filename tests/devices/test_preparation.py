"""From a request to circuits ready to run, and from their bits back to results."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.primitives import BitArray
from qiskit.quantum_info import SparsePauliOp
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

import qtn
from qtn.devices import resolve, transpile_for
from qtn.devices.engines.base import Pub, Values
from qtn.devices.preparation import finish, join, prepare, slices, take
from qtn.devices.pubs import read_pubs


def pubs(*bindings: int) -> list[Pub]:
    found = []
    for count in bindings:
        values = np.arange(count, dtype=float)[:, None] if count else None
        found.append(Pub(QuantumCircuit(1, 1), values))
    return found


def test_the_cut_depends_on_the_work_alone() -> None:
    work = pubs(3, 0, 4)
    batches = slices(work, 3)
    assert [[(i, r and (r.start, r.stop)) for i, r in b] for b in batches] == [
        [(0, (0, 3))],
        [(1, None), (2, (0, 2))],
        [(2, (2, 4))],
    ]
    parts = [take(work, batch) for batch in batches]
    assert [[p.bindings for p in part] for part in parts] == [[3], [1, 2], [2]]
    assert np.array_equal(parts[2][0].values, [[2.0], [3.0]])


def test_parts_are_joined_in_order() -> None:
    work = pubs(3, 0)
    batches = slices(work, 2)
    found = []
    for batch in batches:
        raw = []
        for pub in take(work, batch):
            rows = [7] if pub.values is None else pub.values[:, 0].astype(int)
            array = np.array([[[r]] for r in rows], dtype=np.uint8)
            raw.append(BitArray(array[0] if pub.values is None else array, 3))
        found.append(raw)
    swept, single = join(2, batches, found)
    assert isinstance(swept, BitArray)
    assert swept.array.ravel().tolist() == [0, 1, 2]
    assert isinstance(single, BitArray)
    assert single.shape == ()
    values = [[Values(np.ones((2, 1)) * k, np.ones((2, 1)), "m")] for k in range(2)]
    joined = join(1, [[(0, slice(0, 2))], [(0, slice(2, 4))]], values)[0]
    assert isinstance(joined, Values)
    assert joined.value.ravel().tolist() == [0, 0, 1, 1]


def test_one_circuit_per_basis(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    (work,) = read_pubs(chain_circuit(3), measured_allowed=False)
    observable = SparsePauliOp(["ZZI", "XIX", "IZZ"], [1.0, 2.0, 3.0])
    ready = prepare(work, [observable], resolve(FakeManilaV2()), 0)
    assert [b.label for b in ready.bases] == ["ZZZ", "XZX"]
    assert [p.circuit.num_clbits for p in ready.pubs] == [3, 3]
    assert ready.pubs[0].circuit.num_qubits == 5
    shots = [BitArray(np.zeros((10, 1), np.uint8), 3) for _ in ready.pubs]
    (found,) = finish([ready], shots, 1, True, 10)
    assert found.estimate is not None
    assert found.estimate.value == pytest.approx(6.0)


def test_transpiled_for_a_device(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    ready = transpile_for(chain_circuit(3), FakeManilaV2(), seed=1)
    assert repr(ready) == "Transpiled(3 qubits, 2 two-qubit gates)"
    assert set(ready.circuit.count_ops()) <= {"rz", "sx", "x", "cx"}
    assert sorted(ready.initial) == sorted(ready.qubits)
    with pytest.raises(qtn.ArgumentError, match=r"needs 6 qubits, but FakeManilaV2 has 5"):
        transpile_for(chain_circuit(6), "FakeManilaV2")
    with pytest.raises(qtn.ArgumentError, match=r"`circuit` must be a QuantumCircuit"):
        transpile_for("bell", "aer")  # type: ignore[arg-type]
