"""Results of the runtime's noise learner: `LayerError`, one per layer.

Its generators count the qubits of the layer's circuit, whose labels on the device stand beside
them. The packages are asked for when layers are written; reading needs only what the objects have.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qiskit import QuantumCircuit
from qiskit.circuit.library import get_standard_gate_name_mapping

from qtn._checks import fail, instance
from qtn._optional import require
from qtn.errors import ArgumentError
from qtn.interop.counting import is_two_qubit
from qtn.mitigation.noise_forms.layers import (
    LayerNoise,
    NoiseLayer,
    Term,
    checked_term,
    shown_gates,
)
from qtn.mitigation.noise_forms.lindblad import lindblad_map, placed
from qtn.mitigation.noise_forms.sides import layer_of
from qtn.mitigation.values.pauli_noise import Key, PauliNoise


def is_layer_error(value: Any) -> bool:
    """Whether an object has what a `LayerError` has."""
    return all(hasattr(value, name) for name in ("circuit", "qubits", "error"))


def read_layer_errors(found: list[Any], site: str) -> LayerNoise:
    """Return learned layers.

    Args:
        found: layer errors; those of layers without two-qubit gates are left out.
        site: side of the gates on which the noise acts.

    Raises:
        ArgumentError: a layer without a known error, gates one after another.
    """
    layers = []
    for one in found:
        gates = layer_gates(one.circuit, one.qubits)
        if not gates:
            continue
        if one.error is None:
            raise ArgumentError(
                f"The noise of the layer {shown_gates(gates)} is unknown (its error is None). "
                "Learn it, or leave the layer out."
            )
        layers.append(NoiseLayer(gates, placed(error_terms(one.error, one.qubits), gates, site)))
    return LayerNoise(tuple(layers))


def layer_gates(circuit: Any, qubits: Any) -> tuple[Key, ...]:
    """Return the two-qubit gates of a layer on the qubits of the device."""
    if not isinstance(circuit, QuantumCircuit) or len(qubits) != circuit.num_qubits:
        raise fail("source", "layers with a circuit and a label for each of its qubits", circuit)
    gates = []
    for instruction in circuit.data:
        if is_two_qubit(instruction):
            first, second = (int(qubits[circuit.find_bit(q).index]) for q in instruction.qubits)
            gates.append((instruction.operation.name, (first, second)))
    used = [q for _, pair in gates for q in pair]
    if len(set(used)) < len(used):
        raise ArgumentError(
            f"A layer holds gates one after another: {shown_gates(gates)}. Give layers whose gates "
            "act on disjoint pairs."
        )
    return tuple(gates)


def error_terms(error: Any, qubits: Any) -> dict[Term, float]:
    """Return what a Pauli-Lindblad error of Aer or the runtime holds, on the device's qubits."""
    generators: Any = getattr(error, "generators", None)
    if getattr(generators, "num_qubits", None) != len(qubits):
        raise fail("source", f"errors on {len(qubits)} qubits", error)
    terms: dict[Term, float] = {}
    for x, z, rate in zip(generators.x, generators.z, error.rates, strict=True):
        letters = [(int(q), "IZXY"[2 * a + b]) for q, a, b in zip(qubits, x, z, strict=True)]
        if (x | z).any():
            term = checked_term(letters)
            terms[term] = terms.get(term, 0.0) + float(rate)
    return terms


def layer_errors(noise: PauliNoise | LayerNoise) -> list[Any]:
    """Return a model as what the runtime's `NoiseLearner` returns.

    Args:
        noise: a model; one of gates gives one layer per gate.

    Returns:
        One `LayerError` per layer, the noise before the gates, on the qubits that it touches.

    Raises:
        MissingExtraError: qiskit-ibm-runtime is not installed.
        ArgumentError: a gate that Qiskit's library does not hold without angles.

    Cost: one pass over the terms.
    """
    instance("noise", noise, (PauliNoise, LayerNoise), "a PauliNoise or LayerNoise")
    results: Any = require("qiskit_ibm_runtime.results", "ibm")
    if isinstance(noise, PauliNoise):
        layers = tuple(layer_of(noise, [gate]) for gate in noise.rates)
    else:
        layers = noise.layers
    found = []
    for layer in layers:
        qubits = sorted({q for _, pair in layer.gates for q in pair} | _touched(layer))
        if not layer.terms:  # the runtime has no empty error
            layer = replace(layer, terms={((qubits[0], "Z"),): 0.0})
        lindblad = lindblad_map(LayerNoise((layer,)), layer.gates, qubits)
        generators = lindblad.get_qubit_sparse_pauli_list_copy().to_pauli_list()
        error = results.PauliLindbladError(generators, lindblad.rates)
        found.append(results.LayerError(_layer_circuit(layer, qubits), qubits, error))
    return found


def _touched(layer: NoiseLayer) -> set[int]:
    return {q for term in layer.terms for q, _ in term}


def _layer_circuit(layer: NoiseLayer, qubits: list[int]) -> QuantumCircuit:
    circuit, known = QuantumCircuit(len(qubits)), get_standard_gate_name_mapping()
    for name, pair in layer.gates:
        gate = known.get(name)
        if gate is None or gate.params:
            raise fail("noise", "gates of Qiskit's library without angles", name)
        circuit.append(gate, [qubits.index(q) for q in pair])
    return circuit
