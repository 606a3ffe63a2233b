"""Small noisy devices with known noise."""

from __future__ import annotations

from qiskit.transpiler import CouplingMap
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error


def chain(n: int, *, gate: float = 0.0, readout: tuple[float, float] = (0.0, 0.0)) -> AerSimulator:
    """A chain of CX gates with depolarising noise on them and equal readout errors."""
    noise = NoiseModel()
    if gate:
        for i in range(n - 1):
            for pair in ([i, i + 1], [i + 1, i]):
                noise.add_quantum_error(depolarizing_error(gate, 2), ["cx"], pair)
    if readout != (0.0, 0.0):
        up, down = readout
        noise.add_all_qubit_readout_error(ReadoutError([[1 - up, up], [down, 1 - down]]))
    return AerSimulator(
        method="density_matrix",
        noise_model=noise,
        basis_gates=["cx", "rz", "sx", "x"],
        coupling_map=CouplingMap.from_line(n),
        n_qubits=n,
    )
