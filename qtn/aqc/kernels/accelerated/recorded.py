"""Pure functions of tensors, recorded once as CUDA graphs and replayed.

Starting a small operation takes a GPU longer than doing it. What is called again and again with
tensors of the same shapes is therefore recorded: a replay is one call of the driver for all
operations. A recording reads from fixed places, into which the arguments are copied, and writes to
fixed places, from which the results are copied, so that results stay valid. Where recording fails
(a library that waits for the GPU inside), the function is called as it is from then on.
"""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Callable

from qtn._optional import Tensor, torch

Function = Callable[..., tuple[Tensor, ...]]
# Takes a function and its places; returns what replays it, and where its results are.
Capture = Callable[[Function, tuple[Tensor, ...]], tuple[Callable[[], None], tuple[Tensor, ...]]]

MOST = 6  # recordings kept: each has memory of its own
LARGEST = 1 << 28  # numbers in the arguments of what is recorded: beyond, operations are long


def cuda_capture(
    function: Function, places: tuple[Tensor, ...]
) -> tuple[Callable[[], None], tuple[Tensor, ...]]:
    """Record a call as a CUDA graph.

    No garbage is collected meanwhile: an earlier graph that dies in a recording spoils it.
    """
    graph = torch.cuda.CUDAGraph()
    collects = gc.isenabled()
    gc.disable()
    try:
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            results = function(*places)
    finally:
        if collects:
            gc.enable()
    return graph.replay, results


class Recorded:
    """A pure function that is replayed from its third call with the same shapes on.

    Args:
        function: takes and returns tensors, waits for nothing, keeps its arguments.
        capture: how it is recorded; None takes CUDA graphs where arguments are on a CUDA device,
            and calls the function as it is elsewhere.

    Example:
        >>> twice = Recorded(lambda x: (2 * x,))
        >>> twice(torch.ones(2))
        (tensor([2., 2.]),)
    """

    def __init__(self, function: Function, capture: Capture | None = None) -> None:
        self._function = function
        self._capture = capture
        self._failed = False
        self._seen: OrderedDict[tuple[object, ...], _Recording | None] = OrderedDict()

    def __call__(self, *arguments: Tensor) -> tuple[Tensor, ...]:
        """Return what the function returns; the results are the caller's."""
        capture = self._capture
        if capture is None and arguments[0].is_cuda:
            capture = cuda_capture
        if capture is None or self._failed or sum(a.numel() for a in arguments) > LARGEST:
            return self._function(*arguments)
        form = tuple((a.shape, a.dtype, a.device) for a in arguments)
        if form not in self._seen:
            # The first call fills workspaces, which must not happen in a recording.
            self._seen[form] = None
            while len(self._seen) > MOST:
                self._seen.popitem(last=False)
            return self._function(*arguments)
        self._seen.move_to_end(form)
        recording = self._seen[form]
        if recording is None:
            try:
                recording = self._seen[form] = _Recording(self._function, capture, arguments)
            except RuntimeError:
                self._failed = True
                self._seen.clear()
                return self._function(*arguments)
        return recording.replayed(arguments)

    @property
    def failed(self) -> bool:
        """Whether recording was given up."""
        return self._failed


class _Recording:
    """One recorded call with its places."""

    def __init__(self, function: Function, capture: Capture, arguments: tuple[Tensor, ...]) -> None:
        self._places = tuple(a.clone() for a in arguments)
        self._replay, self._results = capture(function, self._places)

    def replayed(self, arguments: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return copies of the results for these arguments."""
        for place, argument in zip(self._places, arguments, strict=True):
            place.copy_(argument)
        self._replay()
        return tuple(result.clone() for result in self._results)
