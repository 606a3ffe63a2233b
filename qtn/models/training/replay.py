"""Training steps on a GPU, recorded once and replayed: a step is then one call of the driver.

A step of a network is some hundred small kernels, and starting one takes longer than many run. The
first steps are taken one by one, which also fills all workspaces; the next one is recorded as a
CUDA graph that reads the rows of its batch from a fixed place. Batches of another size, such as the
last of an epoch, are taken one by one as well. What is recorded does the same operations on the
same numbers, so that replayed training ends where training step by step does.
"""

from __future__ import annotations

from collections.abc import Callable

from qtn._optional import Tensor, torch

# Steps before one is recorded.
_WARM = 3

Step = Callable[[Tensor], dict[str, Tensor]]


class Replay:
    """The recorded step of one training run."""

    def __init__(self) -> None:
        self._steps = 0
        self._graph: torch.cuda.CUDAGraph | None = None
        self._batch: Tensor | None = None
        self._figures: dict[str, Tensor] = {}

    def step(self, step: Step, batch: Tensor) -> dict[str, Tensor]:
        """Take a step on the rows of `batch`; the figures returned are valid until the next one.

        Args:
            step: does one step on given rows, and waits for nothing.
            batch: numbers of the rows, on the GPU; batches as long as the first are replayed.
        """
        if self._batch is None:
            self._batch = batch.clone()
        if len(batch) != len(self._batch):
            return step(batch)
        self._steps += 1
        if self._steps <= _WARM:
            return self._aside(step, batch)
        self._batch.copy_(batch)
        if self._graph is None:
            self._graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self._graph):
                self._figures = step(self._batch)
        self._graph.replay()
        return self._figures

    @staticmethod
    def _aside(step: Step, batch: Tensor) -> dict[str, Tensor]:
        """Take a step on a stream of its own, as recording needs it."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            figures = step(batch)
        torch.cuda.current_stream().wait_stream(stream)
        return figures
