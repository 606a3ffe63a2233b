"""Learnt features: per site, a projection of many basis functions to few, before any network.

    φ_i(x) = Q_i b(x),        Q_i with orthonormal rows

starts from the leading components of the data and is trained together with the network. Q_i is the
orthogonal factor of a free matrix. Since its rows are orthonormal, it can be absorbed into the
tensors without changing any norm.
"""

from __future__ import annotations

from qtn._optional import Tensor, torch
from qtn.models.networks.base import StateNetwork, to_array
from qtn.models.networks.in_numpy.network_arrays import MappedArrays


class MappedNetwork(StateNetwork):
    """Maps and the network behind them.

    Args:
        maps: free matrices, shape (sites, d, basis functions).
        network: a chain or tree that takes features of dimension d.
    """

    replayable = True

    def __init__(self, maps: Tensor, network: StateNetwork) -> None:
        super().__init__()
        self.maps = torch.nn.Parameter(maps)
        self.network = network

    @staticmethod
    def leading(x: Tensor, dimension: int, weights: Tensor | None = None) -> Tensor:
        """Return the leading eigenvectors of the sites' second moments, (sites, d, functions).

        Args:
            x: values of the basis functions, shape (rows, sites, functions).
            dimension: d.
            weights: of the rows; None: all alike.
        """
        share = x.new_ones(len(x)) if weights is None else weights / weights.mean()
        weighed = x.double() * share.double()[:, None, None]
        moments = torch.einsum("rip,riq->ipq", weighed, x.double()) / len(x)
        vectors = torch.linalg.eigh(moments)[1]
        return vectors[:, :, -dimension:].mT.flip(1).to(x.dtype).contiguous()

    def projections(self) -> Tensor:
        """Return the maps with orthonormal rows."""
        if self.maps.device.type != "cpu":
            return orthonormal_rows(self.maps)
        q, r = torch.linalg.qr(self.maps.mT)
        # Fix the signs, so that orthonormal rows are their own factor.
        sign = torch.where(r.diagonal(dim1=1, dim2=2) < 0, -1.0, 1.0).to(q.dtype)
        return (q * sign[:, None]).mT

    def forward(self, x: Tensor, unit: bool = False) -> tuple[Tensor, Tensor]:
        """Return amplitudes and log scales of basis functions (sites, functions, batch)."""
        amplitude, log_scale = self.network(self.projections() @ x, unit)
        return amplitude, log_scale

    def arrays(self) -> MappedArrays:
        """Return the parameters as plain arrays."""
        return MappedArrays(to_array(self.maps), self.network.arrays())

    def log_norm(self) -> Tensor:
        """Return log Σ_c ‖W_c‖², which the maps do not change."""
        return self.network.log_norm()


def orthonormal_rows(maps: Tensor) -> Tensor:
    """Orthogonalise the rows of all maps in turn, the factor of `projections` without LAPACK.

    A GPU does small factorisations one after another; a few rows of all maps at once are faster by
    Gram and Schmidt, here each row twice, so that rounding leaves it orthogonal.
    """
    rows: list[Tensor] = []
    for k in range(maps.shape[1]):
        row = maps[:, k : k + 1]
        for _ in range(2 if rows else 0):
            before = torch.cat(rows, dim=1)
            row = row - (row @ before.mT) @ before
        rows.append(row / torch.linalg.vector_norm(row, dim=2, keepdim=True))
    return torch.cat(rows, dim=1)
