"""Adam on orthogonal matrices: steps in the Lie algebra, so that no constraint is ever violated.

With the gradient G of the loss at U, the tangent direction is A U with the skew-symmetric

    A = ½ (G Uᵀ - U Gᵀ).

A lives in one fixed space whatever U is, so that its moments can be averaged entry by entry as in
ordinary Adam, without transport. A step goes along the Cayley curve

    U ← (1 + η/2 M)⁻¹ (1 - η/2 M) U,        M = m̂ / (√v̂ + ε)  skew-symmetric as well,

followed by one Newton-Schulz iteration that removes rounding errors.

Reference: Li, Fuxin, Todorovic, ICLR 2020 (arXiv:2002.01113), Cayley Adam; here with element-wise
second moments in the Lie algebra and the linear system solved exactly.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from qtn._optional import Tensor, torch


class OrthogonalAdam(torch.optim.Optimizer):
    """Adam for stacks of orthogonal matrices and for free numbers beside them.

    Args:
        params: the parameters; stacks (count, d, d) are orthogonal, all others free.
        lr: step size, in radians per step and plane for the orthogonal ones.
        betas: decay of the first and second moments.
        eps: keeps the denominator positive.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-2,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Move every parameter that has a gradient."""
        with torch.no_grad():
            for group in self.param_groups:
                for u in group["params"]:
                    if u.grad is not None:
                        self._move(u, group)

    def _move(self, u: Tensor, group: dict[str, Any]) -> None:
        state = self.state[u]
        if not state:
            state["step"] = torch.zeros(())
            state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(u), torch.zeros_like(u)
        first, second = group["betas"]
        assert u.grad is not None
        orthogonal = u.ndim == 3
        slope = u.grad
        if orthogonal:
            pull = u.grad @ u.mT
            slope = 0.5 * (pull - pull.mT)
        state["step"] += 1
        t = float(state["step"])
        mean = state["exp_avg"].lerp_(slope, 1 - first)
        square = state["exp_avg_sq"].lerp_(slope.square(), 1 - second)
        scale = (square / (1 - second**t)).sqrt_().add_(group["eps"])
        half = (0.5 * group["lr"] / (1 - first**t)) * mean / scale
        if not orthogonal:
            u.sub_(2 * half)
            return
        one = torch.eye(u.shape[-1], dtype=u.dtype, device=u.device)
        moved = torch.linalg.solve(one + half, (one - half) @ u)
        u.copy_(1.5 * moved - 0.5 * (moved @ moved.mT) @ moved)
