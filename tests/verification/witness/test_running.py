"""Witnesses through the door: counts, devices, and what they need."""

from __future__ import annotations

import pytest
from qiskit import QuantumCircuit

from qtn.errors import ArgumentError
from qtn.states import MPS
from qtn.verification import CrossEntropy, DirectFidelity, Limits, Mirror, Shadows, verify
from qtn.verification.witness.running import check_counts, check_device

BELL = MPS.from_dense([2**-0.5, 0, 0, 2**-0.5])


def bell() -> QuantumCircuit:
    out = QuantumCircuit(2)
    out.h(0)
    out.cx(0, 1)
    return out


def test_counts_of_the_right_width_give_an_interval() -> None:
    check = check_counts({"00": 510, "11": 490}, BELL, "auto", Limits())
    assert check.method == "cross-entropy"
    assert check.low <= 1.0 <= check.high
    assert "1000 shots, 95 % interval" in check.why
    with pytest.raises(ArgumentError, match="has 3 bits, but the target has 2 sites"):
        check_counts({"000": 5}, BELL, CrossEntropy(), Limits())
    with pytest.raises(ArgumentError, match=r"Counts of the circuit alone allow CrossEntropy"):
        check_counts({"00": 5}, BELL, DirectFidelity(), Limits())


@pytest.mark.parametrize("method", [CrossEntropy(), DirectFidelity(error=0.1), Mirror(circuits=3)])
def test_a_noiseless_device_passes(method: object) -> None:
    check = check_device(bell(), BELL, None, "aer", method)
    assert check.fidelity == pytest.approx(1.0, abs=0.15)
    assert not check.rigorous


def test_shadows_estimate_every_term() -> None:
    method = Shadows(bases=90)
    check = verify(bell(), observables=["ZZ", "XX", "IZ"], device="aer", method=method)
    for found, exact in zip(check.values, (1.0, 1.0, 0.0), strict=True):
        assert abs(found.value - exact) <= 5 * found.stderr + 1e-9


def test_what_a_witness_needs() -> None:
    with pytest.raises(ArgumentError, match="the state that the circuit should prepare"):
        check_device(bell(), None, None, "aer", DirectFidelity())
    with pytest.raises(ArgumentError, match="given for classical shadows"):
        check_device(bell(), None, None, "aer", Shadows())
    with pytest.raises(ArgumentError, match="sums of Pauli strings"):
        check_device(bell(), None, ["0I"], "aer", Shadows())
