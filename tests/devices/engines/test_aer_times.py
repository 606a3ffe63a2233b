"""Forecasts of what Aer takes."""

from __future__ import annotations

from qiskit import QuantumCircuit

from qtn.devices.engines.aer_times import noiseless_seconds


def layers(n: int) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    for k in range(n - 1):
        circuit.h(k)
        circuit.cx(k, k + 1)
    return circuit


def test_methods_grow_as_they_do() -> None:
    small, large = layers(10), layers(22)
    for method in ("statevector", "matrix_product_state", "stabilizer"):
        assert noiseless_seconds(small, method, 2, 100, 1) < noiseless_seconds(
            large, method, 2, 1000, 1
        )
        once = noiseless_seconds(small, method, 2, 100, 1)
        assert noiseless_seconds(small, method, 2, 100, 9) == 9 * once
    wide = noiseless_seconds(large, "statevector", 2, 100, 1)
    assert wide > 20 * noiseless_seconds(small, "statevector", 2, 100, 1)


def test_resets_make_every_shot_a_run() -> None:
    circuit = layers(4)
    plain = noiseless_seconds(circuit, "statevector", 2, 4096, 1)
    circuit.reset(0)
    assert noiseless_seconds(circuit, "statevector", 2, 4096, 1) > 5 * plain
