"""Every form of every model gives what the model says, to rounding; others are refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import oracles
import pytest
from qiskit.quantum_info import Statevector
from sklearn.exceptions import NotFittedError

import qtn
from qtn.errors import ArgumentError
from qtn.models.forms.compilable import CALLS
from qtn.models.training.columns import Quantiles
from qtn.states import MPS, TTN, embed_in_qubits

PAGE = Path(__file__).resolve().parents[3] / "docs" / "forms.md"
ORDER = [2, 0, 3, 1]
QUICK: dict[str, Any] = {"rescale": True, "epochs": 2, "learning_rate": 0.05, "seed": 3}


def table() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows of long tails beyond [0, 1], codes, three classes and two targets."""
    rng = np.random.default_rng(5)
    codes = rng.integers(0, [3, 2, 4, 2], (70, 4))
    codes[0] = [2, 1, 3, 1]
    x = rng.gamma(1.0, 2.0, (70, 4)) - 0.5
    return x, codes, codes[:, 0] + 5, np.stack([x @ [1, -2, 0.5, 3], 50 + x[:, 0] ** 2], 1)


def classifier(kind: Any, **settings: Any) -> Callable[[], Any]:
    return lambda: kind(3, **{**QUICK, **settings}).fit(table()[0], table()[2])


def regressor(kind: Any, several: bool, **settings: Any) -> Callable[[], Any]:
    def made() -> Any:
        x, _, _, y = table()
        return kind(3, **{**QUICK, "rescale": "quantiles", **settings}).fit(
            x, y if several else y[:, 0]
        )

    return made


def coded(**settings: Any) -> Any:
    return qtn.MPSClassifier(3, features="one_hot", **QUICK, **settings).fit(table()[1], table()[2])


def wide(kind: Any, **settings: Any) -> Any:
    rng = np.random.default_rng(8)
    rows = rng.random((40, 16))
    return kind(4, features="amplitude", **{**QUICK, **settings}).fit(rows, np.arange(40) % 3)


def narrow(kind: Any, **settings: Any) -> Any:
    """A model of one column."""
    x, _, y, _ = table()
    return kind(3, **{**QUICK, **settings}).fit(x[:, :1], y)


def machine(kind: Any, **settings: Any) -> Callable[[], Any]:
    """A Born machine of codes and of a binned column."""

    def made() -> Any:
        x, codes, _, _ = table()
        return kind(4, sweeps=2, **settings).fit(np.hstack([codes, x[:, :1]]))

    return made


CHAIN, TREE = qtn.MPSClassifier, qtn.TTNClassifier
SCALED: dict[str, Any] = {"rescale": "quantiles", "order": ORDER}
SOFT: dict[str, Any] = {"loss": "softmax"}
MODELS: dict[str, Callable[[], Any]] = {
    "chain": classifier(CHAIN),
    "chain, softmax of powers": classifier(CHAIN, features="polynomial", **SOFT, **SCALED),
    "chain, Legendre quantiles": classifier(CHAIN, features="legendre", **SCALED),
    "chain, learned": classifier(CHAIN, features="learned", **SCALED),
    "chain, learned softmax": classifier(CHAIN, features="learned", **SOFT),
    "chain, copies": classifier(CHAIN, copies=2, order=ORDER),
    "chain, swept": classifier(CHAIN, sweeps=1, **SOFT),
    "chain, codes": lambda: coded(order=ORDER),
    "chain, amplitudes": lambda: wide(CHAIN, order=[*range(8, 16), *range(8)]),
    "chain, one column": lambda: narrow(CHAIN, copies=1),
    "chain, isometric": classifier(lambda _, **s: CHAIN(4, **s), isometric=True, order=ORDER),
    "tree": classifier(TREE),
    "tree, Born": classifier(TREE, loss="born", generative=0.1, features="polynomial"),
    "tree, learned": classifier(TREE, features="learned", rescale="quantiles"),
    "tree, amplitudes": lambda: wide(TREE),
    "tree, own": classifier(TREE, tree=((3, 0), (4, 1), (2, 5))),
    "tree, isometric": classifier(lambda _, **s: TREE(2, **s), isometric=True),
    "chain regressor": regressor(qtn.MPSRegressor, True, order=ORDER),
    "chain regressor, one target": regressor(qtn.MPSRegressor, False, features="learned"),
    "tree regressor": regressor(qtn.TTNRegressor, True),
    "tree regressor, one target": regressor(qtn.TTNRegressor, False, features="learned"),
    "Born chain": machine(qtn.MPSBornMachine),
    "Born tree": machine(qtn.TTNBornMachine),
    "Born chain, smoothed": machine(qtn.MPSBornMachine, mixture=0.2, order=[3, 0, 4, 2, 1]),
    "Born tree, smoothed": machine(qtn.TTNBornMachine, mixture=0.2, tree="linkage"),
}
MACHINES = [name for name in MODELS if name.startswith("Born")]
STATES = [name for name in MODELS if "isometric" not in name]
CLASSIFIERS = [name for name in STATES if "regressor" not in name and not name.startswith("Born")]
REGRESSORS = [name for name in STATES if "regressor" in name]
TREES = [name for name in (*CLASSIFIERS, *REGRESSORS) if name.startswith("tree")]


@cache
def fitted(name: str) -> Any:
    return MODELS[name]()


def inputs(name: str) -> np.ndarray:
    """Rows as the model takes them."""
    x, codes, _, _ = table()
    if name == "chain, codes":
        return codes.astype(float)[:20]
    if "amplitudes" in name:
        return np.random.default_rng(9).random((20, 16))
    if name.startswith("Born"):
        return np.hstack([codes, x[:, :1]])[:20]
    return x[:20, :1] if name == "chain, one column" else x[:20]


def contracted(state: MPS | TTN, vectors: list[np.ndarray], register: int | None) -> np.ndarray:
    """⟨Φ(x)|ψ⟩ of every row by dense vectors, (rows, levels of the register or 1)."""
    tensor = state.to_dense().reshape(state.phys[::-1]).transpose()  # axis i is site i
    if register is None:
        tensor = tensor[..., None]
    else:
        tensor = np.moveaxis(tensor, register, -1)
    rows = zip(*vectors, strict=True)
    out = []
    for row in rows:
        left = tensor
        for vector in row:
            left = np.tensordot(vector, left, 1)
        out.append(left)
    return np.array(out)


def place(model: Any, state: MPS | TTN) -> int:
    """The site of a register: the middle of a chain, the end of a tree."""
    return state.n - 1 if isinstance(state, TTN) else (state.n - 1) // 2


def softmax(f: np.ndarray) -> np.ndarray:
    p = np.exp(f - f.max(axis=1, keepdims=True))
    return np.asarray(p / p.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_overlaps_with_class_states_are_the_scores(name: str) -> None:
    model, x = fitted(name), inputs(name)
    vectors, weights = model.site_vectors(x), np.exp(2 * model.log_norms_)
    states = [model.state(label=label) for label in model.classes_]
    found = np.hstack([contracted(state, vectors, None) for state in states])
    scores = model.scores(x)
    assert scores.min() >= 0
    assert np.abs(found**2 * weights / weights.sum() - scores).max() < 1e-10 * max(1, scores.max())
    f = found * np.exp(model.log_norms_)
    if model._loss() == "softmax" and name.startswith("chain"):
        assert np.abs(softmax(f) - model.predict_proba(x)).max() < 1e-10
    if model._loss() == "born":
        assert (model.classes_[(f**2).argmax(axis=1)] == model.predict(x)).all()


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_the_label_register_holds_all_scores(name: str) -> None:
    model, x = fitted(name), inputs(name)
    state = model.state(register="label")
    found = contracted(state, model.site_vectors(x), place(model, state)) ** 2
    scores = model.scores(x)
    assert state.norm() == pytest.approx(1.0, abs=1e-12)
    assert np.abs(found - scores).max() < 1e-10 * max(1, scores.max())


@pytest.mark.parametrize("name", TREES)
def test_the_root_register_holds_what_a_tree_predicts_from(name: str) -> None:
    model, x = fitted(name), inputs(name)
    state = model.state(register="root")
    root = contracted(state, model.site_vectors(x), state.n - 1)
    unit = root / np.linalg.norm(root, axis=1, keepdims=True)
    f = unit @ model.readout_.T
    if name in REGRESSORS:
        f = f.reshape(len(x), *model.target_mean_.shape)
        found = model.target_mean_ + model.target_scale_ * f
        assert found == pytest.approx(model.predict(x), rel=1e-10, abs=1e-10)
    elif model._loss() == "softmax":
        assert np.abs(softmax(f) - model.predict_proba(x)).max() < 1e-10
    else:
        p = f**2 / (f**2).sum(axis=1, keepdims=True)
        assert np.abs(p - model.predict_proba(x)).max() < 3e-6  # its floor


@pytest.mark.parametrize("name", REGRESSORS)
def test_targets_are_affine_in_the_overlaps(name: str) -> None:
    model, x = fitted(name), inputs(name)
    vectors, count = model.site_vectors(x), model.target_mean_.size
    labels: list[Any] = list(range(count)) if count > 1 else [None]
    states = [model.state(label) for label in labels]
    f = np.hstack([contracted(s, vectors, None) for s in states]) * np.exp(model.log_norms_)
    joint = model.state(register="label")
    parts = contracted(joint, vectors, place(model, joint))
    assert parts * np.exp(np.logaddexp.reduce(2 * model.log_norms_) / 2) == pytest.approx(f)
    if name.startswith("chain"):
        found = model.target_mean_ + model.target_scale_ * f.reshape(-1, *model.target_mean_.shape)
        assert found == pytest.approx(model.predict(x), rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("name", MACHINES)
def test_squares_of_a_machine_s_state_are_probabilities(name: str) -> None:
    model, x = fitted(name), inputs(name)
    p, vectors = np.exp(model.score_samples(x)), model.site_vectors(x)
    joint = model.state(register="background")
    where = place(model, joint)
    parts = contracted(joint, vectors, where) ** 2
    assert np.abs(parts.sum(axis=1) - p).max() < 1e-10
    weight = model.background_.weight
    sample = joint.sample(4000, seed=1)[:, where]
    assert sample.mean() == pytest.approx(weight, abs=5 * np.sqrt(weight / 4000))
    assert (weight > 0) == ("smoothed" in name)
    if not weight:
        assert np.abs(contracted(model.state(), vectors, None)[:, 0] ** 2 - p).max() < 1e-10
    strange = x.copy()
    strange[0, 0] = 9  # never seen
    assert sorted(v.sum() for v in model.site_vectors(strange[:1])) == [0, 1, 1, 1, 1]


@pytest.mark.parametrize("name", ["chain, isometric", "tree, isometric"])
def test_outcomes_of_circuits_are_the_scores(name: str) -> None:
    model, x = fitted(name), inputs(name)[:4]
    scores, classes, angles = model.scores(x), len(model.classes_), np.pi * model.site_values(x)
    assert scores.sum(axis=1) == pytest.approx(np.ones(4), abs=1e-12)
    for circuit in (model.circuit(), model.circuit(reset=True)):
        for row, wanted in zip(angles, scores, strict=True):
            outcomes = oracles.readout(circuit.assign_parameters(row))
            found = [outcomes[c::classes].sum() for c in range(classes)]
            assert np.abs(found - wanted).max() < 1e-10
    vectors = np.stack(model.site_vectors(x), axis=1)
    half = 0.5 * angles
    assert vectors == pytest.approx(np.stack([np.cos(half), np.sin(half)], axis=-1))


@pytest.mark.parametrize("name", STATES)
def test_sites_on_qubits_give_the_same_state(name: str) -> None:
    model = fitted(name)
    label = model._labels()[-1] if len(model._labels()) > 1 else None
    for register in (None, *model.forms_[1:]):
        wanted: dict[str, Any] = {"register": register} if register else {"label": label}
        plain, state = model.state(**wanted), model.state(**wanted, qubits=True)
        assert set(state.phys) == {2}
        assert state.norm() == pytest.approx(1.0, abs=1e-12)
        assert state.to_dense() == pytest.approx(embed_in_qubits(plain).to_dense(), abs=1e-12)


def test_one_line_compiles_a_default_model() -> None:
    model = fitted("chain, softmax of powers")
    short = qtn.compile(model.state(label=6, qubits=True), qtn.Isometries())
    assert short.fidelity == pytest.approx(1.0, abs=1e-9)
    assert short.circuit.num_qubits == 8
    assert qtn.compile(fitted("chain regressor, one target").state(qubits=True)).fidelity > 0.99


def test_a_compiled_label_register_reads_all_classes_from_one_circuit() -> None:
    model, x = fitted("chain"), inputs("chain")[:3]
    short = qtn.compile(model.state(register="label", qubits=True), qtn.Isometries())
    assert (short.circuit.num_qubits, short.fidelity) == (6, pytest.approx(1.0, abs=1e-9))
    sites, register = [0, 1, 4, 5], [3, 2]  # the most significant qubit of the register comes first
    for row, scores in zip(model.site_values(x), model.scores(x), strict=True):
        circuit = short.circuit.copy()
        for qubit, value in zip(sites, row, strict=True):
            circuit.ry(-np.pi * value, qubit)
        found = np.abs(Statevector(circuit).data) ** 2
        kept = [sum((c >> k & 1) << q for k, q in enumerate(register)) for c in range(3)]
        assert found[kept] == pytest.approx(scores, abs=1e-8)


def test_a_compiled_tree_of_wide_sites_keeps_its_shape() -> None:
    state = fitted("tree regressor, one target").state(qubits=True)
    short = qtn.compile(state, qtn.Tree(0.5, tries=1))
    assert short.circuit.num_qubits == 8
    assert qtn.verify(short.circuit, state).fidelity == pytest.approx(short.fidelity, abs=1e-9)


@pytest.mark.parametrize("name", ["chain, Legendre quantiles", "chain, codes", "chain, copies"])
def test_states_remember_the_order_of_the_columns(name: str, tmp_path: Path) -> None:
    model = fitted(name)
    copies = model.columns_.copies
    columns = np.repeat(ORDER, copies).tolist()
    assert model.order_.tolist() == columns
    state, joint = model.state(label=5), model.state(register="label")
    assert state.origin.columns == tuple(columns)
    half = len(columns) // 2
    assert joint.origin.columns == (*columns[:half], 4, *columns[half:])  # a column after the last
    counts = [int(np.ceil(np.log2(d))) for d in joint.phys]
    spread = model.state(register="label", qubits=True)
    assert spread.origin.columns == tuple(np.repeat(joint.origin.columns, counts))
    for found in (state, joint, spread):
        back = qtn.load(qtn.save(found, tmp_path / "state.qtn"))
        assert back.origin.columns == found.origin.columns
    again = qtn.load(qtn.save(model, tmp_path / "model.qtn"))
    assert again.state(label=5).origin.columns == state.origin.columns
    assert again.state(register="label").fidelity(joint) == pytest.approx(1.0)
    assert fitted("chain").state(label=5).origin is None


def test_scaling_travels_with_the_site_vectors() -> None:
    model, (x, _, _, _) = fitted("chain, Legendre quantiles"), table()
    assert isinstance(model.columns_, Quantiles)
    shifted = x.copy()
    shifted[:, ORDER[1]] = x[::-1, ORDER[1]]
    vectors, moved = model.site_vectors(x), model.site_vectors(shifted)
    changed = [bool(np.abs(a - b).max() > 0) for a, b in zip(vectors, moved, strict=True)]
    assert changed == [False, True, False, False]  # site 1 holds column ORDER[1]
    for site, column in enumerate(ORDER):
        rising = np.argsort(x[:, column])
        assert (np.diff(vectors[site][rising, 1]) >= 0).all()  # a line in the column's ranks


@pytest.mark.parametrize("name", MODELS)
def test_forms_that_a_model_has_not_got_are_refused(name: str) -> None:
    model = fitted(name)
    calls: dict[str, Callable[[], Any]] = {
        "state": lambda: model.state(*model._labels()[:1]),
        "label": lambda: model.state(register="label"),
        "root": lambda: model.state(register="root"),
        "background": lambda: model.state(register="background"),
        "circuit": model.circuit,
    }
    for form, call in calls.items():
        if form in model.forms_:
            call()
            continue
        first = CALLS[model.forms_[0]].replace("label=...", "")
        message = rf"{type(model).__name__} has no form {re.escape(CALLS[form])}; it has "
        with pytest.raises(ArgumentError, match=message + re.escape(first).replace(r"\)", "")):
            call()


def test_wrong_arguments_are_refused() -> None:
    model = fitted("chain")
    for arguments, message in (
        ({}, r"`label` must be one of 5, 6, 7, but is None\. .*register=\"label\""),
        ({"label": 8}, "`label` must be one of 5, 6, 7, but is 8"),
        ({"label": 5, "register": "label"}, "`label` must be None for a register"),
        ({"register": "class"}, "`register` must be one of None, 'label', 'root', 'background'"),
        ({"label": 5, "qubits": 1}, "`qubits` must be"),
    ):
        with pytest.raises(ArgumentError, match=message):
            model.state(**arguments)
    with pytest.raises(ArgumentError, match="`label` must be one of 0, 1, but is None"):
        fitted("chain regressor").state()
    with pytest.raises(ArgumentError, match="`label` must be None for a model of one state"):
        fitted("Born chain").state(0)
    with pytest.raises(ArgumentError, match="`reset` must be"):
        fitted("tree, isometric").circuit(reset=1)
    with pytest.raises(AttributeError, match="no class states"):
        _ = fitted("tree, isometric").log_norms_
    with pytest.raises(AttributeError, match="no `readout_`"):
        _ = model.readout_
    for kind in (qtn.MPSClassifier, qtn.TTNRegressor, qtn.MPSBornMachine):
        with pytest.raises(NotFittedError):
            kind().state()


def test_the_table_of_the_docs_is_what_the_code_says() -> None:
    head, _, *lines = (
        [cell.strip() for cell in line.strip("| \n").split("|")]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
    )
    assert head == ["model", *(f"`{call}`" for call in CALLS.values())]
    written = {
        row[0].replace("`", ""): tuple(f for f, cell in zip(CALLS, row[1:]) if cell != "–")
        for row in lines
    }
    found = {}
    for name in MODELS:
        model = fitted(name)
        own = "(isometric=True)" if "isometric" in name else "()"
        found[type(model).__name__ + own] = model.forms_
    assert written == found
    assert {key.partition("(")[0] for key in written} == {
        name for name in qtn.__all__ if name.startswith(("MPS", "TTN", "MPO")) and len(name) > 3
    }
