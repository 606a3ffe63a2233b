"""Plain texts give the circuits of Qiskit's readers; others are left to these."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit, qasm2, qasm3
from qiskit.quantum_info import Operator

from qtn.interop.plain_qasm import read_plain

GATES = {
    0: ("x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "cx", "cy", "cz", "ch", "swap", "ccx",
        "cswap"),
    1: ("rx", "ry", "rz", "p", "crx", "cry", "crz", "cp"),
}  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["2", "3"]))
def test_it_reads_as_qiskit_does(seed, version):
    rng = np.random.default_rng(seed)
    circuit = QuantumCircuit(4, 4)
    for _ in range(12):
        angles = int(rng.integers(2))
        method = getattr(circuit, str(rng.choice(GATES[angles])))
        count = {"cc": 3, "cs": 3}.get(method.__name__[:2], 0)
        count = count or (2 if method.__name__[0] == "c" or method.__name__ == "swap" else 1)
        method(*rng.normal(size=angles), *map(int, rng.permutation(4)[:count]))
    circuit.barrier()
    circuit.measure(range(4), range(4))
    text = (qasm2 if version == "2" else qasm3).dumps(circuit)
    found = read_plain(text, version)
    assert found == circuit
    if version == "3":
        assert found == qasm3.loads(text)
    else:
        assert found == qasm2.loads(text, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)


DEFINED = """OPENQASM 3.0; include "stdgates.inc";
gate sxdg a { s a; h a; s a; }
gate both(theta, phi) a, b { rx(theta/2) a; cx b, a; rz(-phi) b; sxdg a; }
qubit[2] q; qubit[1] r; bit[2] c;
both(0.3, pi/4) q[1], r[0]; sxdg q; h q;
barrier q; c = measure q;
"""


def test_definitions_registers_and_whole_registers():
    found = read_plain(DEFINED, "3")
    assert found.num_qubits == 3
    assert [r.name for r in found.qregs] == ["q", "r"]
    assert found.count_ops()["measure"] == 2
    wanted = QuantumCircuit(3)
    wanted.rx(0.15, 1)
    wanted.cx(2, 1)
    wanted.rz(-np.pi / 4, 2)
    for qubit in (1, 0, 1):
        wanted.sxdg(qubit)
    wanted.h([0, 1])
    bare = found.remove_final_measurements(inplace=False)
    assert Operator(bare).equiv(Operator(wanted))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "qubit[2] q; if (true) { x q[0]; }",
        "qubit[2] q; for int i in [0:1] { x q[i]; }",
        "qubit[2] q; x q[5];",
        "qubit[2] q; cx q[0], q[0];",
        "qubit[2] q; cx q, q;",
        "qubit[2] q; rx(a) q[0];",
        "qubit[2] q; rx q[0];",
        "qubit[2] q; frob q[0];",
        "qubit[2] q; ctrl @ x q[0], q[1];",
        "qubit[2] q; qubit[2] q;",
        "qubit q; x q;",
        "qubit[2] q; reset q[0];",
        "qubit[2] q; bit[1] c; c = measure q;",
        "qubit[2] q; let a = q[0];",
        "gate x a { h a; } qubit[1] q; x q[0];",
        "gate g a { g a; } qubit[1] q; g q[0];",
        "gate g a { h b; } qubit[1] q; g q[0];",
        "qubit[2] q; x;",
        "qubit[2] q; measure q[0];",
        "qubit[2] q; h $0;",
        'include "other.inc"; qubit[1] q;',
        "input float a; qubit[1] q;",
    ],
)
def test_what_is_not_plain_is_left(body):
    assert read_plain(f'OPENQASM 3.0; include "stdgates.inc"; {body}', "3") is None


def test_a_library_must_be_included():
    assert read_plain("OPENQASM 3.0; qubit[1] q; h q[0];", "3") is None
