"""Recorded calls against calls as they are; on a CPU a stand-in takes the place of CUDA graphs."""

from __future__ import annotations

import pytest
import torch
from aqc.tape import Tape

from qtn.aqc.kernels.accelerated.recorded import MOST, Recorded


def pair(a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return a @ b, (a + b.mT).sum(0)


def arguments(seed: int, size: int = 3) -> tuple[torch.Tensor, ...]:
    return tuple(torch.rand(2, size, size, generator=torch.manual_seed(seed)) for _ in range(2))


def test_replayed_calls_give_the_same_bits_and_results_stay() -> None:
    tape = Tape()
    recorded = Recorded(pair, tape)
    found = [recorded(*arguments(seed)) for seed in range(5)]
    for seed, results in enumerate(found):
        wanted = pair(*arguments(seed))
        assert all(torch.equal(a, b) for a, b in zip(results, wanted, strict=True))
    assert (tape.made, tape.played) == (1, 4)


def test_every_shape_has_its_recording_and_old_ones_go() -> None:
    tape = Tape()
    recorded = Recorded(pair, tape)
    for size in range(1, MOST + 3):
        recorded(*arguments(0, size))
        recorded(*arguments(0, size))
    assert tape.made == MOST + 2
    recorded(*arguments(0, 1))  # forgotten: seen for the first time again
    assert tape.made == MOST + 2
    assert torch.equal(recorded(*arguments(1, 1))[0], pair(*arguments(1, 1))[0])


def test_what_cannot_be_recorded_is_called() -> None:
    def refuse(function, places):
        raise RuntimeError("operation not permitted when stream is capturing")

    recorded = Recorded(pair, refuse)
    for seed in range(4):
        assert torch.equal(recorded(*arguments(seed))[0], pair(*arguments(seed))[0])
    assert recorded.failed


def test_a_cpu_needs_no_recording() -> None:
    recorded = Recorded(pair)
    for seed in range(3):
        assert torch.equal(recorded(*arguments(seed))[0], pair(*arguments(seed))[0])
    assert not recorded.failed


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_graphs_replay_on_a_gpu() -> None:
    recorded = Recorded(pair)
    for seed in range(5):
        given = [t.cuda() for t in arguments(seed)]
        assert torch.allclose(recorded(*given)[0], pair(*given)[0])
    assert not recorded.failed
