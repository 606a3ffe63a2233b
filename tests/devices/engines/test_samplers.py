"""Foreign backends and samplers, and the traps they set."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from devices.cloud import Killed, Service, cloud
from devices.faulty import FaultyQueue
from qiskit import QuantumCircuit
from qiskit.primitives import BackendSamplerV2, StatevectorEstimator, StatevectorSampler
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError
from qiskit_aer.primitives import EstimatorV2 as AerEstimator
from qiskit_ibm_runtime.executor_sampler import Sampler
from qiskit_ibm_runtime.fake_provider import FakeManilaV2
from qiskit_ibm_runtime.fake_provider.local_runtime_job import LocalRuntimeJob

import qtn
from qtn.devices import Device, Ledger, resume, run
from qtn.devices.engines.samplers import SamplerEngine, bits_of_experiment, scrubbed


def ones(n: int = 2) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    circuit.x(range(n))
    return circuit


class TestMissingMemory:
    def test_qiskits_own_sampler_would_read_zeros(self, tmp_path: Path) -> None:
        """The trap itself: counts say 11, the stock sampler says 00."""
        circuit = ones()
        circuit.measure_all()
        stock = BackendSamplerV2(backend=FaultyQueue(tmp_path, "no memory"))
        assert stock.run([circuit], shots=20).result()[0].data.meas.get_counts() == {"00": 20}

    def test_counts_are_expanded(self, tmp_path: Path) -> None:
        assert run(ones(), device=FaultyQueue(tmp_path, "no memory"), shots=20).counts() == {
            "11": 20
        }

    def test_stock_sampler_is_replaced_by_its_backend(self, tmp_path: Path) -> None:
        sampler = BackendSamplerV2(backend=FaultyQueue(tmp_path, "no memory"))
        assert run(ones(), device=sampler, shots=20).counts() == {"11": 20}

    def test_neither_memory_nor_counts(self, tmp_path: Path) -> None:
        queue = Device(FaultyQueue(tmp_path, "nothing"), reads=2, first_wait=0.001)
        with pytest.raises(
            qtn.DeviceError, match=r"neither memory nor counts .* unknown, not zero"
        ):
            run(ones(), device=queue, shots=20)


def result_with(**data: object) -> SimpleNamespace:
    entry = SimpleNamespace(data=SimpleNamespace(**data), status="DONE")
    return SimpleNamespace(results=[entry])


@pytest.mark.parametrize("outcomes", [["0x1", "0x3"], ["01", "11"]])
def test_memory_in_both_notations(outcomes: list[str]) -> None:
    circuit = QuantumCircuit(2, 2)
    found = bits_of_experiment(result_with(memory=outcomes), 0, circuit, 2, 0)
    assert found.tolist() == [[1], [3]]


def test_expanded_counts_are_in_random_order() -> None:
    circuit = QuantumCircuit(1, 1)
    found = bits_of_experiment(result_with(counts={"0x0": 500, "0x1": 500}), 0, circuit, 1000, 0)
    half = found[:500].sum()
    assert abs(int(half) - 250) < 5 * np.sqrt(500 / 8)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"memory": ["0x1"]}, "returned 1 shots instead of 2"),
        ({"memory": ["0x1", "0x9"]}, "more than 2 bits"),
        ({"counts": {"up": 2}}, "neither hexadecimal nor binary"),
    ],
)
def test_malformed_data(data: dict[str, object], text: str) -> None:
    with pytest.raises(qtn.DeviceError, match=text):
        bits_of_experiment(result_with(**data), 0, QuantumCircuit(2, 2), 2, 0)


def test_readout_error_that_aers_estimator_leaves_out() -> None:
    noise = NoiseModel()
    noise.add_all_qubit_readout_error(ReadoutError([[0.9, 0.1], [0.1, 0.9]]))
    backend = AerSimulator(noise_model=noise)
    aer = AerEstimator(options={"backend_options": {"noise_model": noise}})
    assert aer.run([(ones(1), SparsePauliOp("Z"))]).result()[0].data.evs == pytest.approx(-1.0)
    ours = run(ones(1), SparsePauliOp("Z"), device=backend, shots=10_000).values[0]
    assert abs(ours.value + 0.8) < 5 * ours.stderr


def test_observable_on_some_of_the_qubits(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    """Observables on a subset of a permuted layout keep their meaning."""
    from qiskit.quantum_info import Statevector

    circuit = chain_circuit(5, seed=4)
    for label in ("IIZII", "XIIIY", "IZIXI"):
        exact = Statevector(circuit).expectation_value(SparsePauliOp(label)).real
        for device in ("aer", "tensor", AerSimulator(method="matrix_product_state")):
            value = run(circuit, SparsePauliOp(label), device=device, shots=4000).values[0]
            assert abs(value.value - exact) < 5 * value.stderr


def test_resampling_provider_gives_one_result(tmp_path: Path) -> None:
    """A provider that draws new counts at each retrieval: the first result stays."""
    plus = QuantumCircuit(3)
    plus.h(range(3))
    first = run(plus, device=FaultyQueue(tmp_path / "q"), shots=50, ledger=tmp_path / "l")
    for stored in (tmp_path / "q").glob("job-*/result.npz"):
        stored.unlink()
    for request in (tmp_path / "q").glob("job-*/request.json"):
        request.write_text(request.read_text().replace('"seed_simulator": ', '"seed_simulator": 1'))
    again = run(plus, device=FaultyQueue(tmp_path / "q"), shots=50, ledger=tmp_path / "l")
    assert first.counts() == again.counts()


class TestIBMRuntime:
    """The real client, offline."""

    @pytest.mark.parametrize("mode", ["Session", "Batch"])
    def test_session_and_batch(self, mode: str) -> None:
        import qiskit_ibm_runtime as runtime

        with getattr(runtime, mode)(backend=FakeManilaV2()) as opened:
            sampler = Sampler(mode=opened)
            sampler.options.dynamical_decoupling.enable = True
            result = run(ones(), SparsePauliOp("ZZ"), device=sampler, shots=500)
        assert 0.7 < result.values[0].value < 1.0
        assert result.circuits[0].num_qubits == 5
        assert "Sampler on fake_manila" in result.engine

    def test_twirling_is_passed_through(self) -> None:
        sampler = Sampler(mode=FakeManilaV2())
        sampler.options.twirling.enable_measure = True
        circuit = QuantumCircuit(2)
        circuit.h(0)
        circuit.cx(0, 1)
        counts = run(circuit, device=sampler, shots=512).counts()
        assert counts["00"] + counts["11"] > 0.8 * 512
        assert sampler.options.environment.job_tags in (None, [])


class TestIBMService:
    """A process that ended between submission and record, and what the service knows of it."""

    def go(self, service: Service, ledger: Path, dies: str = "") -> Any:
        device = Device(cloud(Sampler, service, dies), reads=3, first_wait=0.001)
        return run(ones(), device=device, shots=100, ledger=ledger)

    def test_found_by_its_tag(self, tmp_path: Path) -> None:
        service = Service()
        with pytest.raises(Killed):
            self.go(service, tmp_path, "after")
        (job,) = Ledger(tmp_path).jobs(Ledger(tmp_path).runs()[0].id)
        assert (job.state, job.job_id) == ("submitting", None)
        service.outages = 2  # reads are retried
        result = self.go(service, tmp_path)
        ((job_id, (_, tags)),) = service.accepted.items()  # one job: not submitted twice
        assert tags == ["mine", job.tag]
        assert set(service.retrieved) == {job_id}
        assert result.counts()["11"] > 50
        asked = len(service.retrieved)
        assert self.go(service, tmp_path).counts() == result.counts()  # stored: nobody is asked
        assert len(service.accepted) == 1
        assert len(service.retrieved) == asked

    @pytest.mark.parametrize("dies", ["before", "after"])
    def test_not_found_is_never_submitted_on_suspicion(self, tmp_path: Path, dies: str) -> None:
        service = Service()
        with pytest.raises(Killed):
            self.go(service, tmp_path, dies)
        service.hidden = True  # the list of a service may lag behind
        for _ in range(2):
            with pytest.raises(qtn.DeviceError, match=r"may or may not have reached .* --resubmit"):
                self.go(service, tmp_path)
        assert len(service.accepted) == (dies == "after")
        (recorded,) = Ledger(tmp_path).runs()
        resume(recorded.id, cloud(Sampler, service), ledger=tmp_path, resubmit=True)
        assert len(service.accepted) == 1 + (dies == "after")  # on the user's word

    def test_search_that_fails_submits_nothing(self, tmp_path: Path) -> None:
        service = Service()
        with pytest.raises(Killed):
            self.go(service, tmp_path, "before")
        service.outages = 100
        with pytest.raises(qtn.DeviceError, match=r"could not be searched in 3 attempts"):
            self.go(service, tmp_path)
        assert not service.accepted

    @pytest.mark.parametrize(("told", "kept"), [(3.5, 3.5), (0, None)])
    def test_usage(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: float, kept: float | None
    ) -> None:
        """The client says 0 until the service has settled the bill."""
        monkeypatch.setattr(LocalRuntimeJob, "usage", lambda *_, **__: told)
        self.go(Service(), tmp_path)
        book = Ledger(tmp_path)
        assert [job.usage for job in book.jobs(book.runs()[0].id)] == [kept]

    def test_killed_while_waiting(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        service = Service()

        def die(*_: Any) -> None:
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(SamplerEngine, "collect", die)
            with pytest.raises(Killed):
                self.go(service, tmp_path)
        result = self.go(service, tmp_path)
        assert set(service.retrieved) == set(service.accepted)
        assert len(service.accepted) == 1
        assert result.counts()["11"] > 50


def test_errors_are_scrubbed_of_credentials() -> None:
    secret = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6"
    for text in (f"token={secret[:10]}", f"Authorization: Bearer {secret[:12]}", f"crn:{secret}"):
        assert secret[:10] not in scrubbed(ValueError(text))
    assert scrubbed(ValueError("queue is full")) == "ValueError: queue is full"


def test_other_options_are_another_request(tmp_path: Path) -> None:
    service = Service()
    for enable in (False, True, True):
        sampler = cloud(Sampler, service)
        sampler.options.dynamical_decoupling.enable = enable
        run(ones(), device=sampler, shots=10, ledger=tmp_path)
    assert len(service.accepted) == 2


def test_another_engine_is_another_request(tmp_path: Path) -> None:
    for engine in ("auto", "tensor", "tensor"):
        run(ones(), device=Device("FakeManilaV2", engine=engine), shots=10, ledger=tmp_path)
    assert len(Ledger(tmp_path).runs()) == 2


@pytest.mark.parametrize("primitive", [StatevectorSampler, StatevectorEstimator])
def test_qiskits_own_primitives_draw_a_reset_once_for_all_shots(primitive: type) -> None:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.reset(0)
    with pytest.raises(qtn.DeviceError, match=r"draws the outcome of a reset once for all shots"):
        run(circuit, SparsePauliOp("ZI"), device=primitive(seed=1), ledger=False)
    value = run(circuit, SparsePauliOp("ZI"), device="aer", shots=4000).values[0]
    assert abs(float(value.value)) < 5 / np.sqrt(4000)


@pytest.mark.parametrize("name", ["SamplerV2", "EstimatorV2"])
def test_aers_own_primitives_leave_controlled_rotations_unbound(name: str) -> None:
    """Beside another parameter that they do bind, their answer is wrong and looks right."""
    from qiskit.circuit import Parameter
    from qiskit_aer import primitives

    angle, circuit = Parameter("a"), QuantumCircuit(2)
    circuit.h([0, 1])
    circuit.crx(angle, 0, 1)
    circuit.rz(angle, 1)
    circuit.h([0, 1])
    device = getattr(primitives, name)()
    with pytest.raises(qtn.DeviceError, match="unbound, so its results would be wrong"):
        qtn.run((circuit, [[0.3], [0.6]]), ["00"], device=device, shots=10)
    plain = circuit.decompose()
    found = qtn.run((plain, [[0.3], [2.6]]), ["00"], device=device, shots=4000).values[0]
    exact = qtn.run((circuit, [[0.3], [2.6]]), ["00"], device="tensor", shots=4000).values[0]
    assert abs(np.ravel(found.value) - np.ravel(exact.value)).max() < 5 / np.sqrt(2000)
