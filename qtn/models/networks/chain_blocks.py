"""Both halves of a chain at once and several sites at a time, for devices of many cores.

A GPU does a large product in about the time of a small one, so that the length of the chain of
dependent steps decides. Neighbouring cores are therefore multiplied first, all pairs at once, until
a block of r sites has some 16 physical values p = (s₁ … s_r),

    V_{o,p,a} = (A^r_{s_r} … A¹_{s₁})_{oa},        z_p(x) = x¹_{s₁} … x^r_{s_r}

and then one vector per row is carried from block to block, in both halves in one batch:

    h'_o = Σ_{p,a} V_{o,p,a} z_p h_a / c,        e'_{op} = Σ V_{o,s,a} e_{ab} V_{p,s,b} / c

Products of cores cost D³ and do not grow with the batch; the sweep then has r times fewer steps.
The shorter half ends in identities. On the way back the derivatives of all blocks are one product
each, since only the vectors depend on each other. Scales are constants for the derivative, as in
`chain_kernels`; gradients are the same up to rounding.
"""

from __future__ import annotations

from typing import Any

from qtn._optional import Tensor, torch

# Values of a block: with more, its products cost more than the steps they save.
_WIDEST = 16
_TINY = 1e-30


def sites_per_block(sites: int, phys: int) -> int:
    """Return how many neighbouring sites are multiplied before the sweep, a power of 2."""
    count = 1
    while phys ** (2 * count) <= _WIDEST and 2 * count <= sites:
        count *= 2
    return count


def blocks(left: Tensor, right: Tensor) -> Tensor:
    """Return the products of neighbouring cores, shape (blocks, 2, D, values, D).

    Args:
        left: cores of one half, shape (sites, D, phys, D): axes (site, outward, phys, inward).
        right: cores of the other.
    """
    longest = max(len(left), len(right))
    size = sites_per_block(longest, left.shape[2])
    total = -(-longest // size) * size
    v = torch.stack([_filled(left, total), _filled(right, total)], dim=1)
    while size > 1:
        first, second = v[0::2], v[1::2]
        count, _, bond, phys, _ = v.shape
        count //= 2
        # (o, s, m) · (m, t, a): the later site's value stands first.
        rows, columns = second.reshape(-1, bond * phys, bond), first.reshape(-1, bond, phys * bond)
        v = (rows @ columns).reshape(count, 2, bond, phys * phys, bond)
        size //= 2
    return v


def block_values(left: Tensor, right: Tensor) -> Tensor:
    """Return the products of neighbouring features, shape (blocks, 2, values, batch).

    Args:
        left: features of the left half from its end, shape (sites, phys, batch).
        right: those of the right half, from its end.
    """
    longest = max(len(left), len(right))
    size = sites_per_block(longest, left.shape[1])
    total = -(-longest // size) * size
    z = torch.stack([_first(left, total), _first(right, total)], dim=1)
    while size > 1:
        z = (z[1::2, :, :, None] * z[0::2, :, None]).flatten(2, 3)
        size //= 2
    return z


def _filled(w: Tensor, total: int) -> Tensor:
    """Append cores that hand on what comes while the features are (1, 0, …)."""
    missing = total - len(w)
    if not missing:
        return w
    one = torch.zeros(w.shape[1:], dtype=w.dtype, device=w.device)
    one[:, 0] = torch.eye(w.shape[1], dtype=w.dtype, device=w.device)
    return torch.cat([w, one.expand(missing, -1, -1, -1)])


def _first(x: Tensor, total: int) -> Tensor:
    missing = total - len(x)
    if not missing:
        return x
    one = torch.zeros(x.shape[1:], dtype=x.dtype, device=x.device)
    one[0] = 1.0
    return torch.cat([x, one.expand(missing, -1, -1)])


class _Carry(torch.autograd.Function):
    """Vectors of all rows from the ends to the label tensor."""

    @staticmethod
    def forward(ctx: Any, v: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
        count, _, bond, values, _ = v.shape
        batch = z.shape[3]
        flat = v.detach().reshape(count, 2, bond, values * bond)
        h = torch.zeros(count + 1, 2, bond, batch, dtype=v.dtype, device=v.device)
        h[0, :, 0] = 1.0
        c = torch.empty(count, 2, 1, batch, dtype=v.dtype, device=v.device)
        for i in range(count):
            y = (z[i, :, :, None] * h[i, :, None]).reshape(2, values * bond, batch)
            out = torch.bmm(flat[i], y)
            torch.amax(out.abs(), dim=1, keepdim=True, out=c[i])
            c[i].clamp_min_(_TINY)
            torch.div(out, c[i], out=h[i + 1])
        ctx.save_for_backward(flat, z, h, c)
        ctx.shape = v.shape
        log_scale = c.log().sum(dim=(0, 1, 2))
        ctx.mark_non_differentiable(log_scale)
        return h[count], log_scale

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple[Tensor | None, ...]:
        flat, z, h, c = ctx.saved_tensors
        count, _, bond, values, _ = ctx.shape
        batch = z.shape[3]
        g = torch.empty(count, 2, bond, batch, dtype=flat.dtype, device=flat.device)
        wanted = ctx.needs_input_grad[1]
        gz = torch.empty_like(z) if wanted else None
        above = grads[0]
        for i in range(count - 1, -1, -1):
            torch.div(above, c[i], out=g[i])
            gy = torch.bmm(flat[i].mT, g[i]).reshape(2, values, bond, batch)
            if gz is not None:
                torch.sum(gy * h[i, :, None], dim=2, out=gz[i])
            above = (gy * z[i, :, :, None]).sum(dim=1)
        y = (z[:, :, :, None] * h[:-1, :, None]).reshape(2 * count, values * bond, batch)
        gv = torch.bmm(g.reshape(2 * count, bond, batch), y.mT)
        return gv.reshape(ctx.shape), gz


class _Norms(torch.autograd.Function):
    """Norm environments of both halves; symmetric, so that their derivatives are too."""

    @staticmethod
    def forward(ctx: Any, v: Tensor) -> tuple[Tensor, Tensor]:
        count, _, bond, values, _ = v.shape
        used = v.detach()
        e = torch.zeros(count + 1, 2, bond, bond, dtype=v.dtype, device=v.device)
        e[0, :, 0, 0] = 1.0
        c = torch.empty(count, 2, 1, 1, dtype=v.dtype, device=v.device)
        for i in range(count):
            half = torch.bmm(used[i].reshape(2, bond * values, bond), e[i])
            flat = used[i].reshape(2, bond, values * bond)
            out = torch.bmm(half.reshape(2, bond, values * bond), flat.mT)
            torch.amax(out.diagonal(dim1=1, dim2=2), dim=1, out=c[i, :, 0, 0])
            c[i].clamp_min_(_TINY)
            torch.div(out, c[i], out=e[i + 1])
        ctx.save_for_backward(used, e, c)
        log_scale = c.log().sum()
        ctx.mark_non_differentiable(log_scale)
        return e[count], log_scale

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Tensor:
        v, e, c = ctx.saved_tensors
        count, _, bond, values, _ = v.shape
        half = torch.empty(count, 2, bond, values * bond, dtype=v.dtype, device=v.device)
        g = 0.5 * (grads[0] + grads[0].mT)
        for i in range(count - 1, -1, -1):
            torch.bmm(g / c[i], v[i].reshape(2, bond, values * bond), out=half[i])
            g = torch.bmm(
                v[i].reshape(2, bond * values, bond).mT, half[i].reshape(2, bond * values, bond)
            )
        wide = half.reshape(2 * count, bond * values, bond)
        gv = torch.bmm(wide, e[:-1].reshape(2 * count, bond, bond))
        return 2.0 * gv.reshape(v.shape)


def carried(v: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
    """Carry one vector per row from both ends to the label tensor.

    Args:
        v: products of cores, from `blocks`.
        z: products of features, from `block_values`.

    Returns:
        The vectors, shape (2, D, batch), scaled to a largest entry of 1, and the logarithms of the
        products of both halves' scales, shape (batch,).

    Cost: blocks · values · batch · D² operations for each half.
    """
    return _Carry.apply(v, z)


def environments(v: Tensor) -> tuple[Tensor, Tensor]:
    """Return the norm environments of both halves, (2, D, D), and the log of their scales.

    Cost: blocks · values · D³ operations for each half.
    """
    return _Norms.apply(v)
