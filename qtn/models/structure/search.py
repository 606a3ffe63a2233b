r"""Which edges and bond dimensions a network needs: greedy search over structures.

One core per axis of a tensor, any two of which may share an edge. Starting without edges, each
step tries every edge, raises the one that lowers the loss most by one, and fits all cores again
(also from fresh random cores, since alternating least squares can get stuck). When the goal is
reached, edges are lowered one by one for as long as the goal still holds, and each is left out if
others can take over with fewer parameters in all.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtn._checks import fail, finite_array, positive_int, real
from qtn._machine import few_threads
from qtn._optional import need_torch
from qtn._progress import checked_progress, progress_bar
from qtn._random import generator
from qtn.errors import ArgumentError
from qtn.models.structure.cores import (
    Edge,
    Loss,
    dense,
    edges_of,
    gradient_descent,
    grown,
    least_squares,
    pairs,
    random_cores,
    ranks_of,
    shrunk,
    size_of,
)
from qtn.models.structure.outcome import Structure, StructureStatus, StructureStep

Floats = NDArray[np.float64]
TRIAL, FULL = 4, 100  # sweeps to compare edges, and to fit the chosen one
RESTARTS = 2
PATIENCE = 3  # steps without gain
SMALL = 0.01  # entries of a tensor that a given loss starts from
HELD_OUT = 0.1  # of the observed entries, to see when more parameters stop helping


@few_threads(1)
def fit_structure(
    target: ArrayLike,
    *,
    mask: ArrayLike | None = None,
    loss: Loss | None = None,
    goal: float = 1e-6,
    max_parameters: int | None = None,
    seed: int = 0,
    progress: bool | None = None,
) -> Structure:
    """Find which edges and bond dimensions a network of one core per axis needs.

    Three uses: decompose a tensor (neither `mask` nor `loss`); complete one that is known in part
    (`mask`); compress a model, whose weights reshaped to a tensor are the start and whose `loss`
    is what counts (`loss`).

    Args:
        target: real tensor with 2 to 12 axes; with `loss` only its shape and scale matter.
        mask: boolean, the shape of `target`: True where an entry is known. A tenth of these is
            held out, and the structure that predicts it best is returned.
        loss: a differentiable function of the whole tensor (torch, float64) to be minimised
            instead of the squared error.
        goal: stop when the relative squared error, or the loss, is as small.
        max_parameters: the most entries that all cores may have; None for as many as `target`.
        seed: of random starts.
        progress: show a bar; None shows it in a terminal or notebook.

    Returns:
        A `Structure`: `.edges`, `.cores`, `.loss`, `.to_dense()`.

    Raises:
        ArgumentError: a complex, empty or non-finite target, too few or too many axes, a mask of
            another shape or without entries, both `mask` and `loss`.
        MissingExtraError: a `loss` is given, and torch is not installed.

    Cost: steps x edges x (entries of the target) x (bonds of a core)^2.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> product = np.einsum("i,jk,kl->ijl", *(rng.normal(size=s) for s in (4, (4, 2), (2, 4))))
        >>> fit_structure(product).edges
        {(1, 2): 2}

    Reference: Hashemizadeh, Liu, Miller and Rabusseau, arXiv:2008.05437, Algorithm 1. Added here:
    random restarts, lowering of edges at the end, and held-out entries for completion.
    """
    way_out = "Fit the real and the imaginary part of a complex tensor."
    tensor = finite_array("target", target, dtype=np.float64, way_out=way_out)
    if not 2 <= tensor.ndim <= 12:
        raise ArgumentError(
            f"Argument `target` must have 2 to 12 axes, but has {tensor.ndim}. Reshape it: every "
            "axis becomes a core of the network."
        )
    if loss is not None and (isinstance(loss, type) or not callable(loss)):
        raise fail("loss", "a function of the tensor, or None for the squared error", loss)
    if loss is not None:
        need_torch()
    checked_progress(progress)
    seen = _checked_mask(mask, tensor)
    if seen is not None and loss is not None:
        raise ArgumentError(
            "Arguments `mask` and `loss` exclude each other. Put the mask into the loss."
        )
    goal = real("goal", goal)
    limit = (
        tensor.size if max_parameters is None else positive_int("max_parameters", max_parameters)
    )
    rng = generator(seed, "structure")
    search = _Search(_Problem(tensor, seen, loss, goal), limit, rng)
    with progress_bar(None, "structure", progress) as bar:
        for _ in search.steps():
            bar.update()
    return search.result()


class _Problem:
    """How well cores do, and how to make them do better."""

    def __init__(
        self, tensor: Floats, seen: NDArray[np.bool_] | None, loss: Loss | None, goal: float
    ) -> None:
        self.tensor, self.loss, self.goal = tensor, loss, goal
        self.seen = seen
        self.unseen: NDArray[np.bool_] | None = None

    def hold_out(self, rng: np.random.Generator) -> None:
        """Set a part of the known entries aside."""
        if self.seen is not None:
            aside = self.seen & (rng.random(self.seen.shape) < HELD_OUT)
            self.unseen = aside if aside.any() else None
            self.seen = self.seen & ~aside

    def fit(self, cores: list[Floats], effort: int) -> tuple[list[Floats], float]:
        """Improve the cores; return them with their loss."""
        if self.loss is not None:
            return gradient_descent(cores, self.loss, effort, self.goal)
        return least_squares(cores, self.tensor, self.seen, effort, self.goal)

    def held_out(self, cores: list[Floats]) -> float | None:
        """Relative squared error on what was set aside."""
        if self.unseen is None:
            return None
        there = self.tensor[self.unseen]
        return float(np.sum((dense(cores)[self.unseen] - there) ** 2) / np.sum(there**2))


class _Search:
    """The greedy walk over structures, and the best that it has seen."""

    def __init__(self, problem: _Problem, limit: int, rng: np.random.Generator) -> None:
        self.problem, self.limit, self.rng = problem, limit, rng
        problem.hold_out(rng)
        n = problem.tensor.ndim
        bare = np.ones((n, n), dtype=np.int64)
        np.fill_diagonal(bare, problem.tensor.shape)
        self.cores, self.loss = problem.fit(self._fresh(bare), FULL)
        self.walked: list[StructureStep] = []
        self.status = StructureStatus.REACHED

    def steps(self) -> Iterator[None]:
        """Raise edges until the goal, then lower and replace what is not needed."""
        yield from self._grow()
        while self.loss <= self.problem.goal:
            before = size_of(self.cores)
            yield from self._lower()
            yield from self._replace()
            if size_of(self.cores) == before:
                self.status = StructureStatus.REACHED
                return

    def result(self) -> Structure:
        """Return what was found."""
        held_out = self.problem.held_out(self.cores)
        cores = tuple(np.ascontiguousarray(core) for core in self.cores)
        return Structure(cores, self.loss, held_out, tuple(self.walked), self.status)

    def _grow(self, without: Edge | None = None) -> Iterator[None]:
        """Raise the steepest edge again and again; keep the best when that stops helping."""
        best, misses = (self.cores, self.loss, self.problem.held_out(self.cores)), 0
        while self.loss > self.problem.goal and misses < PATIENCE:
            edge = self._steepest(without)
            if edge is None:
                self.status = StructureStatus.PARAMETERS
                break
            self._fit_all(grown(self.cores, edge, self.rng))
            self._note(edge)
            unseen = self.problem.held_out(self.cores)
            if (unseen or self.loss) < 0.99 * (best[2] or best[1]):
                best, misses = (self.cores, self.loss, unseen), 0
            else:
                misses += 1
            yield
        if misses == PATIENCE:
            self.status = StructureStatus.NO_GAIN
        if self.loss > self.problem.goal:
            self.cores, self.loss, _ = best

    def _steepest(self, without: Edge | None) -> Edge | None:
        """The edge whose raise lowers the loss most after a short fit; None if none fits in."""
        least, chosen = np.inf, None
        for edge in pairs(len(self.cores)):
            trial = grown(self.cores, edge, self.rng)
            if edge == without or size_of(trial) > self.limit or _useless(trial, *edge):
                continue
            _, loss = self.problem.fit(trial, TRIAL)
            if loss < least:
                least, chosen = loss, edge
        return chosen

    def _fit_all(self, cores: list[Floats]) -> None:
        """Fit from the given cores and from random ones, and keep the best."""
        self.cores, self.loss = self.problem.fit(cores, FULL)
        for _ in range(RESTARTS):
            if self.loss <= self.problem.goal:
                return
            other, loss = self.problem.fit(self._fresh(ranks_of(cores)), FULL)
            if loss < self.loss:
                self.cores, self.loss = other, loss

    def _fresh(self, ranks: NDArray[np.int64]) -> list[Floats]:
        """Random cores; for a loss of its own they start small, where it is not yet saturated."""
        scale = 1.0 if self.problem.loss is None else SMALL
        return random_cores(self.problem.tensor.shape, ranks, self.rng, scale)

    def _lower(self) -> Iterator[None]:
        """Lower edges by one for as long as the goal holds, the dearest first."""
        tried: set[tuple[Edge, int]] = set()
        while True:
            left = [e for e in edges_of(self.cores).items() if e not in tried]
            if not left:
                return
            edge, bond = max(left, key=lambda e: _price(self.cores, e[0]))
            tried.add((edge, bond))
            kept = self.cores, self.loss
            self._fit_all(shrunk(self.cores, edge))
            if self.loss > self.problem.goal:
                self.cores, self.loss = kept
            else:
                self._note(edge)
            yield

    def _replace(self) -> Iterator[None]:
        """Do without an edge if others can take over with fewer parameters in all."""
        for edge, bond in sorted(edges_of(self.cores).items(), key=lambda e: e[1]):
            kept, limit = (self.cores, self.loss, list(self.walked)), self.limit
            for _ in range(bond - 1):
                self.cores = shrunk(self.cores, edge)
            self._fit_all(self.cores)
            self._note(edge)
            self.limit = size_of(kept[0]) - 1
            yield from self._grow(without=edge)
            self.limit = limit
            if self.loss <= self.problem.goal:
                return
            self.cores, self.loss, self.walked = kept

    def _note(self, edge: Edge) -> None:
        bond = int(self.cores[edge[0]].shape[edge[1]])
        self.walked.append(StructureStep(edge, bond, size_of(self.cores), self.loss))


def _price(cores: list[Floats], edge: Edge) -> int:
    """Entries that go when the edge is lowered by one."""
    i, j = edge
    return cores[i].size // cores[i].shape[j] + cores[j].size // cores[j].shape[i]


def _useless(cores: list[Floats], i: int, j: int) -> bool:
    """Say whether the edge is wider than all else of one of its cores."""
    bond = cores[i].shape[j]
    return bond > min(cores[i].size // bond, cores[j].size // bond)


def _checked_mask(mask: ArrayLike | None, tensor: Floats) -> NDArray[np.bool_] | None:
    if mask is None:
        return None
    seen = np.asarray(mask)
    if seen.dtype != np.bool_ or seen.shape != tensor.shape:
        raise fail("mask", f"boolean of shape {tensor.shape}", mask, "True marks a known entry.")
    if not seen.any():
        raise ArgumentError("Argument `mask` marks no entry as known. Give some to learn from.")
    return seen
