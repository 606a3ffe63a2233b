"""Targets from files: each kind gives what Python gives, pickles and damage are refused."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import quimb
import quimb.tensor as qtensor
from qiskit import QuantumCircuit

import qtn
from qtn.errors import ArgumentError, FileError
from qtn.interop.qasm import save_qasm3, save_qpy
from qtn.interop.target_files import load_target

RNG = np.random.default_rng(4)


@pytest.fixture
def circuit() -> QuantumCircuit:
    found = QuantumCircuit(3)
    found.h(0)
    found.cx(0, 2)
    return found


def test_circuits(tmp_path: Path, circuit: QuantumCircuit) -> None:
    assert load_target(save_qasm3(circuit, tmp_path / "c.qasm")).count_ops()["cx"] == 1
    digest = save_qpy(circuit, tmp_path / "c.qpy")
    assert load_target(tmp_path / "c.qpy", sha256=digest.upper()) == circuit
    with pytest.raises(ArgumentError, match="is QPY, which is read only with its digest"):
        load_target(tmp_path / "c.qpy")
    with pytest.raises(ArgumentError, match="a digest of 64 hexadecimal digits"):
        load_target(tmp_path / "c.qpy", sha256="abc")
    with pytest.raises(FileError, match="was altered"):
        load_target(tmp_path / "c.qpy", sha256="0" * 64)
    with pytest.raises(ArgumentError, match="is for QPY files"):
        load_target(tmp_path / "c.qasm", sha256=digest)


def test_amplitudes_and_matrices(tmp_path: Path) -> None:
    vector = RNG.normal(size=8)
    vector /= np.linalg.norm(vector)
    np.save(tmp_path / "v.npy", vector)
    assert np.array_equal(load_target(tmp_path / "v.npy"), vector)
    unitary = np.linalg.qr(RNG.normal(size=(4, 4)))[0]
    np.save(tmp_path / "u.npy", unitary)
    assert qtn.compile(load_target(tmp_path / "u.npy")).fidelity == pytest.approx(1)


def test_files_of_qtn(tmp_path: Path) -> None:
    state = qtn.MPS.product([[1, 0], [0, 1]])
    assert load_target(qtn.save(state, tmp_path / "s.qtn")).n == 2


@pytest.mark.parametrize("n", [1, 2, 5])
def test_chains_of_quimb(tmp_path: Path, n: int) -> None:
    if n == 1:
        chain = qtensor.MatrixProductState([np.array([0.6, 0.8j])], shape="p")
    else:
        chain = qtensor.MPS_rand_state(n, 3, dtype=complex, seed=1)
    np.savez(tmp_path / "psi.npz", *chain.arrays)
    read = load_target(tmp_path / "psi.npz")
    assert np.allclose(read.to_dense(), qtn.MPS.from_quimb(chain).to_dense())


def test_pickles_are_never_read(tmp_path: Path) -> None:
    chain = qtensor.MPS_rand_state(3, 2, seed=1)
    quimb.save_to_disk(chain, tmp_path / "psi.dmp")
    (tmp_path / "plain.qasm").write_bytes(pickle.dumps(3))
    (tmp_path / "named.pickle").write_bytes(b"anything")
    for name in ("psi.dmp", "plain.qasm", "named.pickle"):
        with pytest.raises(FileError, match=r"is a pickle, .*psi\.arrays"):
            load_target(tmp_path / name)
    np.save(tmp_path / "o.npy", np.array([None], dtype=object))
    with pytest.raises(FileError, match="holds no array that can be read"):
        load_target(tmp_path / "o.npy")


def test_damage(tmp_path: Path) -> None:
    np.save(tmp_path / "t.npy", np.array(["text"]))
    with pytest.raises(FileError, match="numbers are needed"):
        load_target(tmp_path / "t.npy")
    np.savez(tmp_path / "n.npz", rows=np.ones(3))
    with pytest.raises(FileError, match="named arrays, not the tensors of a chain"):
        load_target(tmp_path / "n.npz")
    np.savez(tmp_path / "s.npz", np.ones((2, 2, 2, 2)), np.ones((2, 2)))
    with pytest.raises(FileError, match=r"tensor 0 has shape \(2, 2, 2, 2\)"):
        load_target(tmp_path / "s.npz")
    np.savez(tmp_path / "b.npz", np.ones((2, 2)), np.ones((3, 2)))
    with pytest.raises(FileError, match="holds no chain"):
        load_target(tmp_path / "b.npz")
    (tmp_path / "z.npz").write_bytes(b"PK")
    with pytest.raises(FileError, match="no arrays that can be read"):
        load_target(tmp_path / "z.npz")
    with pytest.raises(FileError, match="does not exist"):
        load_target(tmp_path / "absent.npy")
