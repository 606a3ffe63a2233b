"""States between layers in torch, for GPUs: all gates of a layer in one batch, padded bonds.

The algorithm is that of `layers_cpu`. The state before a layer and the one after another, which are
moved in opposite directions, are moved together; environments of all layers are found at once.
What a gradient does to tensors of the same shapes is recorded and replayed (`recorded`).
Bonds are padded with zeros to the largest of a state, so that a CPU is faster with ragged bonds.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from qtn._memory import free_memory
from qtn._optional import Tensor, torch
from qtn.aqc.kernels.accelerated.layer_blocks import UNITS, Cut, passed
from qtn.aqc.kernels.accelerated.recorded import Recorded
from qtn.aqc.kernels.accelerated.site_pass import check_downward, site_by_site
from qtn.aqc.kernels.accelerated.states import (
    Member,
    Padded,
    divided,
    gated,
    moved,
    padded,
    room,
    together,
)
from qtn.aqc.kernels.layers_cpu import SLACK, Move, hastings
from qtn.aqc.shape.ansatz import Layer
from qtn.errors import ArgumentError
from qtn.states.schmidt import SchmidtForm

USABLE = 0.4  # of the memory, for the environments of all layers at once
Form = tuple[float, np.dtype]


class TorchEngine:
    """States and environments of the layered kernel in torch.

    Args:
        target: chain of arrays `(left, 2, right)`, canonical with centre 0, norm 1.
        device: a torch device, such as "cuda" or "cpu".
        jointly: whether states that are moved together share their operations, padded to the larger
            of both, and environments are found for all blocks at once: a quarter of the
            operations, but longer ones that do not fit a CPU's cache; None for GPUs only.

    Raises:
        ArgumentError: the device is not there.
    """

    def __init__(self, target: list[np.ndarray], device: str, jointly: bool | None = None) -> None:
        self._device = known_device(device)
        self._jointly = self._device.type != "cpu" if jointly is None else jointly
        self._target = SchmidtForm.from_right(target)
        self._n = len(target)
        self._ends: tuple[Form, Padded] | None = None
        self._cut: tuple[list[tuple[Layer, slice]], Cut] | None = None
        self._sent: dict[tuple[object, ...], Tensor] = {}
        self._moved, self._passed = Recorded(moved), Recorded(passed)

    def _send(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)

    def _kept(self, *key: object, numbers: Sequence[float], dtype: type) -> Tensor:
        """Return numbers on the device, sent once for a key."""
        if key not in self._sent:
            if len(self._sent) > 1000:
                self._sent.clear()
            self._sent[key] = self._send(np.array(numbers, dtype))
        return self._sent[key]

    def zero(self, cut: float, dtype: np.dtype) -> Member:
        """Return |0...0>."""
        return Member(self._both_ends(cut, dtype), 0)

    def target(self, cut: float, dtype: np.dtype) -> Member:
        """Return the target with bonds that lose at most the weight `cut` each."""
        return Member(self._both_ends(cut, dtype), 1)

    def _both_ends(self, cut: float, dtype: np.dtype) -> Padded:
        """Return |0...0> and the target; they would be sent for every gradient."""
        if self._ends is not None and self._ends[0] == (cut, dtype):
            return self._ends[1]
        state, n = hastings(self._target, cut, dtype), self._n
        bonds = [len(t) for t in state.tensors]
        size = room(max(bonds))
        tensors = np.zeros((2 * n, size, 2, size), dtype)
        rho = np.zeros((2 * n, size, size), dtype)
        tensors[:n, 0, 0, 0], rho[:n, 0, 0] = 1.0, 1.0
        for k, (tensor, weights) in enumerate(zip(state.tensors, state.rho, strict=True), n):
            tensors[k, : tensor.shape[0], :, : tensor.shape[2]] = tensor
            rho[k, : len(weights), : len(weights)] = weights
        found = Padded(
            self._send(tensors), self._send(rho), [1] * n + bonds, self._send(np.zeros(2))
        )
        self._ends = (cut, dtype), found
        return found

    def apply(self, moves: list[Move], limits: tuple[float, int]) -> list[Member]:
        """Return the states after their layers; gates that do not wait for others in one batch."""
        if len(moves) > 1 and not self._jointly:
            return [found for move in moves for found in self.apply([move], limits)]
        state = together([move.state for move in moves])
        guess = None
        if all(move.guess is not None for move in moves):
            guess = together([move.guess for move in moves])
        steps = [
            [[(k * self._n + bond, gate) for bond, gate in group] for group in _groups(move)]
            for k, move in enumerate(moves)
        ]
        for groups in itertools.zip_longest(*steps, fillvalue=[]):
            pairs = list(itertools.chain(*groups))
            gates = self._send(np.stack([gate for _, gate in pairs]))
            state = self._gates(state, [k for k, _ in pairs], gates, limits, guess)
        return [Member(state, k) for k in range(len(moves))]

    def _gates(
        self,
        state: Padded,
        at: list[int],
        gates: Tensor,
        limits: tuple[float, int],
        guess: Padded | None,
    ) -> Padded:
        """Return the states after gates on the sites `at` and those right of them."""
        n, (cut, cap) = self._n, limits
        numbers = [*at, *(k + 1 for k in at), *(k // n for k in at)]
        index = self._kept("index", *at, numbers=numbers, dtype=np.int64)
        most = [
            min(2 * state.bonds[k], 2 * (state.bonds[k + 2] if k % n < n - 2 else 1), cap)
            for k in at
        ]
        if guess is not None:
            kept = [min(guess.bonds[k + 1], limit) for k, limit in zip(at, most, strict=True)]
            bonds = _changed(state.bonds, at, kept)
            fitted = state.resized(room(max(*bonds, *state.bonds)))
            rows = self._guessed(guess, index[len(at) : 2 * len(at)], at, kept, fitted.size)
            full = [k == limit for k, limit in zip(kept, most, strict=True)]
            # A bond that cannot keep more may lose whatever it does.
            shares = [-np.inf if f else 1.0 - SLACK * cut for f in full]
            real = np.float64 if gates.dtype in (torch.float64, torch.complex128) else np.float32
            least = self._kept("least", cut, real, *full, numbers=shares, dtype=real)
            *after, held = self._moved(
                fitted.tensors, fitted.rho, fitted.weight, rows, gates, index, least
            )
            if bool(held):
                return Padded(after[0], after[1], bonds, after[2])
        return self._diagonalised(state, at, gates, index, (most, cut))

    @staticmethod
    def _guessed(guess: Padded, right: Tensor, at: list[int], kept: list[int], size: int) -> Tensor:
        """Return the right tensors of a guess as rows, (m, χ, 2 χ), as many as are kept."""
        rows = guess.tensors.index_select(0, right)
        for row, (k, count) in enumerate(zip(at, kept, strict=True)):
            if count < guess.bonds[k + 1]:
                rows[row, count:] = 0.0
        return padded(rows, (len(at), size, 2, size)).flatten(2, 3)

    def _diagonalised(
        self,
        state: Padded,
        at: list[int],
        gates: Tensor,
        index: Tensor,
        limits: tuple[list[int], float],
    ) -> Padded:
        """Return the states after gates, the spaces kept found by diagonalisation."""
        most, cut = limits
        flat, heavy, _ = gated(state.tensors, state.rho, gates, index)
        values, vectors = weights(flat.mH @ heavy)
        values = values.flip(1).clamp(min=0.0)
        tails = values.flip(1).cumsum(1).flip(1)
        counts = (tails > cut * tails[:, :1]).sum(1).clamp(min=1).tolist()
        kept = [min(count, limit) for count, limit in zip(counts, most, strict=True)]
        bonds = _changed(state.bonds, at, kept)
        size, m = room(max(*bonds, *state.bonds)), len(at)
        mask = (
            torch.arange(max(kept), device=self._device)
            < torch.tensor(kept, device=self._device)[:, None]
        )
        basis = vectors.flip(2)[:, :, : max(kept)] * mask[:, None]
        basis = padded(basis.unflatten(1, (2, -1)), (m, 2, size, size)).flatten(1, 2)
        fitted = state.resized(size)
        pairs = gated(fitted.tensors, fitted.rho, gates, index)
        whole = fitted.tensors, fitted.rho, fitted.weight
        tensors, rho, weight, _ = divided(whole, pairs, basis, index)
        return Padded(tensors, rho, bonds, weight)

    def environments(
        self,
        bras: list[Member],
        kets: list[Member],
        layers: list[tuple[Layer, slice]],
        gates: np.ndarray,
    ) -> tuple[complex, np.ndarray]:
        """Return the overlap and the environments of all gates, all layers in one batch."""
        size = room(max(m.whole.size for m in (*bras, *kets)))
        numbers = UNITS * size**2 * len(layers) * (self._n // 2 + 1)
        whole = self._jointly and all(layer.disjoint for layer, _ in layers)
        if not whole or numbers * gates.itemsize > USABLE * self._memory():
            return self._site_by_site(bras, kets, layers, gates, False)
        if self._cut is None or self._cut[0] != layers:
            self._cut = layers, Cut(layers, self._n, self._device)
        cut, scale = self._cut[1], self._scale(bras, kets)
        bare = torch.zeros(
            (1, size, 2, size), dtype=bras[0].whole.tensors.dtype, device=scale.device
        )
        bare[0, :, 0].fill_diagonal_(1.0)
        states = torch.cat([*(m.resized(size) for m in (*bras, *kets)), bare])
        overlap, found = self._passed(states, cut.rows, self._send(cut.gates(gates)), scale)
        return complex(overlap.item()), cut.environments(found.cpu().numpy(), gates)

    def update(self, bra: Member, ket: Member, layer: Layer, gates: np.ndarray) -> complex:
        """Polar update of one layer's gates in place; return the overlap after it."""
        part = [(layer, slice(0, len(gates)))]
        return self._site_by_site([bra], [ket], part, gates, True)[0]

    def _site_by_site(
        self,
        bras: list[Member],
        kets: list[Member],
        layers: list[tuple[Layer, slice]],
        gates: np.ndarray,
        update: bool,
    ) -> tuple[complex, np.ndarray]:
        check_downward(layers)
        states = [t.conj() for t in _stacked(bras)], _stacked(kets)
        scale = self._scale(bras, kets)
        return site_by_site(states, scale, layers, gates, self._send, update)

    @staticmethod
    def _scale(bras: list[Member], kets: list[Member]) -> Tensor:
        """Return the factors that make up for the norms lost by truncations."""
        logs = torch.cat([m.part(m.whole.weight) for m in (*bras, *kets)]).view(2, -1)
        return torch.exp(-0.5 * logs.sum(0)).to(bras[0].whole.tensors.real.dtype)

    def _memory(self) -> float:
        if self._device.type == "cuda":
            return float(torch.cuda.get_device_properties(self._device).total_memory)
        return free_memory()


def known_device(device: str) -> torch.device:
    """Return a torch device, or raise `ArgumentError` where this machine does not have it."""
    try:
        found = torch.device(device)
        torch.empty(1, device=found)
    except (RuntimeError, AssertionError) as error:
        raise ArgumentError(
            f"Argument `device` must name a torch device of this machine, but is {device!r}. "
            f"Use None for the compiled kernels on the CPU."
        ) from error
    return found


def _groups(move: Move) -> list[list[tuple[int, np.ndarray]]]:
    """Return bonds with their matrices in the order in which they act, disjoint ones together."""
    matrices = move.gates.conj().transpose(0, 2, 1) if move.dagger else move.gates
    pairs = list(zip(move.layer.bonds, matrices, strict=True))
    if move.layer.disjoint:
        return [pairs]
    return [[pair] for pair in (pairs if move.layer.down != move.dagger else pairs[::-1])]


def _changed(bonds: list[int], at: list[int], kept: list[int]) -> list[int]:
    """Return the bonds after gates on the sites `at`."""
    found = list(bonds)
    for k, count in zip(at, kept, strict=True):
        found[k + 1] = count
    return found


def weights(gram: Tensor) -> tuple[Tensor, Tensor]:
    """Return eigenvalues, ascending, and eigenvectors of batched matrices, of their precision.

    In double precision: single-precision solvers fail on matrices that are mostly padding. Rows
    of padding get negative values of their own, below all others.
    """
    wide = gram.to(torch.complex128 if gram.is_complex() else torch.float64)
    wide = 0.5 * (wide + wide.mH)
    diagonal = wide.diagonal(dim1=1, dim2=2).real
    empty = (wide.abs().amax(2) == 0).to(diagonal)
    below = -torch.arange(1, gram.shape[1] + 1, device=gram.device) * diagonal.amax(1)[:, None]
    wide = wide + torch.diag_embed(empty * below).to(wide)
    try:
        values, vectors = torch.linalg.eigh(wide)
    except RuntimeError:
        # Some solvers of GPUs give up where LAPACK does not.
        values, vectors = (t.to(wide.device) for t in torch.linalg.eigh(wide.cpu()))
    return values, vectors.to(gram.dtype)


def _stacked(members: list[Member]) -> list[Tensor]:
    """Return the tensors site by site, the states stacked; outer bonds are 1."""
    size = max(m.whole.size for m in members)
    sites = list(torch.stack([m.resized(size) for m in members]).unbind(1))
    sites[0] = sites[0][:, :1]
    sites[-1] = sites[-1][..., :1]
    return sites
