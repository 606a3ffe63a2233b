"""Sample what a noisy device should return: Aer's trajectories, each a pure state.

They sample the channels that `pauli` computes, and carry a standard error.
"""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import ClassicalRegister, QuantumCircuit
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel

from qtn._random import derived_seed
from qtn.devices.placement.cutting import Description
from qtn.devices.tensor.reported import Noise
from qtn.errors import ArgumentError, VerificationError
from qtn.states import MPS
from qtn.states.kernels.overlap import log_overlap
from qtn.states.operators import AXIS, DIAGONAL, TURNS, Term, grouped
from qtn.verification.engines.base import Answer, Interval, NoisySource, Question
from qtn.verification.limits import Limits

Array = NDArray[Any]
FIDELITY_SHOTS = 1000
"""Trajectories of a fidelity: each one costs an overlap."""
SIGMAS = 5.0


@dataclass(frozen=True, slots=True)
class Trajectories:
    """Aer's noise trajectories, intervals of five standard errors."""

    name: str = "trajectories"

    def ask(self, question: Question) -> Answer:
        """Return the fidelity from final states, and values from shots in each setting."""
        limits, source = question.limits, question.noisy
        assert source is not None
        fidelity = None
        if question.target is not None:
            value, error = trajectory_fidelity(source, question.target, limits)
            width = SIGMAS * error + 1.0 / limits.shots
            fidelity = Interval(value, max(0.0, value - width), min(1.0, value + width), False)
        values = []
        for terms in question.terms:
            value, error = trajectory_value(source, terms, limits)
            width = SIGMAS * error + 1.0 / limits.shots
            values.append(Interval(value, value - width, value + width, False))
        parts = [f"{limits.shots} shots per setting"] if question.terms else []
        if question.target is not None:
            parts.append(f"{min(limits.shots, FIDELITY_SHOTS)} final states for the fidelity")
        why = f"Aer's noise trajectories, {', '.join(parts)}, five standard errors"
        return Answer(self.name, why, fidelity, tuple(values))


def trajectory_value(
    source: NoisySource, terms: Sequence[Term], limits: Limits
) -> tuple[float, float]:
    """Return an expectation value and its standard error from Aer's noise trajectories.

    Every qubit-wise commuting setting is measured with `limits.shots` shots; readout errors act
    only if the circuit is measured, as in `NoisyState.value`.
    """
    circuit, places = source.circuit, source.places
    measured = "measure" in circuit.count_ops()
    model = _aer_model(source.model) if measured else _without_readout(_aer_model(source.model))
    bare = circuit.remove_final_measurements(inplace=False) if measured else circuit.copy()
    value = variance = 0.0
    products = [term for term in terms if term.factors]
    for number, basis in enumerate(grouped(products, len(places))):
        setting = [products[k] for k in basis.terms]
        mean, spread = _run_setting(bare, model, setting, places, limits, number)
        value += mean
        variance += spread
    value += sum(t.coefficient for t in terms if not t.factors)
    return value, math.sqrt(variance)


def trajectory_fidelity(source: NoisySource, target: MPS, limits: Limits) -> tuple[float, float]:
    """Return ⟨t|ρ|t⟩ and its standard error: the mean of |⟨t|ψ⟩|² over Aer's noise trajectories.

    Every trajectory ends in a pure state ψ, kept by Aer as a matrix product state of its own.

    Raises:
        ArgumentError: if the circuit does not act on exactly the target's qubits in order.
    """
    circuit = source.circuit
    if circuit.layout is not None or circuit.num_qubits != target.n:
        raise ArgumentError(
            "The noisy fidelity needs a circuit on its own qubits, as before transpilation. "
            "Ask for observables instead."
        )
    bare = circuit.remove_final_measurements(inplace=False)
    bare.save_matrix_product_state(pershot=True)
    shots = min(limits.shots, FIDELITY_SHOTS)
    simulator = _simulator(
        _without_readout(_aer_model(source.model)),
        derived_seed(limits.seed, "fidelity"),
        "matrix_product_state",
    )
    result = simulator.run(bare, shots=shots).result()
    if not result.success:
        raise VerificationError(f"Aer's trajectories failed: {result.status}.")
    found = [
        abs(np.exp(log_size) * phase) ** 2 / np.exp(2 * log_overlap(chain, chain)[1])
        for chain in map(_chain_of_aer, result.data(0)["matrix_product_state"])
        for phase, log_size in [log_overlap(target.tensors, chain)]
    ]
    return float(np.mean(found)), float(np.std(found, ddof=1) / math.sqrt(shots))


def _chain_of_aer(saved: Any) -> list[Array]:
    """Return tensors (left, phys, right) from Aer's Γ and λ."""
    gammas, schmidt = saved
    chain = [np.stack([np.asarray(g) for g in pair], axis=1) for pair in gammas]
    scaled = [t * np.asarray(s).real for t, s in zip(chain[:-1], schmidt, strict=True)]
    return [*scaled, chain[-1]]


def _simulator(noise: NoiseModel, seed: int, method: str) -> AerSimulator:
    return AerSimulator(
        noise_model=noise,
        method=method,
        max_memory_mb=-1,
        seed_simulator=seed,
        max_parallel_threads=1,
    )


def _aer_model(noise: Noise) -> NoiseModel:
    """Return the noise as Aer's model."""
    if isinstance(noise, NoiseModel):
        return noise
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a device without T1 and T2
        return NoiseModel.from_backend(Description(noise.target))


def _without_readout(noise: NoiseModel) -> NoiseModel:
    """Return a copy without readout errors (the model has no public way to drop them)."""
    out = copy.deepcopy(noise)
    out._default_readout_error = None
    out._local_readout_errors = {}
    return out


def _run_setting(
    circuit: QuantumCircuit,
    noise: NoiseModel,
    terms: Sequence[Term],
    places: dict[int, int],
    limits: Limits,
    number: int,
) -> tuple[float, float]:
    """Return the sum of the terms' means and the variance of the mean."""
    axes = {q: AXIS[letter] for t in terms for q, letter in t.factors}
    measured = sorted(axes)
    circuit = circuit.copy()
    for qubit in measured:
        # As one unitary without a name in the noise model, the basis change stays noiseless.
        if axes[qubit] != "Z":
            circuit.unitary(TURNS[axes[qubit]], [places[qubit]], label="basis")
    register = ClassicalRegister(len(measured), "axis")
    circuit.add_register(register)
    circuit.measure([places[q] for q in measured], register)
    method = "matrix_product_state" if circuit.num_qubits > 20 else "automatic"
    simulator = _simulator(noise, derived_seed(limits.seed, "trajectories", number), method)
    result = simulator.run(circuit, shots=limits.shots, memory=True).result()
    if not result.success:
        raise VerificationError(f"Aer's trajectories failed: {result.status}.")
    rows = np.array([list(row.replace(" ", ""))[::-1] for row in result.get_memory()]) == "1"
    column = {q: k for k, q in enumerate(measured)}
    shots = np.zeros(len(rows))
    for term in terms:
        product = np.full(len(rows), term.coefficient)
        for qubit, letter in term.factors:
            zero, one = DIAGONAL[letter]
            product = product * np.where(rows[:, column[qubit]], one, zero)
        shots += product
    return float(shots.mean()), float(shots.var(ddof=1) / len(shots))
