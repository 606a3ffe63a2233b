"""What a classifier minimises, per row, in nats.

`amplitude` (batch, classes) and `log_scale` (batch,) describe f_c = amplitude·exp(log_scale).
"""

from __future__ import annotations

from qtn._optional import Tensor, torch

# Lower limit of a Born probability: bounds the derivative where an amplitude crosses zero.
_FLOOR = 1e-6
# Amplitudes beyond exp(±_LIMIT) saturate the softmax, and are no prediction, anyway.
_LIMIT = 30.0
LOSSES = ("born", "softmax")


def values(amplitude: Tensor, log_scale: Tensor) -> Tensor:
    """Return f, shape (batch, outputs)."""
    return amplitude * log_scale.clamp(-_LIMIT, _LIMIT).exp()[:, None]


def log_probabilities(amplitude: Tensor, log_scale: Tensor, loss: str) -> Tensor:
    """Return log p(class | row), shape (batch, classes).

    born:    p_c = |f_c|² / Σ_k |f_k|²          softmax:    p_c = exp f_c / Σ_k exp f_k
    """
    if loss == "softmax":
        return torch.log_softmax(values(amplitude, log_scale), dim=1)
    square = amplitude.square()
    total = square.sum(dim=1, keepdim=True).clamp_min(torch.finfo(square.dtype).tiny)
    floored = square / total + _FLOOR
    return floored.log() - floored.sum(dim=1, keepdim=True).log()


def log_likelihood(amplitude: Tensor, log_scale: Tensor, log_norm: Tensor, y: Tensor) -> Tensor:
    """Return log p(row, class y) = log |f_y|² / Σ ‖W_k‖², the joint Born distribution, (batch,)."""
    chosen = amplitude.gather(1, y[:, None])[:, 0].square()
    tiny = torch.finfo(chosen.dtype).tiny
    # A row whose own class is nearly orthogonal must not dominate the batch.
    floor = _FLOOR * amplitude.detach().square().sum(dim=1) + tiny
    return (chosen + floor).log() + 2.0 * log_scale - log_norm
