"""The doors `qtn.compress_layers` and `qtn.layer_sensitivity`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from qtn._checks import bounded_int, fail, instance, items, positive_int, real
from qtn._display import Display, Displayed, Table
from qtn._machine import MOST, few_threads
from qtn._optional import nn, torch
from qtn._progress import checked_progress
from qtn.applications.compression.arguments import (
    checked_rows,
    layers_of,
    layouts_of,
    network_of,
    rows_of,
    targets_of,
)
from qtn.applications.compression.budget import allotted
from qtn.applications.compression.exchange import replaced, written
from qtn.applications.compression.healing import Training, loss_of, retrained
from qtn.applications.compression.layerwise import LayerReport, Part
from qtn.applications.compression.layout import Layout, count, possible
from qtn.applications.compression.seen_inputs import Moments, evaluated, input_moments
from qtn.errors import ArgumentError

Rows: TypeAlias = "ArrayLike | torch.Tensor"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CompressedLayers(Displayed):
    """A network with compressed layers.

    Args:
        network: the torch module, a copy of the original one.
        layers: what became of each layer that could be compressed.
        before: parameters of the original network, all counted.
    """

    network: nn.Module
    layers: tuple[LayerReport, ...]
    before: int

    @property
    def parameters(self) -> int:
        """Parameters of the compressed network, biases and other layers counted too."""
        return _count(self.network)

    @few_threads(MOST)
    def heal(
        self,
        inputs: Rows,
        targets: Rows,
        *,
        epochs: int = 8,
        rate: float = 1e-2,
        batch: int = 256,
        seed: int = 0,
        progress: bool | None = None,
    ) -> CompressedLayers:
        """Return the network after training all its parameters; errors stay those before.

        Args:
            inputs: rows for the network.
            targets: labels 0, 1, … (cross-entropy), or floats (mean squares), for instance the
                outputs of the original network.
            epochs: passes over the rows.
            rate: largest rate of AdamW in its one cycle; less for large or delicate networks.
            batch: rows per step.
            seed: of the order of the rows and of dropout.
            progress: show a bar; None shows it where someone can watch.

        Raises:
            ArgumentError: rows or targets that do not fit the network.

        Cost: three evaluations of the network per row and epoch.
        """
        rows = checked_rows("inputs", rows_of("inputs", inputs, self.network), self.network)
        aims = _fitting(targets, rows, self.network)
        how = Training(
            positive_int("epochs", epochs), real("rate", rate, 0.0, 10.0, open_low=True),
            positive_int("batch", batch), bounded_int("seed", seed, 0),
        )  # fmt: skip
        healed = retrained(self.network, rows, aims, how, checked_progress(progress))
        return replace(self, network=healed)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the tensors as safetensors; `qtn.load_layers` reads them.

        Args:
            path: the file; its folder must exist.

        Returns:
            The path written.

        Raises:
            FileError: the folder is missing or cannot be written.
        """
        return written(self.network, path)

    def _brief(self) -> str:
        done = sum(layer.layout is not None for layer in self.layers)
        return f"{done} layers, {self.before:,} → {self.parameters:,} parameters"

    def _display(self) -> Display:
        rows = [("parameters", f"{self.before:,} → {self.parameters:,}")]
        heads = ("layer", "cores", "bonds", "from", "to", "error of weights", "of outputs")
        layers = Table(heads, [layer.cells() for layer in self.layers])
        return Display("Compressed network", rows, [layers])


@dataclass(frozen=True, slots=True, repr=False)
class LayerSensitivity(Displayed):
    """How much a network loses when one of its layers is compressed.

    Args:
        loss: of the network as it is.
        rows: (layer, part of its parameters asked for, parameters, relative error of its outputs,
            loss of the network).
    """

    loss: float
    rows: tuple[tuple[str, float, int, float, float], ...]

    @property
    def weights(self) -> dict[str, float]:
        """Loss per squared relative error of the outputs, of each layer: what a budget weighs."""
        found: dict[str, list[float]] = {}
        for name, _, _, error, loss in self.rows:
            found.setdefault(name, []).append(max(loss - self.loss, 0.0) / max(error**2, 1e-12))
        means = {name: float(np.mean(values)) for name, values in found.items()}
        # A layer that seems to cost nothing still counts a little.
        least = 1e-3 * max(means.values(), default=0.0) or 1.0
        return {name: max(value, least) for name, value in means.items()}

    def _brief(self) -> str:
        return f"{len(self.weights)} layers, loss {self.loss:.4g}"

    def _display(self) -> Display:
        rows = [(n, f"{p:g}", c, f"{e:.2g}", f"{x:.4g}") for n, p, c, e, x in self.rows]
        heads = ("layer", "part", "parameters", "error of outputs", "loss")
        return Display("Layers compressed one by one", [("loss", self.loss)], [Table(heads, rows)])


@few_threads(MOST)
def compress_layers(
    network: nn.Module,
    parameters: int | None = None,
    *,
    calibration: Rows | None = None,
    layouts: int | str | Mapping[str, Layout] = 2,
    sensitivity: LayerSensitivity | None = None,
    leave: Sequence[str] = (),
) -> CompressedLayers:
    """Replace the linear layers and convolutions of a torch network by matrix product operators.

    ``W[o₁…o_d, i₁…i_d] ≈ Σ A₁[o₁, i₁] A₂[o₂, i₂] … A_d[o_d, i_d]``; without calibration by
    sequential SVD, whose error is √(Σ discarded σ²) exactly, with calibration the cores that make
    the error of the outputs on these rows small, and biases that take up its mean.

    Args:
        network: any module; a copy is changed. Layers inside others' own code (subclasses, layers
            that share a weight or have hooks, grouped convolutions) stay as they are.
        parameters: how many the whole network may have in the end; the bonds are chosen for it. A
            layer keeps its own matrix where cores would be no smaller or the budget allows it. None
            takes the bonds of the layouts.
        calibration: rows for the network, some thousand if possible; labels are not needed.
        layouts: the number of cores, whose dimensions are as equal as possible; "low-rank", two
            plain factors; or a mapping of names of layers to `Layout`, other layers stay.
        sensitivity: what `qtn.layer_sensitivity` found; None weighs all layers alike.
        leave: names of layers that stay as they are.

    Returns:
        A `CompressedLayers`: `network`, a report of each layer, `heal`, `save`.

    Raises:
        ArgumentError: no torch module, nothing to compress, a budget below the smallest cores,
            rows that the network does not take, layouts that do not fit.

    Cost: an SVD of every matrix; with calibration also rows · inputs², and per core a linear system
        of its size without the outputs.

    Example:
        >>> import torch, qtn
        >>> network = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.Linear(64, 4))
        >>> qtn.compress_layers(network, 1500)
        CompressedLayers(1 layers, 4,420 → 1,476 parameters)

    Reference: Tomut et al., arXiv:2401.14109. There every layer is split by its weights; here by
        its outputs on calibration rows, and the bonds follow from one budget.
    """
    original = network_of("network", network)
    layers = layers_of(original, leave)
    chosen = layouts_of(layers, layouts)
    if sensitivity is not None:
        instance("sensitivity", sensitivity, LayerSensitivity, "what qtn.layer_sensitivity returns")
    total = None if parameters is None else positive_int("parameters", parameters)
    moments = _moments(original, calibration, chosen)
    parts = {
        name: Part(name, original.get_submodule(name), layout, moments.get(name))
        for name, layout in chosen.items()
    }
    weights = sensitivity.weights if sensitivity is not None else {}
    bonds = _bonds(original, parts, total, weights)
    new, reports = {}, []
    for name, part in parts.items():
        layer, report = part.compressed(bonds[name])
        reports.append(report)
        if layer is not None:
            new[name] = layer
    return CompressedLayers(replaced(original, new), tuple(reports), _count(original))


@few_threads(MOST)
def layer_sensitivity(
    network: nn.Module,
    inputs: Rows,
    targets: Rows,
    *,
    parts: Sequence[float] = (0.5, 0.25, 0.1),
    layouts: int | str | Mapping[str, Layout] = 2,
    leave: Sequence[str] = (),
) -> LayerSensitivity:
    """Measure what the network loses when each layer alone is compressed.

    Args:
        network: any module; it is not changed.
        inputs: rows for the network, which also calibrate.
        targets: labels 0, 1, … (cross-entropy), or floats (mean squares).
        parts: parts of a layer's parameters that its cores may have, each in (0, 1].
        layouts, leave: as in `compress_layers`.

    Returns:
        A `LayerSensitivity`, which `compress_layers` takes.

    Raises:
        ArgumentError: as in `compress_layers`; targets that do not fit; parts outside (0, 1].

    Cost: a compression and an evaluation of the network per layer and part.

    Example:
        >>> import torch, qtn
        >>> network = torch.nn.Sequential(torch.nn.Linear(16, 16))
        >>> x = torch.eye(16)
        >>> found = qtn.layer_sensitivity(network, x, network(x).detach(), parts=(0.5,))
        >>> found.loss, found.rows[0][:3]
        (0.0, ('0', 0.5, 128))
    """
    original = network_of("network", network)
    chosen = layouts_of(layers_of(original, leave), layouts)
    rows = checked_rows("inputs", rows_of("inputs", inputs, original), original)
    aims = _fitting(targets, rows, original)
    asked = [real("parts", p, 0.0, 1.0, open_low=True) for p in
             items("parts", parts, "a sequence of numbers in (0, 1]")]  # fmt: skip
    if not asked:
        raise fail("parts", "a sequence of at least one number", parts)
    moments = input_moments(original, rows, chosen)
    found = []
    for name, layout in chosen.items():
        if name not in moments:
            continue
        part = Part(name, original.get_submodule(name), layout, moments[name])
        path = part.path(part.matrix.size)
        for share in asked:
            price = max(int(share * part.matrix.size), int(path.prices[0]))
            layer, report = part.compressed(allotted({name: path}, {name: 1.0}, price)[name])
            trial = original if layer is None else replaced(original, {name: layer})
            entry = (share, report.parameters, report.output_error, _loss(trial, rows, aims))
            found.append((name, *entry))
    return LayerSensitivity(_loss(original, rows, aims), tuple(found))


def _count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _moments(
    network: nn.Module, calibration: Rows | None, layers: Mapping[str, Layout]
) -> dict[str, Moments]:  # fmt: skip
    if calibration is None:
        return {}
    rows = checked_rows("calibration", rows_of("calibration", calibration, network), network)
    return input_moments(network, rows, layers)


def _bonds(
    network: nn.Module, parts: Mapping[str, Part], total: int | None,
    weights: Mapping[str, float],
) -> dict[str, tuple[int, ...] | None]:  # fmt: skip
    """Return the bonds of every layer: as the layouts have them, the others by the budget."""
    bonds: dict[str, tuple[int, ...] | None] = {
        n: possible(p.layout, p.layout.bonds) for n, p in parts.items()
        if p.layout.bonds is not None
    }  # fmt: skip
    free = [name for name in parts if name not in bonds]
    if total is None:
        if free:
            raise fail("parameters", "a positive integer where layouts have no bonds", total)
        return bonds
    spent = sum(count(parts[n].layout, b) for n, b in bonds.items() if b is not None)
    others = _count(network) - sum(part.matrix.size for part in parts.values())
    typical = float(np.mean(list(weights.values()))) if weights else 1.0
    room = total - spent - others
    paths = {name: parts[name].path(room) for name in free}
    worth = {name: weights.get(name, typical) for name in free}
    return bonds | allotted(paths, worth, room)


def _fitting(targets: Rows, rows: torch.Tensor, network: nn.Module) -> torch.Tensor:
    """Return targets with which the network has a loss."""
    aims = targets_of("targets", targets, rows)
    try:
        _loss(network, rows[:1], aims[:1])
        if not aims.is_floating_point():
            _loss(network, rows[:1], aims.max()[None])
    except (RuntimeError, IndexError, ValueError) as error:
        raise ArgumentError(
            f"Argument `targets` must fit the outputs of the network "
            f"({str(error).splitlines()[0][:120]}). Labels count from 0 to the last output."
        ) from error
    return aims


def _loss(network: nn.Module, rows: torch.Tensor, targets: torch.Tensor) -> float:
    return float(loss_of(evaluated(network, rows), targets))
