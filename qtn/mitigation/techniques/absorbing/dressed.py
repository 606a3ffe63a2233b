r"""What techniques have in common that measure a dressed observable on the unchanged circuit.

For noise Λ_l and gates U_l the ideal value is <O> = Tr(Õ ρ_noisy) with one observable Õ, in which
the noise is undone. It is a sum of Pauli strings; the largest are measured together with their
qubit-wise commuting companions. What was cut on the way to Õ, and what is left out, is known:

    bound    no state makes the value wrong by more (Σ|c|, or what the way to Õ says)
    spread   expected error where what was cut has random signs; part of the standard error

both for the noise of the model. What the errors of learned rates add is a third part of the
standard error (`absorption.doubts`); whether the device's noise has the form of the model at all,
none of them knows.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail, items, positive_int, real
from qtn.devices import Transpiled
from qtn.devices.tensor.ordering import chain_order
from qtn.errors import ArgumentError
from qtn.mitigation.absorption.doubts import Doubt, Doubts
from qtn.mitigation.absorption.inverse_chain import largest_strings
from qtn.mitigation.absorption.noisy_circuit import (
    GateStep,
    NoiseStep,
    in_cone,
    noisy_steps,
    touched,
)
from qtn.mitigation.absorption.operator_chain import LETTERS, norm_of
from qtn.mitigation.noise_forms.layers import LayerNoise
from qtn.mitigation.techniques.base import Context, Task, Technique, free_parameters
from qtn.mitigation.values.combination import Combined, Readings
from qtn.mitigation.values.pauli_noise import PauliNoise
from qtn.states.operators import Observable, Term, aligned, grouped

Factors = tuple[tuple[int, str], ...]
Steps = list[GateStep | NoiseStep]
Floats = NDArray[np.float64]
WHAT_IS_KNOWN = "the dressed observables of an earlier plan, or None"
SEARCHED = 20  # prefixes kept in the search for strings, per string that is measured


@dataclass(frozen=True, slots=True, eq=False)
class Dressing:
    """A dressed observable.

    Args:
        observable: Õ, as it is measured.
        bound: rigorous bound of the bias, for the noise of the model.
        spread: expected bias.
        given: Σ|c| of the observable asked for.
        doubt: what the errors of a learned model leave open; None where they are not known.
    """

    observable: Observable
    bound: float
    spread: float
    given: float
    doubt: Doubt | None = None

    @property
    def overhead(self) -> float:
        """Shots for the same error, relative to the observable asked for: (Σ|c̃| / Σ|c|)²."""
        total = sum(abs(t.coefficient) for t in self.observable.terms)
        return (total / self.given) ** 2 if self.given else 1.0


class Dressed(Technique):
    """Base of techniques that measure a dressed observable."""

    stage: ClassVar[str] = "measure"
    on_gates: ClassVar[bool] = True
    removable: ClassVar[bool] = False
    title: ClassVar[str]

    noise: PauliNoise | LayerNoise
    strings: int
    threshold: float
    found: tuple[Dressing, ...] | None

    def _check(self) -> None:
        """Check the options that all have."""
        if not isinstance(self.noise, PauliNoise | LayerNoise):
            raise fail(
                "noise", "a PauliNoise or LayerNoise", self.noise,
                "Learn it with learn_noise, or read another form with read_noise.",
            )  # fmt: skip
        if self.found is not None:
            known = items("found", self.found, WHAT_IS_KNOWN)
            if not known or not all(isinstance(one, Dressing) for one in known):
                raise fail("found", WHAT_IS_KNOWN, self.found)
        positive_int("strings", self.strings)
        real("threshold", self.threshold, 0.0, 1.0)

    def check_beside(self, others: Sequence[Technique]) -> None:
        """Refuse what would undo the same noise again."""
        for other in others:
            if other.stage in ("noise", "learn"):
                raise ArgumentError(
                    f"{type(self).__name__} and {type(other).__name__} both undo the noise of the "
                    "gates. Keep one of them."
                )

    @property
    def dressings(self) -> tuple[Dressing, ...]:
        """The dressed observables, since `prepare`."""
        return self.found or ()

    def prepare(self, task: Task, context: Context) -> Self:
        """Return the technique with the dressed observables."""
        if self.found is not None:
            return self
        if task.native.circuit.num_parameters:
            raise free_parameters(self)
        # observables share their terms; those that an observable does not have cost time and reach
        asked = [
            replace(one, terms=tuple(t for t in one.terms if t.coefficient), bases=())
            for one in task.observables
        ]
        for one in asked:
            only_paulis(self.title, one)
        steps = noisy_steps(task.native.circuit, self.noise)
        found = [self._in_cone(task.native, one, steps) for one in asked]
        doubts = learned_doubts(task.native, self.noise)
        if doubts is not None:
            places, both = task.native.qubits, zip(found, asked, strict=True)
            found = [replace(one, doubt=doubts.about(o, places)) for one, o in both]
        shared = aligned([one.observable for one in found])
        whole = [replace(one, observable=o) for one, o in zip(found, shared, strict=True)]
        return self._knowing(tuple(whole))

    @abstractmethod
    def _knowing(self, found: tuple[Dressing, ...]) -> Self:
        """Return the technique with dressed observables that are known."""

    def dressing(self, native: Transpiled, observable: Observable) -> Dressing:
        """Return the observable Õ of a circuit, in which the noise is undone."""
        only_paulis(self.title, observable)
        return self._in_cone(native, observable, noisy_steps(native.circuit, self.noise))

    def _in_cone(self, native: Transpiled, observable: Observable, steps: Steps) -> Dressing:
        """Return Õ from those of the circuit's steps that matter to the observable."""
        own = in_cone(steps, [native.qubits[q] for t in observable.terms for q in t.qubits])
        if not own:  # no gate and no noise on its qubits
            strings = {t.factors: t.coefficient for t in observable.terms}
            return measured_part(self, observable, strings, 0.0, 0.0)
        return self._dressing(native, observable, own)

    @abstractmethod
    def _dressing(self, native: Transpiled, observable: Observable, steps: Steps) -> Dressing:
        """Return Õ from the gates and the noise that matter to a Pauli observable."""

    def adopt(self, planned: Self) -> Self:
        """Return these options with the observables that were measured."""
        return self._knowing(planned.dressings)

    def variants(self, task: Task, context: Context) -> Task:
        """Return the task with the dressed observables, and what to expect of them."""
        rows = {
            f"bias{_number(k, self.dressings)}": f"at most {one.bound:.2g}, about "
            f"{one.spread:.2g}, if the model is right"
            for k, one in enumerate(self.dressings)
        }
        overhead = max(one.overhead for one in self.dressings)
        rows["dressed observable"] = f"{overhead:.2f} times the shots for the same error"
        observables = tuple(one.observable for one in self.dressings)
        return replace(task, observables=observables, forecast={**task.forecast, **rows})

    def combine(
        self, readings: Readings, observable: Observable, before: Callable[[], Combined]
    ) -> Combined:
        """Return the value of the dressed observable.

        The expected bias is part of its error, and so are the errors of a learned model.
        """
        plain = before()
        own = next((one for one in self.dressings if one.observable is observable), None)
        if own is None:
            return plain
        label = f"{self.label}, bias of at most {max(one.bound for one in self.dressings):.2g}"
        return replace(
            plain,
            extra=plain.extra + np.asarray(own.spread**2) + model_variance(own, readings),
            labels={**plain.labels, self.stage: label},
        )


def learned_doubts(native: Transpiled, noise: PauliNoise | LayerNoise) -> Doubts | None:
    """Return what a learned model leaves open on a circuit; None for a model without errors."""
    if isinstance(noise, LayerNoise) or not noise.covariances:
        return None
    return Doubts.of(native.circuit, noise)


def model_variance(dressing: Dressing, readings: Readings) -> Floats:
    """Return the variance (bindings,) of a value by the errors of the model's rates."""
    means = readings.target.mean[0]
    if dressing.doubt is None:
        return np.zeros(len(means))
    terms = dressing.observable.terms
    values = {term.factors: term.coefficient * means[:, k] for k, term in enumerate(terms)}
    return dressing.doubt.variance(values)


def only_paulis(technique: str, observable: Observable) -> None:
    """Refuse projectors.

    Raises:
        ArgumentError: names what to do instead.
    """
    if any(not term.is_pauli for term in observable.terms):
        raise ArgumentError(
            f"{technique} takes Pauli observables, but `observable` holds projectors. Expand them "
            "into Pauli strings, or use ZNE."
        )


def measured_part(
    technique: Dressed,
    observable: Observable,
    strings: Mapping[Factors, float],
    bound: float,
    spread: float,
) -> Dressing:
    """Return the largest strings of Õ as what is measured; the others add to what is left open.

    Args:
        technique: says how many strings, and from which size on.
        observable: that was asked for.
        strings: coefficients of Õ on the observable's qubits; the identity is its constant.
        bound: rigorous bound of the error of `strings`.
        spread: expected error of `strings`.
    """
    ranked = sorted(((s, c) for s, c in strings.items() if s), key=lambda one: -abs(one[1]))
    kept = [(s, c) for s, c in ranked[: technique.strings] if abs(c) >= technique.threshold]
    rest = np.array([c for _, c in ranked[len(kept) :]])
    terms = tuple(Term(c, s) for s, c in kept)
    constant = observable.constant + strings.get((), 0.0)
    return Dressing(
        Observable(observable.n, constant, terms, grouped(terms, observable.n)),
        bound + float(np.abs(rest).sum()),
        float(np.hypot(spread, np.linalg.norm(rest))),
        float(np.abs(observable.coefficients).sum()),
    )


def placed(term: Term, native: Transpiled, sites: Sequence[int]) -> dict[int, str]:
    """Return the letters of a term on the device qubits of a chain."""
    return {native.qubits[q]: a for q, a in term.factors if native.qubits[q] in sites}


def chain_strings(
    technique: Dressed,
    tensors: Sequence[Floats],
    term: Term,
    native: Transpiled,
    sites: Sequence[int],
) -> tuple[dict[Factors, float], float]:
    """Return the largest strings of one dressed term, and the 2-norm of all others.

    Args:
        technique: says how many strings, and from which size on.
        tensors: (left, 4, right), the dressed string of the term without its coefficient.
        term: of the observable asked for; its letters beside the chain stay as they are.
        native: the circuit.
        sites: device qubits in the order of the chain.
    """
    size = abs(term.coefficient)
    entries = largest_strings(
        tensors, technique.threshold / max(size, 1e-12), SEARCHED * technique.strings
    )
    kept = float(np.linalg.norm([value for _, value in entries]))
    left = float(np.sqrt(max(norm_of(tensors) ** 2 - kept**2, 0.0)))
    own = {p: q for q, p in enumerate(native.qubits)}
    beside = tuple((q, a) for q, a in term.factors if native.qubits[q] not in sites)
    strings = {}
    for string, value in entries:
        inside = tuple((own[sites[s]], LETTERS[a]) for s, a in enumerate(string) if a)
        strings[tuple(sorted(inside + beside))] = term.coefficient * value
    return strings, size * left


def chain_sites(steps: Sequence[GateStep | NoiseStep]) -> tuple[int, ...]:
    """Return the qubits that gates and noise touch, in the order of a chain."""
    pairs = [s.qubits for s in steps if isinstance(s, GateStep) and len(s.qubits) == 2]
    return tuple(chain_order(touched(steps), [(a, b) for a, b in pairs]))


def _number(k: int, found: Sequence[Any]) -> str:
    return f" of observable {k}" if len(found) > 1 else ""
