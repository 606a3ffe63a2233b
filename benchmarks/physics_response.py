"""Dynamical structure factors: all eigenstates, free fermions, two spinons, and the circuits of it.

KCuF3 is the isotropic chain; a published run of 50 sites on a quantum computer measured the
response to a rotation of the middle site, 4 Im C(x, t), of which the last rows make the circuits.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.library import PauliEvolutionGate
from qiskit.quantum_info import Statevector
from qiskit.synthesis import SuzukiTrotter

import qtn
from benchmarks import report
from qtn.physics.response import StructureFactor
from qtn.physics.response.door import OPERATORS
from qtn.physics.response.spectrum import transformed

STEP = 0.6
"""Of the published run, in units of 1/J."""


def add_rows(table: report.Table) -> None:
    """Ten sites, forty free ones, fifty of KCuF3."""
    for name, operator in (("heisenberg", "Sz"), ("tfim", "X"), ("xxz", "S+")):
        _eigenstates(table, name, operator)
    _free(table)
    _spinons(table)


def _eigenstates(table: report.Table, name: str, operator: str) -> None:
    chain, began = qtn.chain(name, n=10), time.process_time()
    found = qtn.structure_factor(chain, operator, broadening=0.2, edges="include", tolerance=1e-5)
    spent = time.process_time() - began
    energies, states = np.linalg.eigh(chain.to_matrix())
    ground, places = states[:, 0], np.arange(10) - found.center
    turned = np.stack([states.conj().T @ _on_site(OPERATORS[operator], x) @ ground
                       for x in range(10)])  # fmt: skip
    turned[:, 0] = 0.0
    weights = (np.cos(np.multiply.outer(found.momenta, places))
               @ (turned.conj() * turned[found.center])).real  # fmt: skip
    off = found.frequencies - (energies - energies[0])[:, None]
    exact = weights @ np.exp(-0.5 * (off / 0.2) ** 2) / (0.2 * np.sqrt(2.0 * np.pi))
    table.at_most(f"{name}, 10 sites, {operator}: error of S(k, ω) against all eigenstates",
                  float(np.abs(found.values - exact).max()), 1e-6,
                  note=f"largest value {exact.max():.2f}, {spent:.1f} CPU s")  # fmt: skip


def _on_site(matrix: np.ndarray, site: int) -> np.ndarray:
    return np.kron(np.kron(np.eye(2 ** (9 - site)), matrix), np.eye(2**site))


def _free(table: report.Table) -> None:
    began = time.process_time()
    found = qtn.structure_factor(qtn.chain("xx", n=40))
    spent = time.process_time() - began
    energies, modes = np.linalg.eigh(0.5 * (np.eye(40, k=1) + np.eye(40, k=-1)))
    phases = np.exp(1j * np.multiply.outer(energies, found.times))
    ends, filled = modes * modes[found.center], energies < 0
    exact = (ends[:, filled] @ phases[filled]) * (ends[:, ~filled] @ phases[~filled].conj())
    run = replace(found.runs[0], values=exact)
    values = transformed(run, found.window, found.momenta, found.frequencies)
    off, largest = np.abs(found.values - values), values.max()
    table.at_most("xx, 40 sites: error of S(k, ω) over its largest value, against free fermions",
                  float(off.max() / largest), 1e-3, note=_how(found, spent)
                  + ("" if (off <= found.errors).all() else "; BARS EXCEEDED"))  # fmt: skip


def _how(found: StructureFactor, spent: float) -> str:
    bars = found.errors.max() / found.values.max()
    return (f"η {found.broadening:.3f}, to t = {found.times[-1]:.1f}, bond {found.max_bond}, "
            f"bars {bars:.1e}, {spent:.1f} CPU s")  # fmt: skip


def _spinons(table: report.Table) -> None:
    chain, began = qtn.chain("heisenberg", n=50), time.process_time()
    found = qtn.structure_factor(chain)
    spent = time.process_time() - began
    table.at_most("KCuF3, 50 sites: ground state, time and spectrum", spent, 60.0, unit="s",
                  note=_how(found, spent))  # fmt: skip
    k, margin = found.momenta[:, None], 2.5 * found.broadening
    outside = (found.frequencies < np.pi / 2 * np.sin(k) - margin) | (
        found.frequencies > np.pi * np.sin(k / 2) + margin
    )
    table.at_most("KCuF3, 50 sites: weight beyond 2.5 η from the two-spinon continuum",
                  float((found.values * outside).sum() / found.values.sum()), 0.02)  # fmt: skip
    rules = found.sum_rules()
    table.at_most("KCuF3, 50 sites: first moment against ⟨A†[H, A]⟩, of its largest value",
                  float(np.abs(rules.first - rules.first_exact).max() / rules.first_exact.max()),
                  1e-3)  # fmt: skip


def add_circuits(table: report.Table) -> None:
    """The quantum version: circuits of the ground state, a rotation, steps in time."""
    found = qtn.structure_factor(qtn.chain("heisenberg", n=10), broadening=1.0, edges="include",
                                 tolerance=1e-3)  # fmt: skip
    began = time.process_time()
    circuit, gates = response_circuit(found, steps=2, layers=(7, 9))
    bits = np.abs(Statevector(circuit).data) ** 2
    ones = (np.arange(2**10)[:, None] >> np.arange(10)) & 1
    response = np.array([np.interp(2 * STEP, found.times, row.imag) for row in found.correlations])
    off = np.abs(bits @ (1 - 2 * ones) - 4.0 * response).max()
    table.at_most("KCuF3, 10 sites: ⟨Z⟩ of the compiled circuit at t = 1.2 less 4 Im C, largest",
                  float(off), 0.03, note=f"largest response {4 * np.abs(response).max():.2f}, "
                  f"{gates} CX, {time.process_time() - began:.1f} CPU s")  # fmt: skip
    ground = qtn.ground_state(qtn.chain("heisenberg", n=50), max_bond=64, progress=False)
    began = time.process_time()
    first = qtn.compile(ground, qtn.Brickwall(layers=9), progress=False)
    table.at_least("KCuF3, 50 sites: fidelity of the ground state's circuit, 9 layers",
                   first.fidelity, 0.657, note="published .646 with 11 layers; "
                   f"{first.two_qubit_gates} CX, {time.process_time() - began:.0f} CPU s"
                   )  # fmt: skip


def response_circuit(
    found: StructureFactor, steps: int, layers: tuple[int, int]
) -> tuple[QuantumCircuit, int]:
    """Return the circuit whose ⟨Z_x⟩ are 4 Im C(x, t), and its CX: docs/structure_factor.md."""
    chain = qtn.chain("heisenberg", n=found.ground.n)
    circuit = qtn.compile(found.ground, qtn.Brickwall(layers=layers[0]), progress=False).circuit
    circuit.rz(np.pi / 2, found.center)
    step = PauliEvolutionGate(chain, time=STEP, synthesis=SuzukiTrotter(order=2))
    for _ in range(steps):
        circuit.append(step, range(circuit.num_qubits))
    short = qtn.compile(circuit, qtn.Brickwall(layers=layers[1]), progress=False)
    return short.circuit, short.two_qubit_gates
