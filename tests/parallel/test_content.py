"""Equal content, equal hash; anything that differs, another one; the rest refused."""

from __future__ import annotations

import functools
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

import qtn
from qtn.errors import ArgumentError
from qtn.parallel.content import content_hash


def bell(angle: float = 0.0) -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.ry(angle, 0)
    circuit.cx(0, 1)
    return circuit


DIFFERENT: list[Any] = [
    None, True, 1, 1.0, 1j, "1", b"1", [1], (1,), {1}, {1: 2}, {1: 3}, {2: 1}, [1, 2], [[1], 2],
    np.ones(1), np.ones((1, 1)), np.ones(1, np.float32), np.float64(1.0),
    bell(), bell(0.1), SparsePauliOp("XY"), SparsePauliOp("XZ"), SparsePauliOp("XY", 2.0),
    qtn.MPS.product([[1, 0]] * 2), qtn.MPS.product([[1, 0], [0, 1]]),
    qtn.Staircase(layers=1), qtn.Staircase(layers=2), qtn.Status.EXACT, qtn.Staircase,
    math.sqrt, math.cos, qtn.compile, bell, functools.partial(bell, 0.1),
    functools.partial(bell, 1.0), SparsePauliOp("XY").to_list, lambda x: x,
    lambda x: x + 1, lambda x: x in {"a", "b"},
]  # fmt: skip


def test_whatever_differs_has_another_hash() -> None:
    found = [content_hash("x", value) for value in DIFFERENT]
    assert len(set(found)) == len(DIFFERENT)
    assert content_hash("x", 1, 2) != content_hash("x", [1, 2]) != content_hash("x", 12)


def test_equal_content_has_the_same_hash() -> None:
    assert content_hash("x", bell(0.1)) == content_hash("x", bell(0.1))
    assert content_hash("x", {"b", "a"}) == content_hash("x", frozenset(["a", "b"]))

    def made(k: int) -> Any:
        return lambda x: x + k

    assert content_hash("f", made(1)) == content_hash("f", made(1)) != content_hash("f", made(2))


def test_another_process_finds_the_same() -> None:
    program = (
        "import qtn, functools\nfrom qtn.parallel.content import content_hash\n"
        "f = lambda x: x in {'a', 'b', 'c'}\n"
        "print(content_hash('x', f, {'u', 'v', 'w'}, functools.partial(qtn.compile, seed=1), "
        "qtn.MPS.product([[1, 0]])))"
    )
    root = Path(qtn.__file__).parents[1]
    found = {
        subprocess.run(
            [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": str(k), "PYTHONPATH": str(root)},
        ).stdout
        for k in range(2)
    }  # fmt: skip
    assert len(found) == 1


@pytest.mark.parametrize("value", [object(), [iter(())], {"a": np.array([None])}])
def test_what_cannot_be_told_apart_is_refused(value: Any) -> None:
    with pytest.raises(ArgumentError, match=r"`items` must be of a kind .* inside the function"):
        content_hash("items", value)


def _times(factor: int) -> Any:
    def decorate(function: Any) -> Any:
        @functools.wraps(function)
        def wrapped(x: int) -> Any:
            return factor * function(x)

        return wrapped

    return decorate


def test_decorators_and_methods_of_builtins_are_told_apart() -> None:
    pairs = [(_times(2)(abs), _times(3)(abs)), ({1: 2}.get, {1: 3}.get), ("a".join, "b".join)]
    pairs.append((functools.lru_cache(_times(2)(abs)), functools.lru_cache(_times(3)(abs))))
    for one, other in pairs:
        assert content_hash("function", one) == content_hash("function", one)
        assert content_hash("function", one) != content_hash("function", other)
    assert content_hash("function", qtn.compile) != content_hash("function", qtn.verify)


def test_what_holds_itself_is_refused() -> None:
    def down(n: int) -> Any:
        return down(n - 1) if n else 0

    endless: list[Any] = []
    endless.append(endless)
    for value in (down, endless):
        with pytest.raises(ArgumentError, match="has an end"):
            content_hash("function", value)
