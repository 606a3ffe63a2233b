"""The engine on a torch device, run on the CPU, against the one of numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from qiskit import QuantumCircuit
from scipy.stats import unitary_group

import qtn
from qtn.interop.circuits import gate_list
from qtn.states import MPS
from qtn.verification.engines.base import Question
from qtn.verification.engines.chain_state import ChainState
from qtn.verification.engines.chains import Chain
from qtn.verification.engines.device_state import DeviceState
from qtn.verification.inputs import observable_terms
from qtn.verification.limits import Limits, forecast


def circuit(n: int = 7, layers: int = 4) -> QuantumCircuit:
    found = QuantumCircuit(n)
    for layer in range(layers):
        for k in range(layer % 2, n - 1, 2):
            found.unitary(unitary_group.rvs(4, random_state=10 * layer + k), [k, k + 1])
    return found


@pytest.mark.parametrize("bond", [None, 5])
def test_it_says_what_the_chain_says(bond: int | None) -> None:
    gates = gate_list(circuit())
    ours, theirs = ChainState(gates, bond, 1e-20), DeviceState(gates, bond, 1e-20, "cpu")
    terms = observable_terms("ZIXIIYZ", 7)[0]
    bits = np.random.default_rng(0).integers(0, 2, (5, 7))
    close = {"abs": 1e-9} if bond is None else {"abs": 0.3}
    assert theirs.kept == pytest.approx(ours.kept, rel=1e-9 if bond is None else 0.3)
    assert abs(theirs.overlap(ours.state)) == pytest.approx(1.0, **close)
    assert theirs.expectation(terms) == pytest.approx(ours.expectation(terms), **close)
    assert theirs.amplitudes(bits) == pytest.approx(ours.amplitudes(bits), **close)
    assert theirs.chain().log_norm() == pytest.approx(0.0, abs=1e-10)


def test_the_engine_names_its_device() -> None:
    gates = gate_list(circuit())
    limits = Limits()
    question = Question(gates, MPS.from_dense(np.eye(128)[0]), [], limits, device="cpu")
    answer = Chain("chain", forecast(gates, 256), "cpu").ask(question)
    other = Chain("chain", forecast(gates, 256)).ask(question)
    assert answer.engine == "chain on cpu"
    assert answer.fidelity.value == pytest.approx(other.fidelity.value, abs=1e-9)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is at hand")
def test_a_missing_gpu_is_named() -> None:
    with pytest.raises(qtn.ArgumentError, match="`device` must be a torch device of this machine"):
        qtn.verify(circuit(), observables="Z" * 7, device="cuda")


@pytest.mark.gpu
def test_verification_on_a_gpu() -> None:
    target = qtn.verify(circuit(), observables="ZIIIIII", method="chain").values[0]
    found = qtn.verify(circuit(), observables="ZIIIIII", device="cuda")
    assert found.method == "chain on cuda"
    assert found.values[0].value == pytest.approx(target.value, abs=1e-8)
    with pytest.raises(qtn.ArgumentError, match='only with method="auto" or "chain"'):
        qtn.verify(circuit(), observables="ZIIIIII", device="cuda", method="cone")
