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
from typing import TYPE_CHECKING, Any

from qtn import _fork
from qtn._version import __version__ as __version__

_fork.watch()
# cotengra names, whenever quimb is imported, optional path optimisers that we do not ask for.
warnings.filterwarnings("ignore", r"Couldn.t (find|import) .(optuna|kahypar)", module="cotengra")

if TYPE_CHECKING:  # what editors and type checkers read; the table below is what runs
    from qtn._io import load as load
    from qtn._io import save as save
    from qtn.aqc import Auto as Auto
    from qtn.aqc import Brickwall as Brickwall
    from qtn.aqc import Compiled as Compiled
    from qtn.aqc import Resume as Resume
    from qtn.aqc import Staircase as Staircase
    from qtn.aqc import Status as Status
    from qtn.aqc import compile as compile
    from qtn.aqc import compress as compress
    from qtn.data import Dataset as Dataset
    from qtn.data import load_digits as load_digits
    from qtn.data import load_idx as load_idx
    from qtn.devices import Budget as Budget
    from qtn.devices import Device as Device
    from qtn.devices import RunResult as RunResult
    from qtn.devices import jobs as jobs
    from qtn.devices import run as run
    from qtn.devices import transpile_for as transpile_for
    from qtn.devices.tensor.primitives import TensorEstimator as TensorEstimator
    from qtn.devices.tensor.primitives import TensorSampler as TensorSampler
    from qtn.errors import ArgumentError as ArgumentError
    from qtn.errors import BudgetError as BudgetError
    from qtn.errors import DeviceError as DeviceError
    from qtn.errors import FidelityError as FidelityError
    from qtn.errors import FileError as FileError
    from qtn.errors import MissingExtraError as MissingExtraError
    from qtn.errors import QtnError as QtnError
    from qtn.errors import VerificationError as VerificationError
    from qtn.estimate import Estimate as Estimate
    from qtn.hybrid import QuantumClassifier as QuantumClassifier
    from qtn.hybrid import deploy as deploy
    from qtn.mitigation import PEA as PEA
    from qtn.mitigation import PEC as PEC
    from qtn.mitigation import TEM as TEM
    from qtn.mitigation import ZNE as ZNE
    from qtn.mitigation import DynamicalDecoupling as DynamicalDecoupling
    from qtn.mitigation import PostSelection as PostSelection
    from qtn.mitigation import Readout as Readout
    from qtn.mitigation import TwinZNE as TwinZNE
    from qtn.mitigation import Twirl as Twirl
    from qtn.mitigation import mitigate as mitigate
    from qtn.models import MPSBornMachine as MPSBornMachine
    from qtn.models import MPSClassifier as MPSClassifier
    from qtn.models import MPSRegressor as MPSRegressor
    from qtn.models import Structure as Structure
    from qtn.models import StructureStatus as StructureStatus
    from qtn.models import TTNBornMachine as TTNBornMachine
    from qtn.models import TTNClassifier as TTNClassifier
    from qtn.models import TTNRegressor as TTNRegressor
    from qtn.models import fit_structure as fit_structure
    from qtn.physics import Evolution as Evolution
    from qtn.physics import chain as chain
    from qtn.physics import cylinder as cylinder
    from qtn.physics import evolve as evolve
    from qtn.physics import ground_state as ground_state
    from qtn.physics import product_state as product_state
    from qtn.reports import Comparison as Comparison
    from qtn.reports import compare as compare
    from qtn.states import MPS as MPS
    from qtn.states import TTN as TTN
    from qtn.states import Truncation as Truncation
    from qtn.verification import Check as Check
    from qtn.verification import verify as verify

# Public name -> module to import it from.
_DOORS = {
    "ArgumentError": "qtn.errors",
    "Auto": "qtn.aqc",
    "Brickwall": "qtn.aqc",
    "Budget": "qtn.devices",
    "BudgetError": "qtn.errors",
    "Check": "qtn.verification",
    "Comparison": "qtn.reports",
    "Compiled": "qtn.aqc",
    "Dataset": "qtn.data",
    "Device": "qtn.devices",
    "DeviceError": "qtn.errors",
    "DynamicalDecoupling": "qtn.mitigation",
    "Estimate": "qtn.estimate",
    "Evolution": "qtn.physics",
    "FidelityError": "qtn.errors",
    "FileError": "qtn.errors",
    "MPS": "qtn.states",
    "MPSBornMachine": "qtn.models",
    "MPSClassifier": "qtn.models",
    "MPSRegressor": "qtn.models",
    "MissingExtraError": "qtn.errors",
    "PEA": "qtn.mitigation",
    "PEC": "qtn.mitigation",
    "PostSelection": "qtn.mitigation",
    "QtnError": "qtn.errors",
    "QuantumClassifier": "qtn.hybrid",
    "Readout": "qtn.mitigation",
    "Resume": "qtn.aqc",
    "RunResult": "qtn.devices",
    "Staircase": "qtn.aqc",
    "Status": "qtn.aqc",
    "TEM": "qtn.mitigation",
    "TTN": "qtn.states",
    "TTNBornMachine": "qtn.models",
    "Structure": "qtn.models",
    "StructureStatus": "qtn.models",
    "fit_structure": "qtn.models",
    "TTNClassifier": "qtn.models",
    "TTNRegressor": "qtn.models",
    "TensorEstimator": "qtn.devices.tensor.primitives",
    "TensorSampler": "qtn.devices.tensor.primitives",
    "Truncation": "qtn.states",
    "TwinZNE": "qtn.mitigation",
    "Twirl": "qtn.mitigation",
    "VerificationError": "qtn.errors",
    "ZNE": "qtn.mitigation",
    "chain": "qtn.physics",
    "compare": "qtn.reports",
    "compile": "qtn.aqc",
    "cylinder": "qtn.physics",
    "compress": "qtn.aqc",
    "deploy": "qtn.hybrid",
    "evolve": "qtn.physics",
    "ground_state": "qtn.physics",
    "jobs": "qtn.devices",
    "load": "qtn._io",
    "load_digits": "qtn.data",
    "load_idx": "qtn.data",
    "mitigate": "qtn.mitigation",
    "product_state": "qtn.physics",
    "run": "qtn.devices",
    "save": "qtn._io",
    "transpile_for": "qtn.devices",
    "verify": "qtn.verification",
}
_ROOMS = (
    "aqc",
    "data",
    "devices",
    "hybrid",
    "interop",
    "mitigation",
    "models",
    "physics",
    "reports",
    "states",
    "verification",
)

__all__ = [*_DOORS]


def __getattr__(name: str) -> Any:
    """Import `name` from its room on first use (PEP 562)."""
    if name in _DOORS:
        value = getattr(importlib.import_module(_DOORS[name]), name)
    elif name in _ROOMS:
        return importlib.import_module(f"qtn.{name}")
    else:
        raise AttributeError(f"module 'qtn' has no attribute {name!r}")
    globals()[name] = value  # found at once from now on
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *_ROOMS, "__version__"})
