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
    job = sampler.run([(c,) if v is None else (c, v) for c, v in pubs], shots=shots)
    return [bits_of(r.data, c) for r, (c, _) in zip(job.result(), pubs, strict=True)]
