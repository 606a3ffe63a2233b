"""Born machines and regressors on devices: bars and stripes on 4 × 4, diabetes.

Bars and stripes are a list of 30 patterns that the circuit is to make, so that there are no rows to
hold out: of two fits in each of four orders of the pixels the one whose circuit is nearest counts.
Under the noise of FakeTorino probabilities are those of the density operator, not of shots.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit_aer.noise import NoiseModel
from qiskit_ibm_runtime import fake_provider
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split

import qtn
from benchmarks import parts, report
from qtn.devices import transpile_for
from qtn.devices.tensor.density_chain import DensitySimulator, DensitySweep
from qtn.states.kernels.density import OUTCOMES

GRID = np.arange(16).reshape(4, 4)
SNAKE = np.where(np.arange(4)[:, None] % 2, GRID[:, ::-1], GRID).ravel().tolist()
SPIRAL = [0, 1, 2, 3, 7, 11, 15, 14, 13, 12, 8, 4, 5, 6, 10, 9]
HILBERT = [0, 1, 5, 4, 8, 12, 13, 9, 10, 14, 15, 11, 7, 6, 2, 3]
ORDERS = (GRID.ravel().tolist(), SNAKE, SPIRAL, HILBERT)
LAYERS = (2, 3, 4, 5, 6)
NOISY = (2, 3, 4, 5)
WIDEST, CUTOFF = 1024, 1e-7  # of the density operator


def patterns() -> np.ndarray:
    """Return the 30 patterns, pixels row by row."""
    bits = np.array(list(np.ndindex(2, 2, 2, 2)))
    return np.unique(np.vstack([bits.repeat(4, axis=1), np.tile(bits, (1, 4))]), axis=0)


def divergence(p: np.ndarray) -> tuple[float, float, float]:
    """Return the share of valid patterns, -ln of it, and what is left of KL(uniform | p)."""
    valid = float(p.sum())
    whole = float(-np.log(len(p)) - np.log(p).mean())
    return valid, -np.log(valid), whole + np.log(valid)


def kl(p: np.ndarray) -> float:
    """Return KL(uniform | p)."""
    return float(-np.log(len(p)) - np.log(p).mean())


def circuits(layers: tuple[int, ...]) -> dict[int, tuple[Any, Any, Any]]:
    """Return per number of layers the best compiled circuit, that one refined, the best refined."""
    rows = patterns()
    found: dict[int, list[tuple[tuple[float, Any], ...]]] = {count: [] for count in layers}
    for order in ORDERS:
        for seed in (0, 1):
            model = qtn.MPSBornMachine(16, sweeps=6, order=order, seed=seed, progress=False)
            model.fit(rows)
            for count in layers:
                method = qtn.Staircase(layers=count)
                plain = qtn.deploy(model, method, device="tensor", progress=False)
                both = (plain, plain.refine(rows, validation=0.0))
                found[count].append(tuple((kl(np.exp(q.ideal_log_prob(rows))), q) for q in both))
    chosen = {}
    for count, fits in found.items():
        plain, own = min(fits, key=lambda fit: fit[0][0])
        best = min((fit[1] for fit in fits), key=lambda x: x[0])
        chosen[count] = (plain[1], own[1], best[1])
    return chosen


def noiseless(table: report.Table) -> None:
    """KL and valid patterns of circuits without noise, compiled and refined."""
    rows, start = patterns(), time.process_time()
    found = circuits(LAYERS)
    seconds = time.process_time() - start
    table.inform("bars and stripes 4x4, all circuits", f"{seconds:.0f} CPU s")
    gains = []
    for count, (plain, _, best) in found.items():
        pair = (plain, best)
        parts_ = [divergence(np.exp(q.ideal_log_prob(rows))) for q in pair]
        sizes = f"{pair[1].two_qubit_gates} CX, depth {pair[1].two_qubit_depth}"
        text = " → ".join(f"{a + b:.4f}" for _, a, b in parts_)
        note = f"{sizes}; KL compiled → refined; valid {parts_[0][0]:.4f} → {parts_[1][0]:.4f}"
        table.inform(f"… {count} staircases", text, note=note)
        gains.append(sum(parts_[1][1:]) - sum(parts_[0][1:]))
    six, five = (
        (divergence(np.exp(found[k][2].ideal_log_prob(rows))), found[k][2]) for k in (6, 5)
    )
    note = f"{six[1].two_qubit_gates} CX of 179 allowed"
    table.at_least("… valid patterns, six staircases refined", six[0][0], 0.995, note=note)
    table.at_most("… KL of these", sum(six[0][1:]), 0.01, unit="nats", note=note)
    note = f"{five[1].two_qubit_gates} CX of 149 allowed"
    table.at_most("… KL, five staircases refined", sum(five[0][1:]), 0.09, unit="nats", note=note)
    table.at_most("… refined less compiled, worst", max(gains), 0.0, unit="nats")


def noisy_probabilities(circuit: QuantumCircuit, rows: np.ndarray, name: str) -> np.ndarray:
    """Return the probabilities of bit strings on a noisy device, from its density operator.

    Args:
        circuit: without measurements.
        rows: bits (batch, qubits).
        name: of the fake backend.
    """
    measured = circuit.copy()
    measured.measure_all()
    placed = transpile_for(measured, name, seed=0).circuit
    model = NoiseModel.from_backend(getattr(fake_provider, name)())
    simulator = DensitySimulator(model, WIDEST, CUTOFF)
    sweep = DensitySweep(simulator, placed, np.zeros((1, 0)))
    state, plan = sweep.state(0), sweep.plan
    forms = plan.confusion @ OUTCOMES
    bit_of = dict(plan.measured)
    found = []
    for row in rows:
        read = [row[bit_of[site]] for site in range(plan.n)]
        own = forms[np.arange(plan.n), read][:, None]
        found.append(state.contract(sweep.rotated(0, own)[:, 0]))
    return np.array(found) / state.trace()


def noisy(table: report.Table) -> None:
    """The front of KL against blocks under FakeTorino's noise, in its two parts.

    The bar compares a circuit with its own refinement: circuits of two fits lose unlike shares to
    noise, by more than refinement gains where a circuit lacks little.
    """
    rows = patterns()
    own, best = [], []
    for count, trio in circuits(NOISY).items():
        texts, whole, start = [], [], time.process_time()
        for place, quantum in enumerate(trio):
            if place == 2 and quantum is trio[1]:
                continue
            bits = quantum.form.bits(quantum, rows)
            p = noisy_probabilities(quantum.compiled[0].circuit, bits, "FakeTorino")
            _, lost, rest = divergence(p)
            texts.append(f"{lost + rest:.3f} = {lost:.3f} + {rest:.3f}")
            whole.append(lost + rest)
        note = (
            f"{trio[0].two_qubit_gates} CX; KL = -ln(valid) + rest, compiled; the same refined; "
            f"the best refined of all fits, if another; {time.process_time() - start:.0f} CPU s"
        )
        table.inform(f"… FakeTorino, {15 * count} blocks", "; ".join(texts), note=note)
        own.append(whole[1] - whole[0])
        best.append(whole[-1] - whole[0])
    name = "less compiled under noise, worst"
    table.at_most(f"… refined {name}", max(own), 0.0, unit="nats", note="a fit and its refinement")
    table.inform(f"… best refined of all fits {name}", f"{max(best):.5f} nats")


def regression(table: report.Table) -> None:
    """Diabetes, ten columns: R² from 4,096 shots per row beside that of the trained chain."""
    x, y = load_diabetes(return_X_y=True)
    lost: dict[str, list[float]] = {"tensor": [], "FakeTorino": []}
    errors, gates = [], []
    for seed in range(5):
        a, b, ya, yb = train_test_split(x, y, test_size=0.25, random_state=seed)
        model = qtn.MPSRegressor(4, features="trigonometric", epochs=30, seed=seed, progress=False)
        model.fit(a, ya)
        quantum = qtn.deploy(model, qtn.Staircase(layers=1), device="tensor", progress=False)
        errors.append(np.median(quantum.expected_stderr(b)) / model.target_scale_)
        gates.append(quantum.two_qubit_gates)
        for device, gaps in lost.items():
            there = qtn.deploy(model, qtn.Staircase(layers=1), device=device, progress=False)
            gaps.append(model.score(b, yb) - r2_score(yb, there.predict(b)))
    note = f"{max(gates)} CX; expected error {np.mean(errors):.3f} of the target's deviation"
    for device, gaps in lost.items():
        text = f"worst {max(gaps):.3f}; {note}"
        name = f"diabetes, R² lost with 4,096 shots, {device}"
        table.at_most(name, float(np.mean(gaps)), 0.03, note=text)


JOBS: dict[str, parts.Job] = {
    "born: bars and stripes": noiseless,
    "born: bars and stripes under noise": noisy,
    "regression: diabetes": regression,
}
