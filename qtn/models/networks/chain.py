"""The chain network: a matrix product state with one label tensor in the middle.

    f_c(x) = Σ  A¹(x₁) A²(x₂) … Aᵐ(xₘ) · Λ^c · Aᵐ⁺¹(xₘ₊₁) … Aⁿ(xₙ),      Aⁱ(xᵢ) = Σ_s Aⁱ_s φ_s(xᵢ)

Both halves are swept from their ends to the label tensor, on the CPU by compiled kernels, elsewhere
together and some sites at a time (`chain_blocks`). All cores share the bond dimension D; the
ends start from the unit vector e₀, which selects one row of the first and one column of the last
core.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._optional import Tensor, torch
from qtn.models.networks import chain_blocks
from qtn.models.networks import chain_kernels as kernels
from qtn.models.networks.base import StateNetwork, to_array
from qtn.models.networks.in_numpy.network_arrays import ChainArrays
from qtn.states.kernels.blas import GEMM


class _Sweep(torch.autograd.Function):
    """Half-chain sweep on the CPU: numba forward and backward."""

    @staticmethod
    def forward(ctx: Any, w: Tensor, x: Tensor, reverse: bool) -> tuple[Tensor, Tensor]:
        sites, bond = w.shape[:2]
        flat, xs = w.detach().flatten(2).numpy(), x.detach().numpy()
        h = np.empty((sites + 1, bond, x.shape[2]), flat.dtype)
        h[0] = 0.0
        h[0, 0] = 1.0
        c = np.empty((sites, x.shape[2]), flat.dtype)
        kernels.sweep(GEMM[flat.dtype], flat, xs, reverse, h, c)
        ctx.arrays, ctx.reverse, ctx.shape = (flat, xs, h, c), reverse, w.shape
        ctx.x_wanted = x.requires_grad
        log_scale = torch.from_numpy(np.log(c).sum(axis=0))
        ctx.mark_non_differentiable(log_scale)
        return torch.from_numpy(h[sites]), log_scale

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple[Tensor | None, ...]:
        flat, xs, h, c = ctx.arrays
        g = np.array(grads[0].numpy(), order="C")
        gw = np.empty_like(flat)
        gx = np.empty_like(xs) if ctx.x_wanted else np.empty((0, 0, 0), xs.dtype)
        kernels.sweep_backward(GEMM[flat.dtype], flat, xs, ctx.reverse, (h, c), g, (gw, gx))
        gw_t = torch.from_numpy(gw).reshape(ctx.shape)
        return gw_t, torch.from_numpy(gx) if ctx.x_wanted else None, None


class _Transfer(torch.autograd.Function):
    """Norm environment of half a chain on the CPU."""

    @staticmethod
    def forward(ctx: Any, w: Tensor) -> tuple[Tensor, Tensor]:
        flat = w.detach().permute(0, 2, 1, 3).contiguous().numpy()
        sites, bond = flat.shape[0], flat.shape[2]
        e = np.zeros((sites + 1, bond, bond), flat.dtype)
        e[0, 0, 0] = 1.0
        c = np.empty(sites, flat.dtype)
        kernels.transfer(GEMM[flat.dtype], flat, e, c)
        ctx.arrays = (flat, e, c)
        log_scale = torch.tensor(np.log(c).sum(), dtype=w.dtype)
        ctx.mark_non_differentiable(log_scale)
        return torch.from_numpy(e[sites]), log_scale

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Tensor:
        flat, e, c = ctx.arrays
        gw = np.empty_like(flat)
        kernels.transfer_backward(
            GEMM[flat.dtype], flat, e, c, np.array(grads[0].numpy(), order="C"), gw
        )
        return torch.from_numpy(gw).permute(0, 2, 1, 3)


def sweep(w: Tensor, x: Tensor, reverse: bool) -> tuple[Tensor, Tensor]:
    """Carry one vector per row from the end of half a chain to its other end, on the CPU.

    Args:
        w: cores, shape (sites, D, phys, D): axes (site from the end, outward, phys, inward).
        x: features, shape (sites, phys, batch), in the order of the chain.
        reverse: True for the right half, whose end is the last site.

    Returns:
        The vectors, shape (D, batch), scaled to a largest entry of 1, and the logarithms of their
        scales, shape (batch,). Derivatives pass through the vectors alone, which is exact wherever
        the result is used as `vector * exp(log_scale)`.

    Cost: sites · batch · D² · phys operations, sites · batch · D numbers.
    """
    return _Sweep.apply(w, x.contiguous(), reverse)


def transfer(w: Tensor) -> tuple[Tensor, Tensor]:
    """Return the norm environment of half a chain on the CPU, (D, D), and the log of its scale."""
    return _Transfer.apply(w)


class ChainNetwork(StateNetwork):
    """Cores of both halves and the label tensor, as trainable parameters.

    Args:
        left: shape (m, D, phys, D), axes (site, outward, phys, inward).
        label: shape (D, classes, D), axes (left bond, class, right bond).
        right: shape (n - m, D, phys, D), first entry = last site.
    """

    replayable = True

    def __init__(self, left: Tensor, label: Tensor, right: Tensor) -> None:
        super().__init__()
        self.left = torch.nn.Parameter(left)
        self.label = torch.nn.Parameter(label)
        self.right = torch.nn.Parameter(right)

    @classmethod
    def from_cores(cls, cores: NDArray[np.float64], label: NDArray[np.float64]) -> ChainNetwork:
        """Build from cores (sites, D, phys, D) with axes (site, left, phys, right) and a label."""
        half = len(cores) // 2
        left = cores[:half].transpose(0, 3, 2, 1)
        right = cores[half:][::-1]
        return cls(*(torch.from_numpy(a.copy()) for a in (left, label, right)))

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> ChainNetwork:
        """Build from the parameters that a file holds."""
        return cls(*(torch.tensor(arrays[name]) for name in ("left", "label", "right")))

    @property
    def sites(self) -> int:
        """Number of sites."""
        return self.left.shape[0] + self.right.shape[0]

    def arrays(self) -> ChainArrays:
        """Return the parameters as plain arrays."""
        return ChainArrays(*(to_array(p) for p in (self.left, self.label, self.right)))

    def forward(self, x: Tensor, unit: bool = False) -> tuple[Tensor, Tensor]:
        """Return amplitudes (batch, classes) and log scales (batch,): f = amplitude·exp(log scale).

        Args:
            x: features, shape (sites, phys, batch).
            unit: scale the vectors that meet at the label tensor to unit length.
        """
        (hl, sl), (hr, sr) = self._vectors(x)
        if unit:
            left, right = torch.linalg.vector_norm(hl, dim=0), torch.linalg.vector_norm(hr, dim=0)
            hl, hr = hl / left, hr / right
            sl, sr = sl + left.detach().log(), sr + right.detach().log()
        bond, classes = self.label.shape[:2]
        mixed = (hl.T @ self.label.reshape(bond, -1)).reshape(-1, classes, bond)
        return (mixed @ hr.T[:, :, None])[..., 0], sl + sr

    def _vectors(self, x: Tensor) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Return the vectors that meet at the label tensor, (D, batch), and their log scales."""
        half = self.left.shape[0]
        if x.device.type != "cpu":
            return self._block_vectors(x)
        return sweep(self.left, x[:half], False), sweep(self.right, x[half:], True)

    def _block_vectors(self, x: Tensor) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Return what `_vectors` does, by blocks; the first scale is that of both halves."""
        half = self.left.shape[0]
        values = chain_blocks.block_values(x[:half], x[half:].flip(0))
        h, scale = chain_blocks.carried(chain_blocks.blocks(self.left, self.right), values)
        return (h[0], scale), (h[1], torch.zeros_like(scale))

    def _environments(self) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Return the norm environments of both halves, (D, D), and the logs of their scales."""
        if self.label.device.type != "cpu":
            return self._block_environments()
        return transfer(self.left), transfer(self.right)

    def _block_environments(self) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        e, scale = chain_blocks.environments(chain_blocks.blocks(self.left, self.right))
        return (e[0], scale), (e[1], torch.zeros_like(scale))

    def log_norm(self) -> Tensor:
        """Return log Σ_c ‖W_c‖², the logarithm of the sum over all configurations and classes.

        Cost: sites · phys · D³.
        """
        (el, sl), (er, sr) = self._environments()
        bond = len(el)
        # Plain products: torch.einsum with four operands searches a contraction path every time.
        turned = (el @ self.label.reshape(bond, -1)).reshape(self.label.shape) @ er.T
        total = (turned * self.label).sum()
        return total.log() + sl + sr
