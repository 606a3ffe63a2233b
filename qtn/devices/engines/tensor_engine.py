"""The tensor-network sampler as a device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qiskit.primitives import BitArray

from qtn.devices.engines.base import Engine, Pub
from qtn.devices.measurements import bits_of

__all__ = ["TensorEngine", "sampler_bits"]


class TensorEngine(Engine):
    """Noiseless sampling of circuits by matrix product states.

    Circuits that go on after a measurement split the state by outcome; what cannot be followed is
    refused with the name of the device that can.
    """

    batch = 256

    def __init__(self) -> None:
        super().__init__("tensor", None)

    def sample(self, pubs: Sequence[Pub], shots: int, seed: int) -> tuple[list[BitArray], str]:
        from qtn.devices.tensor.primitives import TensorSampler

        return sampler_bits(TensorSampler(seed=seed), pubs, shots), "tensor network: asked for"


def sampler_bits(sampler: Any, pubs: Sequence[Pub], shots: int) -> list[BitArray]:
    """Run PUBs on a `BaseSamplerV2` and return the bits of each."""
    work = [(p.circuit,) if p.values is None else (p.circuit, p.values) for p in pubs]
    found = sampler.run(work, shots=shots).result()
    return [bits_of(r.data, pub.circuit) for r, pub in zip(found, pubs, strict=True)]
