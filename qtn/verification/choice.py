"""Who is asked, and in which order: engines by what they are predicted to take."""

from __future__ import annotations

from dataclasses import replace

from qtn._checks import choice, fail
from qtn.errors import VerificationError
from qtn.interop.charged import charged_circuit
from qtn.states.closed_networks import Contraction
from qtn.verification.engines.base import Question, Verifier
from qtn.verification.engines.chains import Chain
from qtn.verification.engines.charged.block_engine import Blocks
from qtn.verification.engines.charged.block_trial import tried_blocks
from qtn.verification.engines.contraction import Networks, plan_contractions, refuse_contraction
from qtn.verification.engines.equivalence import Operators
from qtn.verification.engines.fermions.fermion_engine import asked_by_name, quick_fermions
from qtn.verification.engines.lightcone import MAX_WIDTH, Cones, cone_cost
from qtn.verification.engines.pauli import PauliChain
from qtn.verification.engines.propagated.engine import Propagation, quick_propagation
from qtn.verification.engines.quimb_state import quimb_seconds
from qtn.verification.engines.trajectories import Trajectories
from qtn.verification.limits import forecast
from qtn.verification.trial import TRIAL, tried_forecast

__all__ = ["EQUIVALENCE", "METHODS", "chosen"]

METHODS = (
    "auto",
    "both",
    "quimb",
    "chain",
    "blocks",
    "cone",
    "contraction",
    "mean-field",
    "propagation",
    "pauli",
    "trajectories",
)
EQUIVALENCE = ("equivalence", "equivalence-both")
NOISY = ("auto", "both", "pauli", "trajectories")
PLANNED_TENSORS = 20_000
"""Networks of more tensors than this in all are not even planned unless asked for."""
DEVICE_GAIN = 20.0
"""Operations of one core that a GPU does in the time of one, in chains of large bonds."""
WIDE = 64
"""Bond from which on a chain in blocks takes less time than a dense one."""
TRIED = 0.1
"""Processor seconds in which Pauli propagation is tried before anything that may take longer."""
TRIED_SHARE = 0.25
"""Part of a chain's predicted time in which it is tried again."""
SECOND_OPINION = 2.0
"""Predicted processor seconds up to which a second engine always speaks too."""


def chosen(question: Question, method: str) -> list[Verifier]:
    """Return the engines that a question goes to, the most trusted first.

    Raises:
        ArgumentError: the method does not fit the question.
    """
    if question.device is not None:
        choice("method", method, ("auto", "chain"))
        expected = tried_forecast(question.gates, question.limits)
        faster = replace(expected, seconds=expected.seconds / DEVICE_GAIN)
        return [Chain("chain", faster, question.device)]
    if question.other is not None:
        return [Operators(both=method == "equivalence-both")]
    if question.noisy is not None:
        choice("method", method, NOISY)
        first: list[Verifier] = [] if method == "trajectories" else [PauliChain()]
        return [*first, Trajectories()] if method in ("both", "trajectories") else first
    if method in ("pauli", "trajectories"):
        raise fail("method", 'one for circuits without noise ("auto", "both", …)', method)
    if method == "cone":
        return [Cones()]
    if method == "mean-field":
        return [asked_by_name(question)]
    if method == "blocks":
        return [_needed_blocks(question)]
    if method == "contraction":
        return [Networks(plan_contractions(question))]
    if method == "propagation":
        return [Propagation()]
    if method in ("chain", "quimb"):
        return [Chain(method, tried_forecast(question.gates, question.limits))]
    return _by_cost(question, both=method == "both")


def _by_cost(question: Question, *, both: bool) -> list[Verifier]:
    """Choose an exact cheap chain, exact cones, few Pauli strings, a contraction, else a cut chain.

    Chains are in blocks where the gates conserve charges and no dense one is cheap and exact; where
    these would be cut, a good mean field goes before.

    A second engine that shares no code with the first is added where it takes little time, or
    where `both` were asked for.
    """
    limits, gates = question.limits, question.gates
    terms = [t for ts in question.terms for t in ts]
    width, cones = cone_cost(gates, terms) if terms else (0, 0.0)
    small = question.target is None and width <= MAX_WIDTH and cones <= limits.seconds
    counted = forecast(gates, limits.max_bond)
    cheap = counted.exact and counted.seconds <= SECOND_OPINION
    cheap |= small and cones <= SECOND_OPINION
    if not both and not cheap:
        free = quick_fermions(question, phases=False)
        if free is not None:
            return [free]
        propagation = quick_propagation(question, TRIED)
        if propagation is not None:
            return [propagation]
    blocks = None if small else _wide_blocks(question)
    if blocks is not None:
        fermions = quick_fermions(question, phases=True) if blocks.tried.capped else None
        if fermions is not None:
            return [fermions, blocks] if both else [fermions]
        return [blocks, Chain("chain", tried_forecast(gates, limits))] if both else [blocks]
    expected = tried_forecast(gates, limits, TRIAL)
    exact = expected.exact and expected.seconds <= limits.seconds
    quick = exact and expected.seconds <= SECOND_OPINION
    chain = Chain("chain", expected)
    second: list[Verifier] = [chain] if both or quick else []
    if small and not (exact and expected.seconds <= max(cones, 1.0)):
        return [Cones(), *second]
    if not quick:
        seconds = min(TRIAL, TRIED_SHARE * expected.seconds)
        propagation = quick_propagation(question, seconds)
        if propagation is not None:
            return [propagation, *second]
    plans = () if exact else _affordable(question)
    if plans:
        return [Networks(plans), *second]
    if not exact and (fermions := quick_fermions(question, phases=True)) is not None:
        return [fermions, chain] if both else [fermions]
    if both or quimb_seconds(gates, expected, terms) <= SECOND_OPINION:
        return [chain, Chain("quimb", expected)]
    return [chain, Cones()] if small and cones <= SECOND_OPINION else [chain]


def _needed_blocks(question: Question) -> Blocks:
    circuit = charged_circuit(question.gates)
    if circuit is None:
        raise VerificationError(
            "The gates of the circuit conserve no charge Σ w_i n_i, so there are no blocks. Use "
            'method="auto"; a parity alone is not used.'
        )
    return Blocks(circuit, tried_blocks(circuit, question.limits))


def _wide_blocks(question: Question) -> Blocks | None:
    """Return the engine in blocks where charges are conserved and a bond is wide, else None."""
    counted = forecast(question.gates, question.limits.max_bond)
    if counted.exact and counted.seconds <= TRIAL:
        return None
    circuit = charged_circuit(question.gates)
    if circuit is None:
        return None
    tried = tried_blocks(circuit, question.limits)
    narrow = tried.state is not None and tried.state.max_bond < WIDE
    return None if narrow else Blocks(circuit, tried)


def _affordable(question: Question) -> tuple[Contraction, ...]:
    """Return plans for an exact contraction, or nothing if it is beyond the limits."""
    products = sum(bool(t.factors) for ts in question.terms for t in ts)
    networks = (question.target is not None) + products
    if networks == 0 or networks * len(question.gates.gates) > PLANNED_TENSORS:
        return ()
    plans = plan_contractions(question)
    try:
        refuse_contraction(plans, question.limits)
    except VerificationError:
        return ()
    return plans
