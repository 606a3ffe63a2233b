"""What a network's layers get to see: mean and covariance of their inputs on calibration rows."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtn._optional import nn, torch
from qtn.applications.compression.modules import CONVOLUTIONS, Window

# Rows that go through the network at once.
ROWS = 1024


@dataclass(slots=True)
class Moments:
    """Sums over all inputs of a layer: their number, Σ x and Σ x xᵀ.

    Of a convolution an input is what its window shows at one place.
    """

    count: int
    first: NDArray[np.float64]
    second: NDArray[np.float64]

    @property
    def mean(self) -> NDArray[np.float64]:
        """The mean input."""
        return self.first / self.count

    def covariance(self, centred: bool) -> NDArray[np.float64]:
        """The covariance, or the second moment where no bias can take the mean's error."""
        whole = self.second / self.count
        return whole - np.outer(self.mean, self.mean) if centred else whole

    def add(self, rows: torch.Tensor) -> None:
        """Add rows of inputs."""
        x = rows.detach().to("cpu", torch.float64).numpy()
        self.count += len(x)
        self.first += x.sum(0)
        self.second += x.T @ x


def evaluated(network: nn.Module, rows: torch.Tensor) -> torch.Tensor:
    """Return a network's outputs without dropout; the network is as it was afterwards."""
    training = [module for module in network.modules() if module.training]
    network.eval()
    try:
        with torch.no_grad():
            parts = [network(part) for part in torch.split(rows, ROWS)]
    finally:
        for module in training:
            module.training = True
    return parts[0] if len(parts) == 1 else torch.cat(parts)


def input_moments(
    network: nn.Module, inputs: torch.Tensor, layers: Iterable[str]
) -> dict[str, Moments]:
    """Return the moments of the inputs of the layers named, those that the network reaches.

    Args:
        network: is copied, and evaluated without dropout.
        inputs: rows for the network.
        layers: names of linear and convolutional layers.

    Cost: one evaluation of the network, and rows · inputs² per layer.
    """
    watched = copy.deepcopy(network)
    found: dict[str, Moments] = {}
    for name in layers:
        layer = watched.get_submodule(name)
        window = Window(layer) if type(layer) in CONVOLUTIONS else None

        def seen(
            _: nn.Module, given: tuple[torch.Tensor, ...], named: dict[str, torch.Tensor],
            name: str = name, window: Window | None = window,
        ) -> None:  # fmt: skip
            x = given[0] if given else named["input"]
            rows = x.reshape(-1, x.shape[-1]) if window is None else window.patches(x)
            if name not in found:
                size = rows.shape[-1]
                found[name] = Moments(0, np.zeros(size), np.zeros((size, size)))
            found[name].add(rows)

        layer.register_forward_pre_hook(seen, with_kwargs=True)
    evaluated(watched, inputs)
    return found
