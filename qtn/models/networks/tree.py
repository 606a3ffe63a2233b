"""The tree network: nodes coarse-grain pairs of vectors, a label tensor reads the root.

    h_up = Σ_{l,r} T_{up,l,r} h_l h_r          f_c(x) = Σ_u Λ_{c,u} h_root,u(x)

All nodes of one height are contracted for the whole batch at once: on the CPU by compiled kernels,
elsewhere by one batched matrix product. Vectors are rescaled per row and node; the logarithms of
the scales are kept.

The start is data-driven: a node keeps the leading eigenvectors of the second moments of the pairs
of vectors that reach it (Stoudenmire, Quantum Sci. Technol. 3, 034003 (2018), eqs. 8-12). Random
starts leave the root's vectors so small and alike that nothing is learnt.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._memory import check_memory
from qtn._optional import Tensor, torch
from qtn._random import generator
from qtn.models.networks import tree_kernels as kernels
from qtn.models.networks.base import StateNetwork, to_array
from qtn.models.networks.in_numpy.network_arrays import TreeArrays
from qtn.models.networks.trees import Layer, Pairs, layers
from qtn.states.kernels.blas import GEMM

# Rows that decide the data-driven start; more change nothing.
START_ROWS = 4000
# Width of a moment matrix up to which it is diagonalised; wider ones are applied to a few vectors.
WIDEST_DIRECT = 1024
_SPARE, _TURNS = 8, 2  # vectors more than wanted, and how often they are turned
# Relative ridge of the least-squares label tensor.
_RIDGE = 1e-3
_TINY = 1e-30


class _CoarseGrain(torch.autograd.Function):
    """One layer on the CPU: numba forward and backward."""

    @staticmethod
    def forward(ctx: Any, h: Tensor, node: Tensor, layer: Layer) -> tuple[Tensor, Tensor]:
        before, t = h.detach().numpy(), node.detach().numpy()
        where = tuple(np.array(p, np.int64) for p in (layer.left, layer.right, layer.passed))
        count = len(t) + len(layer.passed)
        out = np.empty((count, t.shape[1], before.shape[2]), t.dtype)
        c = np.empty((count, before.shape[2]), t.dtype)
        kernels.coarse_grain(GEMM[t.dtype], before, t, where, out, c)
        ctx.arrays, ctx.h_wanted = (before, t, where, c), h.requires_grad
        log_scale = torch.from_numpy(np.log(c).sum(axis=0))
        ctx.mark_non_differentiable(log_scale)
        return torch.from_numpy(out), log_scale

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple[Tensor | None, ...]:
        before, t = ctx.arrays[:2]
        gt = np.empty_like(t)
        gh = np.empty_like(before) if ctx.h_wanted else np.empty((0, 0, 0), t.dtype)
        g = np.array(grads[0].numpy(), order="C")
        kernels.coarse_grain_backward(GEMM[t.dtype], *ctx.arrays, g, (gt, gh))
        return torch.from_numpy(gh) if ctx.h_wanted else None, torch.from_numpy(gt), None


def coarse_grain(h: Tensor, node: Tensor, layer: Layer) -> tuple[Tensor, Tensor]:
    """Contract one layer of a tree.

    Args:
        h: vectors that reach the layer, shape (vectors, d, batch).
        node: tensors of the layer, shape (nodes, up, d·d).
        layer: which vectors are joined, and which pass.

    Returns:
        The vectors above the layer, shape (nodes + passed, up, batch), each scaled to a largest
        entry of 1, and the logarithms of the products of the scales, shape (batch,). Derivatives
        pass through the vectors alone.

    Cost: nodes · up · d² · batch operations.
    """
    if h.device.type == "cpu":
        return _CoarseGrain.apply(h.contiguous(), node.contiguous(), layer)
    new, log_c = _rescale(append(node @ outer(h, layer), h, layer))
    return new, log_c.sum(dim=0)


class TreeNetwork(StateNetwork):
    """Node tensors by layer and the label tensor, as trainable parameters.

    Args:
        pairs: the tree, see `qtn.models.networks.trees`.
        nodes: per layer, shape (nodes, up, d·d): d is the dimension that reaches the layer.
        label: shape (classes, root dimension).
    """

    replayable = True

    def __init__(self, pairs: Pairs, nodes: list[Tensor], label: Tensor) -> None:
        super().__init__()
        self.pairs = pairs
        self.sites = len(pairs) + 1
        self.layers = layers(pairs, self.sites)
        self.nodes = torch.nn.ParameterList(nodes)
        self.label = torch.nn.Parameter(label)

    @classmethod
    def coarse_grained(
        cls,
        x: Tensor,
        y: Tensor,
        classes: int,
        pairs: Pairs,
        bond: int,
        weights: Tensor | None = None,
    ) -> TreeNetwork:
        """Build the tree from data.

        Args:
            x: features (rows, sites, phys); some thousands of rows suffice.
            y: class numbers (rows,), or targets (rows, outputs).
            classes: number of classes or outputs.
            pairs: the tree.
            bond: bond dimension of the tree.
            weights: of the rows; None: all alike.
        """
        h = x.double().permute(1, 2, 0).contiguous()
        nodes = []
        for layer in layers(pairs, len(pairs) + 1):
            nodes_here, d = len(layer.numbers), h.shape[1]
            # Pairs of vectors of the rows, their second moments and the eigenvectors of these.
            squares = 3 * d**4 if d**2 <= WIDEST_DIRECT else 0
            check_memory(
                8.0 * nodes_here * (2 * d**2 * h.shape[2] + squares),
                f"A layer of {nodes_here} tree nodes that join vectors of dimension {d}",
            )
            joint = outer(h, layer)
            share = None if weights is None else weights.double()
            up = min(bond, joint.shape[1])
            if d**2 <= WIDEST_DIRECT:
                moments = (joint if share is None else joint * share) @ joint.mT
                node = torch.linalg.eigh(moments)[1][:, :, -up:].mT.flip(1).contiguous()
            else:
                node = leading_rows(joint, share, up)
            nodes.append(node)
            h, _ = _rescale(append(node @ joint, h, layer))
        root = h[0] / _lengths(h[0])
        target = (torch.nn.functional.one_hot(y, classes) if y.ndim == 1 else y).double()
        weighed = root if weights is None else root * weights.double()
        gram = weighed @ root.T
        ridge = _RIDGE * gram.diagonal().mean() * torch.eye(len(gram)).to(gram)
        label = torch.linalg.solve(gram + ridge, weighed @ target).T.contiguous()
        return cls(pairs, nodes, label)

    @classmethod
    def from_arrays(cls, pairs: Pairs, arrays: dict[str, NDArray[Any]]) -> TreeNetwork:
        """Build from the parameters that a file holds."""
        return cls(pairs, node_tensors(arrays), torch.tensor(arrays["label"]))

    def arrays(self) -> TreeArrays:
        """Return the parameters as plain arrays."""
        nodes = tuple(to_array(node) for node in self.nodes)
        return TreeArrays(self.pairs, nodes, to_array(self.label))

    def forward(self, x: Tensor, unit: bool = False) -> tuple[Tensor, Tensor]:
        """Return amplitudes (batch, classes) and log scales (batch,): f = amplitude·exp(log scale).

        Args:
            x: features, shape (sites, phys, batch).
            unit: scale the root's vector to unit length instead of largest entry 1.
        """
        h, log_scale = x, torch.zeros(x.shape[2], dtype=x.dtype, device=x.device)
        for layer, node in zip(self.layers, self.nodes, strict=True):
            h, log_c = coarse_grain(h, node, layer)
            log_scale = log_scale + log_c
        root = h[0]
        if unit:
            length = _lengths(root)
            root, log_scale = root / length, log_scale + length.detach().log()
        return (self.label @ root).T, log_scale

    def log_norm(self) -> Tensor:
        """Return log Σ_c ‖W_c‖², by contracting every node with itself."""
        e: Tensor | None = None
        log_scale = torch.zeros((), dtype=self.label.dtype, device=self.label.device)
        for layer, node in zip(self.layers, self.nodes, strict=True):
            up, d = node.shape[1], round(node.shape[2] ** 0.5)
            t = node.reshape(-1, up, d, d)
            if e is None:
                e = torch.eye(d, dtype=node.dtype, device=node.device).repeat(self.sites, 1, 1)
            turned = torch.matmul(
                torch.matmul(chosen(e, layer.left)[:, None], t), chosen(e, layer.right)[:, None].mT
            )
            new = turned.flatten(2) @ t.flatten(2).mT
            rest = torch.nn.functional.pad(chosen(e, layer.passed), (0, up - d, 0, up - d))
            e = torch.cat([new, rest])
            c = e.detach().diagonal(dim1=1, dim2=2).amax(dim=1).clamp_min(1e-30)
            e, log_scale = e / c[:, None, None], log_scale + c.log().sum()
        assert e is not None
        return ((self.label @ e[0]) * self.label).sum().log() + log_scale


def leading_rows(joint: Tensor, weights: Tensor | None, count: int) -> Tensor:
    """Return leading eigenvectors of the moments of wide vectors, by subspace iteration.

    The moments of d² numbers are d⁴; products with the rows alone find the few vectors wanted, and
    a start does not need them to the last digit.

    Args:
        joint: shape (nodes, d², rows).
        weights: of the rows, or None.
        count: how many.

    Returns:
        Orthonormal rows, shape (nodes, count, d²), the leading one first.

    Cost: 12 nodes · d² · rows · count operations.

    Reference: Halko, Martinsson and Tropp, SIAM Review 53, 217 (2011), algorithm 4.4.
    """
    width = min(count + _SPARE, joint.shape[1])
    scaled = joint if weights is None else joint * weights.sqrt()
    drawn = generator(0, "tree-start").standard_normal((joint.shape[2], width))
    seen = scaled @ torch.from_numpy(drawn).to(joint)
    for _ in range(_TURNS):
        seen = scaled @ (scaled.mT @ torch.linalg.qr(seen)[0])
    basis = torch.linalg.qr(seen)[0]
    inner = basis.mT @ scaled
    turn = torch.linalg.eigh(inner @ inner.mT)[1][:, :, -count:]
    return (basis @ turn).mT.flip(1).contiguous()


def node_tensors(arrays: dict[str, NDArray[Any]]) -> list[Tensor]:
    """Return the tensors of the layers among the parameters that a file holds."""
    count = sum(name.startswith("nodes.") for name in arrays)
    return [torch.tensor(arrays[f"nodes.{i}"]) for i in range(count)]


def chosen(h: Tensor, where: tuple[int, ...]) -> Tensor:
    """Return the rows `where` of a tensor; the list of them is sent to a device once."""
    if h.device.type == "cpu":
        return h[list(where)]
    return h.index_select(0, _places(where, h.device))


@lru_cache(maxsize=1024)
def _places(where: tuple[int, ...], device: torch.device) -> Tensor:
    return torch.tensor(where, dtype=torch.int64, device=device)


def outer(h: Tensor, layer: Layer) -> Tensor:
    """Return the products of both children's vectors, shape (nodes, d·d, batch)."""
    left, right = chosen(h, layer.left), chosen(h, layer.right)
    return (left[:, :, None, :] * right[:, None, :, :]).flatten(1, 2)


def append(new: Tensor, h: Tensor, layer: Layer) -> Tensor:
    """Put the vectors that pass the layer behind the new ones, padded to their dimension."""
    if not layer.passed:
        return new
    return torch.cat([new, _padded(chosen(h, layer.passed), new.shape[1])])


def _padded(h: Tensor, dimension: int) -> Tensor:
    return torch.nn.functional.pad(h, (0, 0, 0, dimension - h.shape[1]))


def _lengths(root: Tensor) -> Tensor:
    """Return the lengths of the columns; 1 for a row orthogonal to all that the tree keeps."""
    length = torch.linalg.vector_norm(root, dim=0)
    return torch.where(length > _TINY, length, 1.0)


def _rescale(h: Tensor) -> tuple[Tensor, Tensor]:
    c = h.detach().abs().amax(dim=1)
    c = torch.where(c > _TINY, c, 1.0)
    return h / c[:, None, :], c.log()
