"""Certify what a noisy device should return: exact channels, and Aer's trajectories beside them.

The density operator is a real chain in the Pauli basis, so the value has no sampling error; what
is lost is truncated Hilbert–Schmidt weight, checked by halving the bond. Trajectories sample the
same channels and carry a standard error.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import ClassicalRegister, QuantumCircuit
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel

from qtn._random import derived_seed
from qtn.devices.tensor.channels import NoisyCircuit, noisy_circuit
from qtn.errors import ArgumentError, VerificationError
from qtn.states import MPS
from qtn.states.kernels.density import OUTCOMES, ROOT, TRACE, DensityMPS
from qtn.states.kernels.overlap import log_overlap
from qtn.states.operators import PAULI
from qtn.verification.engines.fidelity import Interval
from qtn.verification.inputs import FACTORS, Product, weight_bound
from qtn.verification.limits import Limits

Array = NDArray[Any]
WORTHLESS = 1e-3
"""Relative Hilbert–Schmidt weight lost above which nothing is certified."""
EXACT = 1e-12
TELLING = 2.0
"""How many times the weight a coarser bond must lose to tell what the finer one lacks."""
EXACT_LOST = 1e-16
"""Relative weight that rounding and the smallest cutoffs may lose of a chain called exact."""
ACCIDENT = 0.1
"""Part of √lost · Σ|c| that no agreement between two bonds takes away."""
FIDELITY_SHOTS = 1000
"""Trajectories of a fidelity: each one costs an overlap."""


@dataclass(frozen=True, slots=True)
class NoisyState:
    """The density operator of a noisy circuit, and where its qubits are.

    Attributes:
        state: Density operator on the active qubits.
        plan: The channels it came from.
        own: Circuit qubit of every qubit of the observables.
        measured: Whether readout errors apply.
        seconds: Processor time of the simulation.
    """

    state: DensityMPS
    plan: NoisyCircuit
    own: dict[int, int]
    measured: bool
    seconds: float

    @property
    def lost(self) -> float:
        """Relative Hilbert–Schmidt weight lost in all truncations."""
        return float(self.state.discarded.sum())

    @property
    def exact(self) -> bool:
        """Whether truncation lost no more than rounding does."""
        return self.lost <= EXACT_LOST

    @property
    def distance(self) -> float:
        """Σ √ε over all truncations at most: the Hilbert–Schmidt error where channels shrink it."""
        return math.sqrt(self.lost * (len(self.plan.prefix) + len(self.plan.suffix)))

    def value(self, terms: Sequence[Product]) -> float:
        """Return Tr(ρ Σ c P), with readout errors if the circuit is measured."""
        norm = self.state.trace()
        total = 0.0
        for term in terms:
            forms, outside = self._forms(term)
            total += term.coefficient * outside * self.state.contract(forms) / norm
        return total

    def _forms(self, term: Product) -> tuple[list[Array], float]:
        site = {q: k for k, q in enumerate(self.plan.qubits)}
        forms: list[Array] = [TRACE] * self.state.n
        outside = 1.0
        for qubit, letter in term.factors:
            place = self.own[qubit]
            if place not in site:
                outside *= float(FACTORS[letter][0, 0].real)
                continue
            confusion = self.plan.confusion[site[place]] if self.measured else np.eye(2)
            forms[site[place]] = letter_form(letter, confusion)
        return forms, outside

    def fidelity(self, target: MPS) -> float:
        """Return ⟨t|ρ|t⟩ for a target on the same qubits; ρ as kept, whatever its trace."""
        site = {q: k for k, q in enumerate(self.plan.qubits)}
        if [site.get(self.own[k]) for k in range(target.n)] != list(range(self.state.n)):
            raise ArgumentError(
                "The noisy fidelity needs a circuit that acts on all its qubits along a line in "
                "order. Ask for observables instead, or give noise on the circuit's own qubits."
            )
        return pauli_fidelity(self.state, target)


def letter_form(letter: str, confusion: Array) -> Array:
    """Return the linear form (4,) of a factor when its axis is read through a confusion matrix.

    Args:
        letter: X, Y, Z or a projector 0, 1, +, -, r, l.
        confusion: Probabilities [read, true].

    Returns:
        Coefficients on the normalised Pauli basis.

    Example:
        >>> np.round(letter_form("Z", np.array([[0.9, 0.2], [0.1, 0.8]])), 6)
        array([0.141421, 0.      , 0.      , 0.989949])
    """
    axis = {"X": 1, "+": 1, "-": 1, "Y": 2, "r": 2, "l": 2}.get(letter, 3)
    weights = {"X": (1, -1), "Y": (1, -1), "Z": (1, -1)}.get(
        letter, (0, 1) if letter in "1-l" else (1, 0)
    )
    outcomes = OUTCOMES.copy()
    outcomes[:, [3, axis]] = outcomes[:, [axis, 3]]
    return np.asarray(np.array(weights, dtype=float) @ confusion @ outcomes)


def pauli_fidelity(state: DensityMPS, target: MPS) -> float:
    """Return ⟨t|ρ|t⟩ by contracting the chain of ρ with the target on both sides.

    Cost:
        O(n χ_ρ χ_t² (χ_ρ + χ_t)).
    """
    left = np.ones((1, 1, 1), dtype=complex)
    for rho, ket in zip(state.tensors, target.tensors, strict=True):
        step = np.tensordot(left, rho, axes=(0, 0))  # (bra, ket, pauli, right)
        step = np.tensordot(step, PAULI * ROOT, axes=(2, 0))  # (bra, ket, right, out, in)
        step = np.tensordot(step, ket, axes=((1, 4), (0, 1)))  # (bra, right, out, ket')
        left = np.tensordot(ket.conj(), step, axes=((0, 1), (0, 2))).transpose(1, 0, 2)
    return float(left[0, 0, 0].real)


def noisy_state(circuit: QuantumCircuit, noise: NoiseModel, limits: Limits) -> NoisyState:
    """Simulate a circuit's density operator under an Aer noise model.

    Args:
        circuit: One- and two-qubit gates and final measurements, in the model's qubit numbers.
        noise: The noise model.
        limits: Bond cap and cutoff.

    Returns:
        The state with its error account.
    """
    return _evolved(circuit, noisy_circuit(circuit, noise), limits)


def _evolved(circuit: QuantumCircuit, plan: NoisyCircuit, limits: Limits) -> NoisyState:
    start = time.process_time()
    gates = [*plan.prefix, *[(s.sites, s.matrix) for s in plan.suffix if s.matrix is not None]]
    if any(s.operation is not None for s in plan.suffix):
        raise ArgumentError("Argument `circuit` has free parameters. Bind them first.")
    state = DensityMPS.zeros(plan.n).apply(gates, max_bond=limits.max_bond, cutoff=limits.cutoff)
    layout = circuit.layout
    own = (
        {k: k for k in range(circuit.num_qubits)}
        if layout is None
        else dict(enumerate(layout.final_index_layout(filter_ancillas=True)))
    )
    seconds = time.process_time() - start
    return NoisyState(state, plan, own, bool(plan.measured), seconds)


def noisy_ladder(
    circuit: QuantumCircuit, noise: NoiseModel, limits: Limits
) -> tuple[NoisyState, ...]:
    """Simulate a noisy circuit; where weight is lost, at half and a quarter of the bond too.

    Args:
        circuit: As for `noisy_state`.
        noise: The noise model.
        limits: Bond cap and cutoff.

    Returns:
        One state if it is exact or has no coarser bond, else up to three, best first.

    Raises:
        VerificationError: If the first or the second lost too much to certify anything.
    """
    plan = noisy_circuit(circuit, noise)
    full = _evolved(circuit, plan, limits)
    _refuse_worthless(full, limits)
    if full.exact:
        return (full,)
    states, bond = [full], min(limits.max_bond, 4 ** (full.state.n // 2)) // 2
    while bond >= 1 and len(states) < 3:
        coarse = _evolved(circuit, plan, replace(limits, max_bond=bond))
        if coarse.lost > TELLING * states[-1].lost:  # else both lost the same and nothing is seen
            states.append(coarse)
        bond //= 2
    if len(states) > 1 and states[1].lost > WORTHLESS:
        raise VerificationError(
            f"A coarser bond ({states[1].state.max_bond}) loses too much to check the noisy state "
            f"at bond {full.state.max_bond}. {_way_out(full, limits)}"
        )
    return tuple(states)


def _refuse_worthless(found: NoisyState, limits: Limits) -> None:
    if found.lost > WORTHLESS:
        raise VerificationError(
            f"The noisy state lost {found.lost:.2g} of its weight at bond {found.state.max_bond} "
            f"({found.seconds:.2g} s), too much to certify anything. {_way_out(found, limits)}"
        )


def _way_out(found: NoisyState, limits: Limits) -> str:
    return (
        f"At twice the bond expect about {8 * found.seconds:.2g} s: "
        f"limits=Limits(max_bond={2 * limits.max_bond})."
    )


def noisy_interval(full: NoisyState, half: NoisyState | None, terms: Sequence[Product]) -> Interval:
    """Return a noisy value with its interval: rounding alone, or an estimate where bonds were cut.

    The estimate is twice the change at half the bond and √lost · max(|v|, 0.1 Σ|c|): the second
    part stays where a value agrees at both bonds by accident. On chains of 7 and 8 qubits with
    depolarising noise, cut at bonds 16 to 32, it held for 99.9 % of 2,460 values. Without a
    coarser bond a value of a state that was cut is not certified, its interval infinite.
    """
    value = full.value(terms)
    weight = weight_bound(terms)
    width = EXACT * max(1.0, weight) + math.sqrt(full.lost) * max(abs(value), ACCIDENT * weight)
    if not full.exact and any(t.factors for t in terms):
        width += math.inf if half is None else 2.0 * abs(half.value(terms) - value)
    return Interval(value, value - width, value + width, full.exact)


def trajectories(
    circuit: QuantumCircuit,
    noise: NoiseModel,
    terms: Sequence[Product],
    own: dict[int, int],
    limits: Limits,
) -> tuple[float, float]:
    """Return an expectation value and its standard error from Aer's noise trajectories.

    Every qubit-wise commuting setting is measured with `limits.shots` shots; readout errors act
    only if the circuit is measured, as in `NoisyState.value`.
    """
    measured = "measure" in circuit.count_ops()
    model = noise if measured else _without_readout(noise)
    bare = circuit.remove_final_measurements(inplace=False) if measured else circuit.copy()
    value = variance = 0.0
    for number, setting in enumerate(_settings(terms)):
        mean, spread = _run_setting(bare, model, setting, own, limits, number)
        value += mean
        variance += spread
    value += sum(t.coefficient for t in terms if not t.factors)
    return value, math.sqrt(variance)


def trajectory_fidelity(
    circuit: QuantumCircuit, noise: NoiseModel, target: MPS, limits: Limits
) -> tuple[float, float]:
    """Return ⟨t|ρ|t⟩ and its standard error: the mean of |⟨t|ψ⟩|² over Aer's noise trajectories.

    Every trajectory ends in a pure state ψ, kept by Aer as a matrix product state of its own.

    Raises:
        ArgumentError: If the circuit does not act on exactly the target's qubits in order.
    """
    if circuit.layout is not None or circuit.num_qubits != target.n:
        raise ArgumentError(
            "The noisy fidelity needs a circuit on its own qubits, as before transpilation. "
            "Ask for observables instead."
        )
    bare = circuit.remove_final_measurements(inplace=False)
    bare.save_matrix_product_state(pershot=True)
    shots = min(limits.shots, FIDELITY_SHOTS)
    simulator = _simulator(
        _without_readout(noise), derived_seed(limits.seed, "fidelity"), "matrix_product_state"
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


def _without_readout(noise: NoiseModel) -> NoiseModel:
    """Return a copy without readout errors (the model has no public way to drop them)."""
    out = copy.deepcopy(noise)
    out._default_readout_error = None
    out._local_readout_errors = {}
    return out


def _settings(terms: Sequence[Product]) -> list[list[Product]]:
    """Group products that can be read from one measurement basis."""
    groups: list[tuple[dict[int, int], list[Product]]] = []
    for term in terms:
        if not term.factors:
            continue
        axes = {q: _axis(letter) for q, letter in term.factors}
        for known, members in groups:
            if all(known.get(q, a) == a for q, a in axes.items()):
                known.update(axes)
                members.append(term)
                break
        else:
            groups.append((dict(axes), [term]))
    return [members for _, members in groups]


def _axis(letter: str) -> int:
    return {"X": 1, "+": 1, "-": 1, "Y": 2, "r": 2, "l": 2}.get(letter, 3)


def _run_setting(
    circuit: QuantumCircuit,
    noise: NoiseModel,
    terms: Sequence[Product],
    own: dict[int, int],
    limits: Limits,
    number: int,
) -> tuple[float, float]:
    """Return the sum of the terms' means and the variance of the mean."""
    axes = {q: _axis(letter) for t in terms for q, letter in t.factors}
    places = sorted(axes)
    circuit = circuit.copy()
    for qubit in places:
        # As one unitary without a name in the noise model, the basis change stays noiseless.
        turn = {1: [[1, 1], [1, -1]], 2: [[1, -1j], [1, 1j]], 3: None}[axes[qubit]]
        if turn is not None:
            circuit.unitary(np.array(turn) * math.sqrt(0.5), [own[qubit]], label="basis")
    register = ClassicalRegister(len(places), "axis")
    circuit.add_register(register)
    circuit.measure([own[q] for q in places], register)
    method = "matrix_product_state" if circuit.num_qubits > 20 else "automatic"
    simulator = _simulator(noise, derived_seed(limits.seed, "trajectories", number), method)
    result = simulator.run(circuit, shots=limits.shots, memory=True).result()
    if not result.success:
        raise VerificationError(f"Aer's trajectories failed: {result.status}.")
    rows = np.array([list(row.replace(" ", ""))[::-1] for row in result.get_memory()]) == "1"
    column = {q: k for k, q in enumerate(places)}
    shots = np.zeros(len(rows))
    for term in terms:
        product = np.full(len(rows), term.coefficient)
        for qubit, letter in term.factors:
            bit = rows[:, column[qubit]]
            if letter in "XYZ":
                product = product * (1.0 - 2.0 * bit)
            else:
                product = product * (bit if letter in "1-l" else ~bit)
        shots += product
    return float(shots.mean()), float(shots.var(ddof=1) / len(shots))
