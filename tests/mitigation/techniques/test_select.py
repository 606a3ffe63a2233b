from __future__ import annotations

import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

from qtn.errors import ArgumentError, DeviceError
from qtn.mitigation import ZNE, PostSelection, mitigate


def hopping() -> QuantumCircuit:
    circuit = QuantumCircuit(4)
    circuit.x([0, 2])
    for i in range(3):
        circuit.rxx(0.4, i, i + 1)
        circuit.ryy(0.4, i, i + 1)
    return circuit


@pytest.mark.parametrize(
    "techniques",
    [[PostSelection(ones=2)], [PostSelection(parity="ZZZZ")], [PostSelection(ones=2), ZNE((1, 3))]],
)
def test_conserved_numbers_remove_most_of_the_error(techniques):
    observable = SparsePauliOp(["IIZZ", "ZZII"])
    exact = Statevector(hopping()).expectation_value(observable).real
    raw = mitigate(hopping(), observable, device="FakeManila", shots=10_000)
    found = mitigate(hopping(), observable, techniques, device="FakeManila", shots=10_000)
    assert abs(found.value - exact) < 0.3 * abs(raw.value - exact)


def test_bases_without_the_symmetry_are_left_alone():
    assert PostSelection(parity="IZZ").applies("ZZX")
    assert not PostSelection(parity="ZII").applies("ZZX")
    assert not PostSelection(ones=1).applies("ZX")


def test_wrong_symmetries_are_refused():
    with pytest.raises(ArgumentError, match="either `parity`"):
        PostSelection()
    with pytest.raises(ArgumentError, match="string of I, X, Y, Z"):
        PostSelection(parity="Q")
    with pytest.raises(ArgumentError, match="has 2 letters, but the circuit has 4"):
        mitigate(hopping(), "ZZZZ", PostSelection(parity="ZZ"), device="aer")
    with pytest.raises(ArgumentError, match="`ones` is 7"):
        mitigate(hopping(), "ZZZZ", PostSelection(ones=7), device="aer")
    with pytest.raises(DeviceError, match="kept none of 50 shots"):
        mitigate(hopping(), "ZZZZ", PostSelection(ones=1), device="aer", shots=50)
