"""Neural zero-noise extrapolation in the setting of its paper: RY-RZ layers, 4 qubits, ZZZZ."""

from __future__ import annotations

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

from benchmarks import report
from qtn.devices.tensor.primitives import TensorEstimator
from qtn.mitigation.values.extrapolation import extrapolate
from qtn.mitigation.values.neural import neural_values

CIRCUITS = 20
LAYERS = 2
SHOTS = 8192
LEVELS = {
    "p = 0.001 to 0.05": np.linspace(0.001, 0.05, 8),
    "p = 0.02 times 1 to 5": 0.02 * np.arange(1, 6),
}


def ansatz(rng: np.random.Generator) -> QuantumCircuit:
    """RY and RZ rotations and a ring of CX."""
    circuit = QuantumCircuit(4)
    for _ in range(LAYERS):
        for q in range(4):
            circuit.ry(rng.uniform(-np.pi, np.pi), q)
            circuit.rz(rng.uniform(-np.pi, np.pi), q)
        for q in range(3):
            circuit.cx(q, q + 1)
    return circuit


def noisy_value(circuit: QuantumCircuit, level: float) -> float:
    """ZZZZ with depolarising noise of this level on every gate."""
    from qiskit_aer.noise import NoiseModel, depolarizing_error

    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(level, 1), ["ry", "rz"])
    noise.add_all_qubit_quantum_error(depolarizing_error(level, 2), ["cx"])
    job = TensorEstimator(noise_model=noise).run([(circuit, "ZZZZ")])
    return float(job.result()[0].data.evs)


def add_rows(table: report.Table) -> None:
    """Mean errors of plain fits and networks."""
    for name, levels in LEVELS.items():
        rng = np.random.default_rng(5)
        circuits = [ansatz(rng) for _ in range(CIRCUITS)]
        exact = np.array([parity(Statevector(c).probabilities()) for c in circuits])
        clean = np.array([[noisy_value(c, p) for c in circuits] for p in levels])
        for kind, data in (
            ("exact values", clean),
            (
                f"{SHOTS} shots",
                clean + rng.normal(size=clean.shape) * np.sqrt((1 - clean**2) / SHOTS),
            ),
        ):
            add_setting(table, f"{name}, {kind}", levels, data, exact)


def add_setting(
    table: report.Table, name: str, levels: np.ndarray, data: np.ndarray, exact: np.ndarray
) -> None:
    """One row: best plain fit against best network."""
    x = levels / levels[0]
    variances = np.full_like(data, 1 / SHOTS)
    fits = {}
    for fit in ("linear", "polynomial", "exponential", "mixture"):
        # one circuit at a time: rates are not shared
        values = [extrapolate(x, data[:, [i]], variances[:, [i]], fit=fit, order=2).value[0]
                  for i in range(len(exact))]  # fmt: skip
        fits[fit] = float(np.abs(np.array(values) - exact).mean())
    nets = {
        f"{kind}-{'-'.join(map(str, hidden))}": float(
            np.abs(
                neural_values(x, data, hidden=hidden, activation=kind, ensemble=3) - exact
            ).mean()
        )
        for kind, hidden in (("tanh", (8,)), ("relu", (64, 64)))
    }
    best, net = min(fits, key=fits.__getitem__), min(nets, key=nets.__getitem__)
    note = ", ".join(f"{k} {v:.4f}" for k, v in {**fits, **nets}.items())
    table.inform(f"neural zne, {name}", f"{nets[net]:.4f} {net}", f"{fits[best]:.4f} {best}",
                 f"{fits[best] / nets[net]:.2f}x", note)  # fmt: skip


def parity(probabilities: np.ndarray) -> float:
    """Value of Z on all qubits."""
    signs = np.array([(-1) ** bin(i).count("1") for i in range(len(probabilities))])
    return float(signs @ probabilities)
