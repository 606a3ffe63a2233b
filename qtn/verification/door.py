"""`qtn.verify`: prove what a circuit, or a device, does."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Executor
from typing import Any

from qiskit import QuantumCircuit
from qiskit.primitives import BitArray
from qiskit.providers import BackendV2
from qiskit_aer.noise import NoiseModel

from qtn._checks import choice, fail, instance, pool
from qtn.errors import ArgumentError, VerificationError
from qtn.estimate import Estimate
from qtn.verification.answers import (
    Answer,
    Job,
    ask_chain,
    ask_cone,
    ask_contraction,
    ask_pauli,
    ask_trajectories,
    compare,
    plan_contractions,
)
from qtn.verification.check import Check, Cost
from qtn.verification.engines.chains import quimb_seconds
from qtn.verification.engines.contraction import Contraction, refuse_contraction
from qtn.verification.engines.equivalence import (
    compare_equivalence,
    process_fidelity,
    random_input_fidelities,
)
from qtn.verification.engines.lightcone import MAX_WIDTH, cone_cost
from qtn.verification.inputs import (
    gate_list,
    observable_terms,
    own_qubits,
    refuse_permuted,
    target_state,
)
from qtn.verification.limits import Forecast, Limits
from qtn.verification.trial import TRIAL, tried_forecast, within
from qtn.verification.turns import ask_in_turn, explained
from qtn.verification.witness.protocols import CrossEntropy, DirectFidelity, Mirror, Shadows
from qtn.verification.witness.settings import check_counts, check_device

METHODS = ("auto", "both", "quimb", "chain", "cone", "contraction", "pauli", "trajectories")
PLANNED_TENSORS = 20_000
"""Networks of more tensors than this in all are not even planned unless asked for."""
SECOND_OPINION = 2.0
"""Predicted processor seconds up to which a second engine always speaks too."""
WITNESSES = (CrossEntropy, DirectFidelity, Mirror, Shadows)


def verify(
    circuit: Any,
    target: Any = None,
    observables: Any = None,
    noise: NoiseModel | None = None,
    device: Any = None,
    method: Any = "auto",
    limits: Limits | None = None,
    executor: Executor | None = None,
) -> Check:
    """Verify a circuit with tensor networks, or a device's counts, and say how sure the answer is.

    Args:
        circuit: A `QuantumCircuit` or a compiled result; or counts (a dictionary or a `BitArray`)
            to be compared with `target`.
        target: State that the circuit should prepare (an `MPS`, a fitted model, an amplitude
            vector, a state of Qiskit, quimb or TeNPy), or a second `QuantumCircuit` to be checked
            for equivalence; with counts, the circuit stands for the state that it prepares.
        observables: Pauli labels, `SparsePauliOp`, `SparseObservable`, or a list of these.
        noise: An Aer noise model in the qubit numbers of `circuit`; readout errors count if the
            circuit is measured.
        device: Where a witness runs (with `method=DirectFidelity(...)` and the like), else a
            backend whose noise model to take.
        method: "auto" (two engines that must agree where the second is predicted to take at most
            2 s, else one: "one engine" in `why`); "both" (two whatever the second takes; if it
            cannot answer, `why` says so and `method` names the one that did); "quimb", "chain"
            (own kernels),
            "cone" (exact causal cones), "contraction" (exact, any geometry); with noise "pauli" or
            "trajectories"; or a witness:
            `CrossEntropy`, `DirectFidelity`, `Shadows`, `Mirror`.
        limits: What may be spent; see `Limits`.
        executor: Any `concurrent.futures.Executor` for the slices of a contraction (standard
            library, Dask's `client.get_executor()`, mpi4py); the result does not depend on it.

    Returns:
        A `Check`: fidelity, interval, method, cost, reason, values.

    Raises:
        ArgumentError: For inputs that cannot be used.
        VerificationError: If engines disagree, none can answer, or nothing can be certified within
            the limits.

    Cost:
        O(gates · χ³) for a chain of bond χ, O(gates · 2^w) for causal cones of w qubits.

    Example:
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0), bell.cx(0, 1)
        >>> check = verify(bell, [2**-0.5, 0, 0, 2**-0.5], method="both")
        >>> round(check.fidelity, 12), check.rigorous
        (1.0, True)
    """
    limits = Limits() if limits is None else limits
    instance("limits", limits, Limits, "a qtn.verification.Limits")
    if noise is not None:
        instance("noise", noise, NoiseModel, "a noise model of Aer")
    pool("executor", executor)
    if isinstance(circuit, Mapping | BitArray):
        return check_counts(circuit, _needed(target), method, limits)
    if observables is not None:
        refuse_permuted(circuit)
    if isinstance(method, WITNESSES):
        if device is None:
            raise fail("device", "given with a witness", device, 'For instance device="aer".')
        return check_device(circuit, target, observables, device, method, limits)
    choice("method", method, METHODS)
    if target is None and observables is None:
        raise ArgumentError(
            "Arguments `target` and `observables` are both missing. Give a state to compare with "
            'or observables to evaluate, for instance observables=["ZZ"].'
        )
    if noise is None and device is not None:
        noise = _backend_noise(getattr(circuit, "circuit", circuit), device)
    with explained():
        if isinstance(target, QuantumCircuit):
            return _equivalence(circuit, target, method, limits)
        if noise is not None:
            return _noisy(circuit, target, observables, noise, method, limits)
        return _pure(_job(circuit, target, observables), method, limits, executor)


def _backend_noise(circuit: Any, device: Any) -> NoiseModel:
    """Return a backend's noise model; refuse gates to which it would give no error."""
    instance("device", device, BackendV2, "a Qiskit backend whose noise model to take")
    noise = NoiseModel.from_backend(device)
    foreign = set(circuit.count_ops()) - set(noise.basis_gates) - {"measure", "barrier", "delay"}
    if foreign:
        raise ArgumentError(
            f"Argument `circuit` holds {sorted(foreign)}, which the device does not have, so its "
            "noise would be left out. Transpile first: qtn.transpile_for or qiskit.transpile."
        )
    return noise


def _needed(target: Any) -> Any:
    if target is None:
        raise ArgumentError("Argument `target` is missing. Give the state the counts came from.")
    return target_state(target)


def _job(circuit: Any, target: Any, observables: Any) -> Job:
    gates = gate_list(circuit)
    state = None if target is None else target_state(target)
    if state is not None and (state.n != gates.n or set(state.phys) != {2}):
        raise ArgumentError(
            f"Argument `target` has {state.n} sites of dimension {max(state.phys)}, but the "
            f"circuit has {gates.n} qubits."
        )
    terms = [] if observables is None else observable_terms(observables, gates.n)
    return Job(gates, state, terms)


def _pure(job: Job, method: str, limits: Limits, executor: Executor | None) -> Check:
    start = time.process_time()
    if method in ("pauli", "trajectories"):
        raise fail("method", 'one for circuits without noise ("auto", "both", …)', method)
    chain = method not in ("cone", "contraction")  # what they take is predicted apart
    expected = tried_forecast(job.gates, limits, TRIAL if chain else 0.0)
    names, plans = _engines(job, expected, method, limits)

    def ask(name: str) -> Answer:
        if name == "cone":
            return ask_cone(job)
        if name == "contraction":
            refuse_contraction(plans, limits)
            return ask_contraction(job, plans, executor)
        with within(limits, expected):
            return ask_chain(name, job, expected, limits)

    answers, note = ask_in_turn(names, ask)
    memory = max([expected.memory if answers[0].max_bond else 0.0, *(p.memory for p in plans)])
    return _check(answers, int(memory), time.process_time() - start, note)


def _engines(
    job: Job, expected: Forecast, method: str, limits: Limits
) -> tuple[list[str], list[Contraction]]:
    """Choose engines: an exact cheap chain, exact cones, a contraction, else a truncated chain.

    A second one that shares no code with the first is added where it takes little time.
    """
    if method in ("quimb", "chain"):
        return [method], []
    if method == "contraction":
        return [method], plan_contractions(job, limits)
    all_terms = [t for terms in job.terms for t in terms]
    width, seconds = cone_cost(job.gates, all_terms) if all_terms else (0, 0.0)
    small = job.target is None and width <= MAX_WIDTH and seconds <= limits.seconds
    if method == "cone":
        if job.target is not None:
            raise fail("method", 'another than "cone" for a fidelity', method)
        return ["cone"], []
    both = method == "both"
    exact = expected.exact and expected.seconds <= limits.seconds
    chain = ["chain"] if both or (exact and expected.seconds <= SECOND_OPINION) else []
    if small and not (exact and expected.seconds <= max(seconds, 1.0)):
        return ["cone", *chain], []
    plans = [] if exact else _affordable(job, limits)
    if plans:
        return ["contraction", *chain], plans
    if both or quimb_seconds(job.gates, expected, all_terms) <= SECOND_OPINION:
        return ["chain", "quimb"], []
    return ["chain", *(["cone"] if small and seconds <= SECOND_OPINION else [])], []


def _affordable(job: Job, limits: Limits) -> list[Contraction]:
    """Return plans for an exact contraction, or nothing if it is beyond the limits."""
    networks = (job.target is not None) + sum(bool(t.factors) for ts in job.terms for t in ts)
    if networks == 0 or networks * len(job.gates.gates) > PLANNED_TENSORS:
        return []
    plans = plan_contractions(job, limits)
    try:
        refuse_contraction(plans, limits)
    except VerificationError:
        return []
    return plans


def _noisy(
    circuit: Any, target: Any, observables: Any, noise: NoiseModel, method: str, limits: Limits
) -> Check:
    start = time.process_time()
    choice("method", method, ("auto", "both", "pauli", "trajectories"))
    circuit = getattr(circuit, "circuit", circuit)
    job = _job(circuit, target, observables)
    answers: list[Answer] = []
    if method != "trajectories":
        answers.append(ask_pauli(job, circuit, noise, limits))
    if method in ("both", "trajectories"):
        own = {virtual: physical for physical, virtual in own_qubits(circuit).items()}
        answers.append(ask_trajectories(job, circuit, noise, own, limits))
    bond = max(a.max_bond for a in answers)
    return _check(answers, 32 * circuit.num_qubits * bond**2, time.process_time() - start)


def _equivalence(circuit: Any, target: Any, method: str, limits: Limits) -> Check:
    start = time.process_time()
    first, second = gate_list(circuit), gate_list(target)
    if first.n != second.n:
        raise ArgumentError(
            f"Argument `target` has {second.n} qubits, but the circuit has {first.n}."
        )
    interval, bond = process_fidelity(first, second, limits)
    name, why = "operator", "process fidelity |Tr(U V†)|²/4^n by a matrix product operator"
    if method == "both":
        compare_equivalence(interval, random_input_fidelities(first, second, limits))
        name, why = "operator + quimb", f"{why}; random product inputs agree"
    cost = Cost(time.process_time() - start, bond, 64 * first.n * bond**2)
    return Check(
        interval.value, interval.low, interval.high, name, cost, why, (), interval.rigorous
    )


def _check(answers: list[Answer], memory: int, seconds: float, note: str = "") -> Check:
    for other in answers[1:]:
        compare(answers[0], other)
    best = answers[0]
    fidelity = best.fidelity
    rigorous = all(i.rigorous for i in [*best.values, *([fidelity] if fidelity else [])])
    agreed = "two independent engines agree" if len(answers) > 1 else "one engine"
    why = f"{best.why}; {agreed}{note}"
    values = tuple(
        Estimate(v.value, v.high - v.value, 0, f"{best.engine}, half-width of the interval")
        for v in best.values
    )
    return Check(
        None if fidelity is None else fidelity.value,
        None if fidelity is None else fidelity.low,
        None if fidelity is None else fidelity.high,
        " + ".join(a.engine for a in answers),
        Cost(seconds, max(a.max_bond for a in answers), memory),
        why,
        values,
        rigorous,
    )
