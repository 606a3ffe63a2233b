import signal

import numpy as np
import pytest
from aqc.dense import random_vector
from qiskit.circuit import QuantumCircuit
from qiskit.quantum_info import Statevector

import qtn
import qtn.aqc as aqc
from qtn.aqc.kernels.gates import parted
from qtn.aqc.search.improve import Effort, improved
from qtn.aqc.shape.ansatz import brickwall_shape, identity_gates
from qtn.errors import ArgumentError, FidelityError, QtnError
from qtn.states import MPS, TTN


def fidelity(compiled, vector):
    return abs(np.vdot(Statevector(compiled.circuit).data, vector)) ** 2


@pytest.mark.parametrize("method", [aqc.Auto(), aqc.Staircase(2), aqc.Brickwall(3)])
@pytest.mark.parametrize("real", [False, True])
def test_reported_fidelity_is_that_of_the_circuit(method, real):
    vector = random_vector(np.random.default_rng(0), 5, real)
    compiled = qtn.compile(vector, method, seed=1)
    assert compiled.fidelity == pytest.approx(fidelity(compiled, vector), abs=1e-10)
    assert compiled.floor <= compiled.fidelity
    assert compiled.history[-1].infidelity < compiled.history[0].infidelity
    assert compiled.circuit.num_qubits == 5


def targets():
    """The same state in every form that `compile` reads."""
    circuit = QuantumCircuit(4)
    for site in range(4):
        circuit.ry(0.4 + 0.3 * site, site)
    for site in range(3):
        circuit.rzz(0.7, site, site + 1)
        circuit.rx(0.5, site)
    vector = Statevector(circuit).data
    state = MPS.from_dense(vector)
    tree = TTN((np.eye(4).reshape(2, 2, 4), np.eye(4).reshape(2, 2, 4),
                vector.reshape(2, 2, 2, 2).transpose(3, 2, 1, 0).reshape(4, 4, 1)),
               ((0, 1), (2, 3), (4, 5)))  # fmt: skip
    born = qtn.MPSBornMachine(bond=2, sweeps=2, seed=0).fit(np.eye(4))
    return {
        "vector": (vector, vector), "list": (vector.tolist(), vector), "mps": (state, vector),
        "tree": (tree, vector), "quimb": (state.to_quimb(), vector), "circuit": (circuit, vector),
        "model": (born, born.state().to_dense()),
    }  # fmt: skip


@pytest.mark.parametrize("method", [aqc.Auto(), aqc.Staircase(2), aqc.Brickwall(5)])
@pytest.mark.parametrize("kind", ["vector", "list", "mps", "tree", "quimb", "circuit", "model"])
def test_every_method_on_every_kind_of_target(method, kind):
    target, vector = targets()[kind]
    compiled = qtn.compile(target, method)
    assert compiled.fidelity == pytest.approx(fidelity(compiled, vector), abs=1e-9)
    assert compiled.fidelity > 0.99
    assert compiled.pareto


@pytest.mark.parametrize("vector", [[0.6, 0.8], [0.6, 0.8j], [1, 0, 0, 0], [0.5, 0.5j, 0.5, 0.5]])
def test_one_and_two_qubits_are_exact(vector):
    compiled = qtn.compile(vector)
    assert fidelity(compiled, np.array(vector)) == pytest.approx(1.0, abs=1e-12)
    assert compiled.status is aqc.Status.EXACT
    assert compiled.two_qubit_gates <= 1


def test_the_same_seed_gives_the_same_gates():
    vector = random_vector(np.random.default_rng(1), 4, False)
    method = aqc.Brickwall(2, start="random", steps=20)
    first, again = (qtn.compile(vector, method, seed=3) for _ in range(2))
    assert np.array_equal(first.gates, again.gates)
    assert not np.array_equal(first.gates, qtn.compile(vector, method, seed=4).gates)


def test_min_fidelity_raises_and_keeps_the_best():
    vector = random_vector(np.random.default_rng(2), 6, False)
    with pytest.raises(FidelityError, match=r"below min_fidelity=0\.9999") as caught:
        qtn.compile(vector, aqc.Staircase(1), min_fidelity=0.9999)
    assert 0.1 < caught.value.best.fidelity < 0.9999


def test_min_fidelity_stops_early():
    vector = random_vector(np.random.default_rng(3), 5, False)
    compiled = qtn.compile(vector, aqc.Staircase(6), min_fidelity=0.6)
    assert compiled.fidelity >= 0.6
    assert compiled.status is aqc.Status.REACHED
    assert len(compiled.ansatz.layers) < 6


def test_zero_overlap_is_a_status():
    # |111> from the identity on |000>, with steps too small to find it.
    target = MPS.product([[0.0, 1.0]] * 4)
    bonds, gates = [0, 2], np.tile(np.eye(4), (2, 1, 1))
    compiled = qtn.compile(target, aqc.Brickwall(1, start=(bonds, gates)))
    assert compiled.status is aqc.Status.NO_OVERLAP
    assert compiled.infidelity == pytest.approx(1.0)
    assert "another start" in compiled.status.value


def test_interruption_returns_the_best_so_far(monkeypatch):
    from qtn.aqc.kernels.transverse import TransverseKernel

    calls = []
    original = TransverseKernel.evaluate

    def interrupted(self, gates):
        calls.append(1)
        if len(calls) == 8:
            raise KeyboardInterrupt
        return original(self, gates)

    monkeypatch.setattr(TransverseKernel, "evaluate", interrupted)
    vector = random_vector(np.random.default_rng(4), 5, False)
    compiled = qtn.compile(vector, aqc.Brickwall(3))
    assert compiled.status is aqc.Status.INTERRUPTED
    assert compiled.fidelity == pytest.approx(fidelity(compiled, vector), abs=1e-10)


@pytest.mark.parametrize("method", [aqc.Auto(), aqc.Staircase(3), aqc.Brickwall(3)])
def test_interruption_of_every_method_keeps_the_best(method, monkeypatch):
    import qtn.aqc.search.optimise as module

    calls = []
    original = module.retract

    def interrupted(step, gates, out):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        original(step, gates, out)

    monkeypatch.setattr(module, "retract", interrupted)
    vector = random_vector(np.random.default_rng(5), 6, False)
    compiled = qtn.compile(vector, method)
    assert compiled.status is aqc.Status.INTERRUPTED
    assert compiled.fidelity == pytest.approx(fidelity(compiled, vector), abs=1e-10)
    assert compiled.fidelity >= 1 - compiled.history[0].infidelity - 1e-9


def test_too_large_a_target_says_what_it_needs_and_what_is_free(monkeypatch):
    import qtn.aqc.target as module

    monkeypatch.setattr(module, "free_memory", lambda: 1e3)
    with pytest.raises(ArgumentError, match=r"needs about .* GiB, but .* GiB are free"):
        qtn.compile(random_vector(np.random.default_rng(6), 6, False))


def test_sites_that_are_no_qubits_are_embedded_on_request():
    rng = np.random.default_rng(7)
    state = MPS(tuple(rng.normal(size=s) for s in ((1, 3, 2), (2, 3, 1)))).normalised()
    with pytest.raises(ArgumentError, match="embed_in_qubits"):
        qtn.compile(state)
    assert qtn.compile(aqc.embed_in_qubits(state)).fidelity > 0.999


def test_provenance_names_the_options_that_were_given():
    named = {
        "Staircase(layers=4)": aqc.Staircase(steps=5, polish=200),
        "Brickwall(layers=2, start='identity')": aqc.Brickwall(2, start="identity"),
        "Auto()": None,
    }
    for text, method in named.items():
        expected = text.replace(")", ", steps=5)") if "Staircase" in text else text
        found = qtn.compile(np.eye(8)[0], method).provenance["method"]
        assert found == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "staircase"}, r"`method` must be a compile method \(see qtn.aqc.Method\)"),
        ({"method": aqc.Staircase}, "Give an object"),
        ({"min_fidelity": 1.5}, r"`min_fidelity` must be a finite number in \[0, 1\]"),
        ({"seed": -1}, "`seed` must be an integer of at least 0"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ArgumentError, match=message):
        qtn.compile([0.6, 0.8], **options)


CX, HADAMARD = np.eye(4)[[0, 1, 3, 2]], np.array([[1, -1], [1, 1]]) / np.sqrt(2)


class Fan(aqc.Method):
    """All CX from one qubit: a GHZ state of depth n - 1 on pairs that are no neighbours."""

    def solve(self, job):
        fan = [((0, site), CX) for site in range(1, job.n)]
        return aqc.Solution(aqc.Blocks(job.n, [((0,), HADAMARD), *fan]))


def test_a_method_may_use_any_pairs_of_sites():
    ghz = np.zeros(64)
    ghz[[0, -1]] = 0.5**0.5
    made = qtn.compile(ghz, Fan())
    assert made.status is aqc.Status.EXACT
    assert made.infidelity < 1e-14
    assert made.floor > 1 - 1e-9
    assert (made.two_qubit_gates, made.blocks, made.two_qubit_depth) == (5, 5, 5)
    assert fidelity(made, ghz) == pytest.approx(1.0, abs=1e-12)
    assert made.provenance["method"] == "Fan()"
    assert np.array_equal(made.with_basis("cz").sequence.gates[1][1], CX)
    with pytest.raises(ArgumentError, match="no neighbours"):
        qtn.compile(ghz, aqc.Resume(made))
    with pytest.raises(ArgumentError, match="no neighbours"):
        qtn.compile(ghz, aqc.Brickwall(2, start=made))


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_method_that_catches_nothing_keeps_the_best_through_ctrl_c(by_hand):
    class Endless(aqc.Method):
        def solve(self, job):
            for _ in range(10**6):
                angle = next(angles)
                turn = np.kron(np.eye(2), [[np.cos(angle), -np.sin(angle)],
                                           [np.sin(angle), np.cos(angle)]])  # fmt: skip
                job.note(aqc.Blocks(3, [((0, 2), turn)]), np.sin(angle) ** 2)
                if angle < 0.3:
                    if by_hand:
                        raise KeyboardInterrupt
                    signal.raise_signal(signal.SIGINT)

    angles = iter(np.linspace(1.0, 0.0, 100))
    made = qtn.compile(np.eye(8)[0], Endless())
    assert made.status is aqc.Status.INTERRUPTED
    assert 0.0 < made.infidelity < np.sin(0.3) ** 2
    assert made.history[0].infidelity == pytest.approx(np.sin(1.0) ** 2)


def test_a_method_that_forgets_its_best_does_not_lose_it_to_ctrl_c():
    class Careless(aqc.Method):
        def solve(self, job):
            aqc.Staircase(2).solve(job)
            signal.raise_signal(signal.SIGINT)
            aqc.Staircase(1).solve(job)
            return aqc.Solution(aqc.Blocks(job.n, []))

    vector = random_vector(np.random.default_rng(8), 5, False)
    made = qtn.compile(vector, Careless())
    assert made.status is aqc.Status.INTERRUPTED
    assert made.infidelity == pytest.approx(qtn.compile(vector, aqc.Staircase(2)).infidelity)


def test_a_method_that_looks_at_no_clock_is_ended_by_the_door(monkeypatch):
    import qtn.aqc.search.keeper as module

    class Slow(aqc.Method):
        def limits(self, goal):
            return aqc.Limits(seconds=0.05)

        def solve(self, job):
            while True:
                improved(job, shape, parted(identity_gates(shape, False)), Effort(steps=1))

    monkeypatch.setattr(module, "GRACE", 0.05)
    shape = brickwall_shape(4, 1)
    made = qtn.compile(random_vector(np.random.default_rng(9), 4, False), Slow())
    assert made.status is aqc.Status.TIME
    assert 0.0 < made.fidelity < 1.0


def test_an_error_of_a_method_holds_the_best_so_far():
    class Broken(aqc.Method):
        def solve(self, job):
            aqc.Staircase(1).solve(job)
            raise ZeroDivisionError("oh")

    with pytest.raises(ZeroDivisionError, match="oh") as caught:
        qtn.compile(random_vector(np.random.default_rng(10), 4, False), Broken())
    assert caught.value.best.status is aqc.Status.ERROR
    assert 0.1 < caught.value.best.fidelity < 1.0


def test_ctrl_c_before_anything_was_found_is_raised():
    class Nothing(aqc.Method):
        def solve(self, job):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        qtn.compile(np.eye(8)[0], Nothing())


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (None, "The method Wrong returned NoneType instead of a Solution"),
        (aqc.Blocks(3, ()), "The method Wrong returned Blocks instead of a Solution"),
        (aqc.Solution(None), "The method Wrong returned Solution instead of a Solution that holds"),
        (aqc.Solution(aqc.Blocks(4, ())), "Wrong returned a circuit on 4 sites for a target on 3"),
    ],
)
def test_what_is_no_solution_is_refused_by_the_name_of_the_method(found, message):
    class Wrong(aqc.Method):
        def solve(self, job):
            return found

    with pytest.raises(QtnError, match=message):
        qtn.compile(np.eye(8)[0], Wrong())


def test_an_object_with_solve_needs_a_basis():
    class Bare:
        def solve(self, job):
            return aqc.Solution(aqc.Blocks(job.n, ()))

    with pytest.raises(ArgumentError, match=r"that of Bare is None\. Derive Bare from"):
        qtn.compile(np.eye(8)[0], Bare())
    Bare.basis = "rzz"
    assert qtn.compile(np.eye(8)[0], Bare()).basis == "rzz"


def test_a_tree_is_not_unrolled_for_a_method_that_does_not_ask(monkeypatch):
    class Looks(aqc.Method):
        def solve(self, job):
            seen.append(job.target)
            unrolled.append(job._unrolled[:])
            assert job.state is job.state
            return aqc.Staircase(2).solve(job)

    seen, unrolled = [], []
    tree = targets()["tree"][0]
    made = qtn.compile(tree, Looks())
    assert seen == [tree]
    assert unrolled == [[]]
    assert made.infidelity == qtn.compile(tree.to_mps(), aqc.Staircase(2)).infidelity
    with pytest.raises(ArgumentError, match=r"norm 1, but has 2\. Give state.normalised"):
        qtn.compile(TTN((*tree.tensors[:-1], 2 * tree.tensors[-1]), tree.pairs), Looks())


@pytest.mark.parametrize(
    "go_on",
    [
        aqc.Resume,
        lambda made: aqc.Brickwall(2, start=made),
        lambda made: aqc.Staircase(2, start=made),
    ],
)
def test_blocks_on_neighbours_in_any_order_are_gone_on_with(go_on):
    class Ladder(aqc.Method):
        """Neighbours, upside down and with gates on one site between."""

        def solve(self, job):
            rng = np.random.default_rng(0)
            near = [((1, 0), CX), ((2,), HADAMARD), ((3, 2), CX), ((1, 2), CX), ((3,), HADAMARD)]
            turns = [np.linalg.qr(np.eye(4) + 0.1 * rng.normal(size=(4, 4)))[0] for _ in range(3)]
            return aqc.Solution(aqc.Blocks(4, [*near, *(((k, k + 1), turns[k]) for k in range(3))]))

    vector = random_vector(np.random.default_rng(11), 4, False)
    first = qtn.compile(vector, Ladder())
    assert first.fidelity == pytest.approx(fidelity(first, vector), abs=1e-12)
    again = qtn.compile(vector, go_on(first))
    assert again.fidelity == pytest.approx(fidelity(again, vector), abs=1e-10)
    start = again.history[len(first.history) if go_on is aqc.Resume else 0]
    if not isinstance(go_on(first), aqc.Staircase):  # which begins with sweeps
        assert start.infidelity == pytest.approx(first.infidelity, abs=1e-9)
    assert again.infidelity < first.infidelity
