"""Environments of layers of any kind, site by site: staircases, and sweeps that update gates.

The algorithm is that of `layers_cpu`, term for term, with a leading axis of layers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qtn._optional import Tensor, torch
from qtn.aqc.kernels.layers_cpu import polar_gate
from qtn.aqc.shape.ansatz import Layer
from qtn.errors import ArgumentError

Send = Callable[[np.ndarray], Tensor]


def joined(a: Tensor, b: Tensor) -> Tensor:
    """Return Σ_m a_{l s m} b_{m t r} of batches as (batch, l, 4, r)."""
    left, right = a.shape[1], b.shape[3]
    return (a.flatten(1, 2) @ b.flatten(2, 3)).reshape(-1, left, 4, right)


def turned(gate: Tensor, pair: Tensor) -> Tensor:
    """Return gates on the middle legs of pairs (batch, l, 4, r), as one product per pair."""
    flat = gate @ pair.transpose(1, 2).flatten(2, 3)
    return flat.unflatten(2, (pair.shape[1], -1)).transpose(1, 2).contiguous()


def contracted(pair: Tensor, b: Tensor) -> Tensor:
    """Return Σ_{t r} pair_{l (s t) r} b_{f t r} as (batch, l, s, f)."""
    left, right = pair.shape[1], pair.shape[3]
    wide = pair.reshape(-1, 2 * left, 2 * right) @ b.flatten(2, 3).mT
    return wide.unflatten(1, (left, 2))


def check_downward(layers: list[tuple[Layer, slice]]) -> None:
    """Raise `ArgumentError` for layers whose gates act from the right to the left."""
    if not all(layer.down or layer.disjoint for layer, _ in layers):
        raise ArgumentError(
            "Layers for a torch device must act from the left to the right, but one acts from "
            "the right. Use device=None."
        )


def _numbers(layers: list[tuple[Layer, slice]], n: int) -> np.ndarray:
    """Return the number of the gate on every bond of every layer, (n - 1, layers); -1: none."""
    found = np.full((n - 1, len(layers)), -1)
    for column, (layer, part) in enumerate(layers):
        found[list(layer.bonds), column] = part.start + np.arange(len(layer.bonds))
    return found


def site_by_site(
    states: tuple[list[Tensor], list[Tensor]],
    scale: Tensor,
    layers: list[tuple[Layer, slice]],
    gates: np.ndarray,
    send: Send,
    update: bool,
) -> tuple[complex, np.ndarray]:
    """Go to the left and back to the right; return the overlap and all environments.

    Args:
        states: bras, conjugated, and kets, one tensor (D, χ, 2, χ) per site, outer bonds 1.
        scale: factor per layer, (D,).
        layers: with the numbers of their gates.
        gates: (gates, 4, 4); with `update` each gate is replaced by its polar update as soon as
            its environment is known.
        send: brings an array to the device.
        update: whether gates are updated; for a single layer.
    """
    (bra, ket), n = states, len(states[0])
    numbers, found = _numbers(layers, n), np.empty_like(gates)
    one = np.eye(4, dtype=gates.dtype)
    sent = send(np.where(numbers[..., None, None] >= 0, gates[numbers], one))
    before: list[Tensor] = [sent] * n
    part = bra[n - 1]
    for k in range(n - 2, -1, -1):
        # A bare bond is one with the identity as its gate.
        before[k] = joined(bra[k], part)
        part = contracted(turned(sent[k].mT, before[k]), ket[k + 1])
    carry, here = ket[0], []
    for k in range(n - 1):
        pair = joined(carry, ket[k + 1])
        gate = sent[k]
        # One small product per left index: a single long sum would keep few cores busy.
        here.append((before[k] @ pair.mT).sum(1) * scale[:, None, None])
        if update and numbers[k, 0] >= 0:
            i = numbers[k, 0]
            gates[i] = polar_gate(here[k][0].cpu().numpy().astype(gates.dtype), gates[i])
            gate = send(gates[i][None])
        after, left = turned(gate, pair), bra[k].flatten(1, 2)
        carry = (left.mT @ after.reshape(*left.shape[:2], -1)).unflatten(2, (2, -1))
    every = torch.stack(here).cpu().numpy()
    found[numbers[numbers >= 0]] = every[numbers >= 0]
    return complex(((carry[0] * bra[n - 1][0]).sum() * scale[0]).item()), found
