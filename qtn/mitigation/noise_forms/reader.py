"""The one reader of noise models: any known form in, `PauliNoise` or `LayerNoise` out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from qiskit import QuantumCircuit
from qiskit.quantum_info import PauliLindbladMap
from qiskit_aer.noise import NoiseModel

from qtn._checks import choice, fail, flag, instance
from qtn.mitigation.noise_forms.aer_models import read_aer
from qtn.mitigation.noise_forms.layers import LayerNoise
from qtn.mitigation.noise_forms.learned_layers import (
    is_layer_error,
    layer_gates,
    read_layer_errors,
)
from qtn.mitigation.noise_forms.lindblad import read_boxes, read_map
from qtn.mitigation.noise_forms.sides import SIDES
from qtn.mitigation.values.pauli_noise import PauliNoise, gates_of

FORMS = (
    "a PauliNoise or LayerNoise, a noise model of Aer, the runtime's NoiseLearnerResult, a list of "
    "LayerError, a PauliLindbladMap with the layer's circuit, or a dictionary of maps with the "
    "boxed circuit that names them"
)


def read_noise(
    source: Any,
    circuit: QuantumCircuit | None = None,
    *,
    site: str | None = None,
    twirl: bool = False,
) -> PauliNoise | LayerNoise:
    """Read a noise model of any known form.

    Args:
        source: a model of qtn; a `NoiseModel` of Aer; a `NoiseLearnerResult` or a list of
            `LayerError` of qiskit-ibm-runtime; one `PauliLindbladMap`, with `circuit` the gates of
            its layer; maps by name (`noise_maps` of samplomatic, or `NoiseLearnerV3Results
            .to_dict(instructions)`), with `circuit` the boxed circuit that names them.
        circuit: as said above; for a model of Aer the gates to look up (None: all that it names).
        site: whether the noise acts "before" or "after" the gates; None takes what the form says:
            the annotation of a box, else before (after for a model of Aer, where it is known).
        twirl: for Aer: keep of every error what a twirled gate leaves of it.

    Returns:
        A model of gates where the noise is one (no term outside a gate's pair, the same in all
        layers), else one of layers, crosstalk included.

    Raises:
        ArgumentError: an unknown form, a negative rate, an error that is no Pauli noise, a layer
            whose noise is unknown.

    Cost: one pass over the terms.

    Example:
        >>> layer = QuantumCircuit(2); _ = layer.cz(0, 1)
        >>> read_noise(PauliLindbladMap.from_list([("ZX", 1e-3)]), layer).of("cz", (0, 1)).sum()
        np.float64(0.001)

    Reference: van den Berg, Minev, Kandala, Temme, arXiv:2201.09866.
    """
    flag("twirl", twirl)
    if site is not None:
        choice("site", site, SIDES)
    if circuit is not None:
        instance("circuit", circuit, QuantumCircuit, "a QuantumCircuit")
    if isinstance(source, PauliNoise):
        return source
    if isinstance(source, NoiseModel):
        return read_aer(source, gates_of(circuit) if circuit is not None else (), twirl=twirl)
    found = source if isinstance(source, LayerNoise) else _layers(source, circuit, site)
    return found if found.crosstalk or found.varying else found.per_gate()


def _layers(source: Any, circuit: QuantumCircuit | None, site: str | None) -> LayerNoise:
    if isinstance(source, PauliLindbladMap):
        if circuit is None:
            raise fail("circuit", "the gates of the layer that the map belongs to", None)
        qubits = range(circuit.num_qubits)
        gates = layer_gates(circuit, qubits)
        return LayerNoise((read_map(source, gates, qubits, site or "before"),))
    if isinstance(source, Mapping):
        if circuit is None:
            raise fail("circuit", "the boxed circuit whose annotations name the maps", None)
        return read_boxes(source, circuit, site)
    if isinstance(source, Iterable) and not isinstance(source, str | bytes):
        listed = list(source)
        if listed and all(is_layer_error(one) for one in listed):
            return read_layer_errors(listed, site or "before")
        if listed and all(hasattr(one, "to_pauli_lindblad_map") for one in listed):
            raise fail(
                "source", "a form that says to which gates the noise belongs", source,
                "Give results.to_dict(instructions), and the boxed circuit as `circuit`.",
            )  # fmt: skip
    raise fail("source", FORMS, source)
