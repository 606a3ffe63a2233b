"""What a device reports as channels: those of Aer's own model."""

import math

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import CZGate, SXGate
from qiskit.circuit.measure import Measure
from qiskit.providers import QubitProperties
from qiskit.transpiler import InstructionProperties, Target
from qiskit_aer.noise import NoiseModel

from qtn.devices.engines.simulators import named_engine
from qtn.devices.placement.cutting import Description
from qtn.devices.tensor.channels import ChannelTable
from qtn.devices.tensor.density_chain import DensitySimulator
from qtn.devices.tensor.reported import ReportedChannels, channel_table, depolarised, relaxation
from qtn.errors import DeviceError


def described(error=0.01, duration=1e-7, t1=1e-4, t2=1.5e-4) -> Target:
    target = Target(num_qubits=2, dt=1e-9, qubit_properties=[QubitProperties(t1, t2)] * 2)
    told = InstructionProperties(duration=duration, error=error)
    target.add_instruction(SXGate(), {(q,): told for q in range(2)})
    target.add_instruction(CZGate(), {(0, 1): told})
    measured = InstructionProperties(error=0.02)
    target.add_instruction(Measure(), {(0,): measured, (1,): None})
    return target


def assert_equal(target: Target) -> None:
    model = NoiseModel.from_backend(Description(target))
    aer, own = ChannelTable(model), ReportedChannels(target)
    for name in target.operation_names:
        for qubits in target[name]:
            expected, found = aer.error(name, qubits), own.error(name, qubits)
            assert (expected is None) == (found is None)
            if expected is not None:
                assert found == pytest.approx(expected, abs=1e-12)
    for qubit in range(target.num_qubits):
        assert own.readout(qubit) == pytest.approx(aer.readout(qubit))
    assert own.noisy_names == frozenset(model.noise_instructions) - {"measure"}
    assert own.has_errors == aer.has_errors
    assert own.has_readout == aer.has_readout


def test_a_whole_device_is_aers_model_of_it():
    assert_equal(named_engine("FakeManilaV2").target)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"error": 1.0},  # broken: as much as a channel can depolarise
        {"error": 1e-6},  # less than relaxation alone
        {"error": None},
        {"duration": None},
        {"duration": None, "error": None},
        {"t2": 5e-4},  # beyond 2 T1
        {"t1": None, "t2": 1e-4},
        {"t2": None},
    ],
)
def test_reports_of_any_kind_are_aers(settings):
    assert_equal(described(**settings))


def test_qubits_without_times_do_not_relax():
    target = Target(num_qubits=1)
    target.add_instruction(SXGate(), {(0,): InstructionProperties(error=0.01)})
    own = ReportedChannels(target)
    assert own.error("sx", (0,)).diagonal()[1:] == pytest.approx(np.full(3, 1 - 0.02))
    assert own.passes == []
    assert own.error("cz", (0, 1)) is None
    assert not own.has_readout


def test_delays_relax():
    target = described()
    waits = QuantumCircuit(2)
    waits.x(0)
    waits.delay(1000, 0, unit="dt")
    simulator = DensitySimulator(ReportedChannels(target), None, 0.0)
    plan = simulator.plan(waits)
    assert math.exp(-1e-6 / 1e-4) == pytest.approx(plan.suffix[-1].matrix[3, 3])


def test_parts_of_a_gates_error():
    assert relaxation(1.0, 2.0, math.inf) @ [1, 0, 0, 1] == pytest.approx([1, 0, 0, 1])
    assert depolarised(0.0, None, 1) is None
    assert depolarised(1.0, None, 1) == pytest.approx(-1 / 3)
    with pytest.raises(DeviceError, match="reports T1 = 0 s and T2 = 1 s of a qubit"):
        relaxation(1.0, 0.0, 1.0)


def test_models_of_aer_are_read_as_they_are():
    model = NoiseModel.from_backend(Description(described()))
    table, passes, names = channel_table(model)
    assert isinstance(table, ChannelTable)
    assert len(passes) == 1
    assert names == {"sx", "cz", "measure"}
    assert channel_table(None)[1:] == ([], frozenset())
