"""Pauli-Lindblad maps of Qiskit, and boxes of samplomatic that name them.

`PauliLindbladMap` counts qubits from 0; the map of a box counts those of its qubits that the outer
circuit holds, in the outer circuit's order. `InjectNoise` says the name of the map (`ref`) and
whether the noise acts before or after the gates of the box (`site`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from qiskit import QuantumCircuit
from qiskit.quantum_info import PauliLindbladMap

from qtn._checks import choice, fail, indices, instance, items
from qtn.errors import ArgumentError
from qtn.interop.counting import is_two_qubit
from qtn.mitigation.noise_forms.layers import (
    LayerNoise,
    NoiseLayer,
    Term,
    checked_term,
    shown_gates,
    shown_terms,
)
from qtn.mitigation.noise_forms.sides import SIDES, behind, in_front, layer_of
from qtn.mitigation.values.pauli_noise import Key, PauliNoise


def read_map(
    found: PauliLindbladMap, gates: Sequence[Key], qubits: Sequence[int], site: str
) -> NoiseLayer:
    """Return a map as the noise of a layer.

    Args:
        found: rates of 0 or more.
        gates: of the layer.
        qubits: device qubit of every qubit of the map.
        site: "before" or "after" the gates.

    Raises:
        ArgumentError: other numbers of qubits, negative rates, or noise behind a gate that is no
            Clifford gate.
    """
    if found.num_qubits != len(qubits):
        raise ArgumentError(
            f"The map of the layer {shown_gates(gates)} acts on {found.num_qubits} qubits, but the "
            f"layer has {len(qubits)}. Give the map of this layer."
        )
    terms: dict[Term, float] = {}
    for letters, places, rate in found.to_sparse_list():
        if not letters:
            continue  # the identity does nothing
        term = checked_term((qubits[p], a) for p, a in zip(places, letters, strict=True))
        terms[term] = terms.get(term, 0.0) + float(rate)
    return NoiseLayer(tuple(gates), placed(terms, gates, site))


def placed(terms: Mapping[Term, float], gates: Sequence[Key], site: str) -> dict[Term, float]:
    """Return terms on this side of the gates as terms before them.

    Raises:
        ArgumentError: a negative rate (an inverse), an unknown side.
    """
    negative = [term for term, rate in terms.items() if not rate >= 0]
    if negative:
        raise ArgumentError(
            f"The rates of {shown_terms(negative)} in the layer {shown_gates(gates)} are negative. "
            "Give the noise, not its inverse."
        )
    if choice("site", site, SIDES) == "before":
        return dict(terms)
    return in_front(terms, gates)


def read_boxes(
    maps: Mapping[str, PauliLindbladMap], circuit: QuantumCircuit, site: str | None
) -> LayerNoise:
    """Return the maps that a boxed circuit names as noise by layer.

    Args:
        maps: by `InjectNoise.ref`.
        circuit: with boxes, on the qubits of the device.
        site: None takes that of each annotation.

    Raises:
        ArgumentError: no box, a box without its map, two maps for one layer.
    """
    layers: dict[frozenset[Key], tuple[str, NoiseLayer]] = {}
    for ref, side, gates, qubits in noisy_boxes(circuit):
        if ref not in maps:
            raise fail("source", f"a dictionary that holds the noise {ref!r}", sorted(maps))
        found = instance(f"source[{ref!r}]", maps[ref], PauliLindbladMap, "a PauliLindbladMap")
        layer = read_map(found, gates, qubits, site or side)
        known = layers.setdefault(layer.key, (ref, layer))
        if known[0] != ref:
            raise ArgumentError(
                f"The layer {shown_gates(gates)} has the noise {known[0]!r} in one box and {ref!r} "
                "in another. Give both boxes one name."
            )
    if not layers:
        raise ArgumentError(
            "Argument `circuit` has no box with an InjectNoise annotation, which names the noise "
            "of a layer. Box it with samplomatic's generate_boxing_pass_manager(inject_noise_"
            'targets="gates", ...).'
        )
    return LayerNoise(tuple(layer for _, layer in layers.values()))


def noisy_boxes(
    circuit: QuantumCircuit,
) -> Iterator[tuple[str, str, tuple[Key, ...], tuple[int, ...]]]:
    """Yield ref, site, two-qubit gates and qubits of every box that injects noise.

    Raises:
        ArgumentError: a box whose gates do not act on disjoint pairs.
    """
    for instruction in circuit.data:
        annotation = _injection(instruction.operation)
        if annotation is None:
            continue
        body = instruction.operation.body
        outer = [circuit.find_bit(q).index for q in instruction.qubits]
        inner = {q: outer[k] for k, q in enumerate(body.qubits)}
        gates = [
            (i.operation.name, (inner[i.qubits[0]], inner[i.qubits[1]]))
            for i in body.data
            if is_two_qubit(i)
        ]
        used = [q for _, pair in gates for q in pair]
        if len(set(used)) < len(used):
            raise ArgumentError(
                f"The box {annotation.ref!r} holds gates one after another: {shown_gates(gates)}. "
                "Give boxes of one layer each."
            )
        site = annotation.site.name.lower()
        yield annotation.ref, site, tuple(gates), tuple(sorted(outer))


def lindblad_map(
    noise: PauliNoise | LayerNoise,
    gates: Sequence[Key],
    qubits: Sequence[int],
    *,
    site: str = "before",
) -> PauliLindbladMap:
    """Return the noise of one layer as a map of Qiskit.

    Args:
        noise: a model.
        gates: names and device qubits.
        qubits: device qubits in the order in which the map counts them.
        site: whether the map acts "before" or "after" the gates.

    Returns:
        The map.

    Raises:
        ArgumentError: a layer that was not learned, a term outside `qubits`, a gate that is no
            Clifford gate with `site="after"`.

    Cost: one pass over the terms.

    Example:
        >>> import numpy as np
        >>> noise = PauliNoise({("cx", (4, 5)): np.eye(15)[2] * 0.1})  # Z on the target
        >>> lindblad_map(noise, [("cx", (4, 5))], [4, 5]).to_sparse_list()
        [('Z', [1], 0.1)]

    Reference: van den Berg, Minev, Kandala, Temme, arXiv:2201.09866, equation (1).
    """
    choice("site", site, SIDES)
    instance("noise", noise, (PauliNoise, LayerNoise), "a PauliNoise or LayerNoise")
    gates = checked_gates(gates)
    if len(set(indices("qubits", qubits))) < len(qubits):
        raise fail("qubits", "different qubits", list(qubits))
    layer = layer_of(noise, gates) if isinstance(noise, PauliNoise) else noise.of(gates)
    terms = layer.terms if site == "before" else behind(layer.terms, layer.gates)
    index = {int(q): k for k, q in enumerate(qubits)}
    outside = [term for term in terms if any(q not in index for q, _ in term)]
    if outside:
        raise ArgumentError(
            f"The layer {shown_gates(layer.gates)} has terms outside the qubits {list(qubits)}: "
            f"{shown_terms(outside)}. Give all qubits that its noise touches."
        )
    listed = [
        ("".join(a for _, a in term), [index[q] for q, _ in term], rate)
        for term, rate in terms.items()
    ]
    return PauliLindbladMap.from_sparse_list(listed, num_qubits=len(index))


def noise_maps(
    noise: PauliNoise | LayerNoise, circuit: QuantumCircuit
) -> dict[str, PauliLindbladMap]:
    """Return the map of every box of a circuit: what samplomatic and addons take.

    Args:
        noise: a model.
        circuit: with boxes that carry `InjectNoise`, on the qubits of the device.

    Returns:
        Maps by `InjectNoise.ref`, each on the side that the annotation says.

    Raises:
        ArgumentError: as in `lindblad_map`; a circuit without such boxes; a name that stands for
            two layers.

    Cost: one pass over the boxes.
    """
    instance("circuit", circuit, QuantumCircuit, "a QuantumCircuit with boxes")
    found: dict[str, PauliLindbladMap] = {}
    layers: dict[str, tuple[NoiseLayer, str]] = {}
    for ref, site, gates, qubits in noisy_boxes(circuit):
        known, side = layers.setdefault(ref, (NoiseLayer(gates, {}), site))
        if (known.key, side) != (NoiseLayer(gates, {}).key, site):
            raise ArgumentError(
                f"The name {ref!r} stands for the layers {shown_gates(known.gates)} and "
                f"{shown_gates(gates)}. Give each layer a name of its own."
            )
        if ref not in found:
            found[ref] = lindblad_map(noise, gates, qubits, site=site)
    if not found:
        raise ArgumentError(
            "Argument `circuit` has no box with an InjectNoise annotation. Box it with "
            "samplomatic's generate_boxing_pass_manager."
        )
    return found


def checked_gates(gates: Sequence[Key]) -> tuple[Key, ...]:
    """Return the gates of a layer.

    Raises:
        ArgumentError: no names with two qubits each, or a qubit of two gates.
    """
    expected = "gates such as ('cx', (0, 1)) on disjoint pairs"
    listed = items("gates", gates, expected)
    if not all(isinstance(g, tuple) and len(g) == 2 and isinstance(g[0], str) for g in listed):
        raise fail("gates", expected, gates)
    found = [(name, indices("gates", pair)) for name, pair in listed]
    used = [q for _, pair in found for q in pair]
    if any(len(pair) != 2 for _, pair in found) or len(set(used)) < len(used):
        raise fail("gates", expected, gates)
    return tuple((name, (pair[0], pair[1])) for name, pair in found)


def _injection(operation: Any) -> Any:
    """Return the annotation that injects noise, if an operation has one.

    Its namespace tells it, so that samplomatic is not needed to look for it.
    """
    if operation.name != "box":
        return None
    for annotation in operation.annotations:
        if annotation.namespace == "samplomatic.inject_noise" and annotation.ref:
            return annotation
    return None
