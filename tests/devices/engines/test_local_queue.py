"""The local queue: jobs that outlive their process."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from qiskit import QuantumCircuit

import qtn
from qtn.devices import LocalQueue, run


def flipped() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.x(1)
    circuit.measure_all()
    return circuit


def test_jobs_are_found_by_tag_and_id(tmp_path: Path) -> None:
    queue = LocalQueue(tmp_path, "tensor")
    job = queue.run(flipped(), shots=10, job_tags=["mine"])
    queue.run(flipped(), shots=10, job_tags=["other"])
    again = LocalQueue(tmp_path)  # another process would see the same
    assert again.device == "tensor"
    assert [j.job_id() for j in again.jobs(job_tags=["mine"])] == [job.job_id()]
    assert again.retrieve_job(job.job_id()).result().get_counts() == {"10": 10}
    assert job.status().name == "DONE"
    with pytest.raises(qtn.DeviceError, match=r"has no job 'none'"):
        queue.retrieve_job("none")


def test_result_is_fixed_by_whoever_computes_first(tmp_path: Path) -> None:
    queue = LocalQueue(tmp_path, "tensor")
    circuit = QuantumCircuit(4)
    circuit.h(range(4))
    circuit.measure_all()
    job = queue.run(circuit, shots=100)
    first = job.result().get_counts()
    job.compute()
    assert job.result().get_counts() == first


def test_clock_set_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job is waited for as long as it takes, not until an hour strikes again."""
    job = LocalQueue(tmp_path, "tensor", seconds=0.2).run(flipped(), shots=10)
    there = time.time()
    monkeypatch.setattr(time, "time", lambda: there - 7200)
    started = time.monotonic()
    assert LocalQueue(tmp_path).retrieve_job(job.job_id()).result().get_counts() == {"10": 10}
    assert time.monotonic() - started < 60


def test_cancelled_job(tmp_path: Path) -> None:
    queue = LocalQueue(tmp_path, "tensor", seconds=60)
    job = queue.run(flipped(), shots=10)
    assert job.cancel()
    with pytest.raises(qtn.DeviceError, match=r"was cancelled"):
        job.result()
    done = LocalQueue(tmp_path).run(flipped(), shots=10)
    done.result()
    assert not done.cancel()


def test_detached_worker_computes_the_job(tmp_path: Path) -> None:
    queue = LocalQueue(tmp_path, "tensor", worker=True)
    job = queue.run(flipped(), shots=10)
    limit = time.monotonic() + 60
    while job.status().name != "DONE" and time.monotonic() < limit:
        time.sleep(0.1)
    assert job.status().name == "DONE"


def test_queue_by_name(tmp_path: Path) -> None:
    LocalQueue(tmp_path, "FakeManilaV2")
    result = run(QuantumCircuit(2), device=f"queue:{tmp_path}", shots=20)
    assert result.circuits[0].num_qubits == 5


def test_unusable_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(qtn.FileError, match=r"queue folder .* cannot be used"):
        LocalQueue(tmp_path / "file" / "queue")
    (tmp_path / "device.json").write_text(json.dumps({}))
    with pytest.raises(qtn.FileError, match=r"cannot be used"):
        LocalQueue(tmp_path)
