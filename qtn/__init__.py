"""qtn: train tensor networks, compile them to circuits, run, mitigate, verify, compare.

`import qtn` is light: a name is imported from its room when it is first used, so that a program
that only loads data never waits for torch or Qiskit.

Example:
    >>> import qtn
    >>> state = qtn.MPS.product([[1, 0], [1, 0]])
    >>> state.n
    2
"""

from __future__ import annotations

import importlib
import warnings
from typing import Any

from qtn import _fork
from qtn._version import __version__ as __version__

_fork.watch()
# cotengra names, whenever quimb is imported, optional path optimisers that we do not ask for.
warnings.filterwarnings("ignore", r"Couldn.t (find|import) .(optuna|kahypar)", module="cotengra")

# Where each public name lives. `__init__.pyi`, which `make format` makes from this table, says the
# same to editors and type checkers.
_ROOMS = {
    "_io": "load save",
    "applications.antn": "ANTN NeuralState neural_ground_state",
    "applications.compression": "CompressedLayers LayerSensitivity compress_layers "
    "layer_sensitivity load_layers",
    "applications.knots": "jones",
    "applications.language": "SentenceClassifier load_sentences",
    "applications.loading": "Loaded load_distribution load_function load_payoff",
    "applications.proteins": "load_deeploc protein_classifier",
    "applications.quantum_kernels": "kernel_matrix",
    "applications.quantum_kernels.svm": "QuantumKernelClassifier",
    "applications.sequences": "SequenceClassifier",
    "applications.spins": "SpinCircuit SpinGates equivariant_count equivariant_maps invariants"
    " kagome spin_circuit",
    "applications.eigensolver": "NetworkAnsatz RyRz VQE vqe",
    "aqc": "Auto Brickwall Compiled Hops Isometries Method Resume Segments Staircase Status Tree "
    "Window compile compress gate save_circuit",
    "data": "Dataset load_data load_digits load_idx",
    "devices": "Budget Device Engine RunResult jobs run transpile_for",
    "devices.tensor.primitives": "TensorEstimator TensorSampler",
    "diagnosis": "about doctor",
    "errors": "ArgumentError BudgetError DeviceError FidelityError FileError MissingExtraError"
    " QtnError VerificationError",
    "estimate": "Estimate",
    "experiments": "Circuits Made Recipe circuits make read_recipe",
    "hybrid": "Extended Form QuantumBornMachine QuantumClassifier QuantumKernel QuantumRegressor "
    "Robustness deploy fit_head lower_energy robustness",
    "interop": "",
    "interop.charged": "circuit_to_blocks",
    "interop.lambeq": "Grammar SentenceCircuit from_lambeq sentence_diagram",
    "interop.operators": "operator",
    "interop.target_files": "load_target",
    "mitigation": "Backpropagated DynamicalDecoupling MitigatedDistribution PEA PEC PNA"
    " PostSelection Readout TEM Technique TwinZNE Twirl VirtualDistillation ZNE backpropagate"
    " mitigate mitigate_distribution",
    "models.from_tensors": "classifier_from_tensors classifier_tensors",
    "models": "MPSBornMachine MPSClassifier MPSRegressor Structure StructureStatus TTNBornMachine"
    " TTNClassifier TTNRegressor fit_structure",
    "parallel": "pmap",
    "physics": "Evolution chain cylinder evolve ground_state product_state propagator",
    "physics.thermal": "metts thermal_state",
    "physics.long_range": "PowerLaw fit_exponentials long_range_mpo",
    "physics.free_fermions": "MeanField mean_field",
    "physics.hadrons": "hadron_circuit",
    "physics.lattice": "ising_partition",
    "physics.matrix_elements": "off_diagonal_elements",
    "physics.response": "structure_factor",
    "physics.values": "expectation",
    "reports": "Comparison EnergyUse compare energy",
    "states": "BlockMPS BlockTruncation MPO MPS TTN Truncation",
    "states.tucker": "core_shapes",
    "statistics": "",
    "verification": "Check infinite_temperature verify",
    "warming": "WarmUp warm_up",
}
_DOORS = {name: f"qtn.{room}" for room, names in _ROOMS.items() for name in names.split()}

__all__ = [*_DOORS]


def __getattr__(name: str) -> Any:
    """Import `name` from its room on first use (PEP 562)."""
    if name in _DOORS:
        value = getattr(importlib.import_module(_DOORS[name]), name)
        globals()[name] = value  # found at once from now on
        return value
    if name in _ROOMS:
        return importlib.import_module(f"qtn.{name}")
    raise AttributeError(f"module 'qtn' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *filter(str.isidentifier, _ROOMS), "__version__"} - {"_io"})
