r"""Pauli-Lindblad noise of whole layers of two-qubit gates, crosstalk included.

A layer is a set of gates on disjoint pairs that are executed together. Its noise acts before it,

    (Π_g U_g) ∘ exp(Σ_k λ_k (P_k · P_k - 1)),    λ_k >= 0,

with Pauli strings P_k on any qubits: those of one gate, of two gates, or qubits that idle. Where
every P_k stays on the pair of one gate, and every gate has the same terms in all its layers, the
model is one of gates (`PauliNoise`).

A circuit is cut into layers as soon as possible: a two-qubit gate belongs to the first layer after
those of its two qubits, and a barrier moves all its qubits behind the last of their layers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from qtn._checks import bounded_int, fail, indices, real, text
from qtn._display import Fields
from qtn.errors import ArgumentError
from qtn.interop.counting import is_two_qubit
from qtn.mitigation.values.pauli_noise import (
    LARGEST_RATE,
    PAIRS,
    SYMMETRIC,
    Key,
    PauliNoise,
    key_of,
)

Term = tuple[tuple[int, str], ...]
"""A Pauli string: pairs (device qubit, letter), qubits ascending, no identities."""

SHOWN = 6  # terms that an error names


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class NoiseLayer(Fields):
    """Rates of one layer.

    Args:
        gates: names and device qubits.
        terms: rate λ by Pauli string; the noise acts before the gates.
    """

    gates: tuple[Key, ...]
    terms: Mapping[Term, float]

    def _brief(self) -> str:
        gates = ", ".join(shown_gate(g) for g in self.gates)
        return f"{gates}: {len(self.terms)} terms"

    @property
    def key(self) -> frozenset[Key]:
        """The gates without order."""
        return frozenset(ordered(gate) for gate in self.gates)

    @property
    def crosstalk(self) -> dict[Term, float]:
        """Terms that do not stay on the pair of one gate."""
        pairs = [set(pair) for _, pair in self.gates]
        return {
            term: rate
            for term, rate in self.terms.items()
            if not any({q for q, _ in term} <= pair for pair in pairs)
        }

    def rates(self, gate: Key) -> NDArray[np.float64]:
        """Return the (15,) rates of the terms on one gate's pair, in the order of `PAIRS`."""
        first, second = gate[1]
        found = np.zeros(len(PAIRS))
        for term, rate in self.terms.items():
            letters = dict(term)
            if set(letters) <= {first, second}:
                found[PAIRS.index((letters.get(first, "I"), letters.get(second, "I")))] = rate
        return found


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LayerNoise(Fields):
    """Pauli-Lindblad noise by layer: what learners of whole layers report.

    Args:
        layers: the learned layers, no two with the same gates.
        device: name of the device.

    Raises:
        ArgumentError: two layers with the same gates, or a negative rate.

    Example:
        >>> gates = (("cz", (0, 1)), ("cz", (2, 3)))
        >>> noise = LayerNoise((NoiseLayer(gates, {((1, "Z"), (2, "Z")): 1e-3}),))
        >>> noise.crosstalk
        {((1, 'Z'), (2, 'Z')): 0.001}
    """

    kind: ClassVar[str] = "layer-noise"

    layers: tuple[NoiseLayer, ...]
    device: str = ""

    def __post_init__(self) -> None:
        keys = [layer.key for layer in self.layers]
        for layer in self.layers:
            if keys.count(layer.key) > 1:
                raise ArgumentError(
                    f"The noise model holds the layer {shown_gates(layer.gates)} twice. Keep one "
                    "of the two."
                )
            for term, rate in layer.terms.items():
                real(f"rate of {shown_term(term)}", rate, 0.0, LARGEST_RATE)

    def _brief(self) -> str:
        where = f" of {self.device}" if self.device else ""
        terms = sum(len(layer.terms) for layer in self.layers)
        return (
            f"{len(self.layers)} layers{where}, {terms} terms, {len(self.crosstalk)} of crosstalk"
        )

    @property
    def crosstalk(self) -> dict[Term, float]:
        """Terms of all layers that do not stay on the pair of one gate, with the largest rate."""
        found: dict[Term, float] = {}
        for layer in self.layers:
            for term, rate in layer.crosstalk.items():
                found[term] = max(rate, found.get(term, 0.0))
        return found

    @property
    def varying(self) -> tuple[Key, ...]:
        """Gates whose terms differ between layers."""
        seen: dict[Key, NDArray[np.float64]] = {}
        for layer in self.layers:
            for gate in map(ordered, layer.gates):
                seen.setdefault(gate, layer.rates(gate))
        return tuple(
            gate
            for gate, rates in seen.items()
            if any(
                gate in layer.key and not np.array_equal(layer.rates(gate), rates)
                for layer in self.layers
            )
        )

    def of(self, gates: Iterable[Key]) -> NoiseLayer:
        """Return the layer with these gates.

        Raises:
            ArgumentError: it was not learned.
        """
        wanted = tuple(gates)
        key = frozenset(ordered(gate) for gate in wanted)
        for layer in self.layers:
            if layer.key == key:
                return layer
        known = "; ".join(shown_gates(layer.gates) for layer in self.layers)
        raise ArgumentError(
            f"The noise model does not hold the layer {shown_gates(wanted)}, only {known}. Put "
            "barriers between the layers that were learned, or learn the layers of this circuit."
        )

    def per_gate(self) -> PauliNoise:
        """Return the same noise as a model of gates.

        Raises:
            ArgumentError: terms outside the gates' pairs, or a gate whose terms differ between
                layers; they are named.
        """
        if self.crosstalk:
            raise ArgumentError(
                f"The noise has terms outside the pairs of its gates: {shown_terms(self.crosstalk)}"
                ". A model of gates cannot hold them. Take a technique that takes layers (PNA), or "
                "leave them out of what is read."
            )
        if self.varying:
            raise ArgumentError(
                f"The noise of {shown_gates(self.varying)} differs between layers. A model of "
                "gates cannot hold that. Take a technique that takes layers (PNA)."
            )
        rates = {ordered(g): layer.rates(ordered(g)) for layer in self.layers for g in layer.gates}
        return PauliNoise(rates, device=self.device)

    def pack(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the arrays and the header that `qtn.save` writes."""
        rates = [rate for layer in self.layers for rate in layer.terms.values()]
        header = [
            {
                "gates": [[name, list(pair)] for name, pair in layer.gates],
                "terms": [[[q, letter] for q, letter in term] for term in layer.terms],
            }
            for layer in self.layers
        ]
        return {"rates": np.array(rates, dtype=float)}, {"layers": header, "device": self.device}

    @classmethod
    def unpack(cls, arrays: dict[str, NDArray[Any]], header: dict[str, Any]) -> LayerNoise:
        """Rebuild from what `pack` returned."""
        rates = [float(rate) for rate in arrays["rates"]]
        if len(rates) != sum(len(layer["terms"]) for layer in header["layers"]):
            raise fail("rates", "one number per term", arrays["rates"])
        layers = []
        for layer in header["layers"]:
            gates = tuple(_gate(name, pair) for name, pair in layer["gates"])
            terms = [checked_term(map(tuple, term)) for term in layer["terms"]]
            own, rates = rates[: len(terms)], rates[len(terms) :]
            layers.append(NoiseLayer(gates, dict(zip(terms, own, strict=True))))
        return cls(tuple(layers), text("device", header["device"]))


def layers_of(circuit: QuantumCircuit) -> list[tuple[Key, ...]]:
    """Return the two-qubit gates of a native circuit by layer, as soon as possible.

    Cost: one pass.

    Example:
        >>> circuit = QuantumCircuit(3); _ = circuit.cz(0, 1); _ = circuit.cz(1, 2)
        >>> layers_of(circuit)
        [(('cz', (0, 1)),), (('cz', (1, 2)),)]
    """
    found: dict[int, list[Key]] = {}
    for k, level in enumerate(levels(circuit)):
        if is_two_qubit(circuit.data[k]):
            found.setdefault(level, []).append(key_of(circuit, circuit.data[k]))
    return [tuple(found[level]) for level in sorted(found)]


def levels(circuit: QuantumCircuit) -> list[int]:
    """Return the layer of each instruction: one-qubit gates count to the layer that follows."""
    after = [0] * circuit.num_qubits
    found = []
    for instruction in circuit.data:
        qubits = [circuit.find_bit(q).index for q in instruction.qubits]
        level = max((after[q] for q in qubits), default=0)
        found.append(level)
        step = 1 if is_two_qubit(instruction) else 0
        if len(qubits) > 1:
            for q in qubits:
                after[q] = level + step
    return found


def checked_term(term: Iterable[tuple[Any, ...]]) -> Term:
    """Return pairs (qubit, letter) as a term, qubits ascending.

    Raises:
        ArgumentError: no pairs of a qubit and one of X, Y, Z, a qubit twice, or nothing but
            identities.
    """
    found: dict[int, str] = {}
    for qubit, letter in term:
        place = bounded_int("qubit", qubit, 0)
        if letter not in ("I", "X", "Y", "Z") or place in found:
            raise fail("term", "letters X, Y, Z on different qubits", (qubit, letter))
        found[place] = letter
    kept = tuple(sorted((q, letter) for q, letter in found.items() if letter != "I"))
    if not kept:
        raise fail("term", "a Pauli string other than the identity", tuple(found.items()))
    return kept


def ordered(gate: Key) -> Key:
    """Return the gate with its qubits ascending where their order does not matter."""
    name, (first, second) = gate
    return (name, (second, first)) if name in SYMMETRIC and second < first else gate


def shown_gate(gate: Key) -> str:
    """Return a gate in words."""
    return f"{gate[0]}{list(gate[1])}"


def shown_gates(gates: Sequence[Key]) -> str:
    """Return a layer in words."""
    return "{" + ", ".join(shown_gate(gate) for gate in gates) + "}"


def shown_term(term: Term) -> str:
    """Return a Pauli string in words."""
    return " ".join(f"{letter}{qubit}" for qubit, letter in term)


def shown_terms(terms: Iterable[Term]) -> str:
    """Return some Pauli strings in words, and how many more there are."""
    listed = list(terms)
    names = ", ".join(shown_term(term) for term in listed[:SHOWN])
    more = len(listed) - SHOWN
    return names + (f" and {more} more" if more > 0 else "")


def _gate(name: Any, pair: Any) -> Key:
    found = indices("qubits", pair)
    if len(found) != 2 or found[0] == found[1]:
        raise fail("gate", "a name and two different qubits", (name, pair))
    return text("gate", name), (found[0], found[1])
