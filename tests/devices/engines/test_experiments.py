"""Results of backends: bits of every experiment, or a refusal."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit

import qtn
from qtn.devices.engines.base import JobFailedError
from qtn.devices.engines.experiments import bits_of_experiment, check_result

CIRCUIT = QuantumCircuit(2, 2, name="two")


def result(memory: Any = None, counts: Any = None, **fields: Any) -> Any:
    entry = SimpleNamespace(data=SimpleNamespace(memory=memory, counts=counts), **fields)
    return SimpleNamespace(results=[entry])


def test_memory_keeps_its_order() -> None:
    for memory in (["0x0", "0x3", "0x1"], ["00", "11", "01"], [0, 3, 1]):
        bits = bits_of_experiment(result(memory), 0, CIRCUIT, 3, 0)
        assert bits[:, 0].tolist() == [0, 3, 1]


def test_counts_are_spread_at_random_but_the_same_each_time() -> None:
    counts = {"0x0": 50, "0x3": 50}
    first, again = (bits_of_experiment(result(None, counts), 0, CIRCUIT, 100, 7) for _ in "ab")
    assert np.array_equal(first, again)
    assert sorted(first[:, 0].tolist()) == [0] * 50 + [3] * 50
    assert first[:50, 0].any()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (result(), "neither memory nor counts for experiment 0"),
        (result(["0x0"]), "1 shots instead of 3"),
        (result(["zz"] * 3), "neither hexadecimal nor binary"),
        (result(["0x4"] * 3), "outcomes with more than 2 bits"),
        (result(["000"] * 3), "outcomes with more than 2 bits"),
        (result(None, {"0x0": 1.5}), "which is no number of shots"),
        (SimpleNamespace(results=[]), "experiment 0 .* is missing"),
    ],
)
def test_what_is_refused(given: Any, message: str) -> None:
    with pytest.raises(qtn.DeviceError, match=message):
        bits_of_experiment(given, 0, CIRCUIT, 3, 0)


def test_results_that_are_not_those_of_the_job() -> None:
    good = SimpleNamespace(results=[SimpleNamespace(success=True)], success=True, job_id="a")
    check_result(good, "a", 1)
    with pytest.raises(qtn.DeviceError, match="returned the result of job a for job b"):
        check_result(good, "b", 1)
    with pytest.raises(qtn.DeviceError, match="returned 1 results for 0 circuits"):
        check_result(good, "a", 0)
    good.results[0].success = False
    with pytest.raises(JobFailedError, match="experiment 0 of job a did not succeed"):
        check_result(good, "a", 1)
