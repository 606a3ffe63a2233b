"""Aer on a GPU: which methods run there, at which precision, and how many qubits fit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from qiskit_aer import AerSimulator

from qtn._machine import gpus
from qtn.errors import DeviceError

__all__ = ["CPU", "LIBRARIES", "Aer", "refuse_missing"]

ON_GPU = ("statevector", "density_matrix", "tensor_network")
# Libraries that Aer can use in place of its own code, and the wheels that bring them; Aer's GPU
# build is for CUDA 12, an older one for CUDA 11.
LIBRARIES = {"custatevec": "custatevec-cu12", "cutensornet": "cutensornet-cu12"}
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
        library: "custatevec" for state vectors by cuStateVec, "cutensornet" for Aer's method
            `tensor_network`, None for Aer's own code.
    """

    gpu: bool = False
    precision: str = "double"
    library: str | None = None

    @property
    def options(self) -> str:
        """What the ledger keeps, so that other settings are another request."""
        words = (["gpu"] if self.gpu else []) + ([] if self.precision == "double" else ["single"])
        return " ".join([*words, *([self.library] if self.library else [])])

    @property
    def method(self) -> str | None:
        """The method that the library asks for; None leaves the choice."""
        return "tensor_network" if self.library == "cutensornet" else None

    def simulator(self, method: str) -> AerSimulator:
        """Return Aer's simulator for a method; what has no form for GPUs runs on the CPU."""
        return AerSimulator(**self.settings(method))

    def settings(self, method: str) -> dict[str, Any]:
        """Return the options of Aer's simulator for a method."""
        options: dict[str, Any] = {"method": method}
        if self.precision == "single":
            options["precision"] = "single"
        if self.gpu and method in ON_GPU:
            options |= {"device": "GPU", "batched_shots_gpu": True}
            options["batched_shots_gpu_max_qubits"] = BATCHED
            if self.library == "custatevec":
                options["cuStateVec_enable"] = True
        return options

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


def refuse_missing(name: str, aer: Aer) -> None:
    """Raise `DeviceError` where a GPU is asked for and Aer finds none, or lacks a library."""
    if aer.gpu:
        _refuse_without_gpu(name)
    if aer.library is not None and not _installed(wheel := LIBRARIES[aer.library]):
        raise DeviceError(
            f"Device {name!r} with library={aer.library!r} needs the package {wheel}, which is not "
            f"installed. Run: pip install {wheel}; or leave `library` out."
        )


def _installed(wheel: str) -> bool:
    """Say whether a library's wheel is there, for either version of CUDA that Aer is built for."""
    for name in (wheel, wheel.replace("cu12", "cu11")):
        try:
            metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        return True
    return False


def _refuse_without_gpu(name: str) -> None:
    """Raise `DeviceError` unless this build of Aer finds a GPU."""
    if "GPU" not in AerSimulator().available_devices():
        raise DeviceError(
            f"Device {name!r} needs the GPU build of Aer and a GPU, and found none. Install "
            'the extra "gpu" after removing qiskit-aer, or take the device without a GPU.'
        )
