"""Names and objects of devices."""

from __future__ import annotations

import pytest
from qiskit import QuantumCircuit
from qiskit.primitives import StatevectorSampler
from qiskit_aer import AerSimulator

import qtn
from qtn.devices import Device, fake_backend_names, resolve, run


def test_names_are_forgiving() -> None:
    assert resolve("FakeAlgiers") is resolve("fake_algiers") is resolve("fakealgiers")
    assert {"FakeAlgiers", "FakeTorino", "FakeManilaV2"} <= set(fake_backend_names())


def test_unknown_names_get_suggestions() -> None:
    with pytest.raises(qtn.ArgumentError, match=r"'tensr', which is no known device. Did you mean"):
        resolve("tensr")
    with pytest.raises(qtn.ArgumentError, match=r"no known device. Known: aer"):
        resolve("qqqqqqqq")


def test_labels() -> None:
    assert Device.of("aer").label == "aer"
    assert Device.of(AerSimulator()).label == "aer_simulator"
    assert Device.of(StatevectorSampler()).label == "StatevectorSampler"


def test_one_line_to_read() -> None:
    assert repr(Device("FakeAlgiers", engine="tensor")) == "Device('FakeAlgiers', engine='tensor')"
    assert repr(Device(AerSimulator())) == "Device('aer_simulator')"
    assert repr(Device("aer", gpu=True, precision="single")) == (
        "Device('aer', gpu=True, precision='single')"
    )


def test_same_object_same_engine() -> None:
    backend = AerSimulator()
    assert resolve(backend) is resolve(Device(backend, reads=2))
    assert resolve(backend) is not resolve(AerSimulator())


def test_bad_patience() -> None:
    with pytest.raises(qtn.ArgumentError, match=r"`reads` must be a positive integer"):
        Device("aer", reads=0)
    with pytest.raises(qtn.ArgumentError, match=r"`first_wait` must be a finite number"):
        Device("aer", first_wait=-1)


def test_backend_by_its_own_run() -> None:
    from qiskit_ibm_runtime.fake_provider import FakeManilaV2

    flip = QuantumCircuit(1)
    flip.x(0)
    result = run(flip, device=Device(FakeManilaV2(), engine="backend"), shots=100)
    assert "its own run method" in result.engine
    assert result.counts()["1"] > 80


def test_ibm_without_a_saved_account(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(
        "qiskit_ibm_runtime.accounts.management._DEFAULT_ACCOUNT_CONFIG_JSON_FILE",
        f"{tmp_path}/none.json",
    )
    with pytest.raises(qtn.DeviceError, match=r"saved IBM account cannot open 'ibm_nowhere'"):
        resolve("ibm_nowhere")
