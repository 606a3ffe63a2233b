"""What every network offers to the models, whatever its graph."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from qtn._optional import Tensor, torch
from qtn.models.networks.in_numpy.network_arrays import NetworkArrays
from qtn.states import MPS, TTN


class Network(torch.nn.Module, ABC):
    """A trainable tensor network from features to amplitudes, one per class or target."""

    # Whether stacks of matrices must stay orthogonal in training.
    orthogonal: ClassVar[bool] = False
    # Whether a step on a GPU waits for nothing that the CPU decides, so that it can be replayed.
    replayable: ClassVar[bool] = False

    @abstractmethod
    def forward(self, x: Tensor, unit: bool = False) -> tuple[Tensor, Tensor]:
        """Return amplitudes (batch, outputs) and log scales (batch,): f = amplitude·exp(log scale).

        Args:
            x: features, shape (sites, phys, batch).
            unit: scale the vectors that meet at the label to unit length.
        """

    @abstractmethod
    def log_norm(self) -> Tensor:
        """Return log Σ_c ‖W_c‖², over all outputs."""

    def exact(self) -> Self:
        """Return a copy in double precision, which predictions and states are made of."""
        return copy.deepcopy(self).double()

    @abstractmethod
    def check_arrays(self, sites: int, phys: int, outputs: int) -> None:
        """Check the shapes of all arrays: kernels trust them, files must not be trusted with them.

        Args:
            sites: number of vectors of a row.
            phys: their dimension.
            outputs: number of classes or targets.

        Raises:
            ArgumentError: the network does not take such rows or give so many outputs.
        """


class StateNetwork(Network):
    """A network that is one unnormalised state per output, f_c(x) = ⟨Φ(x)|W_c⟩."""

    @abstractmethod
    def arrays(self) -> NetworkArrays:
        """Return the parameters as plain arrays, which give the states."""

    @property
    def registers(self) -> tuple[str, ...]:
        """What `register` gives: "label", on trees also "root"."""
        return self.arrays().registers

    @property
    def register_site(self) -> int:
        """The site of a register; the sites of the rows stand around it in their order."""
        return self.arrays().register_site

    def weights(self, output: int) -> MPS | TTN:
        """Return the weight state W_c of an output, float64."""
        return self.arrays().weights(output)

    def register(self, kind: str) -> MPS | TTN:
        """Return Σ_c W_c ⊗ |c⟩ ("label"), or Σ_u T_u ⊗ |u⟩ over the vectors at the "root"."""
        return self.arrays().register(kind)

    def check_arrays(self, sites: int, phys: int, outputs: int) -> None:
        """Check the shapes of all arrays; see `Network.check_arrays`."""
        self.arrays().check_arrays(sites, phys, outputs)


def to_array(tensor: Tensor) -> NDArray[Any]:
    """Return a parameter as an array on the CPU."""
    return np.asarray(tensor.detach().cpu().numpy())
