"""Files: what is written is read back to the bit; what does not fit is refused; no pickle."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import nn

import qtn
from qtn.applications.compression import MPOConv, MPOLinear
from qtn.applications.compression.exchange import replaced
from qtn.errors import FileError


def network() -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(4, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(8, 12), nn.Linear(12, 2)
        )


def test_a_compressed_network_is_read_back_to_the_bit(tmp_path: Path) -> None:
    small = qtn.compress_layers(network(), 250, leave=("4",))
    path = small.save(tmp_path / "small.safetensors")
    back = qtn.load_layers(path, network())
    assert isinstance(back[0], MPOConv)
    assert isinstance(back[3], MPOLinear)
    states = [module.state_dict() for module in (small.network, back)]
    assert list(states[0]) == list(states[1])
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    x = torch.ones(2, 4, 3, 3)
    assert torch.equal(back.eval()(x), small.network.eval()(x))
    # Any reader finds the tensors by their names.
    assert "0.cores.0" in safetensors.torch.load_file(path)


def test_weights_of_others_are_read_too(tmp_path: Path) -> None:
    plain = network()
    safetensors.torch.save_file(plain.state_dict(), tmp_path / "plain.safetensors")
    blank = network()
    nn.init.zeros_(blank[3].weight)
    back = qtn.load_layers(tmp_path / "plain.safetensors", blank)
    assert torch.equal(back[3].weight, plain[3].weight)
    assert not blank[3].weight.any()


def write(folder: Path, tensors: dict[str, torch.Tensor]) -> Path:
    copies = {name: tensor.clone() for name, tensor in tensors.items()}
    safetensors.torch.save_file(copies, folder / "bad.safetensors")
    return folder / "bad.safetensors"


def test_files_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    plain = nn.Sequential(nn.Linear(4, 4))
    bias = torch.zeros(4)
    for tensors, text in (
        ({"0.weight": torch.zeros(4, 4)}, "Missing key"),
        ({"0.weight": torch.zeros(3, 4), "0.bias": bias}, "size mismatch"),
        ({"0.weight": torch.zeros(4, 4), "0.bias": bias, "1.x": bias}, "Unexpected key"),
        ({"0.cores.0": torch.zeros(4, 4), "0.bias": bias}, "other than four axes"),
        ({"0.cores.0": torch.zeros(1, 4, 4, 2), "0.bias": bias}, "bonds do not meet"),
        ({"0.cores.0": torch.zeros(1, 4, 2, 1), "0.bias": bias}, r"cores of 0 for \(4, 2\)"),
    ):
        with pytest.raises(FileError, match=text):
            qtn.load_layers(write(tmp_path, tensors), plain)


def test_pickles_and_other_files_are_no_safetensors(tmp_path: Path) -> None:
    (tmp_path / "evil.pt").write_bytes(pickle.dumps({"0.weight": [1.0]}))
    torch.save(network().state_dict(), tmp_path / "zip.pt")
    for name in ("evil.pt", "zip.pt"):
        with pytest.raises(FileError, match="is no safetensors file that can be read"):
            qtn.load_layers(tmp_path / name, network())
    with pytest.raises(FileError, match="does not exist"):
        qtn.load_layers(tmp_path / "none.safetensors", network())


def test_a_layer_used_twice_is_replaced_twice() -> None:
    shared = nn.Linear(8, 8)
    both = nn.Sequential(shared, nn.ReLU(), shared)
    small = qtn.compress_layers(both, 50).network
    assert small[0] is small[2]
    assert isinstance(small[0], MPOLinear)


def test_a_network_that_is_one_layer_becomes_the_layer() -> None:
    layer = nn.Linear(4, 4)
    new = MPOLinear([torch.ones(1, 2, 2, 1), torch.ones(1, 2, 2, 1)], torch.zeros(4))
    assert replaced(layer, {"": new}) is new
