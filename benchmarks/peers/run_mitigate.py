"""mitiq on the circuits of the mitigation benchmark, run in an environment of its own.

    python run_mitigate.py JOBS.json OUT.json

Every job holds a native circuit on its own few qubits (`qasm`, basis change included), the device
and the qubits that hold it (`places`), the qubits to measure in the order of the observable's
(`measured`), its terms (`terms`: coefficient and qubits of a product of Z), the shots of every
noise factor and of each of two calibration circuits, and a seed. OUT.json gets per job the value by
mitiq's readout correction and exponential extrapolation (asymptote 0, which is known), and by the
same extrapolation after a plain tensored inverse, which is free of the resampling in mitiq's.

mitiq folds in its own gates (T3 of other tools: `sxdg`, which fake devices give no noise), so that
folded circuits are translated to the device's gates before they run.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any

import numpy as np
from mitiq import MeasurementResult, rem, zne
from qiskit import QuantumCircuit, qasm2, transpile
from qiskit_aer import AerSimulator
from qiskit_ibm_runtime import fake_provider

FACTORS = [1.0, 3.0, 5.0]


class Device:
    """A fake device with its noise."""

    def __init__(self, name: str) -> None:
        self.backend = getattr(fake_provider, name)()
        self.engine = AerSimulator.from_backend(self.backend, method="density_matrix")
        self.names = [n for n in self.backend.operation_names if n in ("cx", "rz", "sx", "x")]

    def bits(
        self, circuit: QuantumCircuit, job: dict[str, Any], shots: int, seed: int
    ) -> np.ndarray:
        """Run a circuit on its places and return outcomes (shots, measured), native gates only."""
        native = transpile(circuit, basis_gates=self.names, optimization_level=0)
        wide = QuantumCircuit(self.backend.num_qubits, len(job["measured"]))
        wide.compose(native, [job["places"][q] for q in range(native.num_qubits)], inplace=True)
        wide.barrier()
        for bit, qubit in enumerate(job["measured"]):
            wide.measure(job["places"][qubit], bit)
        result = self.engine.run(wide, shots=shots, seed_simulator=seed, memory=True).result()
        return np.array([[int(b) for b in reversed(m)] for m in result.get_memory()])


def value(probabilities: np.ndarray, job: dict[str, Any]) -> float:
    """Expectation value of the terms; index of an outcome: first bit most significant."""
    n = len(job["measured"])
    table = (np.arange(2**n)[:, None] >> np.arange(n)[::-1]) & 1
    signs = sum(c * (1 - 2 * (table[:, qubits].sum(1) % 2)) for c, qubits in job["terms"])
    return float(signs @ probabilities)


def frequencies(rows: np.ndarray) -> np.ndarray:
    """Relative frequencies of outcomes, first bit most significant."""
    n = rows.shape[1]
    index = rows @ (1 << np.arange(n)[::-1])
    return np.bincount(index, minlength=2**n) / len(rows)


def solve(device: Device, job: dict[str, Any]) -> list[float]:
    """Return mitiq's value, and that with a plain inverse."""
    circuit = qasm2.loads(job["qasm"], custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
    flipped = QuantumCircuit(circuit.num_qubits)
    flipped.x(list(job["measured"]))
    seeds = iter(np.random.default_rng(job["seed"]).integers(1 << 31, size=16).tolist())
    zero = device.bits(QuantumCircuit(circuit.num_qubits), job, job["calibration"], next(seeds))
    one = device.bits(flipped, job, job["calibration"], next(seeds))
    up, down = zero.mean(0), 1 - one.mean(0)
    matrices = [np.array([[1 - u, d], [u, 1 - d]]) for u, d in zip(up, down)]
    inverse = rem.generate_tensored_inverse_confusion_matrix(len(up), matrices)
    rows = {
        factor: device.bits(
            zne.scaling.fold_global(circuit, factor) if factor > 1 else circuit,
            job, job["shots"], next(seeds),
        )
        for factor in FACTORS
    }  # fmt: skip
    np.random.seed(job["seed"] % (1 << 31))  # noqa: NPY002  (mitiq resamples from it)
    found = []
    for corrected in (True, False):
        factory = zne.ExpFactory(FACTORS, asymptote=0.0)
        for factor, data in rows.items():
            if corrected:
                given = MeasurementResult(data.tolist())
                data = np.array(rem.mitigate_measurements(given, inverse).result)
                level = value(frequencies(data), job)
            else:
                level = value(inverse @ frequencies(data), job)
            factory.push({"scale_factor": factor}, level)
        try:
            found.append(float(factory.reduce()))
        except Exception as error:  # mitiq's fit did not converge: its user has the raw value
            print(f"{job['name']}: {error}", file=sys.stderr)
            found.append(float(factory.get_expectation_values()[0]))
    return found


def main(jobs: str, out: str) -> None:
    with open(jobs, encoding="utf-8") as handle:
        given = json.load(handle)
    devices = {name: Device(name) for name in {job["device"] for job in given}}
    warnings.simplefilter("ignore")
    results = [solve(devices[job["device"]], job) for job in given]
    with open(out, "w", encoding="utf-8") as handle:
        json.dump(results, handle)


if __name__ == "__main__":
    main(*sys.argv[1:])
