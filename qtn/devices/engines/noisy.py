"""A noise model of Aer's as a device: the circuit's gates with the errors of the model."""

from __future__ import annotations

import hashlib

from qiskit import QuantumCircuit
from qiskit.transpiler import Target
from qiskit_aer.noise import NoiseModel

from qtn.devices.engines.aer import refuse_clash
from qtn.devices.engines.base import Engine
from qtn.devices.engines.gpu import Aer, refuse_missing
from qtn.devices.engines.simulated import SimulatedEngine
from qtn.devices.placement.cutting import active_qubits

__all__ = ["NoisyEngine"]

BESIDE = ("measure", "reset", "delay")


class NoisyEngine(SimulatedEngine):
    """Circuits with the errors of a noise model; they are first written in the model's gates.

    Args:
        name: to print.
        model: whose errors the gates get.
        engine: as in `qtn.Device`.
        aer: GPU and precision.
    """

    def __init__(self, name: str, model: NoiseModel, engine: str, aer: Aer) -> None:
        # An error on a gate that a circuit does not have would be no error at all.
        gates = sorted({*model.basis_gates, *BESIDE} - {"unitary", "kraus"})
        Engine.__init__(self, name, Target.from_configuration(basis_gates=gates))
        refuse_clash()
        refuse_missing(name, aer)
        self._model, self._engine, self._aer = model, engine, aer
        self._samplers = {}
        self.options = f"{aer.options} noise={_digest(model)}".strip()

    def noise(self, active: tuple[int, ...]) -> NoiseModel:
        return self._model

    def channels(self, active: tuple[int, ...]) -> NoiseModel:
        return self._model

    def _active(self, circuit: QuantumCircuit) -> tuple[int, ...]:
        """Return the qubits simulated: the model knows some of them by their numbers."""
        if self._model.noise_qubits:
            return tuple(range(circuit.num_qubits))
        return active_qubits(circuit)


def _digest(model: NoiseModel) -> str:
    """Return a hash over the errors of a model; every error has a name drawn at random besides."""
    errors = [
        {name: value for name, value in error.items() if name != "id"}
        for error in model.to_dict(serializable=True)["errors"]
    ]
    return hashlib.sha256(repr(sorted(map(repr, errors))).encode()).hexdigest()[:16]
