"""Seconds that Aer takes without noise, per method, from the circuit alone.

The constants are seconds of one core, measured on lines of 4 to 40 qubits with one to three layers
of gates; they are for forecasts, and a machine of another speed is off by its factor.
"""

from __future__ import annotations

from qiskit import QuantumCircuit

from qtn.devices.measurements import has_mid_circuit

__all__ = ["STABILIZER_SHOT", "noiseless_seconds"]

STABILIZER_SHOT = 3e-10  # times qubits cubed
BINDING, GATE, AMPLITUDE = 1.5e-3, 1.2e-5, 2.5e-10
CACHED = 16  # qubits up to which an amplitude takes half of what it takes beyond
OUTCOME, OUTCOME_BIT = 2e-7, 9e-8  # a shot, handed out as a text
CHAIN_SITE, CHAIN_ENTRY = 1.7e-6, 2e-9  # a site of one shot, and times the bond squared
TRAJECTORY = 4e-6  # a gate of one shot


def noiseless_seconds(
    circuit: QuantumCircuit, method: str, bond: int, shots: int, bindings: int
) -> float:
    """Predict the time of all bindings of a circuit.

    Args:
        circuit: in gates that Aer knows.
        method: "statevector", "matrix_product_state" or "stabilizer".
        bond: bound of the bond, for chains.
        shots: per binding.
        bindings: number of bindings.
    """
    n, gates = circuit.num_qubits, len(circuit.data)
    outcomes = shots * (OUTCOME + OUTCOME_BIT * n)
    amplitudes = (AMPLITUDE if n <= CACHED else 2 * AMPLITUDE) * 2.0**n
    state = gates * (GATE + amplitudes)
    if method == "stabilizer":
        return bindings * (BINDING + outcomes + shots * STABILIZER_SHOT * n**3)
    if method == "matrix_product_state":
        sites = n * (CHAIN_SITE + CHAIN_ENTRY * float(bond) ** 2)
        return bindings * (BINDING + gates * GATE + outcomes + shots * sites)
    if has_mid_circuit(circuit):
        state = shots * gates * (TRAJECTORY + amplitudes)
    return bindings * (BINDING + state + outcomes)
