"""States between layers in torch: batched over sites and layers, padded bonds; for GPUs.

The algorithm is that of `layers_cpu`, term for term. All gates of a layer are applied at once, in
one batch over the sites; environments are found in one pass along the chain for all layers.
Bonds are padded with zeros to the largest of a state, so that a CPU is faster with ragged bonds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from qtn.aqc.kernels.layers_cpu import SLACK, hastings, polar_gate
from qtn.aqc.shape.ansatz import Layer
from qtn.errors import ArgumentError
from qtn.states.schmidt import SchmidtForm


@dataclass(slots=True)
class Padded:
    """A state in Hastings' form, padded.

    Args:
        tensors: right-canonical, (n, χ, 2, χ).
        rho: density matrices of the part left of each site, (n, χ, χ).
        bonds: the true dimension of the bond left of each site.
        weight: the squared norm that truncations have left.
    """

    tensors: Tensor
    rho: Tensor
    bonds: list[int]
    weight: float = 1.0


def padded(tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return the tensor cut or filled with zeros to `shape`."""
    out = tensor.new_zeros(shape)
    part = tuple(slice(0, min(a, b)) for a, b in zip(tensor.shape, shape, strict=True))
    out[part] = tensor[part]
    return out


class TorchEngine:
    """States and environments of the layered kernel in torch.

    Args:
        target: chain of arrays `(left, 2, right)`, canonical with centre 0, norm 1.
        device: a torch device, such as "cuda" or "cpu".

    Raises:
        ArgumentError: the device is not there.
    """

    def __init__(self, target: list[np.ndarray], device: str) -> None:
        try:
            self._device = torch.device(device)
            torch.empty(1, device=self._device)
        except (RuntimeError, AssertionError) as error:
            raise ArgumentError(
                f"Argument `device` must name a torch device of this machine, but is {device!r}. "
                f"Use None for the compiled kernels on the CPU."
            ) from error
        self._target = SchmidtForm.from_right(target)
        self._n = len(target)

    def _send(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)

    def zero(self, dtype: np.dtype) -> Padded:
        """Return |0...0>."""
        tensors = np.zeros((self._n, 1, 2, 1), dtype)
        tensors[:, 0, 0, 0] = 1.0
        return Padded(
            self._send(tensors), self._send(np.ones((self._n, 1, 1), dtype)), [1] * self._n
        )

    def target(self, cut: float, dtype: np.dtype) -> Padded:
        """Return the target with bonds that lose at most the weight `cut` each."""
        state = hastings(self._target, cut, dtype)
        bonds = [len(t) for t in state.tensors]
        size = max(bonds)
        tensors = np.zeros((self._n, size, 2, size), dtype)
        rho = np.zeros((self._n, size, size), dtype)
        for k, (tensor, weights) in enumerate(zip(state.tensors, state.rho, strict=True)):
            tensors[k, : tensor.shape[0], :, : tensor.shape[2]] = tensor
            rho[k, : len(weights), : len(weights)] = weights
        return Padded(self._send(tensors), self._send(rho), bonds)

    def apply(
        self,
        state: Padded,
        layer: Layer,
        gates: np.ndarray,
        dagger: bool,
        limits: tuple[float, int],
        guess: Padded | None,
    ) -> Padded:
        """Return the state after the layer or its inverse; disjoint gates in one batch."""
        number = {k: i for i, k in enumerate(layer.bonds)}
        order = layer.bonds if layer.down != dagger else layer.bonds[::-1]
        groups = [order] if layer.disjoint else [(k,) for k in order]
        for group in groups:
            used = self._send(gates[[number[k] for k in group]])
            state = self._gates(state, group, used.mH if dagger else used, limits, guess)
        return state

    def _gates(
        self,
        state: Padded,
        group: tuple[int, ...],
        gates: Tensor,
        limits: tuple[float, int],
        guess: Padded | None,
    ) -> Padded:
        at = torch.tensor(group, device=self._device)
        chi, m = state.tensors.shape[1], len(group)
        pair = torch.einsum("masb,mbtc->mastc", state.tensors[at], state.tensors[at + 1])
        pair = gates[:, None] @ pair.reshape(m, chi, 4, chi)
        flat, rho = pair.reshape(m, 2 * chi, 2 * chi), state.rho[at]
        heavy = (rho @ pair.reshape(m, chi, 4 * chi)).reshape(m, 2 * chi, 2 * chi)
        weight = (flat.conj() * heavy).sum((1, 2)).real
        most = [
            min(2 * state.bonds[k], 2 * (state.bonds[k + 2] if k + 2 < self._n else 1), limits[1])
            for k in group
        ]
        basis, kept = self._kept(flat, heavy, weight, most, limits[0], guess, at)
        left = (flat @ basis).reshape(m, chi, 2, -1)
        k = left.shape[3]
        moved = left.reshape(m, chi, 2 * k)
        between = left.reshape(m, 2 * chi, k).mH @ (rho @ moved).reshape(m, 2 * chi, k)
        lost = 1.0 - between.diagonal(dim1=1, dim2=2).sum(1).real / weight
        bonds = list(state.bonds)
        for bond, size in zip(group, kept, strict=True):
            bonds[bond + 1] = size
        size = max(bonds)
        tensors = padded(state.tensors, (self._n, size, 2, size))
        matrices = padded(state.rho, (self._n, size, size))
        tensors[at] = padded(left, (m, size, 2, size))
        tensors[at + 1] = padded(basis.mH.reshape(m, k, 2, chi), (m, size, 2, size))
        matrices[at + 1] = padded(between, (m, size, size))
        remaining = state.weight * float(torch.prod(1.0 - lost.clamp(min=0.0)))
        return Padded(tensors, matrices, bonds, remaining)

    def _kept(
        self,
        flat: Tensor,
        heavy: Tensor,
        weight: Tensor,
        most: list[int],
        cut: float,
        guess: Padded | None,
        at: Tensor,
    ) -> tuple[Tensor, list[int]]:
        """Return bases of the spaces kept right of the gates, (m, 2 χ, k), and their dimensions.

        From the guess by one step of subspace iteration if no bond loses too much that way.
        """
        m, size = flat.shape[0], flat.shape[1]
        if guess is not None:
            kept = [min(guess.bonds[k + 1], limit) for k, limit in zip(at.tolist(), most)]
            old = padded(guess.tensors[at + 1], (m, max(kept), 2, size // 2)).reshape(m, -1, size)
            mask = self._mask(kept)
            basis = torch.linalg.qr(flat.mH @ (heavy @ (old.mH * mask)))[0] * mask
            held = ((heavy @ basis).conj() * (flat @ basis)).sum((1, 2)).real
            if float((1.0 - held / weight).max()) <= SLACK * cut:
                return basis, kept
        values, vectors = torch.linalg.eigh(flat.mH @ heavy)
        values = values.flip(1).clamp(min=0.0)
        tails = values.flip(1).cumsum(1).flip(1)
        counts = (tails > cut * tails[:, :1]).sum(1).clamp(min=1).tolist()
        kept = [min(count, limit) for count, limit in zip(counts, most, strict=True)]
        return vectors.flip(2)[:, :, : max(kept)] * self._mask(kept), kept

    def _mask(self, kept: list[int]) -> Tensor:
        sizes = torch.tensor(kept, device=self._device)[:, None]
        return (torch.arange(max(kept), device=self._device)[None] < sizes)[:, None]

    def environments(
        self,
        bras: list[Padded],
        kets: list[Padded],
        layers: list[tuple[Layer, slice]],
        gates: np.ndarray,
    ) -> tuple[complex, np.ndarray]:
        """Return the overlap and the environments of all gates, all layers in one batch."""
        found = np.empty_like(gates)
        overlap = self._pass(bras, kets, layers, gates, found, False)
        return overlap, found

    def update(self, bra: Padded, ket: Padded, layer: Layer, gates: np.ndarray) -> complex:
        """Polar update of one layer's gates in place; return the overlap after it."""
        part = [(layer, slice(0, len(gates)))]
        return self._pass([bra], [ket], part, gates, np.empty_like(gates), True)

    def _pass(
        self,
        bras: list[Padded],
        kets: list[Padded],
        layers: list[tuple[Layer, slice]],
        gates: np.ndarray,
        found: np.ndarray,
        update: bool,
    ) -> complex:
        """To the left and back to the right, as in `layers_cpu`, with a leading axis of layers."""
        if not all(layer.down or layer.disjoint for layer, _ in layers):
            raise ArgumentError(
                "Layers for a torch device must act from the left to the right, but one acts from "
                "the right. Use device=None."
            )
        bra, ket = [t.conj() for t in self._stack(bras)], self._stack(kets)
        n = self._n
        scale = np.array([(a.weight * b.weight) ** -0.5 for a, b in zip(bras, kets, strict=True)])
        numbers = [
            [
                part.start + layer.bonds.index(k) if k in layer.bonds else -1
                for layer, part in layers
            ]
            for k in range(n - 1)
        ]
        one = np.eye(4, dtype=gates.dtype)
        chosen = [np.stack([gates[i] if i >= 0 else one for i in row]) for row in numbers]
        sent = self._send(np.stack(chosen))
        before: list[Tensor] = [sent] * n
        part = bra[n - 1]
        for k in range(n - 2, -1, -1):
            # A bare bond is one with the identity as its gate.
            before[k] = torch.einsum("dasm,dmtg->dastg", bra[k], part).flatten(2, 3)
            after = (sent[k].mT[:, None] @ before[k]).unflatten(2, (2, 2))
            part = torch.einsum("dastg,dftg->dasf", after, ket[k + 1])
        carry = ket[0]
        for k in range(n - 1):
            pair = torch.einsum("dasf,dftg->dastg", carry, ket[k + 1]).flatten(2, 3)
            gate = sent[k]
            if any(i >= 0 for i in numbers[k]):
                here = torch.einsum("darg,dacg->drc", before[k], pair).cpu().numpy()
                for d, i in enumerate(numbers[k]):
                    if i >= 0:
                        found[i] = here[d] * scale[d]
                        if update:
                            gates[i] = polar_gate(found[i], gates[i])
                            gate = self._send(gates[i][None])
            after = (gate[:, None] @ pair).unflatten(2, (2, 2))
            carry = torch.einsum("dasm,dastg->dmtg", bra[k], after)
        return complex((carry[0] * bra[n - 1][0]).sum().item()) * float(scale[0])

    def _stack(self, states: list[Padded]) -> list[Tensor]:
        """Return the tensors site by site, the states stacked; outer bonds are 1."""
        size = max(state.tensors.shape[1] for state in states)
        stack = torch.stack([padded(s.tensors, (self._n, size, 2, size)) for s in states])
        sites = list(stack.unbind(1))
        sites[0] = sites[0][:, :1]
        sites[-1] = sites[-1][..., :1]
        return sites
