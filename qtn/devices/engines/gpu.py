"""Aer on a GPU: which methods run there, at which precision, and how many qubits fit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from qiskit_aer import AerSimulator

from qtn._machine import gpus
from qtn.errors import DeviceError

__all__ = ["CPU", "Aer", "refuse_without_gpu"]

ON_GPU = ("statevector", "density_matrix")
STATEVECTOR_LIMIT = 28  # qubits of a CPU: 4 GiB of amplitudes
DENSITY_MATRIX_LIMIT = 13  # qubits of a CPU: 1 GiB
USABLE = 0.9  # of a GPU's memory
AMPLITUDE = {"double": 16, "single": 8}  # bytes
BATCHED = 20  # qubits up to which shots of a noisy circuit are taken many at once


@dataclass(frozen=True, slots=True)
class Aer:
    """How Aer computes.

    Args:
        gpu: state vectors and density matrices on the first GPU.
        precision: "double" or "single".
    """

    gpu: bool = False
    precision: str = "double"

    @property
    def options(self) -> str:
        """What the ledger keeps, so that other settings are another request."""
        words = (["gpu"] if self.gpu else []) + ([] if self.precision == "double" else ["single"])
        return " ".join(words)

    def simulator(self, method: str) -> AerSimulator:
        """Return Aer's simulator for a method; what has no form for GPUs runs on the CPU."""
        options: dict[str, Any] = {"method": method}
        if self.precision == "single":
            options["precision"] = "single"
        if self.gpu and method in ON_GPU:
            options |= {"device": "GPU", "batched_shots_gpu": True}
            options["batched_shots_gpu_max_qubits"] = BATCHED
        return AerSimulator(**options)

    @property
    def statevector_limit(self) -> int:
        """Qubits of the largest state vector."""
        return self._fitting(1) if self.gpu else STATEVECTOR_LIMIT

    @property
    def density_matrix_limit(self) -> int:
        """Qubits of the largest density matrix; on a GPU room for a copy is left."""
        return self._fitting(2) if self.gpu else DENSITY_MATRIX_LIMIT

    def _fitting(self, indices: int) -> int:
        memory = USABLE * min((gpu.memory for gpu in gpus()), default=0) / indices
        return int(math.log2(max(memory / AMPLITUDE[self.precision], 1.0))) // indices


CPU = Aer()


def refuse_without_gpu(name: str) -> None:
    """Raise `DeviceError` unless this build of Aer finds a GPU."""
    if "GPU" not in AerSimulator().available_devices():
        raise DeviceError(
            f"Device {name!r} needs the GPU build of Aer and a GPU, and found none. Install "
            'the extra "gpu" after removing qiskit-aer, or take the device without a GPU.'
        )
