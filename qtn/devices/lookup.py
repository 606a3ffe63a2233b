"""Devices by name or object: what `device=` means, and which engine will do the work."""

from __future__ import annotations

import functools
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from qiskit.primitives import BaseEstimatorV2, BaseSamplerV2
from qiskit.providers import BackendV2

from qtn._checks import choice, fail, positive_int, real
from qtn._optional import require
from qtn.devices.engines.base import Engine
from qtn.devices.engines.simulators import backend_engine, fake_backend_names, named_engine
from qtn.errors import DeviceError

__all__ = ["Device", "fake_backend_names", "resolve"]

METHODS = ("auto", "aer", "tensor", "density_matrix", "statevector", "backend")
EXPECTED = "a device name, a Qiskit BackendV2, BaseSamplerV2 or BaseEstimatorV2, or an Engine"
WAY_OUT = 'For instance device="aer", device="FakeAlgiers", or a backend object of a provider.'


@dataclass(frozen=True, slots=True, repr=False)
class Device:
    """Where circuits run, and how a simulated device is computed.

    Args:
        target: `"aer"` (noiseless), `"aer-gpu"`, `"tensor"`, the name of a fake backend such as
            `"FakeAlgiers"`, `"ibm_..."` (saved IBM account), a `BackendV2`, a `BaseSamplerV2`,
            a `BaseEstimatorV2`, or an `Engine` of your own.
        engine: for backends: `"auto"` (fake backends: simulated by the cheapest method; others:
            their own), `"backend"` (always their own), or a simulation of their noise by `"aer"`
            (best Aer method), `"density_matrix"`, `"statevector"` (Aer trajectories) or
            `"tensor"`.
        reads: how often a status or result is asked for before giving up for now; the job stays
            where it is. Submissions are never repeated.
        first_wait: seconds before the second attempt; doubled for each further one.
        patience: seconds to wait for the results of recorded jobs on a remote device before
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
        kinds = (str, Engine, BackendV2, BaseSamplerV2, BaseEstimatorV2)
        if not isinstance(self.target, kinds) or self.target == "":
            raise fail("device", EXPECTED, self.target, WAY_OUT)
        choice("engine", self.engine, METHODS)
        positive_int("reads", self.reads)
        real("first_wait", self.first_wait, 0.0)
        if self.patience is not None:
            real("patience", self.patience, 0.0, way_out="None waits as long as it takes.")

    @classmethod
    def of(cls, device: Any) -> Device:
        """Wrap a name or an object; a `Device` is returned as it is."""
        return device if isinstance(device, Device) else cls(device)

    def __repr__(self) -> str:
        how = "" if self.engine == "auto" else f", engine={self.engine!r}"
        return f"Device({self.label!r}{how})"

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
    if isinstance(target, Engine):
        return target
    if isinstance(target, BackendV2):
        return _by_backend(target, wanted.engine)
    if isinstance(target, BaseSamplerV2):
        from qtn.devices.engines.samplers import sampler_engine

        return sampler_engine(target)
    if isinstance(target, BaseEstimatorV2):
        from qtn.devices.engines.estimators import EstimatorEngine

        return EstimatorEngine(target)
    raise fail("device", EXPECTED, target, WAY_OUT)


def _by_name(name: str, engine: str) -> Engine:
    if name.startswith("queue:"):
        return _by_backend(_queue(name), engine)
    if name.startswith("ibm_"):
        return _by_backend(_ibm_backend(name), engine)
    return named_engine(name, engine)


@functools.cache
def _queue(name: str) -> BackendV2:
    from qtn.devices.engines.local_queue import LocalQueue

    return LocalQueue(name.removeprefix("queue:"))


_ENGINES: OrderedDict[tuple[int, str], tuple[BackendV2, Engine]] = OrderedDict()
KEPT_ENGINES = 16


def _by_backend(backend: BackendV2, engine: str) -> Engine:
    """One engine per backend object, so that its noise models and open jobs are found again."""
    key = (id(backend), engine)
    if key not in _ENGINES or _ENGINES[key][0] is not backend:
        _ENGINES[key] = backend, backend_engine(backend, engine)
        while len(_ENGINES) > KEPT_ENGINES:
            _ENGINES.popitem(last=False)
    _ENGINES.move_to_end(key)
    return _ENGINES[key][1]


@functools.cache
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
