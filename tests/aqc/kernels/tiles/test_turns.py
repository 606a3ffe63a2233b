"""Gates on registers and environments against numpy, for vectors of every width."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numba import njit

from qtn.aqc.kernels.tiles.turns import environment, environment_of, turn, turn_of
from qtn.aqc.kernels.tiles.writer import Machine

SHAPES = ((1, 1), (2, 16), (3, 5), (4, 7), (1, 42))  # whole tiles, rests of every kind, few numbers


def whole(register: np.ndarray, parts: int) -> np.ndarray:
    return register[0] + (1j * register[1] if parts == 2 else 0.0)


def check(side: int, parts: int, turned: Callable[..., Any], found: Callable[..., Any]) -> None:
    """Compare functions of addresses, sizes and the address of a matrix with numpy."""
    rng = np.random.default_rng(side + parts)
    for pre, post in SHAPES:
        size = pre * side * post
        gate, ket, bra = rng.normal(size=(2, 4, 4)), *rng.normal(size=(2, 2, size))
        out, sums = np.full((2, size + 1), 7.0), np.full((2, 4, 4), 7.0)
        matrix = whole(gate, parts)[:side, :side]
        states = [whole(register, parts).reshape(pre, side, post) for register in (bra, ket)]
        places = [[part.ctypes.data for part in register] for register in (bra, ket, out)]
        turned(*places[1], *places[2], pre, post, gate.ctypes.data)
        wanted = np.einsum("rc,pcj->prj", matrix, states[1]).reshape(-1)
        assert np.allclose(whole(out, parts)[:-1], wanted, atol=1e-13)
        assert (out[:, -1] == 7.0).all()
        assert parts == 2 or (out[1] == 7.0).all()
        found(*places[0], *places[1], pre, post, sums.ctypes.data)
        wanted = np.einsum("prj,pcj->rc", *states)
        assert np.allclose(whole(sums, parts)[:side, :side], wanted, atol=1e-12)
        assert (sums[:, :side, side:] == 0.0)[:parts].all()
        assert (sums[:, side:] == 7.0).all()


@pytest.mark.parametrize("side", [2, 4])
@pytest.mark.parametrize("parts", [1, 2])
def test_gates_and_environments(side: int, parts: int) -> None:
    def turned(x: int, y: int, u: int, v: int, pre: int, post: int, gate: int) -> None:
        turn((x, y), (u, v), (parts, pre, side, post), gate)

    def found(x: int, y: int, u: int, v: int, pre: int, post: int, out: int) -> None:
        environment((x, y), (u, v), (parts, pre, side, post), out)

    check(side, parts, turned, found)


@pytest.mark.parametrize("machine", [Machine(2, 2, 2), Machine(4, 1, 2), Machine(8, 2, 4)])
def test_vectors_of_every_width(machine: Machine) -> None:
    for side, parts in ((4, 2), (2, 1)):
        check(side, parts, compiled(turn_of(machine, side, parts)),
              compiled(environment_of(machine, side, parts)))  # fmt: skip


def compiled(inner: Any) -> Any:
    @njit
    def outer(a: int, b: int, c: int, d: int, e: int, f: int, g: int) -> None:
        inner((a, b, c, d, e, f, g))

    return outer
