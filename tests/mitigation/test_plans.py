from __future__ import annotations

from matplotlib.figure import Figure
from qiskit import QuantumCircuit

from qtn.mitigation import ZNE, Readout, Twins, plan
from qtn.mitigation.plans import run_seed


def circuit() -> QuantumCircuit:
    made = QuantumCircuit(2)
    made.ry(0.4, 0)
    made.cx(0, 1)
    return made


def test_a_plan_counts_what_it_will_run():
    techniques = [Readout(shots=70), ZNE((1, 3)), Twins(circuits=2)]
    prepared = plan(circuit(), "ZZ", techniques, device="FakeManila", shots=50)
    assert prepared.circuits == 3 * 2 + 2
    assert prepared.shots == 3 * 2 * 50 + 2 * 70
    assert prepared.overhead == prepared.shots / 50
    assert prepared.factors == (1.0, 3.0)
    assert [p.ideal is None for p in prepared.programs] == [True, False, False]
    assert prepared.calibration is prepared.task.calibration
    assert prepared.find(ZNE) is techniques[1]
    assert prepared.active("settings", prepared.techniques)
    assert not prepared.active("settings", (techniques[0],))
    assert not prepared.active("observables", prepared.techniques)
    assert repr(prepared) == (
        "Plan(readout, zne(1, 3), twins: 8 circuits, 440 shots on FakeManila)"
    )
    assert "2 circuits, 200 shots" in str(prepared)
    spent = prepared.spending()
    assert spent == {"factor 1": 50, "factor 3": 50, "training": 200, "calibration": 140}
    assert sum(spent.values()) == prepared.shots
    ax = Figure().subplots()
    assert prepared.plot(ax) is ax
    assert [bar.get_height() for bar in ax.patches] == list(spent.values())
    frame = prepared.to_frame()
    assert frame["shots"].sum() == 300
    assert set(frame["factor"]) == {1.0, 3.0}


def test_parts_of_the_work_have_seeds_of_their_own():
    seeds = {run_seed(0, "jobs", 10), run_seed(0, "jobs", 20), run_seed(0, "pilot", 10)}
    assert len(seeds | {run_seed(1, "jobs", 10)}) == 4
    assert run_seed(0, "jobs", 10) == run_seed(0, "jobs", 10)
