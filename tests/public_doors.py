"""Every public callable with a cheap call that works: what contract tests call systematically."""

from __future__ import annotations

import enum
import inspect
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

import qtn

# Names of the values that `test_bad_input` tries; "everything is admitted" is the whole set.
VALUE_NAMES = frozenset(
    (
        *("None", "True", "text", "empty text", "digits", "bytes", "fraction", "negative"),
        *("complex", "nan", "infinity", "array", "list", "dict", "object", "class", "function"),
        "hostile",
    )
)
# Made by doors and read by users: their constructors are the house's own.
RESULTS = (
    *(
        "Check",
        "Comparison",
        "Compiled",
        "EnergyUse",
        "Evolution",
        "Loaded",
        "MeanField",
        "SentenceCircuit",
    ),
    *("Backpropagated", "MitigatedDistribution"),
    *("BlockMPS", "BlockTruncation", "CompressedLayers", "LayerSensitivity", "NeuralState"),
    *("Circuits", "Made", "Recipe", "SpinCircuit", "VQE", "WarmUp"),
    *("QuantumBornMachine", "QuantumClassifier", "QuantumRegressor", "Robustness", "RunResult"),
    *("Structure", "Truncation"),
)
# What others subclass: doors call their methods, and check what they are made of.
SUBCLASSED = ("Engine", "Form", "Method", "Technique")
# What a pipeline or a search calls on its parts, and `save` and `load` on theirs.
PROTOCOL = (
    *("solve", "limits", "begin", "grow", "apply", "applies", "prepare", "adopt", "variants"),
    "check_beside",
    *("dress", "correct", "combine", "overrides", "dressing", "shares", "kept", "calibration_of"),
    *("pack", "unpack", "read_from"),
    *("fitted", "learnt"),
)
# All models have the method; these have no circuits, and say so.
NO_CIRCUITS = ("MPSRegressor", "TTNRegressor", "MPSBornMachine", "TTNBornMachine")
# Meta-estimators look for `fit`; they refuse whatever they get.
REFUSES = (
    *("QuantumBornMachine.fit", "QuantumClassifier.fit", "QuantumRegressor.fit"),
    "QuantumRegressor.refine",
)
# Their inputs are coerced, and refused, by Qiskit's own containers, as its users know them.
QISKITS = ("TensorEstimator.run", "TensorSampler.run")

# What the parts of an annotation admit. Text is a choice among words unless a door says otherwise.
KINDS: dict[str, set[str]] = {
    "None": {"none"},
    "int": {"integer"},
    "float": {"integer", "real"},
    "complex": {"integer", "real", "complex"},
    "Number": {"integer", "real", "complex"},
    "bool": {"bool"},
    "str": set(),
    "os.PathLike[str]": {"text", "path"},
}
FREE_TEXT = {"text", "empty text"}


@dataclass(frozen=True)
class Door:
    """A call that works, and what its parameters admit beyond (or instead of) their annotation."""

    call: Callable[..., Any]
    works: dict[str, Any] = field(default_factory=dict)
    admits: dict[str, set[str]] = field(default_factory=dict)

    def parameters(self) -> list[inspect.Parameter]:
        signature = inspect.signature(self.call)
        return [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]

    def kinds(self, parameter: inspect.Parameter) -> set[str]:
        if parameter.name in self.admits:
            return self.admits[parameter.name]
        parts = re.split(r"\s*\|\s*", str(parameter.annotation))
        return set().union(*(KINDS.get(part, set()) for part in parts))


@cache
def state() -> qtn.MPS:
    return qtn.MPS.from_dense(np.random.default_rng(0).normal(size=8)).normalised()


@cache
def eigensolved() -> qtn.VQE:
    return qtn.vqe(qtn.chain("tfim", 2), qtn.NetworkAnsatz(2), steps=1, progress=False)


@cache
def spins() -> qtn.SpinCircuit:
    return qtn.spin_circuit(qtn.chain("heisenberg", 4), layers=1, steps=1, progress=False)


@cache
def tree() -> qtn.TTN:
    return qtn.TTN.product([[1, 0]] * 3, ((0, 1), (3, 2))).normalised()


@cache
def bell() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    return circuit


@cache
def hops() -> QuantumCircuit:
    return qtn.hadron_circuit(2, 1)


def flipped() -> QuantumCircuit:
    circuit = QuantumCircuit(1)
    circuit.x(0)
    return circuit


def distribution() -> qtn.MitigatedDistribution:
    one = np.ones(1)
    return qtn.MitigatedDistribution(1, np.ones(1, dtype=np.uint64), one, one, one, 1, "counts")


def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return rng.integers(0, 2, (12, 4)).astype(float), np.arange(12) % 2


QUICK: dict[str, dict[str, Any]] = {
    "MPSClassifier": {"epochs": 1},
    "TTNClassifier": {"epochs": 1},
    "MPSRegressor": {"epochs": 1},
    "TTNRegressor": {"epochs": 1},
    "MPSBornMachine": {"sweeps": 1},
    "TTNBornMachine": {"sweeps": 1},
}


@cache
def fitted(name: str) -> Any:
    x, y = rows()
    return getattr(qtn, name)(bond=3, **QUICK[name]).fit(x, y)


@cache
def sentence() -> Any:
    return qtn.sentence_diagram("she cooks dinner")


@cache
def compiled() -> qtn.Compiled:
    return qtn.compile([0.6, 0, 0, 0.8], qtn.Staircase(layers=1))


@cache
def quantum() -> qtn.QuantumClassifier:
    return qtn.deploy(fitted("MPSClassifier"), qtn.Staircase(layers=1), shots=64)


@cache
def born() -> qtn.QuantumBornMachine:
    return qtn.deploy(fitted("MPSBornMachine"), qtn.Staircase(layers=1))


@cache
def regressor() -> qtn.QuantumRegressor:
    return qtn.deploy(fitted("MPSRegressor"), qtn.Staircase(layers=1))


@cache
def idle() -> QuantumCircuit:
    circuit = QuantumCircuit(2)  # conserves the number of ones
    circuit.iswap(0, 1)
    return circuit


@cache
def measured() -> QuantumCircuit:
    circuit = bell().copy()
    circuit.measure_all()
    return circuit


@cache
def ran() -> qtn.RunResult:
    return qtn.run(measured(), shots=16)


@cache
def isometric(name: str) -> Any:
    x, y = rows()
    return getattr(qtn, name)(bond=2, isometric=True, epochs=1).fit(x, y)


@cache
def headless() -> Any:
    return qtn.deploy(isometric("TTNClassifier"), form="isometric", shots=16)


@cache
def comparison() -> qtn.Comparison:
    x, y = rows()
    return qtn.compare(fitted("MPSClassifier"), quantum(), x, y)


@cache
def noise() -> Any:
    from qtn.mitigation import PauliNoise

    return PauliNoise({("cx", (0, 1)): np.full(15, 1e-3)})


@cache
def unity() -> qtn.MPO:
    return qtn.MPO.from_dense(np.eye(8))


@cache
def folder() -> Path:
    return Path(tempfile.mkdtemp())


CIRCUIT = {"circuits": set(), "circuit": set()}
DEVICE: dict[str, set[str]] = {"device": set()}
COMMON: dict[str, set[str]] = {"executor": {"none"}, "ledger": {"none", "text", "path"}}
OPTIONAL: set[str] = {"none"}


def estimator_doors(name: str) -> Iterator[tuple[str, Door]]:
    """The parameters of an estimator are checked where scikit-learn checks them: in `fit`."""
    x, y = rows()
    model = getattr(qtn, name)

    def construct_and_fit(**settings: Any) -> Any:
        return model(**{"bond": 3, **QUICK[name], **settings}).fit(x, y)

    construct_and_fit.__signature__ = inspect.signature(model)  # type: ignore[attr-defined]
    free = {"checkpoint": {"none", "text"}, "random_state": {"none", "integer"}}
    yield name, Door(construct_and_fit, admits=free)
    works = {
        "fit": {"X": x, "y": y},
        "partial_fit": {"X": x, "y": y, "classes": [0, 1]},
        "predict": {"X": x},
        "predict_proba": {"X": x},
        "score": {"X": x, "y": y},
        "scores": {"X": x},
        "score_samples": {"X": x},
        "site_values": {"X": x},
        "site_vectors": {"X": x},
        "success_probability": {"X": x},
        "state": {"label": 0},
        "circuit": {"reset": False},
        "sample": {"n_samples": 2},
        "impute": {"X": x},
    }
    density = "Born" in name
    for method, arguments in works.items():
        if not hasattr(model, method) or (method == "circuit"):
            continue
        fresh = method in ("fit", "partial_fit")

        def call(method: str = method, fresh: bool = fresh, **values: Any) -> Any:
            owner = model(bond=3, **QUICK[name]) if fresh else fitted(name)
            return getattr(owner, method)(**values)

        signature = inspect.signature(getattr(model, method))
        kept = [p for p in signature.parameters.values() if p.name != "self"]
        call.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
        admits = {
            "sample_weight": {"none"},
            "classes": {"none"},
            "given": {"none"},
            # True is the label 1, as in numpy; one state needs no label.
            "label": {"bool"} if "Classifier" in name else {"bool", "none"},
            "random_state": {"none", "integer"},
        }
        if density:
            admits["y"] = set(VALUE_NAMES)  # ignored, as scikit-learn's densities do
            arguments = {k: v for k, v in arguments.items() if k != "label"}
        yield f"{name}.{method}", Door(call, arguments, admits)


def _kernel_doors() -> Iterator[tuple[str, Door]]:
    """The classifier of quantum kernels checks its parameters in `fit`, as scikit-learn does."""
    x, y = rows()
    kind = qtn.QuantumKernelClassifier
    quick: dict[str, Any] = {"bandwidth": 0.5, "C": 1.0}

    def construct_and_fit(**settings: Any) -> Any:
        return kind(**{**quick, **settings}).fit(x, y)

    construct_and_fit.__signature__ = inspect.signature(kind)  # type: ignore[attr-defined]
    unused = {name: set(VALUE_NAMES) for name in ("device", "mitigation", "budget")}
    yield "QuantumKernelClassifier", Door(construct_and_fit, admits=unused)
    model = kind(**quick).fit(x, y)
    yield "QuantumKernelClassifier.fit", Door(kind(**quick).fit, {"X": x, "y": y})
    for name in ("predict", "decision_function"):
        yield f"QuantumKernelClassifier.{name}", Door(getattr(model, name), {"X": x})
    yield "QuantumKernelClassifier.beside", Door(model.beside, {"X": x, "y": y})


@cache
def small_network() -> tuple[Any, Any]:
    """A network for torch and what became of it."""
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(4, 2))
    return network, qtn.compress_layers(network, 28)


def _antn_doors() -> dict[str, Door]:
    model, quick = qtn.chain("heisenberg", 4), qtn.ANTN(steps=1, hidden=2)
    found = qtn.neural_ground_state(model, bond=2, method=quick)
    return {
        "ANTN": Door(qtn.ANTN),
        "neural_ground_state": Door(
            qtn.neural_ground_state, {"hamiltonian": model, "bond": 2, "method": quick},
            {"hamiltonian": set(), "method": {"none"}},
        ),
        "NeuralState.amplitudes": Door(found.amplitudes, {"bits": [[0, 1, 0, 1]]}),
        "NeuralState.sample": Door(found.sample, {"shots": 4}),
        "NeuralState.sampled_energy": Door(found.sampled_energy, {"shots": 4}),
    }  # fmt: skip


def _compression_doors() -> dict[str, Door]:
    x, y = rows()
    network, small = small_network()
    free = {"parameters": {"none", "integer"}, "calibration": {"none"}, "leave": {"empty"}}
    path = small.save(folder() / "small.safetensors")
    return {
        "compress_layers": Door(
            qtn.compress_layers, {"network": network, "parameters": 28},
            {"network": set(), "layouts": {"integer"}, "sensitivity": {"none"}, **free},
        ),
        "layer_sensitivity": Door(
            qtn.layer_sensitivity, {"network": network, "inputs": x, "targets": y},
            {"network": set(), "layouts": {"integer"}, "leave": {"empty"}},
        ),
        "load_layers": Door(
            qtn.load_layers, {"path": path, "network": network}, {"network": set()}
        ),
        "CompressedLayers.heal": Door(small.heal, {"inputs": x, "targets": y, "epochs": 1}),
        "CompressedLayers.save": Door(small.save, {"path": folder() / "small.safetensors"}),
    }  # fmt: skip


@cache
def doors() -> dict[str, Door]:
    x, y = rows()
    two = SparsePauliOp(["ZZ", "XI"], [1.0, 0.5])
    psi, other = state(), tree()
    mps = {
        "amplitudes": {"bits": np.zeros((1, 3), int)},
        "canonical": {"center": 1},
        "entropy": {"cut": 1},
        "fidelity": {"other": psi},
        "infidelity": {"other": psi},
        "overlap": {"other": psi},
        "sample": {"shots": 4},
        "schmidt_values": {"cut": 1},
        "truncated": {"max_bond": 2},
    }
    ttn = {
        "amplitudes": {"bits": np.zeros((1, 3), int)},
        "log_amplitudes": {"bits": np.zeros((1, 3), int)},
        "entropy": {"node": 0},
        "fidelity": {"other": other},
        "infidelity": {"other": other},
        "overlap": {"other": other},
        "sample": {"shots": 4},
        "schmidt_values": {"node": 0},
        "to_mps": {"cutoff": 1e-12},
    }
    blocks = qtn.BlockMPS.product([0, 1, 0])
    in_blocks = {
        **{name: mps[name] for name in ("amplitudes", "canonical", "entropy", "sample")},
        **{name: {"other": blocks} for name in ("fidelity", "infidelity", "overlap")},
        **{name: mps[name] for name in ("schmidt_values", "truncated")},
        "sectors": {"cut": 1},
    }
    kernel = qtn.QuantumKernel(shots=16)
    text = {"title": FREE_TEXT, "name": FREE_TEXT, "method": FREE_TEXT}
    numbers = {"integer", "real"}
    primitive = {"noise_model": OPTIONAL, "backend": OPTIONAL, "seed": {"none", "integer"}}
    found = {
        "Auto": Door(qtn.Auto, admits={"device": {"none"}}),
        "Brickwall": Door(qtn.Brickwall, admits={"start": set(), "device": {"none"}}),
        "Staircase": Door(qtn.Staircase),
        "Isometries": Door(qtn.Isometries),
        "Isometries.two_qubit_gates": Door(
            qtn.Isometries().two_qubit_gates, {"target": [0.6, 0.8]}, {"target": set()}
        ),
        "Tree": Door(qtn.Tree),
        "Hops": Door(qtn.Hops),
        "Segments": Door(qtn.Segments),
        "Window": Door(qtn.Window),
        "Resume": Door(qtn.Resume, {"previous": compiled()}),
        "Budget": Door(qtn.Budget),
        "Device": Door(qtn.Device, admits={"target": {"text"}, "noise": OPTIONAL}),
        "Device.of": Door(qtn.Device.of, {"device": "aer"}, {"device": {"text"}}),
        "Dataset": Door(
            qtn.Dataset,
            {"x_train": x, "y_train": y, "x_test": x, "y_test": y, "shape": (4,), "name": "rows"},
            text,
        ),
        "DynamicalDecoupling": Door(qtn.DynamicalDecoupling),
        "Estimate": Door(
            qtn.Estimate, {"value": 0.5, "stderr": 0.1},
            {"method": FREE_TEXT, "value": {"complex", "nan", "infinity", *numbers},
             "stderr": {"infinity", *numbers}, "fits": {"empty"}},
        ),
        "Estimate.interval": Door(qtn.Estimate(0.5, 0.1).interval),
        "MPS": Door(qtn.MPS, {"tensors": psi.tensors}, {"origin": set(VALUE_NAMES)}),
        "MPS.from_dense": Door(qtn.MPS.from_dense, {"amplitudes": [0.6, 0.8]}),
        "MPS.product": Door(qtn.MPS.product, {"vectors": [[1, 0]]}),
        "MPS.from_quimb": Door(qtn.MPS.from_quimb, {"state": psi.to_quimb()}),
        "BlockMPS.from_mps": Door(
            qtn.BlockMPS.from_mps, {"state": qtn.MPS.product([[1, 0]] * 3)},
            {"charges": {"none"}, "total": {"none"}},
        ),
        "BlockMPS.product": Door(
            qtn.BlockMPS.product, {"levels": [0, 1, 0]}, {"charges": {"none"}},
        ),
        "BlockMPS.evolved": Door(
            blocks.evolved, {"gates": [((0, 1), np.eye(4))]}, {"gates": {"list"}}
        ),
        "BlockMPS.values": Door(
            blocks.values, {"operators": [{0: np.eye(2)}]}, {"operators": {"list"}}
        ),
        "BlockTruncation.certified": Door(
            blocks.evolved([((0, 1), np.eye(4))]).certified,
            {"operators": [{0: np.eye(2)}]}, {"operators": {"list"}},
        ),
        "circuit_to_blocks": Door(
            qtn.circuit_to_blocks, {"circuit": idle()}, {"charges": {"none"}}
        ),
        "MPO": Door(
            qtn.MPO, {"tensors": [np.eye(2).reshape(1, 2, 2, 1)]}, {"origin": set(VALUE_NAMES)}
        ),
        "MPO.from_dense": Door(qtn.MPO.from_dense, {"matrix": np.eye(4)}),
        "MPO.from_quimb": Door(qtn.MPO.from_quimb, {"operator": unity().to_quimb()}),
        "MPO.apply": Door(unity().apply, {"state": psi}),
        "MPO.fidelity": Door(unity().fidelity, {"other": unity()}),
        "MPO.infidelity": Door(unity().infidelity, {"other": unity()}),
        "core_shapes": Door(qtn.core_shapes, {"tensor": np.ones((2, 2)), "max_parameters": 5}),
        "operator": Door(qtn.operator, {"source": np.eye(2)}),
        "load_distribution": Door(
            qtn.load_distribution, {"distribution": "norm", "qubits": 3},
            {"distribution": {"text"}, "domain": {"none"}},
        ),
        "load_function": Door(
            qtn.load_function, {"function": np.exp, "qubits": 3, "domain": (0, 1)},
            {"function": {"function", "class"}},
        ),
        "load_payoff": Door(
            qtn.load_payoff, {"kind": "call", "qubits": 3, "strike": 0.5, "domain": (0, 1)},
        ),
        "Loaded.places": Door(
            qtn.load_distribution("norm", 3).places, {"bits": np.zeros((2, 3), int)},
        ),
        "Loaded.plot": Door(qtn.load_distribution("norm", 3).plot, {}, {"ax": {"none"}}),
        "Grammar": Door(
            qtn.Grammar, {"words": {"she": "n"}},
            {"words": {"mapping"}, "rules": {"mapping"}, "target": {"text"}},
        ),
        "Grammar.parse": Door(
            qtn.Grammar({"yes": "s", "no": "s", "3": "s"}).parse, {"sentence": "yes"},
            {"sentence": {"text"}},
        ),
        "Grammar.types_of": Door(qtn.Grammar({"yes": "s"}).types_of, {"word": "yes"}),
        "sentence_diagram": Door(
            qtn.sentence_diagram, {"sentence": "she cooks"},
            {"sentence": {"text"}, "rewrite": {"empty"}},
        ),
        "from_lambeq": Door(
            qtn.from_lambeq, {"diagram": sentence(), "ansatz": "iqp"}, {"qubits": {"integer"}},
        ),
        "SentenceCircuit.exact": Door(
            qtn.from_lambeq(sentence(), "iqp").exact, {"values": [0.3] * 10}
        ),
        "SentenceCircuit.probabilities": Door(
            qtn.from_lambeq(sentence(), "iqp").probabilities, {"values": [0.3] * 10}
        ),
        "SentenceCircuit.success": Door(
            qtn.from_lambeq(sentence(), "iqp").success, {"values": [0.3] * 10}
        ),
        "SentenceCircuit.projectors": Door(qtn.from_lambeq(sentence(), "iqp").projectors),
        "SentenceCircuit.read": Door(
            qtn.from_lambeq(sentence(), "iqp").read, {"counts": {"000": 3}}
        ),
        "protein_classifier": Door(qtn.protein_classifier, {"size": "small"}),
        "load_deeploc": Door(
            qtn.load_deeploc, {"path": protein_file(), "labels": ("Nucleus", "Golgi apparatus")},
            {"path": set()},
        ),
        "circuits": Door(qtn.circuits, {}, {"folder": {"none"}}),
        **{
            f"Circuits.{verb}": Door(getattr(qtn.circuits(), verb), {"name": "ghz-16"})
            for verb in ("load", "recipe", "target", "verify")
        },
        "Circuits.to_frame": Door(qtn.circuits().to_frame),
        "read_recipe": Door(
            qtn.read_recipe, {"source": {"target": {"state": "w", "qubits": 2}}},
            {"source": {"mapping"}},
        ),
        "make": Door(
            qtn.make, {"recipe": {"target": {"state": "w", "qubits": 2}}, "out": folder()},
            {"recipe": {"mapping"}, "steps": {"none", "empty"}, "data": {"none"}},
        ),
        **_antn_doors(),
        **_compression_doors(),
        "jones": Door(
            qtn.jones, {"braid": (1, 1), "shots": 16},
            {"braid": {"list"}, "mitigation": {"list", "empty"}},
        ),
        "kernel_matrix": Door(
            qtn.kernel_matrix, {"x": x[:2], "z": x[:1]},
            {"z": {"none"}, "feature_map": set(), "method": set()},
        ),
        **dict(_kernel_doors()),
        "spin_circuit": Door(
            qtn.spin_circuit,
            {"hamiltonian": qtn.chain("heisenberg", 4), "layers": 1, "steps": 1},
            {"hamiltonian": set(), "start": {"none"}},
        ),
        "vqe": Door(
            qtn.vqe, {"hamiltonian": qtn.chain("tfim", 2), "steps": 1}, {"ansatz": {"none"}},
        ),
        "VQE.to_pennylane": Door(eigensolved().to_pennylane),
        "VQE.measure": Door(
            eigensolved().measure, {"device": "aer", "shots": 16},
            {"techniques": {"empty", "list", "empty text"}, "shots": {"integer"}},
        ),
        "NetworkAnsatz": Door(qtn.NetworkAnsatz, {"bond": 2}),
        "RyRz": Door(qtn.RyRz, {"layers": 1}),
        "RyRz.circuit": Door(qtn.RyRz(1).circuit, {"n": 2}),
        "SpinGates": Door(
            qtn.SpinGates, {"kind": "pairs"},
            {"where": set(VALUE_NAMES), "singlets": set(VALUE_NAMES)},
        ),
        "SpinCircuit.to_circuit": Door(spins().to_circuit, {"basis": "cx"}),
        "SpinCircuit.amplitudes": Door(spins().amplitudes),
        "equivariant_maps": Door(
            qtn.equivariant_maps, {"inputs": [0.5], "outputs": [0.5]},
            {"inputs": {"empty", "list"}, "outputs": {"empty", "list"}},
        ),
        "equivariant_count": Door(
            qtn.equivariant_count, {"inputs": [0.5], "outputs": [0.5]},
            {"inputs": {"empty", "list"}, "outputs": {"empty", "list"}},
        ),
        "invariants": Door(qtn.invariants, {"spins": [0.5, 0.5]}, {"spins": {"empty", "list"}}),
        "kagome": Door(qtn.kagome, {"cells": 6}),
        "ising_partition": Door(
            qtn.ising_partition, {"beta": 0.3, "size": 2},
            {"size": {"none", "integer"}, "method": {"none"}},
        ),
        "classifier_from_tensors": Door(
            qtn.classifier_from_tensors,
            {"tensors": [np.ones((1, 2, 1))] * 3, "label": 1, "classes": [0, 1]},
            {"tensors": set(), "label": {"integer"}, "classes": {"list"}},
        ),
        "classifier_tensors": Door(qtn.classifier_tensors, {"model": qtn.classifier_from_tensors(
            [np.ones((1, 2, 1))] * 3, 1, [0, 1])}, {"model": set()}),
        "expectation": Door(
            qtn.expectation, {"state": qtn.product_state("zeros", 3), "observables": "ZZZ"},
            {"state": set(), "observables": set()},
        ),
        "structure_factor": Door(
            qtn.structure_factor,
            {"hamiltonian": qtn.chain("tfim", n=3), "broadening": 2.0, "edges": "include"},
            {"hamiltonian": set(), "broadening": {"none", "integer", "real"}},
        ),
        "PowerLaw": Door(qtn.PowerLaw, {"exponent": 3.0, "strength": -1.0}),
        "fit_exponentials": Door(
            qtn.fit_exponentials,
            {"coupling": qtn.PowerLaw(3.0), "n": 6, "max_terms": 8},
            {"max_terms": {"none"}},
        ),
        "long_range_mpo": Door(
            qtn.long_range_mpo,
            {"n": 4, "pairs": {"ZZ": qtn.PowerLaw(3.0)}, "fields": {"X": 1.0}, "max_terms": 8},
            {"fields": OPTIONAL, "max_terms": {"none"}},
        ),
        "thermal_state": Door(
            qtn.thermal_state, {"hamiltonian": two, "beta": 0.1}, {"hamiltonian": set()}
        ),
        "metts": Door(
            qtn.metts, {"hamiltonian": two, "beta": 0.0, "samples": 16},
            {"hamiltonian": set(), "observables": {"empty"}},
        ),
        "off_diagonal_elements": Door(
            qtn.off_diagonal_elements,
            {"hamiltonian": two, "observable": "ZI", "frequencies": [0.0]},
            {"hamiltonian": set(), "observable": set(), "tolerance": {"none", "integer", "real"}},
        ),
        "propagator": Door(
            qtn.propagator, {"hamiltonian": two, "time": 0.1}, {"method": OPTIONAL}
        ),
        "TTN": Door(
            qtn.TTN, {"tensors": other.tensors, "pairs": other.pairs},
            {"origin": set(VALUE_NAMES)},
        ),
        "TTN.from_quimb": Door(qtn.TTN.from_quimb, {"network": other.to_quimb()}),
        "TTN.product": Door(qtn.TTN.product, {"vectors": [[1, 0]] * 2, "pairs": ((0, 1),)}),
        "PostSelection": Door(qtn.PostSelection, {"ones": 1}),
        "Readout": Door(qtn.Readout, admits={"pairs": {"none", "empty"}}),
        "TwinZNE": Door(qtn.TwinZNE),
        "TensorEstimator": Door(qtn.TensorEstimator, admits=primitive),
        "TensorSampler": Door(qtn.TensorSampler, admits=primitive),
        "Twirl": Door(qtn.Twirl),
        "VirtualDistillation": Door(qtn.VirtualDistillation),
        "ZNE": Door(qtn.ZNE),
        "Compiled.with_basis": Door(compiled().with_basis, {"basis": "cz"}),
        "Compiled.routed": Door(
            compiled().routed, {"device": "line"}, {"device": set(), "seed": {"integer"}}
        ),
        "Compiled.reused": Door(compiled().reused),
        "Compiled.pick": Door(compiled().pick, admits={"device": {"none"}}),
        "Compiled.to_frame": Door(compiled().to_frame),
        "RunResult.counts": Door(ran().counts),
        "MitigatedDistribution.to_dict": Door(distribution().to_dict),
        "MitigatedDistribution.probability": Door(distribution().probability, {"outcome": "1"}),
        "MitigatedDistribution.fidelity": Door(
            distribution().fidelity, {"ideal": [0, 1]}, {"ideal": set()}
        ),
        "MitigatedDistribution.hellinger": Door(
            distribution().hellinger, {"ideal": [0, 1]}, {"ideal": set()}
        ),
        "Comparison.save": Door(comparison().save, {"path": folder() / "page.html"}),
        "Comparison.to_dict": Door(comparison().to_dict, {"times": False}),
        "Comparison.to_markdown": Door(comparison().to_markdown, {"table": "results"}),
        "Comparison.to_latex": Door(comparison().to_latex, {"table": "costs"}),
        "Extended": Door(qtn.Extended, admits={"couplings": set()}),
        "Extended.pairs": Door(qtn.Extended().pairs, {"n": 3}),
        "Extended.apply": Door(qtn.Extended().apply, {"blocks": compiled().sequence}),
        "lower_energy": Door(
            qtn.lower_energy, {"compiled": compiled(), "hamiltonian": two, "steps": 1}
        ),
        "PEA": Door(qtn.PEA, {"noise": noise()}),
        "PEC": Door(qtn.PEC, {"noise": noise()}),
        "PNA": Door(qtn.PNA, {"noise": noise()}),
        "TEM": Door(qtn.TEM, {"noise": noise()}),
        "MPSClassifier.circuit": Door(isometric("MPSClassifier").circuit, {"reset": True}),
        "TTNClassifier.circuit": Door(isometric("TTNClassifier").circuit, {"reset": True}),
        "fit_head": Door(
            qtn.fit_head,
            {"quantum": headless(), "model": isometric("TTNClassifier"), "x": x, "y": y, "rows": 4},
            {"levels": {"none"}},
        ),
        "MPSClassifier.outcomes": Door(isometric("MPSClassifier").outcomes, {"X": x}),
        "TTNClassifier.outcomes": Door(isometric("TTNClassifier").outcomes, {"X": x}),
        "chain": Door(qtn.chain, {"name": "heisenberg", "n": 3}),
        "cylinder": Door(qtn.cylinder, {"name": "heisenberg", "rows": 2, "columns": 2}),
        "mean_field": Door(qtn.mean_field, {"circuit": hops()}),
        "MeanField.discarded": Door(qtn.mean_field(hops()).discarded, {"bond": 2}),
        "MeanField.schmidt_weights": Door(qtn.mean_field(hops()).schmidt_weights, {"cut": 1}),
        "hadron_circuit": Door(qtn.hadron_circuit, {"sites": 4, "steps": 1}),
        "compare": Door(
            qtn.compare,
            {"models": fitted("MPSClassifier"), "quantum": quantum(), "x": x, "y": y},
            {**text, "checks": {"empty"}, "candidates": {"empty"}, "notes": {"empty"},
             "models": {"empty"}, "quantum": {"empty"}, "baselines": {"none", "empty"},
             "train": {"none"}},
        ),
        "robustness": Door(
            qtn.robustness, {"quantum": quantum(), "x": x, "y": y, "noise": [0.0]},
            {"quantum": set(), "y": set(), "noise": set(), "device": {"none"},
             "mitigation": {"empty"}},
        ),
        "Robustness.curves": Door(qtn.robustness(quantum(), x, y, noise=[0.0]).curves, {}),
        "energy": Door(
            qtn.energy, {"circuit": bell(), "shots": 16, "max_bond": 4},
            {"circuit": set(), "x": {"none"}, "device": {"none"}, "shots": {"none"},
             "assume": {"none", "empty"}},
        ),
        "EnergyUse.rows": Door(qtn.energy(bell(), shots=16).rows, {}),
        "compile": Door(
            qtn.compile, {"target": [0.6, 0.8], "method": qtn.Staircase(layers=1)},
            {"method": OPTIONAL, "target": set()},
        ),
        "compress": Door(
            qtn.compress, {"circuit": bell(), "method": qtn.Staircase(layers=1)},
            {"method": OPTIONAL, "start": OPTIONAL},
        ),
        "gate": Door(
            qtn.gate, {"state": [0.6, 0.8]}, {"label": {"none", *FREE_TEXT}, "state": set()}
        ),
        "deploy": Door(
            qtn.deploy,
            {"model": fitted("MPSClassifier"), "method": qtn.Staircase(layers=1), "shots": 64},
            {"model": set(), "method": OPTIONAL, "mitigation": {"empty"}, "rows": OPTIONAL,
             **DEVICE},
        ),
        "QuantumClassifier.rows": Door(quantum().rows, {"x": x}),
        "QuantumClassifier.measure": Door(quantum().measure, {"x": x}),
        "QuantumClassifier.plan": Door(quantum().plan, {"x": x}),
        "QuantumClassifier.decision": Door(quantum().decision, {"x": x}),
        "QuantumClassifier.predict": Door(quantum().predict, {"x": x}),
        "QuantumClassifier.predict_proba": Door(quantum().predict_proba, {"x": x}),
        "QuantumClassifier.scores": Door(quantum().scores, {"x": x}),
        "QuantumClassifier.ideal_scores": Door(quantum().ideal_scores, {"x": x}),
        "QuantumClassifier.get_params": Door(quantum().get_params, {"deep": True}),
        "QuantumClassifier.score": Door(
            quantum().score, {"x": x, "y": y, "sample_weight": np.ones(len(y))},
            {"sample_weight": OPTIONAL},
        ),
        "QuantumClassifier.refine": Door(
            quantum().refine, {"x": x, "y": y, "steps": 1, "loss": qtn.hybrid.RootCrossEntropy()},
            dict.fromkeys(("loss", "method", "noise"), OPTIONAL) | {"seed": {"none", "integer"}},
        ),
        "QuantumBornMachine.refine": Door(
            born().refine, {"x": x, "steps": 1, "loss": qtn.hybrid.Likelihood()},
            dict.fromkeys(("y", "loss", "method", "noise"), OPTIONAL)
            | {"seed": {"none", "integer"}},
        ),
        "QuantumClassifier.decide": Door(
            quantum().decide, {"scores": np.array([[0.4, 0.6]])}
        ),
        **{
            f"QuantumBornMachine.{name}": Door(getattr(born(), name), {"x": x[:1]})
            for name in (
                *("rows", "measure", "plan", "probabilities", "log_prob", "ideal_log_prob"),
                "score_samples",
            )
        },
        "QuantumBornMachine.get_params": Door(born().get_params, {"deep": True}),
        "QuantumBornMachine.score": Door(born().score, {"x": x[:1]}, {"y": set(VALUE_NAMES)}),
        "QuantumBornMachine.sample": Door(
            born().sample,
            admits={"seed": {"none"}, "given": {"none"}, "random_state": {"none", "integer"}},
        ),
        **{
            f"QuantumRegressor.{name}": Door(getattr(regressor(), name), {"x": x[:2]})
            for name in (
                *("rows", "measure", "plan", "values", "predict", "ideal_predict"),
                "expected_stderr",
            )
        },
        "QuantumKernel": Door(
            qtn.QuantumKernel,
            {"shots": 16},
            {"feature_map": OPTIONAL, "mitigation": {"empty"}, **DEVICE},
        ),
        "QuantumKernel.matrix": Door(kernel.matrix, {"x": x[:2], "z": x[:1]}, {"z": {"none"}}),
        "QuantumKernel.plan": Door(kernel.plan, {"x": x[:2], "z": x[:1]}, {"z": {"none"}}),
        "QuantumRegressor.get_params": Door(regressor().get_params, {"deep": True}),
        "QuantumRegressor.score": Door(regressor().score, {"x": x[:2], "y": y[:2]}),
        "evolve": Door(
            qtn.evolve,
            {"hamiltonian": qtn.chain("heisenberg", 3), "state": "neel", "time": 0.01},
            {"hamiltonian": set(), "method": OPTIONAL},
        ),
        "ground_state": Door(
            qtn.ground_state, {"hamiltonian": qtn.chain("heisenberg", 3), "max_bond": 4},
            {"start": OPTIONAL, "method": OPTIONAL, "tree": OPTIONAL},
        ),
        "fit_structure": Door(
            qtn.fit_structure, {"target": np.ones((2, 2)), "goal": 0.5},
            {"mask": OPTIONAL, "loss": OPTIONAL},
        ),
        "about": Door(qtn.about),
        "doctor": Door(qtn.doctor),
        "warm_up": Door(qtn.warm_up, {"progress": False}),
        "pmap": Door(
            qtn.pmap, {"function": len, "items": [[1], [1, 2]]},
            {"function": {"function", "class"}, "items": {"array", "list"},
             "seed": {"none"}, "journal": {"none", "text", "path"}},
        ),
        "jobs": Door(qtn.jobs, {"ledger": folder() / "ledger.db"}, {"ledger": {"none", "text"}}),
        "load": Door(qtn.load, {"path": qtn.save(psi, folder() / "state.qtn")}, {"path": set()}),
        "load_data": Door(
            qtn.load_data, {"path": csv_file()},
            {"path": set(), "label": {"none", *FREE_TEXT}, "size": {"none"}},
        ),
        "load_digits": Door(qtn.load_digits, {"size": 2}),
        "load_target": Door(
            qtn.load_target, {"path": qtn.save(psi, folder() / "target.qtn")}, {"path": set()}
        ),
        "save_circuit": Door(
            qtn.save_circuit, {"compiled": compiled(), "path": folder() / "out.qasm"},
            {"label": {"none", "integer", "negative", "True", *FREE_TEXT},
             "target": {"none", *FREE_TEXT}},
        ),
        "load_idx": Door(qtn.load_idx, {"path": idx_file()}, {"path": set()}),
        "save": Door(qtn.save, {"obj": psi, "path": folder() / "out.qtn"}),
        "product_state": Door(
            qtn.product_state, {"name": "neel", "n": 3, "tree": "chain"}, {"tree": {"none"}}
        ),
        "mitigate": Door(
            qtn.mitigate,
            {"circuit": bell(), "observable": "ZZ", "techniques": (), "device": "aer", "shots": 64},
            {"circuit": set(), "observable": set(), "techniques": {"empty"},
             "ledger": COMMON["ledger"], **DEVICE},
        ),
        "backpropagate": Door(
            qtn.backpropagate, {"circuit": bell(), "observables": "ZZ"},
            {"circuit": set(), "observables": set(), "max_groups": {"none"},
             "device": {"none"}},
        ),
        "mitigate_distribution": Door(
            qtn.mitigate_distribution, {"circuit": flipped(), "device": "aer", "shots": 64},
            {"circuit": set(), "noise": {"none"}, "calibration": {"none"}, **DEVICE},
        ),
        "infinite_temperature": Door(
            qtn.infinite_temperature, {"circuit": bell(), "observable": "ZZ"},
            {"circuit": set(), "observable": set(), "other": OPTIONAL, "method": set(),
             "limits": OPTIONAL, **COMMON},
        ),
        "run": Door(
            qtn.run, {"circuits": bell(), "observables": two, "shots": 64},
            {"circuits": {"empty"}, "observables": OPTIONAL, **DEVICE, **COMMON},
        ),
        "transpile_for": Door(
            qtn.transpile_for, {"circuit": bell(), "device": "FakeManilaV2"}, DEVICE
        ),
        "verify": Door(
            qtn.verify, {"circuit": bell(), "observables": "ZZ"},
            {"circuit": set(), "target": OPTIONAL, "observables": set(), "noise": OPTIONAL,
             "device": OPTIONAL, "method": set(), "limits": OPTIONAL, **COMMON},
        ),
    }  # fmt: skip
    chains = (psi, "MPS", mps), (blocks, "BlockMPS", in_blocks), (other, "TTN", ttn)
    for owner, name, methods in chains:
        for method, arguments in methods.items():
            found[f"{name}.{method}"] = Door(getattr(owner, method), arguments)
    for name in QUICK:
        found.update(estimator_doors(name))
    return found | sentence_doors() | diagram_doors() | drawn_doors()


def drawn_doors() -> dict[str, Door]:
    """What draws itself: on axes of matplotlib, or on a figure of its own."""
    x, y = rows()
    drawn = (
        *(compiled(), ran(), quantum(), born(), regressor(), comparison(), state(), tree()),
        *(qtn.Estimate(0.5, 0.1), qtn.Device("FakeManilaV2"), qtn.energy(bell(), shots=16)),
        qtn.Dataset(x, y, x, y, (4,), "rows"),
        qtn.evolve(qtn.chain("tfim", 2), "zeros", 0.1).origin,
        qtn.fit_structure(np.ones((2, 2)), goal=0.5),
        qtn.robustness(quantum(), x, y, noise=[0.0]),
        qtn.verify(bell(), observables="ZZ"),
        *(eigensolved(), spins(), *(fitted(name) for name in QUICK)),
    )
    names = {"Evolved": "Evolution"}
    optional = ("ax", "observable", "device", "circuit", "binding", "row")
    admits = dict.fromkeys(optional, OPTIONAL)
    return {
        f"{names.get(type(one).__name__, type(one).__name__)}.plot": Door(one.plot, {}, admits)
        for one in drawn
    }


def sentence_doors() -> dict[str, Door]:
    """A classifier of sentences: its parameters are checked in `fit`, as scikit-learn has it."""
    x, y = rows()
    model = qtn.SequenceClassifier(epochs=1).fit(x, y)

    def construct_and_fit(**settings: Any) -> Any:
        return qtn.SequenceClassifier(**{"epochs": 1, **settings}).fit(x, y)

    construct_and_fit.__signature__ = inspect.signature(type(model))  # type: ignore[attr-defined]
    weights = {"sample_weight": OPTIONAL}
    found = {
        "SequenceClassifier": Door(construct_and_fit, admits={"random_state": {"none", "integer"}}),
        "SequenceClassifier.fit": Door(
            qtn.SequenceClassifier(epochs=1).fit, {"X": x, "y": y}, weights
        ),
        "SequenceClassifier.score": Door(model.score, {"X": x, "y": y}, weights),
        "SequenceClassifier.plot": Door(model.plot, admits={"ax": OPTIONAL}),
    }
    for name in ("outcomes", "predict", "predict_proba", "success_probability", "to_circuits"):
        found[f"SequenceClassifier.{name}"] = Door(getattr(model, name), {"X": x})
    return found


def diagram_doors() -> dict[str, Door]:
    """A classifier by lambeq's readers: its parameters are checked in `fit` too."""
    x, y = ["cooks soup", "bakes bread", "writes code", "debugs code"], ["food"] * 2 + ["IT"] * 2
    model = qtn.SentenceClassifier(epochs=1).fit(x, y)

    def construct_and_fit(**settings: Any) -> Any:
        return qtn.SentenceClassifier(**{"epochs": 1, **settings}).fit(x, y)

    construct_and_fit.__signature__ = inspect.signature(type(model))  # type: ignore[attr-defined]
    free = {"random_state": {"none", "integer"}, "rewrite": {"empty"}, "qubits": {"integer"}}
    found = {
        "SentenceClassifier": Door(construct_and_fit, admits=free),
        "SentenceClassifier.fit": Door(qtn.SentenceClassifier(epochs=1).fit, {"X": x, "y": y}),
        "SentenceClassifier.plot": Door(model.plot, admits={"ax": OPTIONAL}),
        "SentenceClassifier.score": Door(
            model.score, {"X": x, "y": y}, {"sample_weight": OPTIONAL}
        ),
    }
    known = model.batches(x)[1][0]
    found["SentenceClassifier.turns"] = Door(model.turns, {"batch": known})
    for name in ("batches", "predict", "predict_proba", "success_probability", "to_circuits"):
        found[f"SentenceClassifier.{name}"] = Door(getattr(model, name), {"X": x})
    file = folder() / "sentences.txt"
    file.write_text("1 woman cooks soup .\n0 man writes code .\n", encoding="utf-8")
    return {**found, "load_sentences": Door(qtn.load_sentences, {"path": file})}


@cache
def idx_file() -> Path:
    path = folder() / "labels.idx"
    path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 3]))
    return path


@cache
def csv_file() -> Path:
    path = folder() / "rows.csv"
    path.write_text("a,class\n" + "0.1,0\n0.9,1\n" * 6, encoding="utf-8")
    return path


@cache
def protein_file() -> Path:
    path = folder() / "proteins.tsv"
    head = "partition\tlabels\tlength\tsequence\n"
    path.write_text(f"{head}0\tNucleus\t2\tMK\n1\tGolgi apparatus\t2\tML\n", encoding="utf-8")
    return path


def public_callables() -> set[str]:
    """Return the names of all public functions, classes and methods that take an argument."""
    found = set()
    for name in qtn.__all__:
        door = getattr(qtn, name)
        if not inspect.isclass(door):
            found.add(name)
            continue
        if issubclass(door, Exception | enum.Enum):
            continue
        found.add(name)
        for attribute in dir(door):
            member = inspect.getattr_static(door, attribute)
            bound = getattr(door, attribute)
            own = (getattr(bound, "__module__", None) or "").startswith("qtn")
            if attribute.startswith("_") or isinstance(member, property) or not callable(bound):
                continue
            if own and set(inspect.signature(bound).parameters) - {"self"}:
                found.add(f"{name}.{attribute}")
    return found


def exempt() -> set[str]:
    """Return the public callables that no user calls with values of their own."""
    return {
        name
        for name in public_callables()
        if name in (*RESULTS, *REFUSES, *QISKITS, *(f"{kind}.circuit" for kind in NO_CIRCUITS))
        or name.partition(".")[0] in SUBCLASSED
        or name.partition(".")[2] in PROTOCOL
    }
