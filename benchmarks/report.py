"""Shared reporting of the benchmarks: one row per job, one section of RESULTS.md per table.

A row holds the job, our figure, the peer's figure from the same run, their ratio, the bar and
`met` or `missed`. The last line reads `N met, M missed`. `benchmarks.parts` runs the jobs.
"""

from __future__ import annotations

import datetime as dt
import math
import os
import platform
import re
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("RESULTS.md")
PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
PACKAGES = ("numpy", "scipy", "numba", "torch", "qiskit", "qiskit-aer", "quimb", "cotengra")


@dataclass(frozen=True, slots=True)
class Paired:
    """Medians over alternating repetitions: `ours` and `peer` in seconds, `ratio` = peer/ours."""

    ours: float
    peer: float
    ratio: float


def cpu_seconds(job: Callable[[], Any]) -> float:
    """Return the CPU seconds of this process (all threads) that one call of `job` takes."""
    start = time.process_time()
    job()
    return time.process_time() - start


def paired_medians(
    ours: Callable[[], Any], peer: Callable[[], Any], repeats: int = 5, warm_up: bool = True
) -> Paired:
    """Time two jobs in turn, `repeats` times each, and return the medians and the median ratio.

    Alternating keeps a slow minute of a shared machine from hitting one side only.
    """
    if warm_up:
        ours()
        peer()
    pairs = [(cpu_seconds(ours), cpu_seconds(peer)) for _ in range(repeats)]
    ratios = [theirs / max(mine, 1e-9) for mine, theirs in pairs]
    mine, theirs = zip(*pairs, strict=True)
    return Paired(statistics.median(mine), statistics.median(theirs), statistics.median(ratios))


@dataclass(frozen=True, slots=True)
class Row:
    """One printed line; `met` is None for a row that only informs."""

    job: str
    ours: str
    peer: str
    ratio: str
    bar: str
    met: bool | None
    note: str = ""

    @property
    def verdict(self) -> str:
        return {True: "met", False: "missed", None: "-"}[self.met]


@dataclass(slots=True)
class Table:
    """Rows of one benchmark; prints them as they come and writes its section when closed.

    Attributes:
        name: name of its section in RESULTS.md.
        title: heading of the section.
        packages: packages whose versions the section tells.
        quick: jobs repeat their work less often, and no section is written.
        whole: rows of all jobs are there, so that the section may be written.

    Example:
        with report.Table("simulate", "Simulation").open() as table:
            table.speed("overlap n=100", pair, at_least=2.0, peer="quimb")
            table.at_most("Heisenberg n=20, 9 layers", 4.6e-5, 5e-5)
    """

    name: str
    title: str
    packages: tuple[str, ...] = PACKAGES
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)
    quick: bool = False
    whole: bool = True

    def add(self, row: Row) -> Row:
        """Append a ready row and print it."""
        if not self.rows:
            print(_line("job", "ours", "peer", "ratio", "bar", "verdict", ""), flush=True)
        self.rows.append(row)
        cells = (row.job, row.ours, row.peer, row.ratio, row.bar, row.verdict, row.note)
        print(_line(*cells), flush=True)
        return row

    def speed(
        self, job: str, pair: Paired, *, at_least: float | None, peer: str = "", note: str = ""
    ) -> Row:
        """Add a row whose bar is the ratio peer time / our time."""
        met = None if at_least is None else pair.ratio >= at_least
        bar = "" if at_least is None else f"ratio >= {number(at_least)}"
        ratio = f"{number(pair.ratio)}x"
        name = f" {peer}" if peer else ""
        theirs = f"{number(pair.peer)} s{name}"
        return self.add(Row(job, f"{number(pair.ours)} s", theirs, ratio, bar, met, note))

    def at_most(
        self, job: str, ours: float, bar: float | None, *, peer: float | None = None,
        unit: str = "", peer_name: str = "", note: str = "",
    ) -> Row:  # fmt: skip
        """Add a row that is met when our figure is at most `bar` (smaller is better)."""
        met = None if bar is None else bool(ours <= bar)
        ratio = None if peer is None or not ours > 0 else peer / ours
        return self._bounded(job, ours, "<=", bar, met, peer, ratio, unit, peer_name, note)

    def at_least(
        self, job: str, ours: float, bar: float | None, *, peer: float | None = None,
        unit: str = "", peer_name: str = "", note: str = "",
    ) -> Row:  # fmt: skip
        """Add a row that is met when our figure is at least `bar` (larger is better)."""
        met = None if bar is None else bool(ours >= bar)
        ratio = None if not peer else ours / peer
        return self._bounded(job, ours, ">=", bar, met, peer, ratio, unit, peer_name, note)

    def inform(self, job: str, ours: str, peer: str = "-", ratio: str = "-", note: str = "") -> Row:
        """Add a row without a bar."""
        return self.add(Row(job, ours, peer, ratio, "", None, note))

    def absent(self, job: str, peer: str, reason: str) -> Row:
        """Add a row that says that a peer could not run, and why."""
        return self.add(Row(job, "-", f"{peer}: not run", "-", "", None, reason))

    def note(self, text: str) -> None:
        """Add a sentence below the table."""
        self.notes.append(text)
        print(text, flush=True)

    @property
    def summary(self) -> str:
        met = sum(row.met is True for row in self.rows)
        return f"{met} met, {sum(row.met is False for row in self.rows)} missed"

    def close(self, path: Path = RESULTS) -> None:
        """Print the closing line and write this table's section of the results file."""
        print(self.summary, flush=True)
        if self.whole and not self.quick:  # a part must not replace the table
            write_section(path, self.name, self.markdown())

    @contextmanager
    def open(self) -> Iterator[Table]:
        """Print and write the table in the end, even when a job raises."""
        try:
            yield self
        except BaseException as error:
            self.note(f"Stopped early: {type(error).__name__}: {error}")
            raise
        finally:
            self.close()

    def markdown(self) -> str:
        """Return the section as Markdown."""
        lines = [f"## {self.title}", "", provenance(self.packages)]
        lines += [f"Wall time of the whole table: {time.perf_counter() - self.started:.0f} s.", ""]
        lines += ["| job | ours | peer | ratio | bar | verdict | note |"]
        lines += ["|---|---|---|---|---|---|---|"]
        for row in self.rows:
            cells = (row.job, row.ours, row.peer, row.ratio, row.bar, row.verdict, row.note)
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines += ["", *self.notes, *([""] if self.notes else []), self.summary, ""]
        return "\n".join(lines)

    def _bounded(
        self, job: str, ours: float, sign: str, bar: float | None, met: bool | None,
        peer: float | None, ratio: float | None, unit: str, peer_name: str, note: str,
    ) -> Row:  # fmt: skip
        tail = f" {unit}" if unit else ""
        label = f" {peer_name}" if peer_name else ""
        theirs = "-" if peer is None else f"{number(peer)}{tail}{label}"
        times = "-" if ratio is None else f"{number(ratio)}x"
        limit = "" if bar is None else f"{sign} {number(bar)}{tail}"
        return self.add(Row(job, f"{number(ours)}{tail}", theirs, times, limit, met, note))


def number(value: float) -> str:
    """Print a figure with three significant digits, without exponents in the usual range."""
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    if abs(value) < 1e-3 or abs(value) >= 1e6:
        return f"{value:.2e}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{digits}f}"


def stamp() -> str:
    """Return date and commit."""
    return f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M UTC}, commit {_commit()}"


def provenance(packages: tuple[str, ...] = PACKAGES) -> str:
    """Return one paragraph: date, commit, machine, threads and versions."""
    versions = [f"{name} {version}" for name in packages if (version := _version(name))]
    threads = os.environ.get("OMP_NUM_THREADS", "unset")
    return (
        f"{stamp()}, {_processor()}, {os.cpu_count()} cores, "
        f"threads per library {threads}, Python {platform.python_version()}, "
        + ", ".join(versions)
        + ". Times are CPU seconds unless a row says otherwise."
    )


def write_section(path: Path, name: str, text: str) -> None:
    """Write or replace the section `name` of `path` and leave all other sections as they are."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    old = path.read_text(encoding="utf-8") if path.exists() else "# Benchmark results\n"
    block = f"{begin}\n{text}{end}\n"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end) + r"\n?", re.DOTALL)
    new = pattern.sub(lambda _: block, old) if pattern.search(old) else f"{old.rstrip()}\n\n{block}"
    scratch = path.with_suffix(".tmp")
    scratch.write_text(new, encoding="utf-8")
    os.replace(scratch, path)


def _line(*cells: str) -> str:
    widths = (46, 12, 22, 8, 16, 8)
    head = "  ".join(cell.ljust(width) for cell, width in zip(cells[:6], widths, strict=True))
    return f"{head}  {cells[6]}".rstrip()


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    here = Path(__file__).parent
    try:
        done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    found = re.search(r"model name\s*:\s*(.+)", text)
    return found.group(1).strip() if found else platform.machine()
