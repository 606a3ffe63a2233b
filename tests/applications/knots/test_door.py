"""`qtn.jones`: methods agree, counts have errors, bad input is refused."""

from __future__ import annotations

import pytest
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, depolarizing_error

import qtn
from qtn.applications.knots import Braid
from qtn.errors import ArgumentError, VerificationError


def test_methods_agree() -> None:
    for closure in ("markov", "plat"):
        exact = [
            qtn.jones((1, -2, 3, 2, 2), closure, method).value
            for method in ("bracket", "path", "tensor", "auto")
        ]
        assert max(abs(v - exact[0]) for v in exact) < 1e-12
    assert qtn.jones("7_4", method="bracket").polynomial == qtn.jones(
        "7_4", method="tensor"
    ).polynomial  # fmt: skip
    assert qtn.jones(Braid((7, 8))).method == "tensor"
    assert qtn.jones("4_1").method == "bracket"


def test_circuits_on_a_noisy_device() -> None:
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(0.01, 2), ["cx"])
    device = AerSimulator(noise_model=noise, basis_gates=["cx", "rz", "sx", "x"])
    found = qtn.jones("6_3", method="circuit", shots=20_000, device=device, seed=1)
    assert 0.5 < found.facts["kept"] < 1.0
    assert abs(found.value - qtn.jones("6_3").value) < 0.3
    assert found.real.stderr > 0
    assert "±" in repr(found)
    assert "kept" in found._repr_html_()


def test_text() -> None:
    found = qtn.jones("4_1")
    assert repr(found) == "Jones(t^-2 - t^-1 + 1 - t + t^2, 3 strands, 4 crossings)"
    assert "V(t)" in found._repr_html_()
    assert "exp(2πi/5)" in repr(qtn.jones("4_1", method="path"))


def test_bad_input() -> None:
    with pytest.raises(ArgumentError, match="Near names: 3_1"):
        qtn.jones("3_2")
    with pytest.raises(ArgumentError, match="`method`"):
        qtn.jones("3_1", method="exact")
    with pytest.raises(ArgumentError, match="`mitigation`"):
        qtn.jones("3_1", method="circuit", mitigation=("rejecting",))
    with pytest.raises(ArgumentError, match="`device` is an option of a device"):
        qtn.jones("3_1", device="aer")
    with pytest.raises(ArgumentError, match="FakeNowhere"):
        qtn.jones("3_1", method="circuit", device="FakeNowhere")


def test_a_contraction_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qtn.applications.knots.door.LONGEST", 0.0)
    with pytest.raises(VerificationError, match="more than 0 s in all"):
        qtn.jones("3_1", method="tensor")
