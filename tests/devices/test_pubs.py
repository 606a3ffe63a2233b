"""What a caller may give as circuits and values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.primitives import BindingsArray

import qtn
from qtn.devices import transpile_for
from qtn.devices.pubs import parameter_rows, read_pubs


def circuit() -> QuantumCircuit:
    found = QuantumCircuit(2, name="rotated")
    found.ry(Parameter("a"), 0)
    found.ry(Parameter("b"), 1)
    return found


def read(*given: Any, measured: bool = True) -> Any:
    return read_pubs(list(given), measured_allowed=measured)


def test_one_or_several() -> None:
    plain = QuantumCircuit(1)
    assert len(read_pubs(plain, measured_allowed=True)) == 1
    (pair, alone) = read((circuit(), [[0.1, 0.2]]), (plain,))
    assert pair.values.shape == (1, 2)
    assert (alone.values, alone.measured, alone.transpiled) == (None, False, None)
    ready = transpile_for(plain, "aer")
    assert read(ready)[0].transpiled is ready


@pytest.mark.parametrize(
    "values",
    [
        [[0.1, 0.2], [0.3, 0.4]],
        {"a": [0.1, 0.3], "b": [0.2, 0.4]},
        {("a", "b"): [[0.1, 0.2], [0.3, 0.4]]},
        BindingsArray({"a": [0.1, 0.3], "b": [0.2, 0.4]}),
    ],
)
def test_values_by_place_or_by_name(values: Any) -> None:
    (work,) = read((circuit(), values))
    assert np.array_equal(work.values, [[0.1, 0.2], [0.3, 0.4]])


def test_a_single_binding_by_name_has_an_axis() -> None:
    assert parameter_rows(circuit(), {"a": 1.0, "b": 2.0}).shape == (1, 2)


def test_measurements() -> None:
    measured = QuantumCircuit(1)
    measured.h(0)
    measured.measure_all()
    assert read(measured)[0].measured
    bare = read(measured, measured=False)[0]
    assert (bare.measured, bare.circuit.num_clbits) == (False, 0)
    ready = transpile_for(measured, "aer")
    with pytest.raises(qtn.ArgumentError, match=r"transpiled together with its measurements"):
        read(ready, measured=False)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "at least one circuit"),
        (["bell"], "`circuits` must be a QuantumCircuit"),
        ([QuantumCircuit()], "circuits with qubits"),
        ([(QuantumCircuit(1), None, 3)], "a pair"),
        ([circuit()], r"has 2 unbound parameter\(s\) \(a, b\)"),
        ([(circuit(), [[1.0]])], r"shape \(bindings, 2\)"),
        ([(circuit(), {"a": 1.0})], "to every parameter of circuit 'rotated'"),
        ([(circuit(), [[np.nan, 0.0]])], "`values`"),
    ],
)
def test_what_is_refused(given: list[Any], message: str) -> None:
    with pytest.raises(qtn.ArgumentError, match=message):
        read_pubs(given, measured_allowed=True)


def test_many_parameters_are_named_in_short() -> None:
    wide = QuantumCircuit(6)
    for qubit, angle in enumerate(ParameterVector("t", 6)):
        wide.ry(angle, qubit)
    with pytest.raises(qtn.ArgumentError, match=r"t\[0\], t\[1\], t\[2\], t\[3\], \.\.\."):
        read(wide)
