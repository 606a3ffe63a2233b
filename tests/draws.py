"""Random circuits of every form that users have, each with exact values from an oracle apart.

A `Spec` is a few words and numbers and says everything: hypothesis draws and shrinks it, a failing
one is stored as it prints. The oracles are plain numpy (branches of a state vector), Qiskit's
stabilizers and Pfaffians; none of them uses the package.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from gaussian import covariance, pauli_label, pauli_value
from hypothesis import strategies as st
from oracles import apply_gate, pauli_matrix
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Clbit, Operation, Qubit
from qiskit.circuit.library import (
    PauliEvolutionGate,
    QFTGate,
    StatePreparation,
    efficient_su2,
    real_amplitudes,
)
from qiskit.quantum_info import (
    Clifford,
    Operator,
    Pauli,
    SparseObservable,
    SparsePauliOp,
    StabilizerState,
    random_clifford,
    random_statevector,
    random_unitary,
)

Rng = np.random.Generator
Word = dict[int, str]
Terms = list[tuple[float, Word]]

KINDS = ("dense", "clifford", "fermion", "resets")
REGISTERS = ("none", "unused", "meas", "several", "empty", "loose", "split", "alias", "measured",
             "partly")  # fmt: skip
FORMS = ("label", "labels", "pauli", "operator", "sparse", "list", "tuple", "projectors")
PROJECTORS = {"0": ("Z", 1), "1": ("Z", -1), "+": ("X", 1), "-": ("X", -1), "r": ("Y", 1),
              "l": ("Y", -1)}  # fmt: skip


@dataclass(frozen=True)
class Spec:
    """All that a draw is made of."""

    kind: str
    n: int
    depth: int
    registers: str
    form: str
    seed: int

    @property
    def measured(self) -> bool:
        return self.registers in ("measured", "partly")

    @property
    def unitary(self) -> bool:
        return self.kind != "resets"


@dataclass(frozen=True)
class Drawn:
    """A circuit, observables as a caller writes them, and the exact value of each."""

    circuit: QuantumCircuit
    observables: object
    terms: tuple[Terms, ...]
    exact: tuple[float, ...]

    @property
    def weights(self) -> list[float]:
        return [sum(abs(c) for c, _ in terms) for terms in self.terms]


@st.composite
def specs(draw: st.DrawFn, kinds: Sequence[str] = KINDS) -> Spec:
    kind = draw(st.sampled_from(kinds))
    top = {"dense": 5, "resets": 4, "clifford": 16, "fermion": 16}[kind]
    return Spec(
        kind,
        draw(st.integers(1 if kind != "fermion" else 2, top)),
        draw(st.integers(0, 4 if top > 5 else 12)),
        draw(st.sampled_from(REGISTERS)),
        draw(st.sampled_from(FORMS)),
        draw(st.integers(0, 2**20)),
    )


def draw_of(spec: Spec) -> Drawn:
    """Build what a spec says."""
    rng = np.random.default_rng([spec.seed, 5])
    circuit = blank(spec)
    {"dense": _dense, "clifford": _clifford, "fermion": _fermion, "resets": _resets}[spec.kind](
        circuit, spec, rng
    )
    value = oracle(circuit, spec)
    count = 2 if spec.form in ("list", "tuple", "labels") else 1
    terms = tuple(_terms(spec, rng) for _ in range(count))
    exact = tuple(sum(c * value(word) for c, word in _expand(one)) for one in terms)
    if spec.registers == "measured":
        circuit.measure_all()
    elif spec.registers == "partly":
        some = [q for q in range(spec.n) if q % 2 == 0]
        circuit.add_register(ClassicalRegister(len(some), "part"))
        circuit.measure(some, circuit.clbits[-len(some) :])
    return Drawn(circuit, observables(spec, terms), terms, exact)


def outcomes_of(spec: Spec) -> tuple[QuantumCircuit, dict[str, float]]:
    """A circuit and the exact probabilities of its bit strings, as Qiskit prints them."""
    drawn = draw_of(spec)
    bare = draw_of(replace(spec, registers="none")).circuit
    weights = sum(np.abs(v) ** 2 for v in _branches(bare))
    circuit, n = drawn.circuit, spec.n
    read = [
        (circuit.find_bit(item.clbits[0]).index, circuit.find_bit(item.qubits[0]).index)
        for item in circuit.data
        if item.operation.name == "measure"
    ]
    size = circuit.num_clbits if read else n
    chances: dict[str, float] = {}
    for index, weight in enumerate(weights):
        bits = ["0"] * size
        for clbit, qubit in read or [(q, q) for q in range(n)]:
            bits[clbit] = str(index >> qubit & 1)
        key = "".join(reversed(bits))
        chances[key] = chances.get(key, 0.0) + float(weight)
    return circuit, chances


def blank(spec: Spec) -> QuantumCircuit:
    """An empty circuit whose registers are of the drawn sort."""
    n, name = spec.n, spec.registers
    if name == "unused":
        return QuantumCircuit(n, n)
    if name == "meas":
        return QuantumCircuit(QuantumRegister(n, "q"), ClassicalRegister(n, "meas"))
    if name == "loose":
        return QuantumCircuit([Qubit() for _ in range(n)], [Clbit(), Clbit()])
    if name == "split" and n > 1:
        parts = QuantumRegister(1, "a"), QuantumRegister(n - 1, "b")
        return QuantumCircuit(*parts, ClassicalRegister(n, "c"))
    circuit = QuantumCircuit(n)
    if name == "several":
        circuit.add_register(ClassicalRegister(1, "a"), ClassicalRegister(n + 1, "b"))
    elif name == "empty":
        circuit.add_register(ClassicalRegister(0, "e"))
    elif name == "alias":
        circuit.add_register(ClassicalRegister(n, "c"))
        circuit.add_register(ClassicalRegister(bits=circuit.clbits[::-1], name="backwards"))
    return circuit


def _pair(n: int, rng: Rng) -> list[int]:
    return [int(q) for q in rng.choice(n, 2, replace=False)]


def _dense(circuit: QuantumCircuit, spec: Spec, rng: Rng) -> None:
    """Gates of all sorts on any qubits, composite ones among them."""
    n = spec.n
    for _ in range(spec.depth):
        choice, q = int(rng.integers(16)), int(rng.integers(n))
        a = rng.uniform(-7, 7, 3)
        if choice == 0:
            circuit.u(*a, q)
        elif choice == 1:
            circuit.h(q)
        elif choice == 2:
            getattr(circuit, str(rng.choice(["sx", "t", "y", "sdg", "id"])))(q)
        elif choice == 3:
            circuit.global_phase += a[0]
            circuit.barrier()
        elif choice == 4:
            circuit.unitary(random_unitary(2, seed=int(rng.integers(2**30))), [q])
        elif choice == 5:
            layers = efficient_su2(n, reps=1)
            bound = layers.assign_parameters(rng.normal(size=layers.num_parameters))
            circuit.append(bound.to_gate(label="ansatz"), range(n))
        elif n == 1:
            circuit.rx(a[0], q)
        else:
            _dense_pair(circuit, choice, rng)


def _dense_pair(circuit: QuantumCircuit, choice: int, rng: Rng) -> None:
    n, pair, a = circuit.num_qubits, _pair(circuit.num_qubits, rng), rng.uniform(-3, 3, 3)
    if choice == 6:
        circuit.cx(*pair)
    elif choice == 7:
        circuit.swap(*pair)
    elif choice == 8:
        circuit.rxx(a[0], *pair)
    elif choice == 9:
        circuit.unitary(random_unitary(4, seed=int(rng.integers(2**30))), pair)
    elif choice == 10:
        circuit.append(QFTGate(n), rng.permutation(n).tolist())
    elif choice == 11:
        layers = real_amplitudes(2, reps=2)
        circuit.compose(layers.assign_parameters(rng.normal(size=6)), pair, inplace=True, wrap=True)
    elif choice == 12:
        word = SparsePauliOp(["XY", "ZI"], [a[0], a[1]])
        circuit.append(PauliEvolutionGate(word, time=0.7), pair)
    elif choice == 13 and n > 2:
        circuit.ccx(*(int(q) for q in rng.choice(n, 3, replace=False)))
    elif choice == 14 and n > 2:
        three = rng.choice(n, 3, replace=False).tolist()
        circuit.unitary(random_unitary(8, seed=int(rng.integers(2**30))), three)
    else:
        circuit.cp(a[0], *pair)
        circuit.append(circuit_of_two(rng).to_gate().control(0), pair) if n == 2 else None


def circuit_of_two(rng: Rng) -> QuantumCircuit:
    inner = QuantumCircuit(2, global_phase=float(rng.uniform(0, 6)))
    inner.crx(float(rng.normal()), 1, 0)
    inner.iswap(0, 1)
    return inner


def _resets(circuit: QuantumCircuit, spec: Spec, rng: Rng) -> None:
    """Resets and initialisations between gates."""
    for k in range(max(1, spec.depth // 3)):
        _dense(circuit, Spec("dense", spec.n, 3, "none", "label", 0), rng)
        q = int(rng.integers(spec.n))
        if k % 3 == 2:
            circuit.initialize(random_statevector(2, seed=int(rng.integers(2**30))).data, [q])
        else:
            circuit.reset(q)
    if rng.random() < 0.5:
        circuit.h(int(rng.integers(spec.n)))
    if rng.random() < 0.2:
        vector = random_statevector(2, seed=int(rng.integers(2**30)))
        circuit.append(StatePreparation(vector.data), [int(rng.integers(spec.n))])


def _clifford(circuit: QuantumCircuit, spec: Spec, rng: Rng) -> None:
    """Random Clifford operators on two qubits, near and far."""
    for _ in range(spec.depth * spec.n // 2):
        if spec.n == 1:
            circuit.append(random_clifford(1, seed=int(rng.integers(2**30))).to_instruction(), [0])
            continue
        left = int(rng.integers(spec.n - 1))
        pair = [left, left + 1] if rng.random() < 0.8 else _pair(spec.n, rng)
        gate = random_clifford(2, seed=int(rng.integers(2**30))).to_instruction()
        circuit.append(gate, pair)


def _fermion(circuit: QuantumCircuit, spec: Spec, rng: Rng) -> None:
    """Gates of free fermions on neighbours, after flips of some bits."""
    for q in range(spec.n):
        if rng.random() < 0.5:
            circuit.x(q)
    for layer in range(spec.depth):
        for q in range(layer % 2, spec.n - 1, 2):
            a = rng.uniform(-2, 2, 3)
            circuit.rxx(a[0], q, q + 1)
            circuit.ryy(a[1], q + 1, q)
            circuit.rz(a[2], q)


def gates_of(circuit: QuantumCircuit) -> list[tuple[tuple[int, ...], np.ndarray]]:
    return [
        (tuple(circuit.find_bit(q).index for q in item.qubits), matrix_of(item.operation))
        for item in circuit.data
        if item.operation.name != "barrier"
    ]


def matrix_of(operation: Operation) -> np.ndarray:
    """Matrix of a gate; of an evolution as Qiskit synthesises it, as every device runs it."""
    synthesised = isinstance(operation, PauliEvolutionGate)
    return np.asarray(Operator(operation.definition if synthesised else operation).data)


def oracle(circuit: QuantumCircuit, spec: Spec):  # type: ignore[no-untyped-def]
    """A function from Pauli words to exact values."""
    n = spec.n
    if spec.kind == "clifford":
        state = StabilizerState(Clifford(circuit.copy()))
        return lambda word: float(state.expectation_value(Pauli(pauli_label(n, word))).real)
    if spec.kind == "fermion":
        gamma = covariance(n, gates_of(circuit))
        return lambda word: pauli_value(gamma, word)
    branches = _branches(circuit)

    def value(word: Word) -> float:
        matrix = pauli_matrix(pauli_label(n, word))
        return float(sum(np.vdot(v, matrix @ v).real for v in branches))

    return value


def _branches(circuit: QuantumCircuit) -> list[np.ndarray]:
    """Unnormalised state vectors whose sum of projectors is the state."""
    out = [np.eye(1, 2**circuit.num_qubits, dtype=complex)[0]]
    zero, lower = np.diag([1.0, 0.0]), np.array([[0.0, 1.0], [0.0, 0.0]])
    for item in circuit.data:
        qubits = [circuit.find_bit(q).index for q in item.qubits]
        name = item.operation.name
        if name == "barrier":
            continue
        if name in ("reset", "initialize"):
            out = [apply_gate(v, k, qubits) for v in out for k in (zero, lower)]
            out = [v for v in out if np.linalg.norm(v) > 1e-14]
        if name == "initialize":
            column = np.asarray(item.operation.params, dtype=complex)
            out = [apply_gate(v, np.outer(column, [1.0, 0.0]), qubits) for v in out]
        elif name != "reset":
            out = [apply_gate(v, matrix_of(item.operation), qubits) for v in out]
    return out


def _terms(spec: Spec, rng: Rng) -> Terms:
    count = 1 if spec.form in ("label", "labels", "pauli") else int(rng.integers(1, 4))
    letters = "IXYZ" + ("01+-rl" if spec.form == "projectors" else "")
    out: Terms = []
    for _ in range(count):
        size = min(spec.n, int(rng.integers(0, 4)))
        places = rng.choice(spec.n, size, replace=False)
        word = {int(q): str(rng.choice(list(letters))) for q in places}
        word = {q: x for q, x in word.items() if x != "I"}
        out.append((1.0 if count == 1 else float(np.round(rng.normal(), 3)), word))
    return out


def _expand(terms: Terms) -> Terms:
    """Write projectors as (1 ± P)/2."""
    out: Terms = []
    for coefficient, word in terms:
        options: list[Sequence[tuple[float, Word]]] = []
        for q, letter in word.items():
            if letter in PROJECTORS:
                axis, sign = PROJECTORS[letter]
                options.append([(0.5, {}), (0.5 * sign, {q: axis})])
            else:
                options.append([(1.0, {q: letter})])
        for parts in itertools.product(*options):
            factor = float(np.prod([c for c, _ in parts])) if parts else 1.0
            out.append((coefficient * factor, {q: x for _, w in parts for q, x in w.items()}))
    return out


def observables(spec: Spec, terms: tuple[Terms, ...]) -> object:
    """Write the terms in the form drawn."""
    n, one = spec.n, terms[0]
    labels = [pauli_label(n, t[0][1]) for t in terms]
    if spec.form == "label":
        return labels[0]
    if spec.form == "labels":
        return labels
    if spec.form == "pauli":
        return Pauli(labels[0])
    if spec.form in ("sparse", "projectors"):
        entries = [("".join(w.values()), list(w), c) for c, w in one]
        return SparseObservable.from_sparse_list(entries, n)
    found = [
        SparsePauliOp([pauli_label(n, w) for _, w in part], [c for c, _ in part]) for part in terms
    ]
    return {"operator": found[0], "list": found, "tuple": tuple(found)}[spec.form]


def unitaries_on(sites: Sequence[Sequence[int]], real: bool) -> list[np.ndarray]:
    """Return a random unitary for each group of sites, the same ones for every call."""
    rng = np.random.default_rng(0)
    found = []
    for group in sites:
        matrix = rng.normal(size=(2 ** len(group),) * 2)
        found.append(
            np.linalg.qr(matrix if real else matrix + 1j * rng.normal(size=matrix.shape))[0]
        )
    return found
