"""Learned maps across classically simulable circuits, at equal total budget."""

from __future__ import annotations

import numpy as np
from qiskit.quantum_info import SparsePauliOp

import qtn.mitigation as mitigation
from benchmarks import mitigate_problems as problems
from benchmarks import report

SHOTS = 30_000  # per basis and target, training included
TRAINING = 4
TARGETS = 6
RANGE = (0.6, 1.0)  # (J, h) of the training
OUTSIDE = (1.05, 1.4)  # (J, h) of the targets
SETTINGS = (("FakeManilaV2", 4, 4), ("FakeGuadalupeV2", 6, 2), ("FakeGuadalupeV2", 6, 4))


def add_rows(table: report.Table) -> None:
    """Map, extrapolation and control on targets outside the training range."""
    rng = np.random.default_rng(77)
    readout = mitigation.Readout(method="twirled")
    plain = mitigation.ZNE((1, 3, 5))
    learned_error, zne_error, control_error = [], [], []
    for device, n, steps in SETTINGS:
        train = [
            problems.problem(device, n, steps, *rng.uniform(*RANGE, 2)) for _ in range(TRAINING)
        ]
        tests = [
            problems.problem(device, n, steps, *rng.uniform(*OUTSIDE, 2)) for _ in range(TARGETS)
        ]
        # one fifth of all shots trains the map; the targets share the rest
        total = SHOTS * TARGETS
        per_training = total // 5 // TRAINING
        per_target = (total - per_training * TRAINING) // TARGETS
        known = mitigation.learn_map(
            [p.circuit for p in train], unit_terms(n), [readout], device=device,
            shots=mitigation.ShotBudget(per_training),
        )  # fmt: skip
        mapped = [readout, mitigation.Twins(known=known)]
        for number, p in enumerate(tests):
            options = {"device": device, "seed": number, "progress": False}
            one = mitigation.mitigate(
                p.circuit, p.observable, mapped,
                shots=mitigation.ShotBudget(per_target), **options,
            )  # fmt: skip
            two = mitigation.mitigate(
                p.circuit, p.observable, [readout, plain],
                shots=mitigation.ShotBudget(SHOTS), **options,
            )  # fmt: skip
            learned_error.append(abs(one.value - p.exact))
            zne_error.append(abs(two.value - p.exact))
            control_error.append(abs(control(train, p) - p.exact))
            shown = (learned_error[-1], zne_error[-1], control_error[-1])
            print(f"  {device} {n} {steps}: learned, zne, control", np.round(shown, 4), flush=True)
    mine, other, blind = map(np.mean, (learned_error, zne_error, control_error))
    count = f"{len(learned_error)} targets, (J, h) outside the training range, training counted"
    table.at_most("learned map vs exponential zne", float(mine), float(other),
                  peer=float(other), peer_name="zne", note=count)  # fmt: skip
    table.at_most("learned map vs control without device", float(mine), float(blind),
                  peer=float(blind), peer_name="control", note=count)  # fmt: skip


def add_transfer(table: report.Table) -> None:
    """A map learned on four qubits and two steps, used on six qubits and on four steps."""
    rng, device = np.random.default_rng(78), "FakeGuadalupeV2"
    readout = mitigation.Readout(method="twirled")
    small, steps = 4, 2
    train = [problems.problem(device, small, steps, *rng.uniform(*RANGE, 2)) for _ in range(4)]
    known = mitigation.learn_map(
        [p.circuit for p in train], unit_terms(small), [readout], device=device,
        shots=mitigation.ShotBudget(SHOTS // 2),
    )  # fmt: skip
    for n, deep in ((6, 2), (4, 4), (6, 4)):
        moved = mitigation.transfer_map(known, unit_terms(small), unit_terms(n), depth=deep / steps)
        found: dict[str, list[float]] = {"map": [], "readout": [], "zne": []}
        for number in range(4):
            p = problems.problem(device, n, deep, *rng.uniform(*OUTSIDE, 2))
            for name, techniques in (
                ("map", [readout, mitigation.Twins(known=moved)]),
                ("readout", [readout]),
                ("zne", [readout, mitigation.ZNE((1, 3, 5))]),
            ):
                value = mitigation.mitigate(
                    p.circuit, p.observable, techniques, device=device, seed=number,
                    shots=mitigation.ShotBudget(SHOTS), progress=False,
                ).value  # fmt: skip
                found[name].append(abs(value - p.exact))
        mean = {name: float(np.mean(values)) for name, values in found.items()}
        note = f"readout alone {mean['readout']:.4f}, exponential zne {mean['zne']:.4f}, 4 targets"
        table.at_most(f"map of 4 qubits, 2 steps on {n} qubits, {deep} steps", mean["map"],
                      mean["readout"], peer=mean["readout"], peer_name="readout alone",
                      note=note)  # fmt: skip


def unit_terms(n: int) -> SparsePauliOp:
    """The terms of the energy with equal coefficients."""
    return problems.energy(n, 1.0, 1.0)


def control(train: list[problems.Problem], target: problems.Problem) -> float:
    """Predict from (J, h) alone: least squares over the training circuits' exact values."""
    rows = np.array([[1.0, p.coupling, p.field] for p in train])
    weights, *_ = np.linalg.lstsq(rows, np.array([p.exact for p in train]), rcond=None)
    return float(weights @ [1.0, target.coupling, target.field])
