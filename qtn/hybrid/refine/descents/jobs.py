"""What is measured on a device: the energy of a circuit, or the loss of a deployed model.

All angles of the circuits are parameters, so that a circuit is transpiled once and settings are
bindings. A deployed model is measured through its own `measure`, with its device, shots, mitigation
and seeds: its form is wrapped in one that takes angles and inputs as one row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from qiskit.circuit import ParameterVector, QuantumCircuit

from qtn.aqc.shape.blocks import Blocks
from qtn.devices import run
from qtn.devices.costs import RunPlan, together
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.hybrid.forms.base import Deployed, Exact, Form, Measurement
from qtn.hybrid.refine.descents.base import Floats, Ints, Job
from qtn.hybrid.refine.gates import added
from qtn.hybrid.refine.starts import is_real
from qtn.interop.circuits import gate_list
from qtn.mitigation import mitigate
from qtn.mitigation import plan as plan_mitigation
from qtn.mitigation.running import budget_plans

TURN = 4.0 * math.pi  # period of the angles
PREFIX = "turn"


def freed(circuit: QuantumCircuit, number: int = 0) -> tuple[QuantumCircuit, Floats]:
    """Return a circuit with a parameter for every angle, and the angles.

    Args:
        circuit: whose gates with angles turn Pauli rotations: `u`, `rx`, `ry`, `rz`, `rzz`, ….
        number: in the parameters' names.

    Raises:
        ArgumentError: it has free parameters already.
    """
    if circuit.num_parameters:
        raise ArgumentError(
            "Circuits that bind inputs in their own gates have no angles of their own to refine on "
            "a device. Deploy in a form with compiled states, such as Overlap or Label."
        )
    count = sum(len(item.operation.params) for item in circuit.data)
    names = ParameterVector(f"{PREFIX}{number}_", count)
    out, values = circuit.copy_empty_like(), list[float]()
    for item in circuit.data:
        angles = [float(angle) for angle in item.operation.params]
        free = [names[len(values) + k] for k in range(len(angles))]
        out.append(type(item.operation)(*free) if angles else item.operation, item.qubits)
        values += angles
    return out, np.array(values)


def opened(circuit: QuantumCircuit, blocks: Blocks) -> QuantumCircuit:
    """Return a circuit with its added gates, which are the identity, written so that they can move.

    An identity takes no gate and is not in the circuit; it is written as `with_identities` says.

    Args:
        circuit: as it is written, for instance of a `Compiled`.
        blocks: what it was written from, added gates behind all others.

    Raises:
        ArgumentError: an added gate before others.
    """
    identities = [k for k, (_, matrix) in enumerate(blocks.gates) if added(matrix)]
    first = len(blocks.gates) - len(identities)
    if identities and identities[0] != first:
        raise ArgumentError(
            "A device moves the angles of gates that are written, but gates that are the identity "
            "stand before others. Add them last (qtn.Extended), or refine with exact gradients."
        )
    return with_identities(circuit, blocks)


def with_identities(circuit: QuantumCircuit, blocks: Blocks) -> QuantumCircuit:
    r"""Return a circuit with the identities among its blocks written behind it, all angles 0.

    Each is a CX from a to b, turns of both, the CX again, and turns of both. To first order,

    .. math::
        CX\, e^{i(\alpha Y_a + \beta Y_b)}\, CX
        \approx 1 + i(\alpha\, Y_a X_b + \beta\, Z_a Y_b) .

    The slope of a real Hamiltonian's energy on a real state along exp(iθP) is
    :math:`i\langle [H, P]\rangle`, which is 0 for a real P such as XX or ZZ: real blocks get real
    turns (RY), along words with one Y. Complex ones get turns about all axes, which add
    :math:`X_a X_b` and :math:`Z_a Z_b`. Every second gate on a pair has its CX from b to a, with
    :math:`X_a Y_b` and :math:`Y_a Z_b`: two layers have slopes along all of SO(4).

    Args:
        circuit: as it is written, without its identities.
        blocks: what it was written from.

    Cost: two CX per identity, with four angles where all blocks are real, else twelve.
    """
    real, out, turned = is_real(blocks), circuit.copy(), set[frozenset[int]]()

    def turn(*qubits: int) -> None:
        for qubit in qubits:
            out.ry(0.0, qubit)
            if not real:  # U(0, 0, 0) has slopes along Y and, twice, Z alone
                out.rx(0.0, qubit)
                out.rz(0.0, qubit)

    for sites, matrix in blocks.gates:
        if added(matrix):
            a, b = sites
            turned ^= {frozenset(sites)}
            ends = (a, b) if frozenset(sites) in turned else (b, a)
            for _ in range(2):
                out.cx(*ends)
                turn(a, b)
    return out


def bound_blocks(circuit: QuantumCircuit, angles: Floats) -> Blocks:
    """Return the blocks of a circuit of `freed` at angles; real gates are real."""
    found = gate_list(circuit.assign_parameters(list(angles)))
    gates = [(tuple(reversed(qubits)), matrix) for qubits, matrix in found.gates]
    plain = [(s, m.real.copy() if not np.any(np.imag(m)) else m) for s, m in gates]
    return Blocks(found.n, tuple(plain))


def energy_job(
    circuit: QuantumCircuit, observable: Any, *, where: dict[str, Any], techniques: Sequence[Any],
    repeats: int, seed: int, fingerprint: str,
) -> tuple[Job, QuantumCircuit]:  # fmt: skip
    """Return the energy of a circuit's state as a function of its angles, and the free circuit.

    Args:
        circuit: prepares the state.
        observable: the Hamiltonian as `qtn.run` takes it.
        where: `device`, `shots` and `progress` of `qtn.run`.
        techniques: of `qtn.mitigate`; none for plain values.
        repeats: how often start and end are measured in the end.
        seed: of shots and directions.
        fingerprint: of the Hamiltonian and the device.
    """
    free, angles = freed(circuit)

    def outputs(settings: Floats, rows: Ints, seed: int) -> tuple[Floats, Floats]:
        values = np.repeat(settings, len(rows), axis=0)
        if techniques:
            found = mitigate((free, values), observable, list(techniques), seed=seed, **where)
        else:
            found = run((free, values), observable, seed=seed, **where).values[0]
        shape = (len(settings), len(rows), 1)
        return np.reshape(found.value, shape), np.reshape(found.stderr, shape)

    def plan(settings: int, rows: int) -> RunPlan:
        options = {k: v for k, v in where.items() if k != "progress"}
        values = angles[None]
        if techniques:
            planned = plan_mitigation((free, values), observable, list(techniques), **options)
            one = together(budget_plans(planned))
        else:
            one = run((free, values), observable, dry_run=True, **options)
        return one.scaled(settings * rows)

    alone, again = np.zeros(1, dtype=np.int64), np.zeros(repeats, dtype=np.int64)
    losses = _only_output
    return Job(angles, outputs, losses, alone, again, plan, fingerprint, seed), free


def _only_output(values: Floats, rows: Ints) -> Floats:
    return values[..., 0]


@dataclass(frozen=True, slots=True, repr=False)
class Swept(Form):
    """A form whose rows are the angles of its circuits, as parts of 4π, before the inputs.

    Args:
        inner: the form.
        angles: how many.
    """

    inner: Form
    angles: int

    def check(self, model: Deployed) -> None:
        """Leave the check to the inner form, with circuits of its own."""

    def inputs(self, model: Deployed) -> int:
        """Return the number of angles and inputs."""
        return self.angles + self.inner.inputs(model)

    def circuits(self, model: Deployed, x: Floats) -> Sequence[Measurement]:
        """Return the circuits of the inner form with the angles bound beside the inputs."""
        turns, inputs = TURN * x[:, : self.angles], x[:, self.angles :]
        names = [p for c in model.compiled for p in c.circuit.parameters]
        column = {parameter: k for k, parameter in enumerate(names)}
        found = []
        for part in self.inner.circuits(model, inputs):
            values = iter(np.atleast_2d(part.rows).T)
            order = part.circuit.parameters
            rows = [turns[:, column[p]] if p in column else next(values) for p in order]
            found.append(replace(part, rows=np.stack(rows, axis=1)))
        return found

    def scores(self, model: Deployed, outcomes: Sequence[Estimate]) -> Estimate:
        """Return the scores of the inner form."""
        return self.inner.scores(model, outcomes)

    def shots_needed(self, model: Deployed, x: Floats, stderr: float) -> int:
        """Return what the inner form asks for."""
        return self.inner.shots_needed(model, x[:, self.angles :], stderr)


def model_job(
    model: Any, rows: Floats, losses: Callable[[Floats, Ints], Floats], *, held: Ints, shots: int,
    seed: int,
) -> tuple[Job, list[QuantumCircuit]]:  # fmt: skip
    """Return the loss of a deployed model as a function of all its angles, and its free circuits.

    Args:
        model: a `QuantumModel`.
        rows: what the circuits bind, as `model.rows` gives it, training rows and others.
        losses: takes scores (…, rows, classes) and row numbers to losses (…, rows).
        held: numbers of the rows that decide in the end.
        shots: per circuit, row and setting.
        seed: of shots, rows and directions.
    """
    written = [opened(c.circuit, c.sequence) for c in model.compiled]
    pairs = [freed(circuit, k) for k, circuit in enumerate(written)]
    angles = np.concatenate([found for _, found in pairs])
    free = tuple(Exact(circuit) for circuit, _ in pairs)
    form = Swept(model.form, len(angles))
    bare: dict[str, Any] = {"scaling": None, "before": (), "names": None}  # rows are bound ones
    swept = replace(model, compiled=free, form=form, shots=shots, **bare)

    def table(settings: Floats, chosen: Ints) -> Floats:
        parts = np.mod(settings, TURN) / TURN
        return np.hstack([np.repeat(parts, len(chosen), 0), np.tile(rows[chosen], (len(parts), 1))])

    def outputs(settings: Floats, chosen: Ints, seed: int) -> tuple[Floats, Floats]:
        there = replace(swept, seed=seed, budget=None)
        measured = there.measure(table(settings, chosen))
        found = form.scores(there, measured)
        shape = (len(settings), len(chosen), -1)
        return np.reshape(found.value, shape), np.reshape(found.stderr, shape)

    def plan(settings: int, count: int) -> RunPlan:
        return swept.plan(table(angles[None], np.zeros(1, dtype=np.int64))).scaled(settings * count)

    train = np.setdiff1d(np.arange(len(rows)), held)
    fingerprint = f"{type(model.form).__name__} {model.device} {shots} {rows.sum():.17g}"
    job = Job(angles, outputs, losses, train, held, plan, fingerprint, seed)
    return job, [circuit for circuit, _ in pairs]
