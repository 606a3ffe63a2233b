"""Jobs at a provider: cancelled, found, fetched; no paid result is lost, nothing is paid twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from devices.faulty import FaultyQueue, accepted
from devices.record.test_completion import circuits, go, patient, states

import qtn
from qtn.devices import Budget, Device, Ledger, LocalQueue, cancel, resume, run, show


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "queue"


def stop(ledger: Ledger, queue: Any) -> list[Any]:
    return cancel(ledger.ids()[-1], patient(queue), ledger=ledger)


def left_there(ledger: Ledger, folder: Path, *faults: str) -> FaultyQueue:
    """Submit a run of two jobs whose results are not read."""
    queue = FaultyQueue(folder, "silent", *faults)
    with pytest.raises(qtn.DeviceError, match=r"could not be read"):
        run(circuits(), device=Device(queue, reads=1, first_wait=0.0), shots=50, ledger=ledger)
    queue.faults.discard("silent")
    return queue


def compute_all(folder: Path) -> None:
    queue = LocalQueue(folder)
    for job in queue.jobs():
        if job.status().name == "RUNNING":
            job.compute()


AFTERWARDS: dict[str, Callable[[Ledger, FaultyQueue], Any]] = {
    "same call": lambda ledger, queue: go(queue, ledger),
    "other call": lambda ledger, queue: go(queue, ledger, seed=1),
    "resume": lambda ledger, queue: resume(ledger.ids()[-1], patient(queue), ledger=ledger),
}


@pytest.mark.parametrize("then", AFTERWARDS)
@pytest.mark.parametrize("manner", ["", "cancel false", "cancel raises"])
@pytest.mark.parametrize("state", ["waiting", "running", "done there"])
def test_cancel(ledger: Ledger, folder: Path, state: str, manner: str, then: str) -> None:
    queue = left_there(ledger, folder, *({"queued"} if state == "waiting" else ()))
    if state == "done there":
        compute_all(folder)
    queue.faults |= {manner}
    found = stop(ledger, queue)
    if state == "done there":
        assert [job.state for job in found] == ["done", "done"]
    elif manner:
        assert [job.state for job in found] == ["submitted", "submitted"]
        assert all(str(job.error).startswith("not cancelled: ") for job in found)
    else:
        assert [job.state for job in found] == ["cancelled", "cancelled"]
        assert {job.status().name for job in LocalQueue(folder).jobs()} == {"CANCELLED"}
    stopped = state != "done there" and not manner
    if stopped and then == "resume":
        with pytest.raises(qtn.DeviceError, match=r"was cancelled"):
            AFTERWARDS[then](ledger, queue)
    else:
        assert len(AFTERWARDS[then](ledger, queue)) == 3
    again = then == "other call" or (stopped and then == "same call")
    assert accepted(queue) == (4 if again else 2)
    if not stopped:  # what was paid for is still there, and the first request has it
        assert len(go(queue, ledger)) == 3
        assert accepted(queue) == (4 if again else 2)


@pytest.mark.parametrize("then", AFTERWARDS)
def test_cancel_of_what_cannot_be_found(ledger: Ledger, folder: Path, then: str) -> None:
    queue = FaultyQueue(folder, "lost answer", whole=False)
    with pytest.raises(qtn.DeviceError, match=r"not known whether .* accepted it"):
        go(queue, ledger)
    queue.faults.clear()
    found = stop(ledger, queue)
    assert [job.state for job in found] == ["submitting", "cancelled"]
    assert "may have reached the provider" in str(found[0].error)
    if then == "other call":
        queue.search_is_complete = True
        AFTERWARDS[then](ledger, queue)
        assert accepted(queue) == 3
    else:
        with pytest.raises(qtn.DeviceError, match=r"may or may not have reached|was cancelled"):
            AFTERWARDS[then](ledger, queue)
        assert accepted(queue) == 1
    queue.search_is_complete = True  # the provider's list has caught up
    before = accepted(queue)
    assert len(go(queue, ledger)) == 3
    assert accepted(queue) == before + 1  # only the job that never left


def test_what_never_left_is_cancelled(ledger: Ledger, folder: Path) -> None:
    queue = FaultyQueue(folder, "refuse")
    with pytest.raises(qtn.DeviceError, match=r"Nothing was accepted"):
        go(queue, ledger)
    assert [job.state for job in stop(ledger, queue)] == ["cancelled", "cancelled"]


def test_same_call_after_a_partial_cancellation_pays_for_the_rest_only(
    ledger: Ledger, folder: Path
) -> None:
    queue = left_there(ledger, folder)
    queue.jobs()[0].compute()
    assert sorted(job.state for job in stop(ledger, queue)) == ["cancelled", "done"]
    with pytest.raises(qtn.DeviceError, match=r"was cancelled.*same call"):
        resume(ledger.ids()[0], patient(queue), ledger=ledger)
    assert len(go(queue, ledger)) == 3
    assert accepted(queue) == 3
    assert len(ledger.ids()) == 1


def test_failed_jobs_stay_failed_when_cancelled(ledger: Ledger, folder: Path) -> None:
    queue = FaultyQueue(folder, "error")
    with pytest.raises(qtn.DeviceError, match=r"ended with status ERROR"):
        go(queue, ledger)
    assert [job.state for job in stop(ledger, queue)] == ["failed", "failed"]
    with pytest.raises(qtn.DeviceError, match=r"has failed"):
        go(queue, ledger)
    assert accepted(queue) == 2


def test_what_has_finished_is_fetched_before_trouble_is_told(ledger: Ledger, folder: Path) -> None:
    queue = left_there(ledger, folder)
    compute_all(folder)
    first = ledger.jobs(ledger.ids()[0])[0]
    ledger.move(first, "failed", error="an accident")
    with pytest.raises(qtn.DeviceError, match=r"has failed: an accident"):
        go(queue, ledger)
    assert states(ledger) == ["failed", "done"]


def test_another_device_is_refused(ledger: Ledger, folder: Path, tmp_path: Path) -> None:
    """There nothing would be found, and everything be submitted a second time."""
    queue = FaultyQueue(folder, "lost answer", whole=False)
    with pytest.raises(qtn.DeviceError, match=r"not known"):
        go(queue, ledger)
    other = FaultyQueue(tmp_path / "other")
    for act in (resume, cancel):
        with pytest.raises(qtn.ArgumentError, match=r"`device` is 'queue:.*other', but run"):
            act(ledger.ids()[0], other, ledger=ledger)
    assert accepted(other) == 0


@pytest.mark.parametrize(
    ("fault", "text", "state"),
    [
        ("twice", r"returned 4 results for 2 circuits", "submitted"),
        ("short", r"returned 49 shots instead of 50", "submitted"),
        ("wide", r"outcomes with more than 2 bits", "submitted"),
        ("negative", r"the count -1 for .* no number of shots", "submitted"),
        ("fraction", r"the count 49.5 for .* no number of shots", "submitted"),
        ("foreign", r"the result of job another for job", "submitted"),
        ("unsuccessful", r"job \w+ did not succeed", "failed"),
    ],
)
def test_result_that_is_not_what_was_asked(
    ledger: Ledger, folder: Path, fault: str, text: str, state: str
) -> None:
    queue = FaultyQueue(folder, fault)
    with pytest.raises(qtn.DeviceError, match=text):
        go(queue, ledger)
    assert states(ledger)[0] == state
    assert ledger.jobs(ledger.ids()[0])[0].result is None
    with pytest.raises(qtn.DeviceError, match=rf"{text}.*ledger=False"):
        run(circuits(), device=patient(queue), shots=50, ledger=False)
    if state == "submitted":  # the provider has mended it
        assert len(go(FaultyQueue(folder), ledger)) == 3


def test_two_jobs_with_one_id(ledger: Ledger, folder: Path) -> None:
    """Three circuits in two jobs: neither may get the other's counts."""
    queue = FaultyQueue(folder, "same id")
    with pytest.raises(qtn.DeviceError, match=r"id one-for-all, which job 1 .*told apart"):
        go(queue, ledger)
    assert "done" not in states(ledger)
    with pytest.raises(qtn.DeviceError, match=r"has failed"):
        go(queue, ledger)
    queue.faults.clear()
    resume(ledger.ids()[0], patient(queue), ledger=ledger, resubmit=True)
    assert states(ledger) == ["done", "done"]


def test_no_id_and_no_text(ledger: Ledger, folder: Path) -> None:
    """Accepted without an id, or with an error that cannot be printed: found by the tag."""
    for seed, fault in enumerate(("no id", "unprintable")):
        queue = FaultyQueue(folder, fault)
        assert len(go(queue, ledger, seed=seed)) == 3
    assert accepted(queue) == 4
    assert set(states(ledger)) == {"done"}


def test_search_that_ignores_the_tag(ledger: Ledger, folder: Path) -> None:
    """Jobs of others are never taken for ours."""
    LocalQueue(folder).run(circuits()[0].measure_all(inplace=False), shots=50, job_tags=["other"])
    queue = FaultyQueue(folder, "all jobs", "refuse")
    with pytest.raises(qtn.DeviceError, match=r"Nothing was accepted"):
        go(queue, ledger)
    queue.faults = {"all jobs", "lost answer"}
    assert len(go(queue, ledger)) == 3


@pytest.mark.parametrize("kind", [OSError, KeyError, StopIteration, RecursionError, MemoryError])
def test_exceptions_of_any_type(
    ledger: Ledger, folder: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    queue = FaultyQueue(folder)

    def fail(*_: Any, **__: Any) -> Any:
        raise kind("odd")

    with monkeypatch.context() as patch:
        patch.setattr(FaultyQueue, "run", fail)
        with pytest.raises(qtn.DeviceError, match=rf"{kind.__name__}.*Nothing was accepted"):
            go(queue, ledger)
    with monkeypatch.context() as patch:
        patch.setattr("devices.faulty.FaultyJob.result", fail)
        with pytest.raises(qtn.DeviceError, match=rf"could not be read .*{kind.__name__}"):
            go(queue, ledger)
    assert len(go(queue, ledger)) == 3
    assert accepted(queue) == 2


def test_interrupted_while_submitting(
    ledger: Ledger, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = FaultyQueue(folder)
    original = FaultyQueue.run

    def interrupted(self: Any, *args: Any, **kwargs: Any) -> Any:
        original(self, *args, **kwargs)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(FaultyQueue, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            go(queue, ledger)
    assert states(ledger) == ["submitting", "prepared"]
    assert len(go(queue, ledger)) == 3
    assert accepted(queue) == 2


@pytest.mark.parametrize("step", ["submitting", "submitted", "done"])
def test_disk_full_at_every_step(ledger: Ledger, folder: Path, step: str) -> None:
    queue = FaultyQueue(folder)
    original = Ledger._event

    def full(self: Ledger, run_id: str, number: int, state: str) -> None:
        if state == step:
            pages = self._db.execute("PRAGMA page_count").fetchone()[0]
            self._db.execute(f"PRAGMA max_page_count={pages}")
            self._db.execute("INSERT INTO blobs VALUES ('full', ?)", (bytes(10**6),))
        original(self, run_id, number, state)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ledger, "_event", full)
        with pytest.raises(qtn.FileError, match=r"full"):
            go(queue, ledger)
    assert accepted(queue) == {"submitting": 0, "submitted": 1, "done": 2}[step]
    ledger._db.execute("PRAGMA max_page_count=1073741823")
    assert len(go(queue, ledger)) == 3
    assert accepted(queue) == 2


class TestBudget:
    """What is still to be submitted is held against the budget, on every path."""

    def stuck(self, ledger: Ledger, folder: Path, **options: Any) -> FaultyQueue:
        """Record a run of 150 shots of which nothing was submitted."""
        queue = FaultyQueue(folder, "refuse")
        with pytest.raises(qtn.DeviceError, match=r"Nothing was accepted"):
            go(queue, ledger, **options)
        queue.faults.clear()
        return queue

    def test_of_a_run_already_recorded(self, ledger: Ledger, folder: Path) -> None:
        queue = self.stuck(ledger, folder)
        run_id = ledger.ids()[0]
        for call in (
            lambda: go(queue, ledger, budget=Budget(shots=149)),
            lambda: resume(run_id, patient(queue), ledger=ledger, budget=Budget(shots=149)),
        ):
            with pytest.raises(qtn.BudgetError, match=r"takes 150 shots, but the budget .* 149"):
                call()
        assert accepted(queue) == 0
        go(queue, ledger, budget=Budget(shots=150))
        assert len(go(queue, ledger, budget=Budget(shots=1))) == 3  # nothing is left to pay

    def test_is_kept_with_the_run(self, ledger: Ledger, folder: Path) -> None:
        queue = self.stuck(ledger, folder, budget=Budget(shots=150))
        run_id = ledger.ids()[0]
        assert show(run_id, ledger)["plan"]["budget"]["shots"] == 150
        queue.faults = {"error"}
        with pytest.raises(qtn.DeviceError, match=r"ended with status"):
            resume(run_id, patient(queue), ledger=ledger)
        queue.faults.clear()
        with pytest.raises(qtn.BudgetError, match=r"takes 250 shots, but the budget allows 150"):
            resume(run_id, patient(queue), ledger=ledger, resubmit=True)
        assert accepted(queue) == 2
        resume(run_id, patient(queue), ledger=ledger, resubmit=True, budget=Budget(shots=250))
        assert accepted(queue) == 3

    def test_prices_of_today(
        self, ledger: Ledger, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        queue = self.stuck(ledger, folder, budget=Budget(money=2))
        table = tmp_path / "prices.toml"
        table.write_text('["queue:"]\ncurrency = "EUR"\nper_shot = 0.1\n')
        monkeypatch.setenv("QTN_PRICES", str(table))
        with pytest.raises(qtn.BudgetError, match=r"takes 15 money, but the budget allows 2"):
            go(queue, ledger)
        assert accepted(queue) == 0

    def test_hardware_asks_for_one(self, ledger: Ledger, folder: Path) -> None:
        queue = FaultyQueue(folder)
        for book in (ledger, False):
            with pytest.raises(
                qtn.BudgetError, match=r"300000 shots on queue:.*0\.00 USD.*budget=Budget\(shots=3"
            ):
                run(circuits(), device=queue, shots=100_000, ledger=book)
        assert accepted(queue) == 0
        assert ledger.ids() == []
        assert run(circuits(), device=queue, shots=100_000, dry_run=True).shots == 300_000
        run(circuits(), device=queue, shots=40_000, ledger=ledger, budget=Budget(shots=120_000))
        assert accepted(queue) == 2

    def test_of_recorded_simulations(self, ledger: Ledger) -> None:
        run(circuits(), shots=10, ledger=ledger)
        ledger._db.execute("UPDATE jobs SET state='prepared', result=NULL")
        with pytest.raises(qtn.BudgetError, match=r"takes 30 shots"):
            run(circuits(), shots=10, ledger=ledger, budget=Budget(shots=29))

    def test_damaged(self, ledger: Ledger, folder: Path) -> None:
        queue = self.stuck(ledger, folder, budget=Budget(shots=150))
        ledger._db.execute("UPDATE runs SET plan = json_set(plan, '$.budget', 'all')")
        with pytest.raises(qtn.FileError, match=r"budget of run \w+ .* is damaged"):
            go(queue, ledger)
        ledger._db.execute("UPDATE runs SET plan = json_set(plan, '$.shots', 'few')")
        with pytest.raises(qtn.FileError, match=r"plan of run \w+ in the ledger is damaged"):
            go(queue, ledger, budget=Budget(shots=150))
        assert accepted(queue) == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("UPDATE jobs SET result = (SELECT work FROM runs)", "result of job 0 is not its own"),
        (
            "UPDATE jobs SET result = (SELECT result FROM jobs WHERE number=0) WHERE number=1",
            "result of job 1 is not its own .*2 results for 1 circuits",
        ),
        ("UPDATE runs SET shots=49", "result of job 0 is not its own .*shots than 49"),
        ("UPDATE runs SET batch=3", "another number of jobs"),
        ("UPDATE runs SET work=(SELECT result FROM jobs WHERE number=0)", "work is not readable"),
    ],
)
def test_foreign_counts_are_refused(ledger: Ledger, folder: Path, change: str, why: str) -> None:
    queue = FaultyQueue(folder)
    go(queue, ledger)
    ledger._db.execute(change)
    with pytest.raises(qtn.FileError, match=rf"is damaged: .*{why}"):
        go(queue, ledger)
    assert accepted(queue) == 2


def test_every_tag_is_submitted_once(ledger: Ledger, folder: Path) -> None:
    queue = FaultyQueue(folder, "third")
    for _ in range(12):
        try:
            go(queue, ledger)
            break
        except qtn.DeviceError:
            stop(ledger, queue)
    tags = Counter(tag for job in LocalQueue(folder).jobs() for tag in job.tags())
    assert set(tags.values()) == {1}
