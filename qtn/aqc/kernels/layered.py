r"""Layered kernel: the circuit as matrix product states between its layers, truncated.

Forward states :math:`|F_l\rangle = U_l \cdots U_1|0\rangle` and backward states
:math:`|B_l\rangle = U_{l+1}^\dagger \cdots U_D^\dagger|\psi\rangle` give
:math:`f = \langle B_l|U_l|F_{l-1}\rangle` for every layer, and the environment of each gate of
the layer by one pass to the left and one to the right. A staircase layer costs as much as a
brickwall layer.

A truncation drops at most the relative weight `cut`, found by diagonalisation; evaluations that
follow start from the space kept before and take one step of subspace iteration, which is several
times cheaper and nearly as good. What it loses is measured: bonds that lose too much are
diagonalised again, and all are now and then, so that their dimensions follow the states.

Two engines hold the states: `CompiledEngine` (CPU, ragged bonds) and `TorchEngine` (batched over
sites and layers, for GPUs).
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from qtn.aqc.kernels.gates import parted, plain
from qtn.aqc.kernels.layers_cpu import TIGHT, CompiledEngine, Move
from qtn.aqc.shape.ansatz import Ansatz, Layer

SINGLE = 1e-6  # cuts from here on leave room for single precision
SINGLE_BOND = 16  # and bonds from here on gain by it
REFRESH = 10  # evaluations between two diagonalisations of all bonds


class Engine(Protocol):
    """What holds the states between layers; gates are arrays (gates, 4, 4)."""

    def zero(self, cut: float, dtype: np.dtype) -> Any:
        """Return |0...0>."""
        ...

    def target(self, cut: float, dtype: np.dtype) -> Any:
        """Return the target with bonds that lose at most the weight `cut` each."""
        ...

    def apply(self, moves: list[Move], limits: tuple[float, int]) -> list[Any]:
        """Return the states after layers or their inverses, truncated to cut and cap."""
        ...

    def environments(
        self,
        bras: list[Any],
        kets: list[Any],
        layers: list[tuple[Layer, slice]],
        gates: np.ndarray,
    ) -> tuple[complex, np.ndarray]:
        """Return the overlap and all environments; bras are conjugated inside."""
        ...

    def update(self, bra: Any, ket: Any, layer: Layer, gates: np.ndarray) -> complex:
        """Polar update of one layer's gates in place; return the overlap after it."""
        ...


def engine_for(target: list[np.ndarray], device: str | None) -> Engine:
    """Return the compiled engine, or the one of torch on a device."""
    if device is None:
        return CompiledEngine(target)
    from qtn.aqc.kernels.accelerated.layers_torch import TorchEngine

    return TorchEngine(target, device)


class LayeredKernel:
    """Overlap, environments and polar sweeps of `<target|U|0...0>` by truncated states.

    Args:
        target: chain of arrays `(left, 2, right)`, canonical with centre 0, norm 1.
        ansatz: the circuit shape.
        cut: relative weight one truncation may drop; may be changed at any time.
        cap: largest bond dimension kept.
        device: None for compiled kernels on the CPU, else a torch device such as "cuda".
    """

    turn: int | None = 60

    def __init__(
        self,
        target: list[np.ndarray],
        ansatz: Ansatz,
        cut: float = 1e-6,
        cap: int = 256,
        device: str | None = None,
    ) -> None:
        self.ansatz = ansatz
        self.cut = cut
        self.cap = cap
        self._engine = engine_for(target, device)
        self._real = target[0].dtype.kind == "f"
        self._bond = max(t.shape[0] for t in target)
        self._layers = list(zip(ansatz.layers, ansatz.slices, strict=True))
        # The states before each layer, and after each layer as seen from the target.
        self._forward: list[Any] = [None] * len(self._layers)
        self._backward: list[Any] = [None] * len(self._layers)
        self._form: tuple[float, np.dtype] = (0.0, np.dtype(float))
        self._age = 0
        self._gates = np.empty(0)
        self._from_end = True

    def evaluate(self, gates: np.ndarray) -> tuple[complex, np.ndarray]:
        """Return f and the environments of all gates, both in parts (gates, 2, 4, 4)."""
        warm = self._prepare()
        matrices = self._matrices(gates)
        self._gates = np.empty(0)
        for index in range(len(self._layers)):
            self._move(index, len(self._layers) - 1 - index, matrices, warm)
        overlap, found = self._engine.environments(
            self._backward, self._forward, self._layers, matrices
        )
        return overlap, parted(found)

    def sweep(self, gates: np.ndarray) -> complex:
        """Update every gate (in parts) once by its polar factor, in place; return the overlap.

        A second call goes on from the other end, so that the states of the first serve again.
        """
        warm = self._prepare()
        matrices = self._matrices(gates)
        depth = len(self._layers)
        if self._gates.shape != gates.shape or not np.array_equal(self._gates, gates):
            for index in range(depth):
                self._move(index, None, matrices, warm)
            self._from_end = True
        overlap = 0j
        for index in range(depth - 1, -1, -1) if self._from_end else range(depth):
            before, after = (None, index) if self._from_end else (index, None)
            self._move(before, after, matrices, warm)
            bra, ket = self._backward[index], self._forward[index]
            layer, part = self._layers[index]
            overlap = self._engine.update(bra, ket, layer, matrices[part])
        self._from_end = not self._from_end
        gates[:] = parted(matrices)
        self._gates = gates.copy()
        return overlap

    def _prepare(self) -> bool:
        """Choose cut and precision; return whether the spaces kept before may be used again."""
        cut, dtype = self._form
        single = not self._real and self.cut >= SINGLE and self._bond >= SINGLE_BOND
        wanted = np.dtype(float if self._real else np.complex64 if single else complex)
        self._age += 1
        if wanted == dtype and 0.2 * cut < self.cut <= cut and self._age < REFRESH:
            return self.cut >= TIGHT
        if wanted != dtype:
            self._gates = np.empty(0)
        self._form, self._age = (self.cut, wanted), 0
        return False

    def _matrices(self, gates: np.ndarray) -> np.ndarray:
        """Return gates in parts as matrices of the precision in use."""
        return np.ascontiguousarray(plain(gates, self._real), self._form[1])

    def _move(self, before: int | None, after: int | None, gates: np.ndarray, warm: bool) -> None:
        """Compute the state before one layer and that after another, seen from the target.

        They come from the states beside them; those at the ends are given.
        """
        moves, places = [], []
        cut, dtype = self._form
        last = len(self._layers) - 1
        for states, at, back in ((self._forward, before, 1), (self._backward, after, -1)):
            if at is None:
                continue
            if at == 0 and back == 1:
                states[at] = self._engine.zero(cut, dtype)
            elif at == last and back == -1:
                states[at] = self._engine.target(cut, dtype)
            else:
                layer, part = self._layers[at - back]
                guess = states[at] if warm else None
                moves.append(Move(states[at - back], layer, gates[part], back == -1, guess))
                places.append((states, at))
        if moves:
            for (states, at), state in zip(
                places, self._engine.apply(moves, (cut, self.cap)), strict=True
            ):
                states[at] = state
