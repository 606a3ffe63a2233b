"""What a search for a structure returns: the network found, the path there, and how it ended."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qtn._checks import bounded_int, fail, finite_array, positive_int, real
from qtn._display import Display, Displayed, Table
from qtn._figures.axes import axes_of
from qtn._figures.curves import draw_curves
from qtn._optional import data_frame
from qtn.models.structure.cores import Edge, dense, edges_of, ranks_of, size_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]


class StructureStatus(enum.Enum):
    """How a search for a structure ended; the value is advice."""

    REACHED = "The goal was reached."
    PARAMETERS = "The next edge would exceed max_parameters. Allow more, or accept a higher loss."
    NO_GAIN = "No edge lowers the loss any further: the data hold no more structure than this."


@dataclass(frozen=True, slots=True)
class StructureStep:
    """One step: the edge raised (or lowered, at the end), and where that led."""

    edge: Edge
    bond: int
    parameters: int
    loss: float


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Structure(Displayed):
    """A network of cores found by `fit_structure`.

    Args:
        cores: one per axis; core k has the shape of row k of `ranks`.
        loss: relative squared error over the observed entries, or the given loss.
        held_out: relative squared error of observed entries that no fit saw; None without `mask`.
        steps: the path that led here.
        status: how the search ended.
        verified: False for one read from a file: what it claims about its target was computed by
            whoever wrote the file, and is shown as such.
    """

    cores: tuple[Floats, ...]
    loss: float
    held_out: float | None
    steps: tuple[StructureStep, ...]
    status: StructureStatus
    verified: bool = True

    kind: ClassVar[str] = "structure"

    @property
    def ranks(self) -> NDArray[np.int64]:
        """Symmetric matrix of bond dimensions; the sizes of the axes are on its diagonal."""
        return ranks_of(self.cores)

    @property
    def edges(self) -> dict[Edge, int]:
        """Bond dimension of every edge that there is."""
        return edges_of(self.cores)

    @property
    def parameters(self) -> int:
        """Number of entries of all cores."""
        return size_of(self.cores)

    def to_dense(self) -> Floats:
        """Contract the network to the whole tensor."""
        return np.asarray(dense(self.cores))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the loss against the number of parameters, step by step.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.

        Returns:
            The axes.
        """
        sizes, losses = [s.parameters for s in self.steps], [s.loss for s in self.steps]
        label = "relative squared error"
        return draw_curves(
            axes_of(ax), sizes, {label: losses}, xlabel="parameters", ylabel=label, log=True
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the steps as a pandas data frame: edge, bond, parameters, loss.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        return data_frame([
            {"edge": f"{s.edge[0]}-{s.edge[1]}", "bond": s.bond, "parameters": s.parameters,
             "loss": s.loss}
            for s in self.steps
        ])  # fmt: skip

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the cores, and everything else as a header for a file."""
        arrays = {f"core{k}": core for k, core in enumerate(self.cores)}
        steps = [[*s.edge, s.bond, s.parameters, s.loss] for s in self.steps]
        terms = {"loss": self.loss, "held_out": self.held_out, "status": self.status.name}
        return arrays, {**terms, "steps": steps}

    @classmethod
    def unpack(cls, arrays: dict[str, np.ndarray], header: dict[str, Any]) -> Structure:
        """Build a structure from what `pack` gave."""
        cores = tuple(finite_array("core", arrays[f"core{k}"]) for k in range(len(arrays)))
        count = len(cores)
        good = count > 1 and all(core.ndim == count for core in cores)
        if not good or (ranks_of(cores) != ranks_of(cores).T).any():
            raise fail("cores", "arrays with one axis per core and equal bonds", [*cores])
        real("loss", header["loss"])
        if header["held_out"] is not None:
            real("held_out", header["held_out"], 0.0)
        steps = tuple(_checked_step(s, count) for s in header["steps"])
        status = StructureStatus[header["status"]]
        return cls(cores, header["loss"], header["held_out"], steps, status, verified=False)

    def _brief(self) -> str:
        return (
            f"{len(self.cores)} cores, {self.parameters} parameters, "
            f"loss={self.loss:.2e}, status={self.status.name}"
        )

    def _display(self) -> Display:
        edges = ", ".join(f"{i}-{j}: {bond}" for (i, j), bond in self.edges.items())
        unseen = None if self.held_out is None else f"{self.held_out:.2e}"
        says = "" if self.verified else ", so says the file"
        rows = [
            ("cores", len(self.cores)),
            ("parameters", self.parameters),
            ("loss", f"{self.loss:.2e}{says}"),
            ("on entries held out", unseen),
            ("edges", edges or "none"),
            ("status", self.status.value),
        ]
        steps = [(f"{s.edge[0]}-{s.edge[1]}", s.bond, s.parameters, s.loss) for s in self.steps]
        table = Table(("edge", "bond", "parameters", "loss"), steps, "steps", folded=True)
        return Display("Structure", rows, [table])


def _checked_step(figures: list[Any], count: int) -> StructureStep:
    """Return a step as a file has it."""
    first, second, bond, parameters, loss = figures
    bounded_int("edge", first, 0, count - 1)
    bounded_int("edge", second, 0, count - 1)
    positive_int("parameters", parameters)
    real("loss", loss)
    return StructureStep((first, second), positive_int("bond", bond), parameters, loss)
