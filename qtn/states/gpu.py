"""The heavy kernels of chains on a torch device: sampling, amplitudes, overlaps, values.

On a CPU numpy is faster at every bond, so nothing comes here unless a device is asked for. The
chain is moved to the device once and stays there; results return as numpy arrays. Samples are drawn
with numpy's generator, so that a seed gives the same samples on every device (up to rounding).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, final

import numpy as np

from qtn._checks import choice, fail, positive_int
from qtn._optional import torch
from qtn._random import generator
from qtn.states.kernels.gauge import normalise_chain

__all__ = ["DeviceChain", "checked_device"]

BLOCK: Final = 1 << 16
"""Rows of a batched product: enough to fill a GPU while the block stays well below its memory."""


def checked_device(device: str) -> torch.device:
    """Return a torch device, or raise `ArgumentError` where this machine does not have it."""
    try:
        found = torch.device(device)
        torch.empty(1, device=found)
    except (RuntimeError, AssertionError, TypeError) as error:
        raise fail("device", "a torch device of this machine", device) from error
    return found


class Chain(Protocol):
    """What has tensors (left, phys, right), such as an `MPS`."""

    @property
    def tensors(self) -> Sequence[np.ndarray]:
        """The tensors."""
        ...


@final
class DeviceChain:
    """A normalised chain on a torch device.

    Args:
        state: the state; it is normalised and brought to right-canonical form first.
        device: a torch device name, for instance "cuda", "cuda:1" or "cpu".
        precision: "double" (complex128, float64) or "single" (complex64, float32), which is several
            times faster on most GPUs and right to about 1e-6.

    Raises:
        ArgumentError: the device does not exist.

    Example:
        >>> from qtn.states import MPS
        >>> bell = MPS.from_dense([1, 0, 0, 1])
        >>> chain = DeviceChain(bell, device="cpu")
        >>> np.round(chain.amplitudes(np.array([[0, 0], [0, 1]])).real, 6)
        array([0.707107, 0.      ])
    """

    def __init__(self, state: Chain, device: str = "cuda", precision: str = "double") -> None:
        single = choice("precision", precision, ("double", "single")) == "single"
        self.device = checked_device(device)
        chain = normalise_chain(state.tensors)
        real = all(t.dtype.kind == "f" for t in chain)
        names = {(True, True): "float32", (True, False): "float64", (False, True): "complex64"}
        self.dtype = getattr(torch, names.get((real, single), "complex128"))
        self.tensors = [torch.as_tensor(t).to(self.device, self.dtype) for t in chain]

    @classmethod
    def of(cls, tensors: Sequence[torch.Tensor]) -> DeviceChain:
        """Return the chain of tensors that are on a device already, of centre 0, normalised."""
        chain = cls.__new__(cls)
        chain.device, chain.dtype = tensors[0].device, tensors[0].dtype
        chain.tensors = [tensors[0] / torch.linalg.vector_norm(tensors[0]), *tensors[1:]]
        return chain

    def sample(self, shots: int, seed: int = 0) -> np.ndarray:
        """Draw exact, independent samples; uint8 (shots, n), column i = site i.

        Cost: one product (shots, χ) · (χ, d χ) per site.
        """
        rng = generator(seed, "mps-sample")
        count = positive_int("shots", shots)
        blocks = [self._block(min(BLOCK, count - k), rng) for k in range(0, count, BLOCK)]
        return np.concatenate(blocks)

    def _block(self, rows: int, rng: np.random.Generator) -> np.ndarray:
        vectors = torch.ones((rows, 1), dtype=self.dtype, device=self.device)
        out = torch.empty((rows, len(self.tensors)), dtype=torch.uint8, device=self.device)
        index = torch.arange(rows, device=self.device)
        for site, tensor in enumerate(self.tensors):
            left, phys, right = tensor.shape
            branches = (vectors @ tensor.reshape(left, -1)).reshape(rows, phys, right)
            weights = branches.abs().square().sum(dim=2).double()
            cumulative = torch.cumsum(weights, dim=1)
            draws = torch.as_tensor(rng.random(rows)).to(self.device) * cumulative[:, -1]
            outcome = (draws[:, None] >= cumulative).sum(dim=1).clamp(max=phys - 1)
            out[:, site] = outcome
            norms = weights[index, outcome].sqrt()[:, None]
            vectors = branches[index, outcome] / norms.to(branches.real.dtype)
        return out.cpu().numpy()

    def amplitudes(self, bits: np.ndarray) -> np.ndarray:
        """Return the amplitudes of rows of `bits`, integers (batch, n).

        Cost: one batched product (batch, χ) · (χ, χ) per site and level.
        """
        rows = torch.as_tensor(np.asarray(bits, dtype=np.int64), device=self.device)
        if rows.ndim != 2 or rows.shape[1] != len(self.tensors):
            raise fail("bits", f"an integer array (batch, {len(self.tensors)})", bits)
        vectors = torch.ones((len(rows), 1), dtype=self.dtype, device=self.device)
        for site, tensor in enumerate(self.tensors):
            moved = torch.zeros((len(rows), tensor.shape[2]), dtype=self.dtype, device=self.device)
            for level in range(tensor.shape[1]):
                chosen = rows[:, site] == level
                moved[chosen] = vectors[chosen] @ tensor[:, level]
            vectors = moved
        return np.asarray(vectors[:, 0].cpu().numpy())

    def overlap(self, other: DeviceChain) -> complex:
        """Return ⟨self|other⟩ of the two normalised chains."""
        dtype = torch.promote_types(self.dtype, other.dtype)
        environment = torch.ones((1, 1), dtype=dtype, device=self.device)
        for x, y in zip(self.tensors, other.tensors, strict=True):
            half = torch.tensordot(environment, y.to(dtype), dims=1)
            environment = torch.tensordot(x.to(dtype).conj(), half, dims=([0, 1], [0, 1]))
        return complex(environment[0, 0].item())

    def values(self, operators: Sequence[Mapping[int, np.ndarray]]) -> np.ndarray:
        """Return ⟨O_k⟩ of product operators {site: matrix}, all of them in one batched sweep.

        Cost: products of stacks of (operators, χ, χ) matrices from the first factor of all
        operators to the last; one environment before it, nothing behind it.
        """
        complex_type = torch.promote_types(self.dtype, torch.complex64)
        first = min((min(f) for f in operators if f), default=0)
        last = max((max(f) for f in operators if f), default=-1)
        tensors = [t.to(complex_type) for t in self.tensors]
        environment = torch.ones((1, 1), dtype=complex_type, device=self.device)
        for tensor in tensors[:first]:
            environment = _absorb(environment[None], tensor, None)[0]
        stack = environment.expand(len(operators), -1, -1)
        for site in range(first, last + 1):
            one = np.eye(tensors[site].shape[1])
            factors = np.array([f.get(site, one) for f in operators], dtype=complex)
            turned = torch.as_tensor(factors).to(self.device, complex_type)
            stack = _absorb(stack, tensors[site], turned)
        # The sites to the right are isometries: their environment is the identity.
        traces = torch.einsum("kaa->k", stack).cpu().numpy()
        return np.asarray(traces)


def _absorb(stack: Any, tensor: Any, factors: Any) -> Any:
    """Return Σ_pq F_pq A_p† E A_q for a stack of environments E and factors F."""
    half = torch.einsum("kab,bqc->kaqc", stack, tensor)
    if factors is not None:
        half = torch.einsum("kpq,kaqc->kapc", factors, half)
    return torch.einsum("apd,kapc->kdc", tensor.conj(), half)
