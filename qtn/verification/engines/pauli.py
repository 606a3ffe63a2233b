"""What a noisy device should return, from its density operator in the Pauli basis."""

from __future__ import annotations

from dataclasses import dataclass

from qtn.errors import VerificationError
from qtn.verification.engines.base import Answer, Question
from qtn.verification.engines.noisy import noisy_interval, noisy_ladder
from qtn.verification.engines.noisy_overlap import noisy_fidelity

__all__ = ["PauliChain"]


@dataclass(frozen=True, slots=True)
class PauliChain:
    """The density operator as a chain: no sampling error."""

    name: str = "pauli"

    def ask(self, question: Question) -> Answer:
        """Return values and fidelity, bounds where nothing was cut."""
        assert question.noisy is not None
        limits = question.limits
        states = noisy_ladder(question.noisy, limits)
        full, half = states[0], states[1] if len(states) > 1 else None
        values = tuple(noisy_interval(full, half, terms) for terms in question.terms)
        fidelity = None if question.target is None else noisy_fidelity(states, question.target)
        bond = full.state.max_bond
        why = "density operator in the Pauli basis, no sampling error"
        why += f", relative weight lost {full.lost:.1e}"
        if full.measured:
            why += ", readout errors included"
        memory = 32 * question.noisy.circuit.num_qubits * bond**2
        answer = Answer(self.name, why, fidelity, values, bond, memory)
        if not any(interval.certified for interval in answer.intervals):
            raise VerificationError(
                f"Nothing is certified: the noisy state lost {full.lost:.2g} of its weight at bond "
                f"{bond}, and what it lost cannot be told from coarser bonds. Raise the limit: "
                f"limits=Limits(max_bond={2 * limits.max_bond})."
            )
        return answer
