r"""Noise models of Aer, gate by gate.

Aer applies the error E of a gate behind it; E U = U (U† E U). In the Pauli basis U† E U is a matrix
R, and Pauli noise where R is diagonal: R_PP = exp(-2 Σ_k λ_k <P, P_k>), from which the rates follow
by a linear equation, exactly. A twirl of the gate keeps the diagonal and removes the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit_aer.noise import NoiseModel, PauliLindbladError

from qtn._checks import instance
from qtn.devices.tensor.channels import ChannelTable, gate_matrix
from qtn.errors import ArgumentError
from qtn.mitigation.noise_forms.layers import LayerNoise, shown_gate
from qtn.mitigation.noise_forms.lindblad import lindblad_map
from qtn.mitigation.values.pauli_noise import (
    COMMUTATION,
    PAIRS,
    SYMMETRIC,
    Key,
    PauliNoise,
)

PAULI_TOLERANCE = 1e-9


def read_aer(model: NoiseModel, gates: Sequence[Key], *, twirl: bool = False) -> PauliNoise:
    """Return the errors of two-qubit gates as rates; those of other operations are not read.

    Args:
        model: of Aer.
        gates: which gates; empty takes all that the model names with their qubits.
        twirl: whether the gates will be twirled, which leaves the Pauli part of any error.

    Raises:
        ArgumentError: an error that is no Pauli noise, or none with rates of at least 0.
    """
    table = ChannelTable(model)
    rates: dict[Key, NDArray[np.float64]] = {}
    for gate in gates or _named(model):
        error = table.error(*gate)
        rates[gate] = np.zeros(15) if error is None else _rates(gate, error, twirl)
    if not rates:
        raise ArgumentError(
            "The noise model names no two-qubit gate with its qubits. Give the circuit too, whose "
            "gates are then looked up."
        )
    return PauliNoise(rates, device="aer")


def aer_noise(noise: PauliNoise | LayerNoise) -> NoiseModel:
    """Return a model of Aer with this noise, one error behind every two-qubit gate.

    Args:
        noise: a model; one of layers must be one of gates too (`LayerNoise.per_gate`).

    Returns:
        The model, whose errors are Pauli-Lindblad errors of Aer.

    Raises:
        ArgumentError: crosstalk, a gate with other noise in other layers, or a gate that is no
            Clifford gate.

    Cost: one pass over the gates.

    Example:
        >>> noise = PauliNoise({("cx", (0, 1)): np.full(15, 1e-3)})
        >>> aer_noise(noise).noise_instructions
        ['cx']
    """
    instance("noise", noise, (PauliNoise, LayerNoise), "a PauliNoise or LayerNoise")
    gates = noise.per_gate() if isinstance(noise, LayerNoise) else noise
    model = NoiseModel()
    for gate in _both_ways(gates.rates):
        found = lindblad_map(gates, [gate], gate[1], site="after")
        labels = []
        for letters, places, _ in found.to_sparse_list():
            at = dict(zip(places, letters, strict=True))
            labels.append(at.get(1, "I") + at.get(0, "I"))
        if labels:
            error = PauliLindbladError(labels, found.rates)
            model.add_quantum_error(error, [gate[0]], gate[1])
    return model


def _both_ways(rates: Mapping[Key, Any]) -> Iterator[Key]:
    """Yield the gates, those of no direction with their qubits in either order, as Aer needs it."""
    for name, (first, second) in rates:
        yield name, (first, second)
        if name in SYMMETRIC and (name, (second, first)) not in rates:
            yield name, (second, first)


def _named(model: NoiseModel) -> list[Key]:
    found: list[Key] = []
    for entry in model.to_dict()["errors"]:
        if entry["type"] == "roerror":
            continue
        for place in entry.get("gate_qubits", []):
            if len(place) == 2:
                found += [(name, (int(place[0]), int(place[1]))) for name in entry["operations"]]
    return list(dict.fromkeys(found))


def _rates(gate: Key, error: NDArray[Any], twirl: bool) -> NDArray[np.float64]:
    known = get_standard_gate_name_mapping().get(gate[0])
    if known is None or known.params:
        # any angle leaves an error alone that treats all Paulis alike
        ideal = np.eye(16)
        if np.ptp(np.diag(error)[1:]) > PAULI_TOLERANCE:
            raise ArgumentError(
                f"The error of the gate {shown_gate(gate)} depends on its angle once it stands "
                "before it. Transpile to cx, cz or ecr."
            )
    else:
        ideal = gate_matrix(known)
    before = ideal.T @ error @ ideal
    off = np.abs(before - np.diag(np.diag(before))).max()
    if off > PAULI_TOLERANCE and not twirl:
        raise ArgumentError(
            f"The error of the gate {shown_gate(gate)} is no Pauli noise: an entry of {off:.1e} "
            "lies off the diagonal of its Pauli transfer matrix. If the gates are twirled, give "
            "twirl=True, which keeps the diagonal."
        )
    fidelities = np.diag(before)[1:]
    if fidelities.min() <= 0:
        raise ArgumentError(
            f"The error of the gate {shown_gate(gate)} turns a Pauli string off or around "
            f"(fidelity {fidelities.min():.2g}), which no rate describes."
        )
    rates = np.linalg.solve(2 * COMMUTATION, -np.log(fidelities))
    if rates.min() < -PAULI_TOLERANCE:
        first = PAIRS[int(np.argmin(rates))]
        raise ArgumentError(
            f"The error of the gate {shown_gate(gate)} has the negative rate {rates.min():.1e} for "
            f"{''.join(first)}: it is no product of independent Pauli errors. Learn a model with "
            "rates of at least 0 (learn_noise)."
        )
    return np.asarray(np.maximum(rates, 0.0))
