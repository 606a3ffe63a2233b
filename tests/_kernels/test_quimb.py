"""quimb's kernels: none is compiled by importing it, nor by what runs interpreted."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from numba.core.dispatcher import Dispatcher

from qtn._kernels.quimb import interpreted, quimb_tensor

COUNTED = """
from numba.core import event
from qtn._kernels.quimb import interpreted, quimb_tensor
compiled = []
class Listener(event.Listener):
    def on_start(self, found): compiled.append(found.data["dispatcher"].py_func.__qualname__)
    def on_end(self, found): pass
event.register("numba:compile", Listener())
tensor = quimb_tensor()
with interpreted():
    circuit = tensor.CircuitMPS(3, gate_opts={"cutoff": 1e-9})
    circuit.h(0); circuit.cx(0, 1); circuit.cx(1, 2)
assert abs(circuit.psi.H @ circuit.psi - 1.0) < 1e-12
assert compiled == [], compiled
"""


def test_neither_the_import_nor_a_circuit_compiles_anything() -> None:
    done = subprocess.run([sys.executable, "-c", COUNTED], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_quimb_is_as_before_behind_the_block() -> None:
    quimb_tensor()
    import quimb.core
    from quimb.tensor import decomp

    before = decomp.svd_truncated_numba
    assert isinstance(before, Dispatcher)
    with interpreted():
        assert not isinstance(decomp.svd_truncated_numba, Dispatcher)
    assert decomp.svd_truncated_numba is before
    assert quimb.core.njit.func.__name__ == "njit"


def test_a_split_is_the_same_interpreted() -> None:
    tensor = quimb_tensor()
    matrix = np.random.default_rng(0).normal(size=(5, 4))
    whole = tensor.Tensor(matrix, ("a", "b"))
    with interpreted():
        left, right = whole.split(("a",), cutoff=1e-14, get="tensors")
    assert np.allclose((left @ right).transpose("a", "b").data, matrix)
