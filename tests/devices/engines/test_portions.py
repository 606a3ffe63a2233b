"""Portions of shots: all of them, or those before Ctrl-C."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.primitives import BitArray

import qtn
from qtn.devices.engines import portions, simulated
from qtn.devices.engines.portions import PartialShots, in_portions


def ones(count: int) -> BitArray:
    return BitArray(np.ones((count, 1), dtype=np.uint8), 1)


def test_all_shots_are_taken_each_portion_with_its_own_seed() -> None:
    asked: list[tuple[int, int]] = []

    def sample(count: int, seed: int) -> list[BitArray]:
        asked.append((count, seed))
        return [ones(count), ones(count)]

    found = in_portions(sample, 100, 7, 10.5)
    assert [bits.num_shots for bits in found] == [100, 100]
    assert sum(count for count, _ in asked) == 100
    assert len({seed for _, seed in asked}) == len(asked) > 2
    asked.clear()
    in_portions(sample, 100, 7, 1.0)
    assert asked == [(100, 7)]


@pytest.mark.parametrize("before", [0, 2])
def test_an_interruption_keeps_what_was_measured(before: int) -> None:
    done = []

    def sample(count: int, seed: int) -> list[BitArray]:
        if len(done) == before:
            raise KeyboardInterrupt
        done.append(seed)
        return [ones(count)]

    with pytest.raises(KeyboardInterrupt) as stop:
        in_portions(sample, 100, 0, 20.0)
    assert isinstance(stop.value, PartialShots) is (before > 0)
    if isinstance(stop.value, PartialShots):
        assert stop.value.shots == stop.value.bits[0].num_shots == 40


def bell() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    return circuit


def test_a_long_run_that_is_interrupted_returns_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = simulated.aer_sample, []

    def interrupted(*arguments: object) -> list[BitArray]:
        if len(calls) == 3:
            raise KeyboardInterrupt
        calls.append(arguments)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(simulated, "aer_sample", interrupted)
    monkeypatch.setattr(portions, "PATIENCE", 0.0)
    monkeypatch.setattr(portions, "PORTION", 1e-3)
    device = qtn.Device("FakeManilaV2", engine="statevector")
    with pytest.warns(UserWarning, match="its result is partial, .* of 4096 shots"):
        found = qtn.run(bell(), "ZZ", device=device, progress=False)
    assert 0 < found.shots < 4096
    assert "partial" in found.engine
    assert found.values[0].shots == found.shots
    assert found.values[0].value > 0.5
