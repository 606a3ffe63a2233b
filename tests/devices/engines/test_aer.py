"""The noiseless Aer engine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit_aer import AerSimulator

import qtn
from qtn.devices import run
from qtn.devices.engines.aer import (
    aer_sample,
    bond_bound,
    noiseless_method,
    packed_bits,
    refuse_clash,
    refuse_endless,
)
from qtn.devices.engines.base import Pub
from qtn.states import MPS


def has_gpu() -> bool:
    return "GPU" in AerSimulator().available_devices()


@pytest.mark.parametrize("bits", [3, 8, 20, 64, 70])
def test_packed_bits(bits: int) -> None:
    numbers = [0, 1, 2 ** (bits - 1), 2**bits - 1]
    packed = packed_bits([hex(k) for k in numbers], bits)
    assert packed.shape == (4, -(-bits // 8))
    assert [int.from_bytes(row.tobytes(), "big") for row in packed] == numbers


def test_bond_bound_holds(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    from qiskit.quantum_info import Statevector

    for layers in (1, 2, 3):
        circuit = chain_circuit(6, layers=layers)
        state = MPS.from_dense(Statevector(circuit).data)
        assert state.max_bond <= bond_bound(circuit)
    assert bond_bound(chain_circuit(30, layers=2)) == 4
    assert bond_bound(QuantumCircuit(3)) == 1


def test_method_follows_the_circuit(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    assert noiseless_method([chain_circuit(5)])[0] == "statevector"
    assert noiseless_method([chain_circuit(40)])[0] == "matrix_product_state"
    clifford = QuantumCircuit(40)
    clifford.h(range(40))
    assert noiseless_method([clifford])[0] == "stabilizer"
    assert noiseless_method([clifford, chain_circuit(40)])[0] == "matrix_product_state"


def parity_check(n: int) -> QuantumCircuit:
    """Measure a parity onto the last qubit, act on the outcome, measure the rest."""
    circuit = QuantumCircuit(n, n)
    circuit.h(range(n - 1))
    for k in range(n - 1):
        circuit.cx(k, n - 1)
    circuit.rz(3 * np.pi / 2, 0)
    circuit.measure(n - 1, n - 1)
    circuit.reset(n - 1)
    with circuit.if_test((n - 1, 1)):
        circuit.x(0)
    circuit.measure(range(n - 1), range(n - 1))
    return circuit


def test_clifford_circuits_with_feedback_take_stabilizers() -> None:
    circuit = parity_check(6)
    assert noiseless_method([circuit])[0] == "stabilizer"
    result = run(circuit, shots=400)
    assert "stabilizer" in result.engine
    table = result.bits[0].to_bool_array(order="little")
    assert not (table[:, :5].sum(axis=1) % 2).any()  # the flip restored even parity
    assert abs(table[:, 5].mean() - 0.5) < 5 * 0.5 / 20
    with circuit.if_test((0, 1)):
        circuit.ry(0.3, 0)
    assert noiseless_method([circuit])[0] == "statevector"
    plain = QuantumCircuit(6)
    plain.h(0)
    assert noiseless_method([plain])[0] == "statevector"


def test_each_circuit_takes_its_own_method(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    flip = QuantumCircuit(3)
    flip.x(2)
    result = run([flip, parity_check(4), flip], shots=100)
    assert result.counts(0) == result.counts(2) == {"100": 100}
    assert len(result.counts(1)) > 4
    assert "statevector: 3 qubits" in result.engine
    assert "stabilizer" in result.engine


def test_bond_bound_sees_what_is_under_conditions() -> None:
    circuit = QuantumCircuit(6, 1)
    with circuit.if_test((0, 1)):
        for _ in range(2):
            circuit.cx(0, 5)
            circuit.cx(1, 4)
    assert bond_bound(circuit) == 2**3
    with circuit.while_loop((circuit.clbits[0], 1)):
        circuit.cx(4, 5)
    assert bond_bound(circuit) == 2**3
    wide = QuantumCircuit(30, 1)
    with wide.while_loop((wide.clbits[0], 1)):
        wide.cx(14, 15)
    assert bond_bound(wide) == 2**15


def ghz(n: int, star: bool = False) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    circuit.h(0)
    for qubit in range(1, n):
        circuit.cx(0 if star else qubit - 1, qubit)
    return circuit


def test_wide_shallow_clifford_circuits_take_chains() -> None:
    """The stabilizer method takes n^3 per shot: hours for a GHZ state of 2000 qubits."""
    assert noiseless_method([ghz(100)])[0] == "stabilizer"
    assert noiseless_method([ghz(2000)])[0] == "matrix_product_state"
    counts = run(ghz(600), shots=20).counts()
    assert set(counts) == {"0" * 600, "1" * 600}


def test_what_would_not_end_is_refused_at_once() -> None:
    star = ghz(1000, star=True)
    assert noiseless_method([star])[0] == "stabilizer"
    refuse_endless(star, "stabilizer", 100)
    with pytest.raises(qtn.DeviceError, match=r"some 8\d\.\d hours .* Take device=\"tensor\""):
        run(star, shots=10**6)
    pairs = QuantumCircuit(40)
    rng = np.random.default_rng(0)
    for _ in range(3):
        for qubit, angle in enumerate(rng.normal(size=40)):
            pairs.ry(angle, qubit)
        order = rng.permutation(40).tolist()
        for a, b in zip(order[::2], order[1::2], strict=True):
            pairs.cz(a, b)
    with pytest.raises(qtn.DeviceError, match=r"40 qubits entangles them too much .*\"tensor\""):
        run(pairs, shots=10)


def test_a_pessimistic_bound_refuses_nothing() -> None:
    """Gates that undo each other leave a product state, whatever their number says."""
    circuit = QuantumCircuit(30)
    circuit.ry(0.3, range(30))
    for _ in range(20):
        for qubit in range(29):
            circuit.cz(qubit, qubit + 1)
    assert bond_bound(circuit) > 1000
    refuse_endless(circuit, "matrix_product_state", 10)


def test_bindings_are_bound_by_name(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    from qiskit.circuit import Parameter

    circuit = QuantumCircuit(2)
    circuit.rx(Parameter("b"), 0)  # sorted after the next one
    circuit.rx(Parameter("a"), 1)
    circuit.measure_all()
    values = np.array([[np.pi, 0.0], [0.0, np.pi]])  # columns: a, b
    (bits,) = aer_sample(AerSimulator(), [Pub(circuit, values)], 10, 0)
    assert bits.get_counts(0) == {"10": 10}
    assert bits.get_counts(1) == {"01": 10}


def test_aers_failures_are_errors() -> None:
    circuit = QuantumCircuit(40)
    circuit.ry(0.1, range(40))
    circuit.measure_all()
    with pytest.raises(qtn.DeviceError, match=r"Aer could not run the circuits"):
        aer_sample(AerSimulator(method="density_matrix"), [Pub(circuit)], 10, 0)


def test_clash_of_builds_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_clash()
    info = tmp_path / "qiskit_aer_gpu-0.18.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: qiskit-aer-gpu\nVersion: 0.18.2\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    with pytest.raises(qtn.DeviceError, match=r"qiskit-aer and qiskit-aer-gpu are both installed"):
        refuse_clash()


@pytest.mark.skipif(has_gpu(), reason="a GPU is at hand")
def test_missing_gpu_is_named() -> None:
    with pytest.raises(qtn.DeviceError, match=r"'aer-gpu' needs the GPU build of Aer and a GPU"):
        run(QuantumCircuit(1), device="aer-gpu")


@pytest.mark.gpu
@pytest.mark.skipif(not has_gpu(), reason="no GPU build of Aer with a GPU")
def test_gpu_agrees(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    circuit = chain_circuit(4)
    shots = 20_000
    here, there = (run(circuit, device=d, shots=shots).counts() for d in ("aer", "aer-gpu"))
    for outcome in set(here) | set(there):
        assert abs(here.get(outcome, 0) - there.get(outcome, 0)) < 5 * np.sqrt(shots / 2)


@pytest.mark.gpu
@pytest.mark.skipif(not has_gpu(), reason="no GPU build of Aer with a GPU")
def test_demo_on_a_gpu(tmp_path: Path) -> None:
    from qtn.reports import run_demo

    result = run_demo(tmp_path, size=2, shots=1024, device="aer-gpu", progress=False)
    assert float(result.comparison["quantum, shots"].score_error) < 0.05


def test_many_shots_are_taken_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    first = run(circuit, shots=1000).bits[0].array
    monkeypatch.setattr("qtn.devices.engines.aer.PORTION", 1000)
    whole = run(circuit, shots=2500).bits[0]
    assert whole.num_shots == 2500
    assert np.array_equal(whole.array[:1000], first)
    assert not np.array_equal(whole.array[1000:2000], first)
    assert set(whole.get_counts()) == {"00", "11"}
    again = run(circuit, shots=2500).bits[0]
    assert np.array_equal(whole.array, again.array)


def test_resets_of_few_qubits_need_no_run_per_shot() -> None:
    """Exact probabilities of a parametrised circuit with a reset, against trajectories of Aer."""
    angle = Parameter("a")
    circuit = QuantumCircuit(2, 2)
    circuit.ry(angle, 0)
    circuit.cx(0, 1)
    circuit.reset(0)
    circuit.ry(2 * angle, 0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    values = np.array([[0.4], [1.3], [2.0]])
    here = run((circuit, values), device="aer", shots=20_000)
    assert "exact probabilities" in here.engine
    assert here.counts() == run((circuit, values), device="aer", shots=20_000).counts()
    work = [Pub(circuit, values)]
    (there,) = aer_sample(AerSimulator(method="statevector"), work, 20_000, 1)
    for k in range(3):
        ours, theirs = here.counts(0, k), there[k].get_counts()
        for outcome in set(ours) | set(theirs):
            assert abs(ours.get(outcome, 0) - theirs.get(outcome, 0)) < 5 * 10_000**0.5


@pytest.mark.parametrize("name", ["crx", "cry", "crz", "cp", "rx", "rzz", "cu", "mcp"])
def test_every_binding_reaches_every_gate(name: str) -> None:
    """Aer by itself leaves free parameters of controlled rotations and phases unbound."""
    angle, circuit = Parameter("a"), QuantumCircuit(3)
    circuit.h([0, 1, 2])
    if name == "rx":
        circuit.rx(2 * angle, 0)
    elif name == "cu":
        circuit.cu(angle, 0.1, 0.2, 0.3, 0, 1)
    elif name == "mcp":
        circuit.mcp(2 * angle, [0, 1], 2)
    else:
        getattr(circuit, name)(2 * angle, 0, 1)
    circuit.ry(0.4 * angle, 1)
    circuit.h([0, 2])
    values = np.array([[0.4], [1.1], [2.2]])
    shots = 4000
    swept = qtn.run((circuit, values), ["ZZI", "IIX"], device="aer", shots=shots, seed=1)
    single = [
        qtn.run(circuit.assign_parameters(row), ["ZZI", "IIX"], device="tensor", shots=shots)
        for row in values
    ]
    found = np.asarray(swept.values[0].value)
    expected = np.array([np.ravel(r.values[0].value) for r in single])
    assert abs(found - expected).max() < 5 * np.sqrt(2 / shots)


def test_bindings_reach_what_is_under_conditions() -> None:
    angle, circuit = Parameter("a"), QuantumCircuit(2, 2)
    circuit.x(0)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.ry(angle, 1)
    circuit.measure(1, 1)
    pi = np.array([[0.0], [np.pi]])
    found = run((circuit, pi), device="aer", shots=20)
    assert [dict(found.counts(binding=k)) for k in range(2)] == [{"01": 20}, {"11": 20}]
