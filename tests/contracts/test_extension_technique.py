"""A technique written here runs through `qtn.mitigate`; one that does nothing is refused.

docs/extending.md shows the technique as it stands here.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

import qtn
from qtn.errors import ArgumentError
from qtn.mitigation import Combined, Setting, Technique, Twins, measure, plan, two_qubit_gates


@dataclass(frozen=True)
class Tripled(Technique):
    """Run every circuit as it is and with each two-qubit gate three times; take 3/2 a - 1/2 b."""

    stage = "noise"  # its place in the pipeline
    on_gates = True  # without a two-qubit gate it has nothing to do, and is left out

    def variants(self, task, context):
        """Measure at two noise factors, with as many shots each."""
        return replace(task, settings=(Setting(1.0), Setting(3.0)))

    def dress(self, variant, context):
        """Repeat the two-qubit gates; the device's are their own inverses."""
        circuit = variant.circuit.copy_empty_like()
        for gate in variant.circuit.data:
            for _ in range(int(variant.factor) if len(gate.qubits) == 2 else 1):
                circuit.append(gate)
        return [replace(variant, circuit=circuit)]

    def combine(self, readings, observable, before):
        """Extrapolate along a straight line; shot noise is propagated through the derivatives."""
        weights = np.array([1.5, -0.5])[:, None, None] * observable.coefficients
        jacobian = np.broadcast_to(weights, readings.target.mean.shape)
        return Combined((jacobian * readings.target.mean).sum((0, 2)), jacobian)


DEVICE = "FakeManilaV2"


def circuit() -> QuantumCircuit:
    made = QuantumCircuit(3)
    for angle in (0.3, 0.5):
        for i in range(2):
            made.ry(angle, i)
            made.cx(i, i + 1)
    return made


ENERGY = SparsePauliOp(["ZZI", "IZZ", "XII"], [0.5, 0.5, 0.3])


def test_an_own_technique_removes_noise_beside_those_of_the_house():
    exact = Statevector(circuit()).expectation_value(ENERGY).real
    data = measure(
        plan(circuit(), ENERGY, [Tripled(), qtn.Readout()], device=DEVICE, shots=20_000),
        progress=False,
    )
    found, raw = data.estimate(), data.raw()
    assert found.method == "readout + tripled"
    assert abs(found.value - exact) < 0.4 * abs(raw.value - exact)
    assert abs(found.value - exact) < 5 * found.stderr + 0.02
    gates = [two_qubit_gates(one.circuit) for one in data.plan.planned]
    assert gates[1] == 3 * gates[0]
    swept = qtn.mitigate(circuit(), [ENERGY, "ZZI"], Tripled(), device=DEVICE, shots=400)
    assert swept.value.shape == swept.stderr.shape == (2,)
    assert (swept.stderr > 0).all()


def test_the_covariance_is_propagated():
    ours = qtn.mitigate(circuit(), ENERGY, Tripled(), device=DEVICE, shots=2000, seed=1)
    zne = qtn.ZNE((1, 3), fit="linear")
    house = qtn.mitigate(circuit(), ENERGY, zne, device=DEVICE, shots=2000, seed=1)
    assert ours.stderr == pytest.approx(house.stderr, rel=0.05)


@pytest.mark.parametrize("stage", ["select", "noise"])
def test_a_technique_that_does_nothing_is_refused(stage):
    class Foo(Technique):
        pass

    Foo.stage = stage
    for techniques in (Foo(), [qtn.Readout(), Foo()]):
        with pytest.raises(ArgumentError, match="Foo, which does nothing: it overrides none of"):
            qtn.mitigate(circuit(), ENERGY, techniques, device=DEVICE, shots=100)


@pytest.mark.parametrize("stage", ["select ", "", None, 3])
def test_an_unknown_stage_is_refused(stage):
    class Odd(Technique):
        def dress(self, variant, context):
            return [variant]

    Odd.stage = stage
    with pytest.raises(ArgumentError, match=r"whose stage is .* Name one of 'measure', 'select'"):
        qtn.mitigate(circuit(), ENERGY, Odd(), device=DEVICE, shots=100)
    model = qtn.MPSClassifier(bond=2, epochs=1).fit(np.eye(4), [0, 1, 0, 1])
    with pytest.raises(ArgumentError, match="whose stage is"):
        qtn.deploy(model, qtn.Staircase(layers=1), mitigation=Odd())


def test_values_that_a_later_technique_combines_are_not_combined_twice():
    class Clipped(Technique):
        stage = "select"

        def combine(self, readings, observable, before):
            return before()

    with pytest.raises(ArgumentError, match="Clipped, which combines values only, and ZNE"):
        qtn.mitigate(circuit(), ENERGY, [Clipped(), qtn.ZNE()], device=DEVICE, shots=100)
    late = type("Late", (Clipped,), {"stage": "learn"})
    options = {"device": DEVICE, "shots": 400, "seed": 2}
    found = qtn.mitigate(circuit(), ENERGY, [late(), qtn.ZNE((1, 3))], **options)
    plain = qtn.mitigate(circuit(), ENERGY, qtn.ZNE((1, 3)), **options)
    assert found.value == plain.value
    assert found.method == "zne(1, 3): exponential"  # it passed on what it got


@pytest.mark.parametrize("method", ["variants", "dress", "correct", "combine"])
def test_a_technique_that_changes_nothing_is_not_named(method):
    does = {
        "variants": lambda self, task, context: task,
        "dress": lambda self, variant, context: [variant],
        "correct": lambda self, corrector, task, outcomes, device: corrector,
        "combine": lambda self, readings, observable, before: before(),
    }
    idle = type("Idle", (Technique,), {"stage": "select", method: does[method]})()
    options = {"device": DEVICE, "shots": 400, "seed": 2}
    assert qtn.mitigate(circuit(), ENERGY, idle, **options).method == "counts"
    if method != "combine":  # refused beside another that combines
        found = qtn.mitigate(circuit(), [ENERGY, "ZZI"], [idle, Tripled()], **options)
        assert found.method == "tripled"


def test_a_technique_says_what_it_does_not_compose_with():
    class Alone(Tripled):
        def check_beside(self, others):
            for other in others:
                raise ArgumentError(f"Alone is not with {other.label}. Leave it out.")

    with pytest.raises(ArgumentError, match="Alone is not with readout"):
        qtn.mitigate(circuit(), ENERGY, [Alone(), qtn.Readout()], device=DEVICE, shots=100)
    found = qtn.mitigate(circuit(), ENERGY, Alone(), device=DEVICE, shots=100)
    assert found.method == "alone"


@dataclass(frozen=True)
class Mirrored(Technique):
    """Measure circuits of its own, here the given one with its qubits flipped at the end."""

    stage = "measure"
    fewer: bool = False

    def variants(self, task, context):
        flipped = task.given.copy()
        flipped.x(range(flipped.num_qubits))
        flipped.measure_all()
        count = len(task.observable.bases) - self.fewer
        return replace(task, measured=(flipped,) * count)


def test_a_technique_may_measure_circuits_of_its_own():
    flipped = QuantumCircuit(2)
    flipped.x(0)
    options = {"device": "aer", "shots": 100}
    found = qtn.mitigate(flipped, "IZ", [Mirrored(), qtn.Readout()], **options)
    assert (found.value, found.method) == (1.0, "mirrored + readout")
    with pytest.raises(ArgumentError, match="give 1 measured circuits, but the"):
        qtn.mitigate(flipped, ["ZZ", "XX"], Mirrored(fewer=True), **options)
    with pytest.raises(ArgumentError, match="another learns from training circuits"):
        qtn.mitigate(circuit(), "IIZ", [Mirrored(), Twins()], device="aer", shots=2000)


def test_the_page_shows_this_technique(root):
    page = (root / "docs" / "extending.md").read_text(encoding="utf-8")
    shown = inspect.getsource(Tripled)
    assert shown in page
    assert len(shown.splitlines()) <= 40
