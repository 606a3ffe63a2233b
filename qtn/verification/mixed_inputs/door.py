"""`qtn.infinite_temperature`: traces of operators before and after a circuit."""

from __future__ import annotations

import time
from typing import Any

from qtn._checks import choice, instance
from qtn._machine import few_threads
from qtn._progress import checked_progress, progress_bar
from qtn.errors import VerificationError
from qtn.interop.circuits import GateList, gate_list, refuse_permuted
from qtn.interop.observables import terms_of
from qtn.states.operators import Term
from qtn.states.pauli_sums import PauliSum
from qtn.verification.answers import explained, verdict
from qtn.verification.check import Check
from qtn.verification.engines.base import Answer
from qtn.verification.engines.propagated.engine import answer_of, interval_of, refusal
from qtn.verification.engines.propagated.ladder import climb
from qtn.verification.limits import Limits
from qtn.verification.mixed_inputs.halves import trace_run
from qtn.verification.mixed_inputs.samples import sampled_trace

__all__ = ["infinite_temperature"]

METHODS = ("auto", "both", "propagation", "sampled")


@few_threads(1)
def infinite_temperature(
    circuit: Any,
    observable: Any,
    other: Any = None,
    method: str = "auto",
    limits: Limits | None = None,
    progress: bool | None = None,
) -> Check:
    r"""Return a correlation at infinite temperature, Tr(B U† A U) / 2ⁿ, and how sure it is.

    With U = V†DV and B = A this is the operator Loschmidt echo; with A = B and U a time evolution
    the autocorrelation; with B the identity the mean of A over all inputs. By Pauli propagation

    .. math:: \Big| 2^{-n} Tr(B U^\dagger A U) - \sum_P a_P b_P \Big|
              \le e_B \|A\| + \|B'\| e_A ,

    where A goes back through the second half of the circuit, B forward through the first, and e are
    the 2-norms dropped on the way. By sampling it is a mean over random product inputs.

    Args:
        circuit: U, in any form that `qtn.verify` takes.
        observable: A, in any form that `qtn.verify` takes.
        other: B; None is A.
        method: "auto" (propagation, and sampled inputs where that certifies nothing),
            "propagation", "sampled", or "both" (two that must agree).
        limits: what may be spent; `shots` is the number of sampled inputs.
        progress: show a bar; None shows it where someone can watch.

    Returns:
        A `Check` with one value.

    Raises:
        ArgumentError: for inputs that cannot be used.
        VerificationError: nothing can be certified within the limits; with the reason.

    Cost:
        About 15 ns per string and rotation; sampled, one exact value of `qtn.verify` per input.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> turn = QuantumCircuit(2)
        >>> _ = turn.rx(0.5, 0), turn.cz(0, 1)
        >>> check = infinite_temperature(turn, "IZ")
        >>> round(check.values[0].value, 6), check.rigorous  # cos 0.5
        (0.877583, True)

    Reference: Swingle, Nat. Phys. 14, 988 (2018), for such correlations; see
    `qtn.states.pauli_sums` for the method.
    """
    limits = Limits() if limits is None else limits
    instance("limits", limits, Limits, "a qtn.verification.Limits")
    choice("method", method, METHODS)
    checked_progress(progress)
    refuse_permuted(circuit)
    gates = gate_list(circuit)
    a = terms_of(observable, gates.n, "observable")
    b = a if other is None else terms_of(other, gates.n, "other")
    start = time.process_time()
    with explained(), progress_bar(None, "infinite temperature", progress):
        answers, note = _answers(gates, a, b, method, limits)
        return verdict(answers, time.process_time() - start, note)


def _answers(
    gates: GateList, a: list[Term], b: list[Term], method: str, limits: Limits
) -> tuple[list[Answer], str]:
    """Ask the methods in turn; a second one's failure is a note."""
    answers: list[Answer] = []
    reasons: list[str] = []
    if method != "sampled":
        try:
            answers.append(_propagated(gates, a, b, limits))
        except VerificationError as error:
            reasons.append(str(error))
    if method in ("sampled", "both") or (method == "auto" and not answers):
        try:
            answers.append(sampled_trace(gates, a, PauliSum.from_terms(b, gates.n), limits))
        except VerificationError as error:
            reasons.append(str(error))
    if not answers:
        raise VerificationError(" ".join(reasons))
    return answers, "".join(f"; {reason}" for reason in reasons)


def _propagated(gates: GateList, a: list[Term], b: list[Term], limits: Limits) -> Answer:
    """Return the trace by strings from both ends.

    Raises:
        VerificationError: nothing can be certified.
    """
    one, two = PauliSum.from_terms(a, gates.n), PauliSum.from_terms(b, gates.n)
    rungs = climb(trace_run(one, two, gates.gates), limits.seconds, limits.memory)
    bound = one.norm * two.norm  # Cauchy and Schwarz
    found = [(rungs, bound)]
    value = interval_of(rungs, bound, bound)
    if not value.certified:
        raise VerificationError(refusal(found, limits, "of 2-norms"))
    return answer_of(found, (value,), "2-norms")
