"""Forked children: a door that was used before `os.fork` answers in the child, too.

Only the thread that calls `fork` lives on in the child. Qiskit's transpiler (rayon) and torch
(OpenMP) would wait there for ever for the threads of their pools, so the child is told to compute
with the one thread that it has. New processes (`spawn`, `forkserver`) keep all their threads and
are the better choice for heavy work.
"""

from __future__ import annotations

import os
import sys


def one_thread() -> None:
    """Make Qiskit and torch, where loaded, use no pool of threads in this process."""
    os.environ["QISKIT_IN_PARALLEL"] = "TRUE"  # what Qiskit sets in its own worker processes
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)


def watch() -> None:
    """Have children forked from now on compute with one thread; does nothing where none can be."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=one_thread)
