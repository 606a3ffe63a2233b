"""Run the peers of the compiler in their own environment, one process per job."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.compile_targets import Problem

HERE = Path(__file__).parent
PYTHON = HERE / ".peers" / "compile" / "bin" / "python"
ENGINES = {
    "jax": "addon, quimb-JAX",
    "explicit": "addon, quimb explicit",
    "aer": "addon, Aer",
    "native": "quimb TNOptimizer, JAX",
}


@dataclass(frozen=True, slots=True)
class PeerRun:
    """What one engine did: CPU seconds of the first and of a later evaluation, and the trace."""

    engine: str
    parameters: int
    first: float
    evaluation: float
    evaluations: int
    trace: tuple[tuple[float, float], ...]
    infidelity: float
    seconds: float
    peak_mb: float

    def time_to(self, goal: float) -> float | None:
        """CPU seconds until the engine saw an infidelity of at most `goal`, with compilation."""
        return next((seconds for seconds, value in self.trace if value <= goal), None)


def installed() -> bool:
    return PYTHON.exists()


def run(
    problem: Problem,
    engine: str,
    budget: float,
    between: Callable[[], object],
    iterations: int = 300,
    max_bond: int = 64,
) -> PeerRun | str:
    """Run one engine on one problem; return its figures, or a sentence why there are none.

    Args:
        problem: target and shape.
        engine: a key of `ENGINES`.
        budget: CPU seconds after which the engine stops; it is killed at eight times that wall
            time.
        between: called after every evaluation of the engine, which waits meanwhile.
        iterations: limit of L-BFGS-B.
        max_bond: bond dimension given to the engines that truncate.
    """
    if not installed():
        return "the peers' environment is missing: make bench-compile builds it"
    if problem.shape is None:
        return "the target has no shared start circuit"
    header = {
        "engine": engine, "budget": budget, "iterations": iterations, "max_bond": max_bond,
        "n": problem.state.n,
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        job, out = Path(folder) / "job.npz", Path(folder) / "out.json"
        # The centre stands at site 0: the Aer engine converts from that form.
        tensors = problem.state.canonical(0).tensors
        arrays: dict[str, Any] = {f"tensor.{i}": t for i, t in enumerate(tensors)}
        arrays["bonds"], arrays["gates"] = np.array(problem.shape.bonds), problem.shape.gates
        np.savez(job, header=json.dumps(header), **arrays)
        failure = _converse(job, out, 8 * budget + 300, between)
        if failure:
            return failure
        result = json.loads(out.read_text(encoding="utf-8"))
    if result["first"] is None:
        return f"no evaluation within {budget:.0f} CPU s"
    return PeerRun(
        engine, result["parameters"], result["first"], result["evaluation"], result["evaluations"],
        tuple((s, v) for s, v in result["trace"]), result["infidelity"], result["seconds"],
        result["peak_mb"],
    )  # fmt: skip


def _converse(job: Path, out: Path, limit: float, between: Callable[[], object]) -> str:
    """Run the job in turns with `between`; return why it failed, or nothing.

    The peer writes a line after every evaluation and goes on when it gets one.
    """
    command = [str(PYTHON), str(HERE / "peers" / "run_compile.py"), str(job), str(out)]
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    messages = job.with_name("messages.txt")
    with (
        messages.open("w", encoding="utf-8") as errors,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
            env=environment,
        ) as process,
    ):  # fmt: skip
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the peer has no pipes")
        timer = threading.Timer(limit, process.kill)
        timer.start()
        for line in process.stdout:
            if line.strip() == "evaluated":
                between()
                process.stdin.write("\n")
                process.stdin.flush()
        process.wait()
        late = not timer.is_alive()
        timer.cancel()
    if late:
        return f"stopped: no result within {limit:.0f} s of wall time"
    if process.returncode:
        text = messages.read_text(encoding="utf-8").strip()
        return "failed: " + (text.splitlines() or ["no message"])[-1][:160]
    return ""
