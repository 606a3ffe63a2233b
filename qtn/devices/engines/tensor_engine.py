"""The tensor-network sampler as a device."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qiskit.primitives import BitArray

from qtn.devices.engines.base import Engine, Pub, sampler_bits
from qtn.devices.measurements import has_mid_circuit
from qtn.devices.tensor.forecast import group_seconds, pure_seconds

__all__ = ["TensorEngine"]


class TensorEngine(Engine):
    """Noiseless sampling of circuits by matrix product states.

    Circuits that go on after a measurement split the state by outcome; what cannot be followed is
    refused with the name of the device that can.
    """

    batch = 256

    def __init__(self) -> None:
        super().__init__("tensor", None)

    def predicted(self, pubs: Sequence[Pub], shots: int) -> float | None:
        seconds = 0.0
        for pub in pubs:
            work = (pub.circuit, shots, pub.bindings)
            pure = math.inf if has_mid_circuit(pub.circuit) else pure_seconds(*work)
            seconds += min(pure, group_seconds(*work))
        return seconds if math.isfinite(seconds) else None

    def sample(self, pubs: Sequence[Pub], shots: int, seed: int) -> tuple[list[BitArray], str]:
        from qtn.devices.tensor.primitives import TensorSampler

        return sampler_bits(TensorSampler(seed=seed), pubs, shots), "tensor network: asked for"
