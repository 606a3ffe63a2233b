"""Devices by name or object: what `device=` means, and which engine will do the work."""

from __future__ import annotations

import difflib
import functools
import hashlib
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.primitives import BaseEstimatorV2, BaseSamplerV2, BitArray
from qiskit.providers import BackendV2
from qiskit.transpiler import Target

from qtn._checks import choice, fail, positive_int, real
from qtn._optional import require
from qtn.errors import ArgumentError, DeviceError

__all__ = [
    "Device",
    "Engine",
    "JobFailedError",
    "Raw",
    "RemoteEngine",
    "Values",
    "fake_backend_names",
    "resolve",
]

SIMULATORS = ("aer", "aer-gpu", "tensor")
ENGINES = ("auto", "aer", "tensor", "density_matrix", "statevector", "backend")

Pub = tuple[QuantumCircuit, NDArray[np.float64] | None]


@dataclass(frozen=True, slots=True)
class Values:
    """What an estimator returns for one circuit: values and errors, shape (bindings, observables).

    The axis over bindings is absent for a circuit without parameters.
    """

    value: NDArray[np.float64]
    stderr: NDArray[np.float64]
    method: str


Raw: TypeAlias = BitArray | Values


EXPECTED = "a device name, a Qiskit BackendV2, a BaseSamplerV2 or a BaseEstimatorV2"
WAY_OUT = 'For instance device="aer", device="FakeAlgiers", or a backend object of a provider.'


@dataclass(frozen=True, slots=True)
class Device:
    """Where circuits run, and how a simulated device is computed.

    Attributes:
        target: `"aer"` (noiseless), `"aer-gpu"`, `"tensor"`, the name of a fake backend such as
            `"FakeAlgiers"`, `"ibm_..."` (saved IBM account), a `BackendV2`, a `BaseSamplerV2`
            or a `BaseEstimatorV2`.
        engine: for backends: `"auto"` (fake backends: simulated by the cheapest method; others:
            their own), `"backend"` (always their own), or a simulation of their noise by `"aer"`
            (best Aer method), `"density_matrix"`, `"statevector"` (Aer trajectories) or
            `"tensor"`.
        reads: how often a status or result is asked for before giving up for now; the job stays
            where it is. Submissions are never repeated.
        first_wait: seconds before the second attempt; doubled for each further one.
        patience: seconds to wait for the results of recorded jobs on a device of others before
            giving up for now, even if the provider's client never returns; the jobs stay where
            they are, and the same call takes them up again. None waits as long as it takes.

    Example:
        >>> Device("FakeAlgiers", engine="tensor").label
        'FakeAlgiers'
    """

    target: Any = "aer"
    engine: str = "auto"
    reads: int = 8
    first_wait: float = 1.0
    patience: float | None = None

    def __post_init__(self) -> None:
        kinds = (str, BackendV2, BaseSamplerV2, BaseEstimatorV2)
        if not isinstance(self.target, kinds) or self.target == "":
            raise fail("device", EXPECTED, self.target, WAY_OUT)
        choice("engine", self.engine, ENGINES)
        positive_int("reads", self.reads)
        real("first_wait", self.first_wait, 0.0)
        if self.patience is not None:
            real("patience", self.patience, 0.0, way_out="None waits as long as it takes.")

    @classmethod
    def of(cls, device: Any) -> Device:
        """Wrap a name or an object; a `Device` is returned as it is."""
        return device if isinstance(device, Device) else cls(device)

    @property
    def label(self) -> str:
        """A name to print."""
        if isinstance(self.target, str):
            return self.target
        name = getattr(self.target, "name", None)
        if isinstance(name, str):
            return name
        if isinstance(self.target, BaseSamplerV2 | BaseEstimatorV2):
            return resolve(self).name
        return type(self.target).__name__


class Engine(ABC):
    """What executes circuits that are already in the device's gates."""

    batch: int = 64  # parameter bindings per unit of work
    local: bool = True  # runs here and can be repeated at no cost
    options: str = ""  # the caller's own settings, part of what was asked
    gives_values: bool = False  # expectation values of its own making instead of bits
    paid: bool = False  # a provider may charge for executions

    def __init__(self, name: str, target: Target | None) -> None:
        self.name = name
        self.target = target

    @abstractmethod
    def sample(self, pubs: Sequence[Pub], shots: int, seed: int) -> tuple[Sequence[Raw], str]:
        """Run circuits; return the bits (or values) of each, and which method ran and why."""


class RemoteEngine(Engine):
    """A device of others: submissions have an id and a tag, and results come later."""

    batch = 1_000_000
    local = False
    paid = True
    search_is_complete = False  # whether finding no job with a tag proves that there is none

    @abstractmethod
    def submit(self, pubs: Sequence[Pub], shots: int, seed: int, tag: str) -> str:
        """Submit once and return the provider's job id."""

    @abstractmethod
    def find(self, tag: str) -> list[str]:
        """Return the ids of the jobs that carry `tag`."""

    @abstractmethod
    def collect(
        self, job_id: str, pubs: Sequence[Pub], shots: int, seed: int
    ) -> tuple[Sequence[Raw], str]:
        """Wait for a job and return its bits or values.

        Raises:
            JobFailedError: it will never finish.
        """

    @abstractmethod
    def cancel(self, job_id: str) -> Any:
        """Ask the provider to cancel a job; False if it will not."""

    def status(self, job_id: str) -> str:
        """Return DONE, CANCELLED or ERROR, the provider's own word, or nothing if untold."""
        return ""

    def forget(self, job_id: str) -> None:
        """Let go of what this process holds of a job; its result is stored."""

    def usage(self, job_id: str) -> float | None:
        """Return the device seconds that the provider accounts for a job; None if untold."""
        return None

    def calibration(self) -> str:
        """Return a hash of the device's current error rates; empty if it tells none."""
        if self.target is None:
            return ""
        rates = [
            (name, qubits, getattr(entry, "error", None), getattr(entry, "duration", None))
            for name in self.target.operation_names
            for qubits, entry in (self.target[name] or {}).items()
        ]
        return hashlib.sha256(repr(sorted(map(repr, rates))).encode()).hexdigest()[:16]

    def sample(self, pubs: Sequence[Pub], shots: int, seed: int) -> tuple[Sequence[Raw], str]:
        job_id = self.submit(pubs, shots, seed, "")
        try:
            return self.collect(job_id, pubs, shots, seed)
        finally:
            self.forget(job_id)


class JobFailedError(DeviceError):
    """The provider says that a job has failed or was cancelled."""


def resolve(device: Any) -> Engine:
    """Return the engine of a device name or object.

    Args:
        device: as in `Device.target`, or a `Device`.

    Raises:
        ArgumentError: unknown name (with the nearest names) or unusable object.
        MissingExtraError: the package of a fake backend is not installed.

    Example:
        >>> resolve("aer").name
        'aer'
    """
    wanted = Device.of(device)
    target = wanted.target
    if isinstance(target, str):
        return _by_name(target, wanted.engine)
    if isinstance(target, BackendV2):
        return _by_backend(target, wanted.engine)
    if isinstance(target, BaseSamplerV2):
        from qtn.devices.engines.samplers import sampler_engine

        return sampler_engine(target)
    if isinstance(target, BaseEstimatorV2):
        from qtn.devices.engines.estimators import EstimatorEngine

        return EstimatorEngine(target)
    raise fail("device", EXPECTED, target, WAY_OUT)


def fake_backend_names() -> tuple[str, ...]:
    """Return the names of the fake backends that qiskit-ibm-runtime offers offline."""
    return tuple(sorted(_fake_classes()))


@functools.cache
def _fake_classes() -> dict[str, Any]:
    provider = require("qiskit_ibm_runtime.fake_provider", "ibm")
    classes = {n: getattr(provider, n) for n in dir(provider) if n.startswith("Fake")}
    return {n: c for n, c in classes.items() if isinstance(c, type) and issubclass(c, BackendV2)}


@functools.cache
def _by_name(name: str, engine: str) -> Engine:
    if name in ("aer", "aer-gpu"):
        from qtn.devices.engines.aer import AerEngine

        return AerEngine(name)
    if name == "tensor":
        from qtn.devices.engines.tensor_engine import TensorEngine

        return TensorEngine()
    if name.startswith("queue:"):
        from qtn.devices.engines.local_queue import LocalQueue

        return _by_backend(LocalQueue(name.removeprefix("queue:")), engine)
    if name.startswith("ibm_"):
        return _by_backend(_ibm_backend(name), engine)
    classes = _fake_classes()
    matches = {_plain(n): n for n in classes}
    if _plain(name) not in matches:
        near = difflib.get_close_matches(_plain(name), [*matches, *SIMULATORS], n=3, cutoff=0.5)
        nearest = [matches.get(n, n) for n in near]
        hint = f"Did you mean {' or '.join(repr(n) for n in nearest)}? " if nearest else ""
        known = ", ".join((*SIMULATORS, *sorted(classes)))
        raise ArgumentError(
            f"Argument `device` is {name!r}, which is no known device. {hint}Known: {known}; "
            "or give a Qiskit backend or sampler object."
        )
    return _fake_engine(matches[_plain(name)], engine)


@functools.cache
def _fake_engine(name: str, engine: str) -> Engine:
    """One engine per fake device, so that all spellings of its name share what is cached."""
    return _backend_engine(_fake_classes()[name](), engine)


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").removesuffix("v2")


_ENGINES: OrderedDict[tuple[int, str], tuple[BackendV2, Engine]] = OrderedDict()
KEPT_ENGINES = 16


def _by_backend(backend: BackendV2, engine: str) -> Engine:
    """One engine per backend object, so that its noise models and open jobs are found again."""
    key = (id(backend), engine)
    if key not in _ENGINES or _ENGINES[key][0] is not backend:
        _ENGINES[key] = backend, _backend_engine(backend, engine)
        while len(_ENGINES) > KEPT_ENGINES:
            _ENGINES.popitem(last=False)
    _ENGINES.move_to_end(key)
    return _ENGINES[key][1]


def _backend_engine(backend: BackendV2, engine: str) -> Engine:
    from qtn.devices.engines.samplers import backend_engine
    from qtn.devices.engines.simulated import SimulatedEngine

    if engine == "backend" or (engine == "auto" and not _is_offline_model(backend)):
        return backend_engine(backend)
    return SimulatedEngine(backend, engine)


def _is_offline_model(backend: BackendV2) -> bool:
    """Say whether a backend is only a description of a device that Aer would simulate."""
    kinds = {base.__name__ for base in type(backend).__mro__}
    return bool(kinds & {"FakeBackendV2", "GenericBackendV2"})


def _ibm_backend(name: str) -> BackendV2:
    runtime = require("qiskit_ibm_runtime", "ibm")
    try:
        backend: BackendV2 = runtime.QiskitRuntimeService().backend(name)
    except Exception as error:
        # the message of the client may quote account details, so it is not repeated here
        raise DeviceError(
            f"The saved IBM account cannot open {name!r} ({type(error).__name__}). Save an account "
            "with QiskitRuntimeService.save_account, or give a backend object as `device`."
        ) from None
    return backend
