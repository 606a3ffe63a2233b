"""What every engine is, and what a remote one adds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.primitives import BitArray
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

import qtn
from qtn.devices.engines.base import Engine, Pub, Raw, RemoteEngine, Values


class Zeros(Engine):
    def sample(self, pubs: Sequence[Pub], shots: int, seed: int) -> tuple[list[BitArray], str]:
        return [BitArray(np.zeros((shots, 1), np.uint8), 1) for _ in pubs], "zeros"


class Ones(Engine):
    gives_values = True

    def values(self, pubs: Sequence[Pub], shots: int, seed: int) -> tuple[list[Values], str]:
        return [Values(np.ones(1), np.ones(1), "ones") for _ in pubs], "ones"


class Desk(RemoteEngine):
    """A provider that notes what is asked of it."""

    def __init__(self, target: Any = None) -> None:
        super().__init__("desk", target)
        self.log: list[str] = []

    def submit(self, pubs: Sequence[Pub], shots: int, seed: int, tag: str) -> str:
        self.log.append(f"submit {tag!r}")
        return "7"

    def find(self, tag: str) -> list[str]:
        return []

    def collect(
        self, job_id: str, pubs: Sequence[Pub], shots: int, seed: int
    ) -> tuple[Sequence[Raw], str]:
        self.log.append(f"collect {job_id}")
        if seed < 0:
            raise qtn.DeviceError("lost")
        return Zeros("z").sample(pubs, shots, seed)

    def cancel(self, job_id: str) -> bool:
        return False

    def forget(self, job_id: str) -> None:
        self.log.append(f"forget {job_id}")


def pub() -> Pub:
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    return Pub(circuit)


def test_execute_gives_what_the_engine_gives() -> None:
    assert isinstance(Zeros("z").execute([pub()], 4, 0)[0][0], BitArray)
    assert isinstance(Ones("o").execute([pub()], 4, 0)[0][0], Values)


def test_what_it_does_not_give_is_an_error() -> None:
    with pytest.raises(qtn.DeviceError, match="z gives bits and no expectation values"):
        Zeros("z").values([pub()], 4, 0)
    with pytest.raises(qtn.DeviceError, match="o gives expectation values and no bits"):
        Ones("o").sample([pub()], 4, 0)


def test_one_line_to_read() -> None:
    assert repr(Zeros("z")) == "Zeros('z')"


@pytest.mark.parametrize("seed", [0, -1])
def test_a_remote_engine_waits_and_lets_go(seed: int) -> None:
    desk = Desk()
    if seed < 0:
        with pytest.raises(qtn.DeviceError, match="lost"):
            desk.sample([pub()], 5, seed)
    else:
        assert desk.sample([pub()], 5, seed)[0][0].num_shots == 5
    assert desk.log == ["submit ''", "collect 7", "forget 7"]
    assert (desk.status("7"), desk.usage("7")) == ("", None)


def test_calibration_changes_with_the_rates() -> None:
    target = FakeManilaV2().target
    assert Desk().calibration() == ""
    before = Desk(target).calibration()
    assert len(before) == 16
    target["measure"][(0,)].error = 0.5
    assert Desk(target).calibration() != before
