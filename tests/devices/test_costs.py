"""Plans, IBM's usage formula and prices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from devices.faulty import FaultyQueue
from qiskit import QuantumCircuit
from qiskit.primitives import BackendEstimatorV2
from qiskit.providers import BackendV2, Options
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import SparsePauliOp
from qiskit.transpiler import Target

import qtn
from qtn.devices import Budget, Device, LocalQueue, run, transpile_for
from qtn.devices.costs import RunPlan, prices, together, usage_seconds
from qtn.devices.lookup import resolve
from qtn.devices.placement.transpile import measured


def test_plan_counts_everything(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    circuit = chain_circuit(4, layers=2, free=True)
    plan = run(
        (circuit, np.zeros((7, 4))),
        SparsePauliOp(["XXXX", "ZZZZ", "ZIII"]),
        device="FakeManilaV2",
        shots=100,
        dry_run=True,
    )
    assert (plan.circuits, plan.shots, plan.jobs) == (14, 1400, 1)
    assert (plan.two_qubit_gates, plan.two_qubit_depth) == (6, 5)
    assert plan.seconds is None
    shown = [line.split() for line in str(plan).splitlines()]
    assert ["circuits", "14"] in shown
    assert ["shots", "1400"] in shown
    assert "local, free" in str(plan)
    assert "about 0.0" in str(plan)
    assert repr(plan) == "RunPlan(14 circuits, 1400 shots, 1 job(s) on FakeManilaV2)"


def test_ibm_formula(tmp_path: Path, chain_circuit: Callable[..., QuantumCircuit]) -> None:
    queue = FaultyQueue(tmp_path, device="FakeManilaV2")  # at most two circuits per job
    circuits = [chain_circuit(3, seed=s) for s in range(3)]
    plan = run(circuits, device=queue, shots=40, dry_run=True)
    times = [
        measured(transpile_for(c, queue), "ZZZ", queue.target, merge=True).estimate_duration(
            queue.target, unit="s"
        )
        for c in circuits
    ]
    assert plan.jobs == 2
    assert plan.seconds == pytest.approx(2.0 * 2 + sum((250e-6 + t) * 40 for t in times))
    assert queue.jobs() == []


def test_prices_are_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chain_circuit: Callable[..., QuantumCircuit]
) -> None:
    queue = LocalQueue(tmp_path / "queue", "FakeManilaV2")

    def plan() -> object:
        return run(chain_circuit(2), device=queue, shots=1000, dry_run=True)

    assert plan().money == 0.0
    table = tmp_path / "prices.toml"
    table.write_text('["queue:"]\ncurrency = "EUR"\nper_shot = 0.01\nper_job = 0.3\n')
    monkeypatch.setenv("QTN_PRICES", str(table))
    assert plan().money == pytest.approx(10.3)
    assert "10.30 EUR" in str(plan())
    with pytest.raises(qtn.BudgetError, match=r"takes 10\.3 money, but the budget allows 10"):
        run(chain_circuit(2), device=queue, shots=1000, budget=Budget(money=10))
    table.write_text('["queue:"]\nper_hour = 1\n')
    with pytest.raises(qtn.ArgumentError, match=r"unknown entry 'per_hour'"):
        plan()
    table.write_text("not toml")
    with pytest.raises(qtn.FileError, match=r"cannot be read .* QTN_PRICES"):
        prices()


@pytest.mark.parametrize(
    ("budget", "text"),
    [
        (Budget(shots=99), "takes 100 shots, but the budget allows 99"),
        (Budget(circuits=0), "takes 1 circuits, but the budget allows 0"),
        (Budget(seconds=2.0), r"takes 2.02.* seconds, but the budget allows 2"),
    ],
)
def test_budget(
    tmp_path: Path, budget: Budget, text: str, chain_circuit: Callable[..., QuantumCircuit]
) -> None:
    queue = LocalQueue(tmp_path, "FakeManilaV2")
    with pytest.raises(qtn.BudgetError, match=text):
        run(chain_circuit(2), device=queue, shots=100, budget=budget)
    assert queue.jobs() == []


def test_money_without_a_price(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chain_circuit: Callable[..., QuantumCircuit]
) -> None:
    queue = LocalQueue(tmp_path, "FakeManilaV2")
    monkeypatch.setattr("qtn.devices.costs.prices", dict)
    with pytest.raises(qtn.BudgetError, match=r"price of .* is not known"):
        run(chain_circuit(2), device=queue, shots=100, budget=Budget(money=1))


@pytest.mark.parametrize("value", ["nan", "-0.5", "inf", '"1.60"', "true", "[1]"])
def test_prices_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    table = tmp_path / "prices.toml"
    monkeypatch.setenv("QTN_PRICES", str(table))
    for text in (f"[elsewhere]\nper_second = {value}\n", f"per_second = {value}\n"):
        table.write_text(text)
        with pytest.raises(qtn.ArgumentError, match=r"price table has .*per_second"):
            prices()
        with pytest.raises(qtn.ArgumentError, match=r"price table has"):
            run(QuantumCircuit(1), device=LocalQueue(tmp_path / "queue"), shots=10)
    table.write_text("[ibm_]\ncurrency = 3\n")
    with pytest.raises(qtn.ArgumentError, match=r"currency must be a text"):
        prices()
    table.write_bytes(b"\xff\xfe")
    with pytest.raises(qtn.FileError, match=r"cannot be read"):
        prices()


def test_a_table_without_prices_is_no_price(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "prices.toml"
    table.write_text('["queue:"]\ncurrency = "EUR"\n')
    monkeypatch.setenv("QTN_PRICES", str(table))
    assert run(QuantumCircuit(1), device=LocalQueue(tmp_path), shots=9, dry_run=True).money is None


class Priced(GenericBackendV2):
    """A backend with chosen notes on its own pace."""

    default_rep_delay = float("nan")


def test_times_that_are_none() -> None:
    """NaN would make every comparison with a budget false."""
    engine = resolve(Device(Priced(2, seed=1), engine="backend"))
    assert usage_seconds([(QuantumCircuit(2), 1)], 100, 1, engine) == pytest.approx(2.025)
    plan = RunPlan("somewhere", 1, 1, 10, 1, 0, 0, float("nan"), None, paid=True)
    with pytest.raises(qtn.BudgetError, match=r"takes nan seconds"):
        plan.check(Budget(seconds=5))


def test_simulators_need_no_budget() -> None:
    assert run(QuantumCircuit(1), shots=200_000, dry_run=True).paid is False
    assert run(QuantumCircuit(1), device="FakeManilaV2", shots=200_000, dry_run=True).paid is False


class Elsewhere(BackendV2):
    """A backend that keeps no jobs: it may be hardware all the same."""

    def __init__(self) -> None:
        super().__init__(name="elsewhere")
        self.target_ = GenericBackendV2(2, seed=1).target

    @property
    def target(self) -> Target:
        return self.target_

    @property
    def max_circuits(self) -> int | None:
        return -1

    @classmethod
    def _default_options(cls) -> Options:
        return Options(shots=1)

    def run(self, run_input: object, **options: object) -> object:
        raise ConnectionError("nobody is to be asked")


def test_foreign_backend_without_memory_may_cost() -> None:
    """Neither directly nor behind Qiskit's own wrappers."""
    wrapped = BackendEstimatorV2(backend=Elsewhere())
    for device, asked in ((Elsewhere(), None), (wrapped, SparsePauliOp("Z"))):
        with pytest.raises(qtn.BudgetError, match=r"more than|More than|max_execution_time"):
            run(QuantumCircuit(1), asked, device=device, shots=100_001)
    with pytest.raises(qtn.DeviceError, match=r"ConnectionError: nobody is to be asked"):
        run(QuantumCircuit(1), device=Elsewhere(), shots=100)


def test_plans_add_up() -> None:
    one = RunPlan("d", 2, 1, 100, 5, 3, 4, 1.5, 2.0, "EUR", True)
    two = RunPlan("d", 1, 1, 50, 7, 2, 1, 0.5, None, "", True)
    assert together([one, two]) == RunPlan("d", 3, 2, 150, 7, 3, 4, 2.0, None, "EUR", True)
    assert together([one, replace(two, here=1.0)]).here is None
    here = together([replace(one, here=0.5), replace(two, here=1.0)])
    assert (here.here, here.scaled(2.0).here) == (1.5, 3.0)
    assert one.scaled(1.5) == RunPlan("d", 3, 2, 150, 5, 3, 4, 2.25, 3.0, "EUR", True)


@pytest.mark.parametrize("device", ["aer", "tensor", "FakeManilaV2"])
def test_simulators_tell_their_seconds(
    device: str, chain_circuit: Callable[..., QuantumCircuit]
) -> None:
    circuit = chain_circuit(5, layers=2, free=True)
    few, many = (
        run((circuit, np.zeros((b, 5))), device=device, shots=1000, dry_run=True).here
        for b in (1, 100)
    )
    assert few is not None
    assert many is not None
    assert 0.0 < few < many < 10.0
    reset = circuit.copy()
    reset.reset(0)
    plan = run((reset, np.zeros((1, 5))), device=device, shots=10, dry_run=True)
    assert plan.here is not None
    assert 0.0 < plan.here < 1.0


def test_a_remote_device_takes_no_time_here(tmp_path: Path) -> None:
    plan = run(QuantumCircuit(2), device=LocalQueue(tmp_path, "FakeManilaV2"), dry_run=True)
    assert plan.here is None
    assert "CPU time here" not in str(plan)
