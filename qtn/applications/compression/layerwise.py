"""One layer: what it is made of, what its cores would cost, and its compression."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._display import Display, Displayed
from qtn._optional import nn
from qtn.applications.compression import trains
from qtn.applications.compression.budget import Bonds, Path, path_of
from qtn.applications.compression.layout import Layout, count, possible
from qtn.applications.compression.modules import MPOLayer, layer_of, matrix_of
from qtn.applications.compression.seen_inputs import Moments

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True, repr=False)
class LayerReport(Displayed):
    """What became of one layer.

    Args:
        name: of the layer in the network.
        layout: its cores with their bonds; None where it keeps its own matrix.
        parameters: numbers in the cores (or the matrix), without the bias.
        matrix: numbers in its matrix.
        weight_error: ‖W - W'‖ / ‖W‖.
        output_error: root mean square of the error of its outputs on the calibration rows, relative
            to the deviation of the outputs; NaN without calibration.
    """

    name: str
    layout: Layout | None
    parameters: int
    matrix: int
    weight_error: float
    output_error: float

    def cells(self) -> tuple[str | int, ...]:
        """Return its row of a table: name, cores, bonds, numbers before and after, errors."""
        shape, bonds = "its own matrix", ""
        if self.layout is not None:
            sizes = zip(self.layout.outputs, self.layout.inputs, strict=True)
            shape = ", ".join(f"{o}×{i}" for o, i in sizes)
            bonds = ", ".join(map(str, self.layout.bonds or ()))
        output = "–" if math.isnan(self.output_error) else f"{self.output_error:.2g}"
        weight = f"{self.weight_error:.2g}"
        return self.name, shape, bonds, self.matrix, self.parameters, weight, output

    def _brief(self) -> str:
        sizes = f"{self.matrix:,} → {self.parameters:,} numbers"
        return f"{self.name!r}, {sizes}, error of weights {self.weight_error:.2g}"

    def _display(self) -> Display:
        names = ("layer", "cores", "bonds", "numbers before", "after", "error of weights")
        return Display(
            "Compressed layer", list(zip((*names, "error of outputs"), self.cells(), strict=True))
        )


@dataclass(frozen=True, slots=True)
class Part:
    """A layer of a network, with what it sees of the calibration rows.

    Args:
        name: of the layer.
        source: the layer.
        layout: its cores, with or without bonds.
        moments: of its inputs; None without calibration.
    """

    name: str
    source: nn.Module
    layout: Layout
    moments: Moments | None = None
    matrix: Array = field(init=False)
    covariance: Array | None = field(init=False)
    roots: list[Array] | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "matrix", matrix_of(self.source))
        seen = None if self.moments is None else self.moments.covariance(self._biased)
        if seen is not None and not np.trace(seen) > 0.0:  # inputs that never change
            seen = None
        object.__setattr__(self, "covariance", seen)
        roots = None if seen is None else trains.input_roots(seen, self.layout)
        object.__setattr__(self, "roots", roots)

    @property
    def _biased(self) -> bool:
        return self.source.bias is not None

    def path(self, limit: int) -> Path:
        """Return the bonds that the layer may have, with the errors that they leave."""
        found = trains.spectra(self.matrix, self.layout, self.roots)
        return path_of(self.layout, found, None if self.roots is None else self._squared, limit)

    def _squared(self, bonds: Bonds) -> float:
        return self._relative(self._cores(bonds, sweeps=1), self.covariance) ** 2

    def _cores(self, bonds: Bonds, sweeps: int = trains.SWEEPS) -> tuple[Array, ...]:
        cores = trains.factorised(self.matrix, self.layout, bonds, self.roots).cores
        if self.covariance is None:
            return cores
        return trains.improved(self.matrix, cores, self.covariance, sweeps)

    def compressed(self, bonds: Bonds | None) -> tuple[MPOLayer | None, LayerReport]:
        """Return the layer with cores of these bonds, or None for its own matrix, and a report."""
        if bonds is None:
            size = self.matrix.size
            error = 0.0 if self.covariance is not None else math.nan
            return None, LayerReport(self.name, None, size, size, 0.0, error)
        cores = trains.balanced_gauge(self._cores(bonds))
        kept = possible(self.layout, bonds)
        layout = Layout(self.layout.outputs, self.layout.inputs, kept)
        report = LayerReport(
            self.name, layout, count(layout, kept), self.matrix.size,
            self._relative(cores, None), self._relative(cores, self.covariance)
            if self.covariance is not None else math.nan,
        )  # fmt: skip
        return layer_of(self.source, cores, self._bias(cores)), report

    def _bias(self, cores: tuple[Array, ...]) -> Array | None:
        """Return the bias with which the mean output on the calibration rows is unchanged."""
        if not self._biased:
            return None
        bias: Array = self.source.bias.detach().cpu().double().numpy()  # type: ignore[operator]
        if self.moments is None:
            return bias
        return bias + (self.matrix - trains.dense(cores)) @ self.moments.mean

    def _relative(self, cores: tuple[Array, ...], covariance: Array | None) -> float:
        nothing = (np.zeros((1, *self.matrix.shape, 1)),)
        whole = trains.output_error(self.matrix, nothing, covariance)
        return trains.output_error(self.matrix, cores, covariance) / whole if whole > 0 else 0.0
