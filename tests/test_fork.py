"""A door that was used before a fork answers in the child."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

PROGRAM = """
import os, sys, time
import numpy as np, qtn
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

circuit = QuantumCircuit(8)
circuit.h(range(8))
for q in range(7):
    circuit.cx(q, q + 1)
x = np.random.default_rng(0).random((64, 16))
doors = {
    "transpile": lambda: qtn.transpile_for(circuit, "FakeAlgiers"),
    "run": lambda: qtn.run(circuit, SparsePauliOp("Z" * 8), device="FakeAlgiers", shots=100),
    "compile": lambda: qtn.compile(np.eye(16)[3], qtn.Staircase(layers=1)),
    "verify": lambda: qtn.verify(circuit, observables=["Z" * 8]),
    "fit": lambda: qtn.MPSClassifier(epochs=1).fit(x, x[:, 0] > 0.5),
    "evolve": lambda: qtn.evolve(qtn.chain("heisenberg", 4), "neel", 0.1),
}
for door in doors.values():
    door()
for name, door in doors.items():
    child = os.fork()
    if child == 0:
        door()
        os._exit(0)
    for _ in range(1200):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            print(name, "ended with", status)
            break
        time.sleep(0.1)
    else:
        os.kill(child, 9)
        print(name, "hangs")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_every_door_answers_in_a_forked_child() -> None:
    threads = ("OMP_NUM_THREADS", "RAYON_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    free = {k: v for k, v in os.environ.items() if k not in threads}  # pools of threads, as users
    began = time.monotonic()
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, env=free, check=False
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    names = ("transpile", "run", "compile", "verify", "fit", "evolve")
    expected = [f"{name} ended with 0" for name in names]
    assert ran.stdout.split("\n")[:-1] == expected, (ran.stderr, time.monotonic() - began)
