"""`qtn.verify`: prove what a circuit, or a device, does."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

from qiskit import QuantumCircuit
from qiskit.primitives import BitArray
from qiskit.providers import BackendV2
from qiskit_aer.noise import NoiseModel

from qtn._checks import choice, fail, instance, pool
from qtn._machine import few_threads
from qtn._progress import checked_progress, progress_bar
from qtn.devices import Transpiled, transpile_for
from qtn.devices.lookup import DeviceLike, resolve
from qtn.devices.tensor.reported import Noise, ReportedChannels
from qtn.errors import ArgumentError
from qtn.interop.circuits import gate_list, read_circuit, refuse_permuted
from qtn.interop.targets import target_state
from qtn.verification.answers import ask_in_turn, explained, verdict
from qtn.verification.check import Check
from qtn.verification.choice import EQUIVALENCE, METHODS, chosen
from qtn.verification.engines.base import NoisySource, Question
from qtn.verification.inputs import observable_terms
from qtn.verification.limits import Limits
from qtn.verification.witness.protocols import CrossEntropy, DirectFidelity, Mirror, Shadows
from qtn.verification.witness.running import check_counts, check_device

__all__ = ["verify"]

WITNESSES = (CrossEntropy, DirectFidelity, Mirror, Shadows)


@few_threads(1)
def verify(
    circuit: Any,
    target: Any = None,
    observables: Any = None,
    noise: NoiseModel | None = None,
    device: DeviceLike | None = None,
    method: Any = "auto",
    limits: Limits | None = None,
    executor: Executor | None = None,
    progress: bool | None = None,
) -> Check:
    """Verify a circuit with tensor networks, or a device's counts, and say how sure the answer is.

    Args:
        circuit: a `QuantumCircuit`, a compiled result or OpenQASM text; or counts (a dictionary or
            a `BitArray`) to be compared with `target`.
        target: state that the circuit should prepare, in any form that `qtn.compile` takes: an
            `MPS` or `TTN`, a fitted model, an amplitude vector, a state of Qiskit, quimb or TeNPy,
            or a second circuit, which stands for the state that it prepares; with
            `method="equivalence"` for its unitary.
        observables: a label, `Pauli`, `SparsePauliOp`, `SparseObservable`, a mapping of labels to
            coefficients, or a list of these.
        noise: an Aer noise model in the qubit numbers of `circuit`; readout errors count if the
            circuit is measured.
        device: where a witness runs (with `method=DirectFidelity(...)` and the like), else a
            backend, or the name of a fake one, whose reported noise to take: a circuit in its gates
            as it is, any other as `qtn.transpile_for` writes it; or "cuda" ("cuda:1", …) to build
            the chain on a GPU, for bonds of hundreds (one engine speaks then).
        method: "auto" (two engines that must agree where the second is predicted to take at most
            2 s, else one: "one engine" in `why`); "both" (two whatever the second takes; if it
            cannot answer, `why` says so and `method` names the one that did); "quimb", "chain"
            (own kernels), "blocks" (own kernels, where the gates conserve charges),
            "cone" (exact causal cones), "contraction" (exact, any geometry), "propagation" (Pauli
            strings in the Heisenberg picture: small angles, few steps, near Clifford),
            "mean-field" (⟨Z⟩ after hops along chains and phases between densities); with noise
            "pauli" or "trajectories"; "equivalence" (the process fidelity |Tr(U V†)|²/4^n of two
            circuits by a matrix product operator) and "equivalence-both" (random product inputs by
            quimb must agree); or a witness: `CrossEntropy`, `DirectFidelity`, `Shadows`, `Mirror`.
        limits: what may be spent; see `Limits`.
        executor: any `concurrent.futures.Executor` for the slices of a contraction (standard
            library, Dask's `client.get_executor()`, mpi4py); the result does not depend on it.
        progress: show a bar; None shows it where someone can watch.

    Returns:
        A `Check`: fidelity, interval, method, cost, reason, values.

    Raises:
        ArgumentError: for inputs that cannot be used.
        VerificationError: if engines disagree, none can answer, or nothing can be certified within
            the limits.

    Cost:
        O(gates · χ³) for a chain of bond χ, O(gates · 2^w) for causal cones of w qubits.

    Example:
        >>> from qiskit import QuantumCircuit
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
    checked_progress(progress)
    if isinstance(circuit, Mapping | BitArray):
        return check_counts(circuit, _needed(target), method, limits)
    if observables is not None:
        refuse_permuted(circuit)
    if isinstance(method, WITNESSES):
        if device is None:
            raise fail("device", "given with a witness", device, 'For instance device="aer".')
        return check_device(circuit, target, observables, device, method, limits)
    choice("method", method, (*METHODS, *EQUIVALENCE))
    if method in EQUIVALENCE:
        _check_equivalence(method, target, observables, noise)
    if target is None and observables is None:
        raise ArgumentError(
            "Arguments `target` and `observables` are both missing. Give a state to compare with "
            'or observables to evaluate, for instance observables=["ZZ"].'
        )
    place: str | None = None
    reported: Noise | None = noise
    if isinstance(device, str) and device.startswith("cuda"):
        place = _checked_place(device, method, noise)
    elif noise is None and device is not None:
        circuit, reported = _on_device(circuit, device)
    start = time.process_time()
    with explained():
        if method in EQUIVALENCE:
            question = _comparison(circuit, target, limits)
        else:
            question = _question(circuit, target, observables, reported, limits, executor)
            question = replace(question, device=place)
        engines = chosen(question, method)
        seconds = sum(_expected(engine) for engine in engines)
        with progress_bar(None, "verify", progress, seconds=seconds):
            answers, note = ask_in_turn(engines, question)
        return verdict(answers, time.process_time() - start, note)


def _expected(engine: Any) -> float:
    """Return the seconds that an engine is predicted to take; 0 where it does not tell."""
    seconds = float(getattr(getattr(engine, "expected", None), "seconds", 0.0))
    return seconds if math.isfinite(seconds) else 0.0


def _checked_place(device: str, method: str, noise: NoiseModel | None) -> str:
    """Return the torch device that builds a chain; refuse what is not done there."""
    from qtn.states.gpu import checked_device  # brings torch along

    checked_device(device)
    if method not in ("auto", "chain") or noise is not None:
        raise fail(
            "device",
            'a GPU only with method="auto" or "chain" and no noise',
            device,
            "Leave it out for the other engines.",
        )
    return device


def _on_device(circuit: Any, device: Any) -> tuple[QuantumCircuit, ReportedChannels]:
    """Return the circuit in a device's gates, and the noise that the device reports."""
    target = getattr(device, "target", None) if isinstance(device, BackendV2) else None
    if isinstance(device, str):
        target = resolve(device).target
    if target is None or target.num_qubits is None:
        expected = "a Qiskit backend, or the name of a fake one, whose reported noise to take"
        raise fail("device", expected, device, 'For instance "FakeTorino".')
    given = circuit.circuit if isinstance(circuit, Transpiled) else read_circuit(circuit)
    foreign = set(given.count_ops()) - set(target.operation_names) - {"barrier", "delay"}
    if foreign:  # would be left without noise
        given = transpile_for(given, device).circuit
    return given, ReportedChannels(target)


def _needed(target: Any) -> Any:
    if target is None:
        raise ArgumentError("Argument `target` is missing. Give the state the counts came from.")
    return target_state(target)


def _check_equivalence(method: str, target: Any, observables: Any, noise: Any) -> None:
    if target is None or observables is not None or noise is not None:
        raise fail(
            "method",
            "another where there is no second circuit, or observables or noise",
            method,
            'Equivalence compares two circuits: verify(one, other, method="equivalence").',
        )


def _comparison(circuit: Any, target: Any, limits: Limits) -> Question:
    """Read two circuits whose unitaries are to be compared."""
    gates, other = gate_list(circuit), gate_list(target, "target")
    if other.n != gates.n:
        raise ArgumentError(
            f"Argument `target` has {other.n} qubits, but the circuit has {gates.n}."
        )
    return Question(gates, None, [], limits, other=other)


def _question(
    circuit: Any,
    target: Any,
    observables: Any,
    noise: Noise | None,
    limits: Limits,
    executor: Executor | None,
) -> Question:
    """Read what is asked."""
    gates = gate_list(circuit)
    state = None if target is None else target_state(target)
    if state is not None and (state.n != gates.n or set(state.phys) != {2}):
        raise ArgumentError(
            f"Argument `target` has {state.n} sites of dimension {max(state.phys)}, but the "
            f"circuit has {gates.n} qubits."
        )
    terms = [] if observables is None else observable_terms(observables, gates.n)
    source = None
    if noise is not None:
        source = NoisySource.of(read_circuit(circuit), noise)
    return Question(gates, state, terms, limits, executor, source)
