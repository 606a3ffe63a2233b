"""Simulators and fake backends by name."""

from __future__ import annotations

import pytest
from qiskit_aer import AerSimulator
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

import qtn
from qtn.devices.engines.aer import AerEngine
from qtn.devices.engines.samplers import BackendEngine
from qtn.devices.engines.simulated import SimulatedEngine
from qtn.devices.engines.simulators import backend_engine, fake_backend_names, named_engine
from qtn.devices.engines.tensor_engine import TensorEngine


def test_one_engine_per_name() -> None:
    assert named_engine("FakeManilaV2") is named_engine("fake-manila")
    assert named_engine("FakeManilaV2") is not named_engine("FakeManilaV2", "tensor")
    assert isinstance(named_engine("aer"), AerEngine)
    assert isinstance(named_engine("tensor"), TensorEngine)
    assert isinstance(named_engine("FakeManilaV2"), SimulatedEngine)
    assert "FakeManilaV2" in fake_backend_names()


def test_a_description_is_simulated_and_others_run_themselves() -> None:
    assert isinstance(backend_engine(FakeManilaV2(), "auto"), SimulatedEngine)
    assert isinstance(backend_engine(FakeManilaV2(), "backend"), BackendEngine)
    assert isinstance(backend_engine(AerSimulator(), "auto"), BackendEngine)
    assert isinstance(backend_engine(AerSimulator(), "tensor"), SimulatedEngine)


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(qtn.ArgumentError, match=r"no known device. Did you mean 'FakeManilaV2'"):
        named_engine("FakeManilla")
