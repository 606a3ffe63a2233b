"""The tensor-network sampler as a device."""

from __future__ import annotations

from collections.abc import Sequence

from qiskit.primitives import BitArray

from qtn.devices.engines.base import Engine, Pub, sampler_bits

__all__ = ["TensorEngine"]


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
