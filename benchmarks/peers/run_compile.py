"""One peer of the compiler on one target, run in the peers' own environment.

    python run_compile.py JOB.npz OUT.json

JOB.npz holds the target tensors `tensor.0` …, the shape (`bonds`, `gates`) and a JSON `header` with
`engine`, `budget` (CPU seconds), `iterations` and `max_bond`. OUT.json gets the CPU seconds of the
first evaluation (compilation included), of a later one, the trace (CPU seconds, infidelity as the
engine sees it) and the infidelity evaluated again in complex128. After every evaluation it writes
the line "evaluated" and waits for one, so that both sides can be timed in turns.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
import time
from functools import partial

import numpy as np
import quimb.tensor as qtensor


class Out(Exception):
    """The budget is spent."""


class Watch:
    """Counts evaluations and CPU seconds, keeps the best point, and stops at the budget."""

    def __init__(self, budget: float) -> None:
        self.budget, self.started = budget, time.process_time()
        self.trace: list[tuple[float, float]] = []
        self.ends: list[float] = []
        self.best: tuple[float, np.ndarray] = (np.inf, np.zeros(0))

    @property
    def seconds(self) -> float:
        return time.process_time() - self.started

    def see(self, value: float, x: np.ndarray) -> None:
        self.ends.append(self.seconds)
        if value < self.best[0]:
            self.best = (value, np.array(x))
            self.trace.append((self.seconds, float(value)))
        print("evaluated", flush=True)
        sys.stdin.readline()
        if self.seconds > self.budget:
            raise Out

    def summary(self) -> dict:
        later = np.diff(self.ends) if len(self.ends) > 1 else np.array([np.nan])
        return {
            "first": self.ends[0] if self.ends else None,
            "evaluation": float(np.median(later)),
            "evaluations": len(self.ends),
            "trace": self.trace,
            "seconds": self.seconds,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def shape_circuit(n, bonds, gates):
    """Qiskit circuit of CX and one-qubit gates: what a user of the addon starts from."""
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(n)
    for bond, gate in zip(bonds, gates, strict=True):
        # Row index 2 bit(k) + bit(k+1): Qiskit's first qubit is the least significant one.
        circuit.unitary(gate, [int(bond) + 1, int(bond)])
    return circuit.decompose(["unitary"])


def as_quimb(tensors):
    arrays = [t.copy() for t in tensors]
    arrays[0], arrays[-1] = arrays[0][0], arrays[-1][:, :, 0]
    return qtensor.MatrixProductState(arrays, shape="lpr")


def as_aer(tensors):
    """Vidal form of a right-canonical MPS (centre at site 0)."""
    from qiskit_addon_aqc_tensor.simulation.aer import QiskitAerMPS

    rest, gammas, lambdas, before = [t.copy() for t in tensors], [], [], np.ones(1)
    for site in range(len(rest) - 1):
        left, _, right = rest[site].shape
        u, s, vh = np.linalg.svd(rest[site].reshape(2 * left, right), full_matrices=False)
        keep = s > 1e-12
        u, s, vh = u[:, keep], s[keep], vh[keep]
        a = u.reshape(left, 2, -1) / before[:, None, None]
        gammas.append((a[:, 0], a[:, 1]))
        lambdas.append(s)
        rest[site + 1] = np.tensordot(s[:, None] * vh, rest[site + 1], 1)
        before = s
    a = rest[-1] / before[:, None, None]
    gammas.append((a[:, 0], a[:, 1]))
    return QiskitAerMPS(gammas, lambdas)


def addon(engine, header, tensors, bonds, gates):
    """qiskit-addon-aqc-tensor in its documented flow: ansatz from the shape, then L-BFGS-B."""
    from qiskit_addon_aqc_tensor.ansatz_generation import generate_ansatz_from_circuit
    from qiskit_addon_aqc_tensor.objective import MaximizeStateFidelity
    from scipy.optimize import minimize

    n = len(tensors)
    ansatz, start = generate_ansatz_from_circuit(
        shape_circuit(n, bonds, gates), qubits_initially_zero=True
    )
    watch = Watch(header["budget"])
    if engine == "aer":
        from qiskit_addon_aqc_tensor.simulation.aer import QiskitAerSimulationSettings
        from qiskit_aer import AerSimulator

        settings = QiskitAerSimulationSettings(
            AerSimulator(
                method="matrix_product_state",
                matrix_product_state_max_bond_dimension=header["max_bond"],
                matrix_product_state_truncation_threshold=1e-10,
                max_memory_mb=-1,
            )
        )
        target = as_aer(tensors)
    else:
        from qiskit_addon_aqc_tensor.simulation.quimb import QuimbSimulator

        target = as_quimb(tensors)
        factory = partial(
            qtensor.CircuitMPS, gate_opts={"cutoff": 1e-8, "max_bond": header["max_bond"]}
        )
        if engine == "explicit":
            target = qtensor.CircuitMPS(n, psi0=target)
        settings = QuimbSimulator(factory, autodiff_backend=engine)
    objective = MaximizeStateFidelity(target, ansatz, settings)

    def loss(x):
        value, gradient = objective.loss_function(x)
        watch.see(float(value), x)
        return float(value), np.asarray(gradient, dtype=float)

    with contextlib.suppress(Out):
        minimize(
            loss, start, method="L-BFGS-B", jac=True, options={"maxiter": header["iterations"]}
        )
    bound = ansatz.assign_parameters(watch.best[1])
    from qiskit_quimb import quimb_gates

    final = qtensor.CircuitMPS(n, gate_opts={"cutoff": 1e-13})
    final.apply_gates(quimb_gates(bound.decompose()))
    overlap = complex(as_quimb(tensors).H @ final.psi)
    return {**watch.summary(), "infidelity": 1 - abs(overlap) ** 2, "parameters": len(start)}


def native(header, tensors, bonds, gates):
    """quimb's TNOptimizer on raw 4x4 gates, kept unitary by QR, with JAX."""
    n = len(tensors)
    circuit = qtensor.Circuit(n)
    for bond, gate in zip(bonds, gates, strict=True):
        circuit.apply_gate_raw(gate, (int(bond), int(bond) + 1), tags="block", contract=False)
    target = as_quimb(tensors)
    watch = Watch(header["budget"])

    def loss(psi, target):
        overlap = (target.H & psi).contract(..., optimize="auto-hq")
        return 1 - abs(overlap) ** 2

    optimiser = qtensor.TNOptimizer(
        circuit.psi,
        loss_fn=loss,
        norm_fn=lambda psi: psi.isometrize(method="qr", allow_no_left_inds=True),
        loss_constants={"target": target},
        tags=["block"],
        autodiff_backend="jax",
        optimizer="L-BFGS-B",
        progbar=False,
    )
    inner = optimiser.vectorized_value_and_grad

    def seen(x):
        value, gradient = inner(x)
        watch.see(float(value), np.asarray(x))
        return value, gradient

    optimiser.vectorized_value_and_grad = seen
    with contextlib.suppress(Out):
        optimiser.optimize(header["iterations"])
    optimiser.vectorizer.vector[:] = watch.best[1]
    final = optimiser.get_tn_opt()
    # Unitary again in double precision, then the same contraction without the optimiser.
    exact = final.astype("complex128").isometrize(method="qr", allow_no_left_inds=True)
    overlap = complex((target.H & exact).contract(..., optimize="auto-hq"))
    return {**watch.summary(), "infidelity": 1 - abs(overlap) ** 2, "parameters": 16 * len(gates)}


def main(job: str, out: str) -> None:
    with np.load(job) as data:
        header = json.loads(str(data["header"]))
        tensors = [data[f"tensor.{i}"] for i in range(header["n"])]
        bonds, gates = data["bonds"], data["gates"]
    if header["engine"] == "native":
        result = native(header, tensors, bonds, gates)
    else:
        result = addon(header["engine"], header, tensors, bonds, gates)
    with open(out, "w", encoding="utf-8") as handle:
        json.dump(result, handle)


if __name__ == "__main__":
    main(*sys.argv[1:])
