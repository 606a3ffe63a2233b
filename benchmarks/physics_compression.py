"""Layers of a trained network as matrix product operators: Fashion-MNIST, 784-128-64-10.

Every row is the mean of three networks of seeds of their own. Beside ours, with the same budget of
parameters and the same epochs: two plain factors per layer, and cores that start from random ones.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

import qtn
from benchmarks import report
from benchmarks.learn_data import images, missing
from qtn.applications.compression import CompressedLayers
from qtn.applications.compression.healing import Training, retrained

SEEDS = (0, 1, 2)
SETTINGS = ((14_300, 0.885), (8_000, 0.88))
SECONDS = 30.0
CALIBRATION = 5_000

Split = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


def add_rows(table: report.Table) -> None:
    """Accuracy after compression and healing, beside low rank and a random start."""
    if reason := missing("fashion-mnist"):
        table.absent("compression of a network", "-", reason)
        return
    data = read()
    networks = [original(seed, data) for seed in SEEDS[: 1 if table.quick else 3]]
    table.inform(
        "Fashion-MNIST 784-128-64-10, 109,386 parameters: accuracy",
        report.number(float(np.mean([accuracy(network, data) for network in networks]))),
        note=f"mean of {len(networks)} seeds, 10 epochs",
    )
    for budget, bar in SETTINGS:
        compared(table, networks, data, budget, bar)


def compared(
    table: report.Table, networks: list[nn.Module], data: Split, budget: int, bar: float
) -> None:
    """Add the rows of one budget."""
    ways: dict[str, Callable[[nn.Module, int], nn.Module]] = {
        "ours": lambda network, _: squeezed(network, budget, data).network,
        "low rank": lambda network, _: (
            qtn.compress_layers(network, budget, layouts="low-rank").network
        ),
        "random start": lambda network, seed: scattered(
            squeezed(network, budget, data).network, seed
        ),
    }
    figures = {}
    for way, made in ways.items():
        found = []
        for seed, network in enumerate(networks):
            began = time.process_time()
            small = made(network, seed)
            before = accuracy(small, data)
            healed = retrained(small, data[0], data[1], Training(8, 1e-2, 256, seed), False)
            spent = time.process_time() - began
            found.append((before, accuracy(healed, data), spent, size(healed)))
        figures[way] = np.mean(found, axis=0)
    before, after, spent, count = figures["ours"]
    table.at_least(
        f"at most {budget:,} parameters: accuracy after 8 epochs of healing", after, bar,
        note=f"{before:.3f} before, {count:,.0f} parameters; low rank "
        f"{figures['low rank'][1]:.4f} ({figures['low rank'][0]:.3f} before, "
        f"{figures['low rank'][3]:,.0f}), random start {figures['random start'][1]:.4f}",
    )  # fmt: skip
    table.at_most(f"the same, {budget:,}: compression and healing", spent, SECONDS, unit="s")


def read() -> Split:
    """Return train rows and labels, test rows and labels, standardised."""
    x, y, x_test, y_test = images("fashion-mnist", 1)
    mean, deviation = x.mean(), x.std()
    rows = [torch.tensor((part - mean) / deviation, dtype=torch.float32) for part in (x, x_test)]
    return rows[0], torch.tensor(y), rows[1], torch.tensor(y_test)


def original(seed: int, data: Split) -> nn.Module:
    """Train the network that is compressed."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = nn.Sequential(
            nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)
        )
    return retrained(network, data[0], data[1], Training(10, 3e-3, 256, seed), False)


def squeezed(network: nn.Module, budget: int, data: Split) -> CompressedLayers:
    """Compress with calibration, everything else by default."""
    return qtn.compress_layers(network, budget, calibration=data[0][:CALIBRATION])


def scattered(network: nn.Module, seed: int) -> nn.Module:
    """Draw the weights anew, layers of cores with the variance of torch's linear layers."""
    with torch.random.fork_rng():
        torch.manual_seed(100 + seed)
        for layer in network:
            if isinstance(layer, nn.Linear):
                layer.reset_parameters()
            elif hasattr(layer, "cores"):
                bond = math.prod(layer.layout.bonds)
                inputs = layer.layout.shape[1]
                spread = (1.0 / (3.0 * inputs * bond)) ** (0.5 / len(layer.cores))
                for core in layer.cores:
                    nn.init.normal_(core, std=spread)
                nn.init.uniform_(layer.bias, -(inputs**-0.5), inputs**-0.5)
    return network


def accuracy(network: nn.Module, data: Split) -> float:
    """Return the part of the test rows that get their label."""
    with torch.no_grad():
        return float((network(data[2]).argmax(1) == data[3]).float().mean())


def size(network: nn.Module) -> int:
    """Return the number of parameters."""
    return sum(p.numel() for p in network.parameters())
