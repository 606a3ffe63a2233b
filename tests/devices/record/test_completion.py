"""Recorded runs: resumed, never submitted twice, never lost."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from devices.faulty import TOKEN, FaultyQueue, accepted
from qiskit import QuantumCircuit

import qtn
from qtn.devices import Budget, Device, Ledger, cancel, export, jobs, resume, run, show


def circuits(count: int = 3) -> list[QuantumCircuit]:
    found = []
    for k in range(count):
        circuit = QuantumCircuit(2)
        circuit.ry(0.4 + k, 0)
        circuit.cx(0, 1)
        found.append(circuit)
    return found


def patient(queue: Any) -> Device:
    return Device(queue, reads=4, first_wait=0.001)


def go(queue: Any, ledger: Any, **options: Any) -> Any:
    return run(circuits(), device=patient(queue), shots=50, ledger=ledger, **options)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "queue"


def states(ledger: Ledger) -> list[str]:
    return [job.state for r in ledger.runs() for job in ledger.jobs(r.id)]


def test_same_call_again_returns_what_is_stored(ledger: Ledger, folder: Path) -> None:
    queue = FaultyQueue(folder)
    first = go(queue, ledger)
    again = go(FaultyQueue(folder), ledger)
    assert accepted(queue) == 2  # three circuits, two per job
    assert states(ledger) == ["done", "done"]
    for a, b in zip(first.bits, again.bits, strict=True):
        assert np.array_equal(a.array, b.array)
    go(queue, ledger, seed=1)
    assert accepted(queue) == 4


def test_hardware_is_recorded_without_asking(folder: Path, tmp_path: Path) -> None:
    run(circuits(), device=FaultyQueue(folder), shots=10)
    assert [row["state"] for row in jobs().rows()] == ["done"]
    assert (tmp_path / "ledger" / "ledger.sqlite").exists()
    run(circuits(), device=FaultyQueue(folder), shots=11, ledger=False)
    assert len(jobs()) == 1


def test_simulations_are_not_recorded_unless_asked(ledger: Ledger) -> None:
    run(circuits(), shots=10)
    assert len(jobs()) == 0
    first = run(circuits(), shots=10, ledger=ledger)
    again = run(circuits(), shots=10, ledger=ledger)
    assert len(ledger.runs()) == 1
    assert all(
        np.array_equal(a.array, b.array) for a, b in zip(first.bits, again.bits, strict=True)
    )
    plain = run(circuits(), shots=10)
    assert all(
        np.array_equal(a.array, b.array) for a, b in zip(first.bits, plain.bits, strict=True)
    )


class TestFaults:
    def test_every_third_call_fails(self, ledger: Ledger, folder: Path) -> None:
        queue = FaultyQueue(folder, "third")
        result = None
        for _ in range(6):  # refused submissions are reported, never repeated on their own
            with contextlib.suppress(qtn.DeviceError):
                result = go(queue, ledger)
                break
        assert result is not None
        assert states(ledger) == ["done", "done"]
        assert accepted(queue) == 2
        assert result.bits[0].num_shots == 50

    def test_results_that_time_out_are_read_again(self, ledger: Ledger, folder: Path) -> None:
        queue = FaultyQueue(folder, "timeout")
        go(queue, ledger)
        assert queue.calls["result"] >= 3
        assert queue.calls["run"] == 2

    def test_refused_submission(self, ledger: Ledger, folder: Path) -> None:
        queue = FaultyQueue(folder, "refuse")
        with pytest.raises(
            qtn.DeviceError, match=r"refused job 0 .* Nothing was accepted"
        ) as error:
            go(queue, ledger)
        assert TOKEN not in str(error.value)
        assert queue.calls["run"] == 1
        assert states(ledger) == ["prepared", "prepared"]
        queue.faults.clear()
        go(queue, ledger)
        assert accepted(queue) == 2

    def test_lost_answer_is_found_by_its_tag(self, ledger: Ledger, folder: Path) -> None:
        queue = FaultyQueue(folder, "lost answer")
        go(queue, ledger)
        assert accepted(queue) == 2
        assert states(ledger) == ["done", "done"]

    def test_unclear_submission_is_never_repeated(self, ledger: Ledger, folder: Path) -> None:
        queue = FaultyQueue(folder, "lost answer", whole=False)
        with pytest.raises(qtn.DeviceError, match=r"not known whether .* accepted it"):
            go(queue, ledger)
        assert states(ledger) == ["submitting", "prepared"]
        queue.faults.clear()
        with pytest.raises(qtn.DeviceError, match=r"may or may not have reached"):
            go(queue, ledger)
        assert accepted(queue) == 1
        queue.search_is_complete = True  # the provider's list has caught up
        go(queue, ledger)
        assert accepted(queue) == 2

    def test_unclear_submission_on_the_users_word(self, ledger: Ledger, folder: Path) -> None:
        queue = FaultyQueue(folder, "lost answer", whole=False)
        with pytest.raises(qtn.DeviceError, match=r"not known"):
            go(queue, ledger)
        queue.faults.clear()
        result = resume(ledger.runs()[0].id, patient(queue), ledger=ledger, resubmit=True)
        assert len(result) == 3
        assert accepted(queue) == 3

    def test_partial_result_is_read_again(self, ledger: Ledger, folder: Path) -> None:
        go(FaultyQueue(folder, "partial"), ledger)
        assert states(ledger) == ["done", "done"]

    def test_persistently_partial_result_is_not_used(self, ledger: Ledger, folder: Path) -> None:
        with pytest.raises(qtn.DeviceError, match=r"could not be read .* is missing"):
            go(FaultyQueue(folder, "always partial"), ledger)
        assert states(ledger) == ["submitted", "submitted"]
        result = go(FaultyQueue(folder), ledger)
        assert len(result) == 3
        assert accepted(FaultyQueue(folder)) == 2

    def test_forgotten_jobs(self, ledger: Ledger, folder: Path) -> None:
        queue = FaultyQueue(folder, "always partial")
        with pytest.raises(qtn.DeviceError):
            go(queue, ledger)
        forgetful = FaultyQueue(folder, "forget")
        with pytest.raises(qtn.DeviceError, match=r"could not be read .*KeyError"):
            go(forgetful, ledger)
        assert forgetful.calls["run"] == 0

    def test_failed_job(self, ledger: Ledger, folder: Path) -> None:
        queue = FaultyQueue(folder, "error")
        with pytest.raises(qtn.DeviceError, match=r"ended with status .*internal error 1234") as e:
            go(queue, ledger)
        assert TOKEN not in str(e.value)
        assert states(ledger) == ["failed", "submitted"]
        with pytest.raises(qtn.DeviceError, match=r"has failed: .* --resubmit"):
            go(queue, ledger)
        assert queue.calls["run"] == 2
        queue.faults.clear()
        resume(ledger.runs()[0].id, patient(queue), ledger=ledger, resubmit=True)
        assert states(ledger) == ["done", "done"]
        assert accepted(queue) == 3

    def test_new_calibration_is_noticed(self, ledger: Ledger, folder: Path) -> None:
        queue = FaultyQueue(folder, "calibrate", device="FakeManilaV2")
        result = go(queue, ledger)
        assert "calibrated anew between submission and result" in result.engine
        assert "calibrated" not in go(FaultyQueue(folder), ledger, seed=1).engine

    def test_layout_is_kept_when_the_calibration_changes(
        self, ledger: Ledger, folder: Path
    ) -> None:
        queue = FaultyQueue(folder, "always partial", "calibrate", device="FakeManilaV2")
        with pytest.raises(qtn.DeviceError):
            go(queue, ledger)
        queue.faults = {"calibrate"}
        result = go(queue, ledger)
        assert accepted(queue) == 2
        assert result.circuits[0].num_qubits == 5


class TestPatience:
    """A provider whose call never returns."""

    def test_gives_up_and_resumes(self, ledger: Ledger, folder: Path) -> None:
        blocked = FaultyQueue(folder, "block")
        device = Device(blocked, patience=0.3)
        started = time.monotonic()
        with pytest.raises(
            qtn.DeviceError,
            match=r"within the patience of 0.3 s. Run \w+ is recorded .*qtn jobs resume",
        ) as error:
            run(circuits(), device=device, shots=50, ledger=ledger)
        assert time.monotonic() - started < 20
        assert ledger.runs()[0].id in str(error.value)
        assert states(ledger) == ["submitted", "submitted"]
        blocked.faults.clear()  # also lets the waiting thread go
        result = go(FaultyQueue(folder), ledger)
        assert len(result) == 3
        assert accepted(blocked) == 2

    def test_enough_patience_changes_nothing(self, ledger: Ledger, folder: Path) -> None:
        device = Device(FaultyQueue(folder, "timeout"), first_wait=0.001, patience=60)
        first = run(circuits(), device=device, shots=50, ledger=ledger)
        assert states(ledger) == ["done", "done"]
        again = go(FaultyQueue(folder), ledger)
        assert first.counts() == again.counts()

    def test_errors_of_jobs_pass_through(self, ledger: Ledger, folder: Path) -> None:
        device = Device(FaultyQueue(folder, "error"), patience=60)
        with pytest.raises(qtn.DeviceError, match=r"ended with status"):
            run(circuits(), device=device, shots=50, ledger=ledger)
        assert states(ledger) == ["failed", "submitted"]

    def test_only_for_jobs_that_can_be_found_again(self, folder: Path) -> None:
        with pytest.raises(qtn.ArgumentError, match=r"`patience` .* computed by this process"):
            run(circuits(), device=Device("aer", patience=1))
        queue = FaultyQueue(folder)
        with pytest.raises(qtn.ArgumentError, match=r"`patience` .* is not recorded"):
            run(circuits(), device=Device(queue, patience=1), ledger=False)
        assert accepted(queue) == 0
        with pytest.raises(qtn.ArgumentError, match=r"`patience`"):
            Device("aer", patience=-1)


def test_usage_that_the_provider_reports(ledger: Ledger, folder: Path) -> None:
    go(FaultyQueue(folder, "billed"), ledger)
    told = show(ledger.runs()[0].id, ledger)
    assert [job["usage"] for job in told["jobs"]] == [1.5, 1.5]
    assert told["plan"]["seconds"] > 0  # the estimate, beside it


@pytest.mark.parametrize("fault", ["bill fails", "none told"])
def test_usage_that_is_not_told(ledger: Ledger, folder: Path, fault: str) -> None:
    go(FaultyQueue(folder, fault), ledger)
    assert states(ledger) == ["done", "done"]
    assert [job.usage for job in ledger.jobs(ledger.runs()[0].id)] == [None, None]


def test_credentials_are_nowhere(ledger: Ledger, folder: Path, caplog: Any) -> None:
    caplog.set_level(0, logger="qtn")
    queue = FaultyQueue(folder, "error")
    with pytest.raises(qtn.DeviceError):
        go(queue, ledger)
    for fault in ("refuse", "silent"):
        queue.faults = {fault}
        with pytest.raises(qtn.DeviceError) as error:
            resume(ledger.runs()[0].id, patient(queue), ledger=ledger, resubmit=True)
        assert TOKEN not in "".join(traceback.format_exception(error.value))
    export(ledger.runs()[0].id, ledger.folder / "export.json", ledger=ledger)
    written = b"".join(p.read_bytes() for p in ledger.folder.rglob("*") if p.is_file())
    assert TOKEN.encode() not in written
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(jobs(ledger)) + str(jobs(ledger)) + jobs(ledger)._repr_html_()


def test_two_processes_on_one_ledger(ledger: Ledger, folder: Path) -> None:
    script = (
        f"import sys; sys.path[:0] = [{str(Path(__file__).parents[2])!r}]\n"
        "from devices.record.test_completion import go; from devices.faulty import FaultyQueue\n"
        f"r = go(FaultyQueue({str(folder)!r}), {str(ledger.folder)!r})\n"
        "print(r.bits[0].array.sum())"
    )
    command = [sys.executable, "-c", script]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    told = [p.communicate(timeout=120)[0] for p in both]
    assert [p.returncode for p in both] == [0, 0]
    assert told[0] == told[1] != b""
    assert accepted(FaultyQueue(folder)) == 2
    assert len(ledger.runs()) == 1
    assert states(ledger) == ["done", "done"]


def test_threads_on_one_ledger(tmp_path: Path, folder: Path) -> None:
    threads = [
        threading.Thread(target=go, args=(FaultyQueue(folder), tmp_path / "ledger"))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert accepted(FaultyQueue(folder)) == 2
    assert states(Ledger(tmp_path / "ledger")) == ["done", "done"]


def crash(folder: Path, *arguments: str) -> dict[str, int]:
    worker = Path(__file__).parent / "crash_worker.py"
    done = subprocess.run(
        [sys.executable, str(worker), str(folder), *arguments],
        capture_output=True,
        check=True,
        text=True,
        timeout=3600,
        env={**__import__("os").environ, "OMP_NUM_THREADS": "1"},
    )
    report: dict[str, int] = json.loads(done.stdout)
    return report


def test_killed_at_every_step(tmp_path: Path) -> None:
    report = crash(tmp_path, "steps")
    assert report["trials"] >= 50
    assert (report["lost"], report["twice"]) == (0, 0)
    seen = " ".join(report)
    assert all(s in seen for s in ("prepared", "submitting", "submitted", "done"))


def test_killed_at_random_instants(tmp_path: Path) -> None:
    report = crash(tmp_path, "random", "100")
    assert report["trials"] == 100
    assert (report["lost"], report["twice"]) == (0, 0)


@pytest.mark.slow
def test_killed_a_thousand_times(tmp_path: Path) -> None:
    report = crash(tmp_path, "random", "1000")
    assert (report["lost"], report["twice"]) == (0, 0)


def test_executor_is_refused_for_hardware(ledger: Ledger, folder: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with (
        ThreadPoolExecutor(1) as pool,
        pytest.raises(qtn.ArgumentError, match=r"`executor` is for simulations"),
    ):
        go(FaultyQueue(folder), ledger, executor=pool)
    assert accepted(FaultyQueue(folder)) == 0


def test_budget_is_checked_before_submission(ledger: Ledger, folder: Path) -> None:
    queue = FaultyQueue(folder)
    with pytest.raises(qtn.BudgetError, match=r"takes 150 shots, but the budget allows 100"):
        go(queue, ledger, budget=Budget(shots=100))
    assert accepted(queue) == 0
    assert ledger.runs() == []
    plan = go(queue, ledger, dry_run=True)
    assert plan.shots == 150
    assert accepted(queue) == 0
    assert ledger.runs() == []


def test_show_and_cancel(ledger: Ledger, folder: Path) -> None:
    queue = FaultyQueue(folder, "silent")
    with pytest.raises(qtn.DeviceError, match=r"could not be read"):
        go(queue, ledger)
    run_id = ledger.runs()[0].id
    assert [e["state"] for e in show(run_id, ledger)["events"]].count("submitted") == 2
    found = cancel(run_id[:4], queue, ledger=ledger)
    assert [job.state for job in found] == ["cancelled", "cancelled"]
    assert [job.status().name for job in queue.jobs()] == ["CANCELLED", "CANCELLED"]
    queue.faults.clear()
    go(queue, ledger)  # the same request after a cancellation is a new run
    assert len(ledger.runs()) == 2


def test_ctrl_c_says_what_the_ledger_has(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A simulation in batches: those done are kept, and the same call takes up the others."""
    from qtn.devices.engines import simulated

    real, calls = simulated.aer_sample, []

    def interrupted(*arguments: Any) -> Any:
        if len(calls) == 1:
            raise KeyboardInterrupt
        calls.append(arguments)
        return real(*arguments)

    def swept() -> Any:
        device = Device("FakeManilaV2", engine="statevector")
        return run(circuits(), device=device, shots=20, ledger=ledger, progress=False)

    monkeypatch.setattr(simulated.SimulatedEngine, "batch", 1)
    with monkeypatch.context() as patch:
        patch.setattr(simulated, "aer_sample", interrupted)
        with pytest.raises(KeyboardInterrupt) as stop:
            swept()
    (note,) = stop.value.__notes__
    (entered,) = ledger.runs()
    assert note.startswith(f"1 of 3 batches of run {entered.id} are in the ledger")
    assert states(ledger).count("done") == 1
    assert len(swept().bits) == 3
    assert states(ledger) == ["done"] * 3
