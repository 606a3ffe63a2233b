"""The ledger on disk: durable, checked, and honest about what it cannot do."""

from __future__ import annotations

import hashlib
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import qtn
from qtn.devices.record.ledger import STATES, Ledger, Run, default_folder


def new_run(ledger: Ledger, name: str = "abc", jobs: int = 2, work: bytes = b"work") -> Run:
    sha = hashlib.sha256(work).hexdigest()
    run = Run(name, f"intent-{name}", time.time(), "device", 10, 0, 64, sha, {"circuits": 1}, {})
    return ledger.create(run, work, jobs)


def test_life_of_a_job(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    run = new_run(ledger)
    job = ledger.jobs(run.id)[0]
    assert job.tag.startswith("qtn-abc-0-")
    job = ledger.move(job, "submitting")
    job = ledger.move(job, "submitted", job_id="j1")
    job = ledger.finish(job, b"raw", 1.5)
    assert (job.state, job.job_id, job.seconds) == ("done", "j1", 1.5)
    assert ledger.blob(str(job.result)) == b"raw"
    history = [state for _, number, state, _ in ledger.events(run.id) if number == 0]
    assert history == ["prepared", "submitting", "submitted", "done"]
    ledger.close()
    assert Ledger(tmp_path).job(run.id, 0) == job


def test_first_result_is_never_replaced(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    new_run(ledger)
    first = ledger.finish(ledger.job("abc", 0), b"first", 1.0)
    again = ledger.finish(ledger.job("abc", 0), b"resampled", 2.0)
    assert again == first
    assert ledger.blob(str(again.result)) == b"first"


def test_stale_state_is_refused(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    new_run(ledger)
    stale = ledger.job("abc", 0)
    Ledger(tmp_path).move(stale, "submitting")
    with pytest.raises(qtn.DeviceError, match=r"is no longer 'prepared': another process"):
        ledger.move(stale, "submitting")


def test_runs_by_beginning_of_their_id(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    new_run(ledger, "abc1")
    new_run(ledger, "abd2")
    assert ledger.run("abc").id == "abc1"
    with pytest.raises(qtn.ArgumentError, match=r"'ab' is ambiguous .* Runs there: abd2, abc1"):
        ledger.run("ab")
    with pytest.raises(qtn.ArgumentError, match=r"'zz' is not in the ledger"):
        ledger.run("zz")


def test_lock_is_exclusive_and_ends_with_its_process(tmp_path: Path) -> None:
    script = (
        "import sys, time\nfrom qtn.devices.record.ledger import Ledger\n"
        f"with Ledger({str(tmp_path)!r}).lock('r'):\n"
        "    print('held', flush=True)\n    time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    ledger = Ledger(tmp_path)
    with (
        pytest.raises(qtn.DeviceError, match=r"Another process works on run r"),
        ledger.lock("r", 0.1),
    ):
        pass
    holder.kill()
    holder.wait()
    holder.stdout.close()
    with ledger.lock("r", 5.0):
        pass


def test_folder_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QTN_LEDGER", str(tmp_path / "mine"))
    assert default_folder() == tmp_path / "mine"
    monkeypatch.delenv("QTN_LEDGER")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "qtn" / "ledger"


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(qtn.FileError, match=r"cannot be written .* QTN_LEDGER"):
        Ledger(tmp_path / "file" / "ledger")


def test_read_only_folder() -> None:
    """Root may write everywhere, so an ordinary user tries."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        new_run(Ledger(folder / "ledger"))
        for path in (folder / "ledger", folder / "ledger" / "locks"):
            path.chmod(0o555)
        script = (
            "import os, sys\nimport qtn\nfrom qtn.devices.record.ledger import Ledger\n"
            f"sys.path[:0] = [{str(Path(__file__).parents[2])!r}]\n"
            "from devices.record.test_ledger import new_run\n"
            "os.geteuid() or (os.setgroups([]), os.setgid(65534), os.setuid(65534))\n"
            f"book = Ledger({str(folder / 'ledger')!r})\nprint(book.ids())\n"
            "for use in (lambda: new_run(book, 'x'), lambda: book.lock('x').__enter__()):\n"
            "    try:\n        use()\n"
            "    except qtn.FileError as error:\n        print('FileError', error)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        )
        for path in (folder / "ledger", folder / "ledger" / "locks"):
            path.chmod(0o755)
    assert done.stdout.startswith("['abc']"), done.stdout  # what is there can be read
    assert done.stdout.count("FileError") == 2, done.stdout
    assert "ledger=..." in done.stdout


def test_read_only_database(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger._db.execute("PRAGMA query_only=ON")  # what a read-only mount does to every write
    with pytest.raises(qtn.FileError, match=r"cannot be written .*readonly"):
        new_run(ledger)


def test_full_disk_leaves_what_was_committed(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    new_run(ledger, "first")
    pages = ledger._db.execute("PRAGMA page_count").fetchone()[0]
    ledger._db.execute(f"PRAGMA max_page_count={pages + 1}")
    with pytest.raises(qtn.FileError, match=r"database or disk is full.*Free some space"):
        new_run(ledger, "second", work=bytes(200_000))
    ledger.close()
    ledger = Ledger(tmp_path)
    assert [r.id for r in ledger.runs()] == ["first"]
    new_run(ledger, "second")


def test_file_size_limit_of_the_system(tmp_path: Path) -> None:
    """The operating system itself refuses to let the files grow."""
    script = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"sys.path[:0] = [{str(Path(__file__).parents[2])!r}]\n"
        "from devices.record.test_ledger import new_run\n"
        "from qtn.devices.record.ledger import Ledger\nimport qtn\n"
        f"ledger = Ledger({str(tmp_path)!r})\nnew_run(ledger, 'first')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
        "try:\n    new_run(ledger, 'second', work=bytes(2_000_000))\n"
        "except qtn.FileError as error:\n    print('FileError', error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("FileError The ledger")
    assert [r.id for r in Ledger(tmp_path).runs()] == ["first"]


def crashed_copy(folder: Path) -> Path:
    """A folder as a killed process leaves it: the last commits only in the write-ahead log."""
    script = (
        "import os, signal, sys\n"
        f"sys.path[:0] = [{str(Path(__file__).parents[2])!r}]\n"
        "from devices.record.test_ledger import new_run\n"
        "from qtn.devices.record.ledger import Ledger\n"
        f"ledger = Ledger({str(folder)!r})\nnew_run(ledger, 'first')\n"
        "new_run(ledger, 'last')\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=False)
    return folder / "ledger.sqlite-wal"


@pytest.mark.parametrize("damage", ["cut", "flip"])
def test_corrupted_last_record(tmp_path: Path, damage: str) -> None:
    log = crashed_copy(tmp_path)
    data = bytearray(log.read_bytes())
    if damage == "cut":
        log.write_bytes(data[:-100])
    else:
        data[-50] ^= 1
        log.write_bytes(data)
    ledger = Ledger(tmp_path)
    assert [r.id for r in ledger.runs()] == ["first"]  # the damaged commit never happened
    new_run(ledger, "next")


def test_damaged_result_is_refused(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    run = new_run(ledger)
    with sqlite3.connect(tmp_path / "ledger.sqlite") as raw:
        raw.execute("UPDATE blobs SET data = ? WHERE sha256 = ?", (b"word", run.work))
    raw.close()
    with pytest.raises(qtn.FileError, match=r"is damaged and is not used"):
        ledger.blob(run.work)
    with pytest.raises(qtn.FileError, match=r"is missing and is not used"):
        ledger.blob("0" * 64)


def test_what_is_no_ledger(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"something else entirely" * 100)
    with pytest.raises(qtn.FileError, match=r"cannot be opened .*not a database"):
        Ledger(tmp_path)


def test_ledger_of_the_first_version_is_brought_up(tmp_path: Path) -> None:
    """A table of jobs without usage gets the column, and keeps what is in it."""
    book = Ledger(tmp_path)
    job = book.job(new_run(book).id, 0)
    book._db.execute("ALTER TABLE jobs DROP COLUMN usage")
    book._db.execute("PRAGMA user_version=1")
    book.close()
    again = Ledger(tmp_path)
    assert again.job(job.run, 0) == job
    assert again.account(job, 2.5).usage == 2.5
    assert Ledger(tmp_path).job(job.run, 0).usage == 2.5


def test_ledger_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    book = Ledger(tmp_path)
    book._db.execute("PRAGMA user_version=99")
    book.close()
    before = (tmp_path / "ledger.sqlite").read_bytes()
    with pytest.raises(qtn.FileError, match=r"newer qtn \(version 99 .* knows 2\).*Update qtn"):
        Ledger(tmp_path)
    assert (tmp_path / "ledger.sqlite").read_bytes() == before


@pytest.mark.parametrize("version", [0, 2])
def test_database_of_another_program_is_left_alone(tmp_path: Path, version: int) -> None:
    with sqlite3.connect(tmp_path / "ledger.sqlite") as other:
        other.execute("CREATE TABLE songs (title TEXT)")
        other.execute(f"PRAGMA user_version={version}")
    other.close()
    before = (tmp_path / "ledger.sqlite").read_bytes()
    with pytest.raises(qtn.FileError, match=r"is a database of something else"):
        Ledger(tmp_path)
    assert (tmp_path / "ledger.sqlite").read_bytes() == before


def test_eight_threads_share_one_ledger(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    new_run(ledger, "shared", jobs=24)
    errors: list[BaseException] = []
    claimed: list[int] = []

    def work(number: int) -> None:
        try:
            for k in range(24):
                job = ledger.job("shared", k)
                if job.state == "prepared":
                    try:
                        job = ledger.move(job, "submitting")
                    except qtn.DeviceError:
                        continue  # another thread was faster
                    claimed.append(k)
                    ledger.move(job, "submitted", job_id=f"id-{k}")
                    ledger.finish(ledger.job("shared", k), b"raw %d" % k, 0.1)
            with ledger.lock(f"thread-{number}"):
                new_run(ledger, f"own-{number}")
            assert all(j.state in STATES for j in ledger.jobs("shared"))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(claimed) == list(range(24))
    assert len(ledger.runs()) == 9
    assert {j.state for j in ledger.jobs("shared")} <= {"done", "submitted"}
    stored = [ledger.blob(str(j.result)) for j in ledger.jobs("shared") if j.result]
    assert set(stored) <= {b"raw %d" % k for k in range(24)}


def test_forked_child_opens_its_own_connection(tmp_path: Path) -> None:
    """In a process without threads, as those that fork should be."""
    script = (
        "import os, sys\n"
        f"sys.path[:0] = [{str(Path(__file__).parents[2])!r}]\n"
        "from devices.record.test_ledger import new_run\n"
        "from qtn.devices.record.ledger import Ledger\n"
        f"ledger = Ledger({str(tmp_path)!r})\nnew_run(ledger, 'parent')\n"
        "child = os.fork()\n"
        "new_run(ledger, 'child' if child == 0 else 'again')\n"
        "if child == 0: os._exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "print(sorted(r.id for r in ledger.runs()))\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['again', 'child', 'parent']"


def test_damaged_lock_is_named(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    (tmp_path / "locks" / "r.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(qtn.FileError, match=r"lock of run r .* cannot be taken"), ledger.lock("r"):
        pass


def test_newest_run_is_the_last_written_whatever_the_clock_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(tmp_path)
    new_run(ledger, "first")
    monkeypatch.setattr(time, "time", lambda: 1e6)  # set back by decades
    new_run(ledger, "second")
    assert ledger.ids() == ["second", "first"]
    job = ledger.job("second", 0)
    assert ledger.finish(job, b"raw", time.time() - 2e6).seconds == 0.0


def checkpoint_halves(folder: Path) -> tuple[bytes, bytes, bytes]:
    """The database before and after a checkpoint, and the log that the checkpoint copied."""
    ledger = Ledger(folder)
    ledger._db.execute("PRAGMA wal_autocheckpoint=0")
    new_run(ledger, "first", work=bytes(range(256)) * 40)
    ledger._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = (folder / "ledger.sqlite").read_bytes()
    for k in range(4):
        new_run(ledger, f"later-{k}", work=bytes([k]) * 9000)
    log = (folder / "ledger.sqlite-wal").read_bytes()
    ledger._db.execute("PRAGMA wal_checkpoint(FULL)")
    after = (folder / "ledger.sqlite").read_bytes()
    ledger.close()
    return before, after, log


def test_killed_inside_a_checkpoint(tmp_path: Path) -> None:
    """Whatever part of the pages a checkpoint had copied, and half a page, nothing is lost."""
    before, after, log = checkpoint_halves(tmp_path / "source")
    page = 4096
    assert len(after) > len(before) + 5 * page
    for cut in range(0, len(after) + 1, page // 2):
        folder = tmp_path / f"cut-{cut}"
        folder.mkdir()
        (folder / "ledger.sqlite").write_bytes(after[:cut] + before[cut:])
        (folder / "ledger.sqlite-wal").write_bytes(log)
        ledger = Ledger(folder)
        assert ledger._db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert ledger.ids() == [*(f"later-{k}" for k in (3, 2, 1, 0)), "first"]
        assert all(ledger.blob(r.work) for r in ledger.runs())
        ledger.close()


def test_killed_while_checkpoints_go_on(tmp_path: Path) -> None:
    """The same by signal 9: a writer that checkpoints after every commit."""
    script = (
        "import sys\n"
        f"sys.path[:0] = [{str(Path(__file__).parents[2])!r}]\n"
        "from devices.record.test_ledger import new_run\n"
        "from qtn.devices.record.ledger import Ledger\n"
        f"ledger = Ledger({str(tmp_path)!r})\nstart = len(ledger.ids())\n"
        "for k in range(start, 10**6):\n"
        "    new_run(ledger, f'run-{k}', work=b'%d' % k * 9000)\n"
        "    print(k, flush=True)\n"
        "    ledger._db.execute('PRAGMA wal_checkpoint(FULL)')\n"
    )
    told = -1
    for trial in range(4):
        writer = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        for _ in range(5 + trial):
            told = int(writer.stdout.readline())
        time.sleep(0.003 * trial)
        writer.send_signal(signal.SIGKILL)
        told = max([told, *map(int, writer.stdout.read().split())])
        writer.wait()
        writer.stdout.close()
        ledger = Ledger(tmp_path)
        assert ledger._db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert len(ledger.ids()) >= told + 1
        assert all(ledger.blob(r.work) for r in ledger.runs())
        ledger.close()


def test_many_threads_may_open_a_new_ledger_at_once(tmp_path: Path) -> None:
    def opened(folder: Path, together: threading.Barrier) -> bool:
        together.wait()
        book = Ledger(folder)
        book.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        for k in range(15):
            together = threading.Barrier(8)
            waiting = [pool.submit(opened, tmp_path / str(k), together) for _ in range(8)]
            assert all(future.result() for future in waiting)
