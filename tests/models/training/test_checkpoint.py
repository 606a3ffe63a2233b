"""Checkpoints: everything is put back, and only into the run that it belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from qtn._io import save
from qtn.errors import ArgumentError, FileError
from qtn.estimate import Estimate
from qtn.models.training.checkpoint import Checkpoint, fingerprint, read, restore, take


def stepped() -> tuple[torch.nn.Linear, torch.optim.Adam]:
    torch.manual_seed(0)
    network = torch.nn.Linear(2, 1)
    optimiser = torch.optim.Adam(network.parameters())
    network(torch.ones(3, 2)).square().sum().backward()
    optimiser.step()
    return network, optimiser


def checkpoint(mark: str = "this run") -> Checkpoint:
    network, optimiser = stepped()
    best = {name: p.detach().clone() for name, p in network.named_parameters()}
    record = {"epoch": 1, "loss": 0.5}
    return Checkpoint(take(network, optimiser, best), mark, 1, 1, 0.5, [record])


def test_what_was_taken_is_put_back(tmp_path: Path) -> None:
    save(checkpoint(), tmp_path / "run.qtn")
    found = read(tmp_path / "run.qtn", "this run")
    assert found is not None
    assert (found.epoch, found.step, found.best) == (1, 1, 0.5)
    wanted, old = stepped()
    network = torch.nn.Linear(2, 1)
    optimiser = torch.optim.Adam(network.parameters())
    best = restore(found, network, optimiser)
    assert torch.equal(best["weight"], wanted.weight)
    # The next step is the one that the interrupted run would have made.
    for net, opt in ((wanted, old), (network, optimiser)):
        opt.zero_grad()
        net(torch.ones(3, 2)).square().sum().backward()
        opt.step()
    assert torch.equal(network.weight, wanted.weight)


def test_a_run_reads_its_own_checkpoint_only(tmp_path: Path) -> None:
    assert read(tmp_path / "run.qtn", "this run") is None
    save(checkpoint("another run"), tmp_path / "run.qtn")
    save(Estimate(0.5, 0.1), tmp_path / "estimate.qtn")
    for name in ("run.qtn", "estimate.qtn"):
        with pytest.raises(ArgumentError, match="must be a checkpoint of this very run"):
            read(tmp_path / name, "this run")


def test_arrays_of_another_network_are_refused() -> None:
    network = torch.nn.Linear(3, 1)
    with pytest.raises(FileError, match="does not fit its own model"):
        restore(checkpoint(), network, torch.optim.Adam(network.parameters()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"history": []}, "one record for each of 1 epochs"),
        ({"history": [{"epoch": 2, "loss": 0.1}]}, "records of the epochs in turn"),
        ({"epoch": -1}, "`epoch` must be"),
        ({"best": "good"}, "`best` must be a finite number"),
        ({"fingerprint": 3}, "`fingerprint` must be"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(change: dict[str, Any], message: str) -> None:
    arrays, header = checkpoint().pack()
    assert Checkpoint.unpack(arrays, header).history == checkpoint().history
    with pytest.raises(ArgumentError, match=message):
        Checkpoint.unpack(arrays, header | change)


def test_the_fingerprint_knows_settings_and_data() -> None:
    data = np.arange(4.0)
    one = fingerprint({"bond": 2}, data)
    assert one == fingerprint({"bond": 2}, data.copy())
    assert len({one, fingerprint({"bond": 3}, data), fingerprint({"bond": 2}, data + 1)}) == 3
