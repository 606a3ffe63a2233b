"""Aer: one call per batch of bindings, and the method with the lowest predicted cost."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.primitives import BitArray
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel

from qtn.devices.layout import interactions
from qtn.devices.resolve import Engine, Pub
from qtn.errors import DeviceError

__all__ = ["AerEngine", "aer_sample", "bond_bound", "clifford"]

CLIFFORD = frozenset(
    ("id", "x", "y", "z", "h", "s", "sdg", "sx", "sxdg", "cx", "cy", "cz", "swap", "ecr")
)
AER_BUILDS = ("qiskit-aer", "qiskit-aer-gpu", "qiskit-aer-gpu-cu11")
PASSIVE = frozenset(("measure", "barrier", "delay", "reset"))
THREADS_FROM = 14  # qubits
STATEVECTOR_LIMIT = 28  # qubits: 4 GiB of amplitudes


class AerEngine(Engine):
    """Noiseless simulation by Aer: statevector, matrix product state or stabilizer."""

    def __init__(self, name: str = "aer") -> None:
        super().__init__(name, None)
        refuse_clash()
        self._gpu = name == "aer-gpu"
        if self._gpu and "GPU" not in AerSimulator().available_devices():
            raise DeviceError(
                "Device 'aer-gpu' needs the GPU build of Aer and a GPU, and found none. Install "
                'the extra "gpu" after removing qiskit-aer, or take device="aer".'
            )

    def sample(self, pubs: Sequence[Pub], shots: int, seed: int) -> tuple[list[BitArray], str]:
        method, why = noiseless_method([c for c, _ in pubs])
        options: dict[str, Any] = {"method": method}
        if self._gpu:
            options["device"] = "GPU"
        return aer_sample(AerSimulator(**options), pubs, shots, seed), f"Aer {method}: {why}"


def refuse_clash() -> None:
    """Refuse to work where two builds of Aer have overwritten each other.

    Raises:
        DeviceError: more than one of Aer's distributions is installed; all of them write the same
            files, so what runs is a mixture or the last one installed.
    """
    found = [name for name in AER_BUILDS if _installed(name)]
    if len(found) > 1:
        raise DeviceError(
            f"The packages {' and '.join(found)} are both installed, but write the same files. "
            f"Run: pip uninstall -y {' '.join(found)}; then install the one that you need."
        )


def _installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def noiseless_method(circuits: Sequence[QuantumCircuit]) -> tuple[str, str]:
    """Choose Aer's method for noiseless circuits by predicted cost; say why."""
    if all(clifford(c) for c in circuits) and max(c.num_qubits for c in circuits) > 12:
        return "stabilizer", "all gates are Clifford"
    n = max(c.num_qubits for c in circuits)
    bond = max(bond_bound(c) for c in circuits)
    if n <= STATEVECTOR_LIMIT and 2.0**n <= 40.0 * n * float(bond) ** 3 + 2.0**16:
        return "statevector", f"{n} qubits"
    return "matrix_product_state", f"{n} qubits, bond dimension at most {bond}"


def clifford(circuit: QuantumCircuit) -> bool:
    """Say whether every gate has a Clifford name."""
    return all(i.operation.name in CLIFFORD | PASSIVE for i in circuit.data)


def bond_bound(circuit: QuantumCircuit) -> int:
    """Bound the Schmidt rank over all cuts: two-qubit gates across a cut, halves of the register.

    A two-qubit gate has operator Schmidt rank at most 4, a controlled or Ising gate 2.
    """
    n = circuit.num_qubits
    crossing = np.zeros(max(1, n - 1))
    for (a, b), count in interactions(circuit).items():
        crossing[a:b] += count
    depth = np.minimum(np.arange(1, len(crossing) + 1), n - np.arange(1, len(crossing) + 1))
    return int(2 ** min(60.0, float(np.minimum(crossing, depth).max())))


def aer_sample(
    simulator: AerSimulator,
    pubs: Sequence[Pub],
    shots: int,
    seed: int,
    noise: NoiseModel | None = None,
) -> list[BitArray]:
    """Run circuits with their bindings in one Aer call; one `BitArray` per circuit.

    Raises:
        DeviceError: Aer refuses or fails.
    """
    pubs, asked = _repeated(pubs), pubs
    binds = [
        {}
        if values is None
        else {p: values[:, k].tolist() for k, p in enumerate(circuit.parameters)}
        for circuit, values in pubs
    ]
    options: dict[str, Any] = {} if noise is None else {"noise_model": noise}
    if max(c.num_qubits for c, _ in pubs) < THREADS_FROM:
        options["max_parallel_threads"] = 1  # threads cost more than small circuits take
    result = simulator.run(
        [c for c, _ in pubs],
        shots=shots,
        seed_simulator=seed,
        memory=True,
        parameter_binds=binds if any(binds) else None,
        **options,
    ).result()
    if not result.success:
        reasons = {str(r.status) for r in result.results if not r.success} or {str(result.status)}
        raise DeviceError(
            f"Aer could not run the circuits: {'; '.join(sorted(reasons))}. "
            'Take fewer qubits, or device="tensor" for chain-like circuits.'
        )
    found, start = [], 0
    for circuit, values in asked:
        count = 1 if values is None else len(values)
        entries = [r.data.memory for r in result.results[start : start + count]]
        start += count
        array = np.stack([packed_bits(m, circuit.num_clbits) for m in entries])
        found.append(BitArray(array[0] if values is None else array, circuit.num_clbits))
    return found


def _repeated(pubs: Sequence[Pub]) -> list[Pub]:
    """Write a circuit whose bindings set nothing once per binding."""
    found: list[Pub] = []
    for circuit, values in pubs:
        if values is not None and values.shape[1] == 0:
            found += [(circuit, None)] * len(values)
        else:
            found.append((circuit, values))
    return found


def packed_bits(memory: Sequence[str], bits: int) -> NDArray[np.uint8]:
    """Pack hexadecimal outcomes into the bytes of a `BitArray`, (shots, ceil(bits / 8))."""
    width = -(-bits // 8)
    if bits <= 64:
        numbers = np.array([int(m, 16) for m in memory], dtype=">u8")
        return numbers.view(np.uint8).reshape(-1, 8)[:, 8 - width :]
    joined = b"".join(int(m, 16).to_bytes(width, "big") for m in memory)
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, width)
