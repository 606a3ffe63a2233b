"""Files: written atomically, checked by hash when read, never unpickled.

A `.qtn` file is a safetensors file: complex128 arrays as float64 pairs, everything else in a JSON
header with a sha256 over the content. A class can be saved when it has a `kind`, a `pack` and an
`unpack`; `KINDS` names the class to import when a file of that kind is read.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import safetensors
import safetensors.numpy

from qtn._checks import file_path
from qtn.errors import ArgumentError, FileError

FORMAT = 1
KINDS = {
    "pauli-noise": "qtn.mitigation.noise_model:PauliNoise",
    "readout-calibration": "qtn.mitigation.calibration:ReadoutCalibration",
    "compiled": "qtn.aqc.result:Compiled",
    "estimate": "qtn.estimate:Estimate",
    "evolution": "qtn.physics.evolution:Evolution",
    "ground-state": "qtn.physics.ground:GroundState",
    "mps": "qtn.states.mps:MPS",
    "mps-born-machine": "qtn.models.mps_born:MPSBornMachine",
    "mps-regressor": "qtn.models.mps_regressor:MPSRegressor",
    "mps-classifier": "qtn.models.mps:MPSClassifier",
    "training-checkpoint": "qtn.models.checkpoint:Checkpoint",
    "structure": "qtn.models.structure:Structure",
    "ttn": "qtn.states.ttn:TTN",
    "ttn-born-machine": "qtn.models.ttn_born:TTNBornMachine",
    "ttn-regressor": "qtn.models.ttn_regressor:TTNRegressor",
    "ttn-classifier": "qtn.models.ttn:TTNClassifier",
}
_COMPLEX = ".complex128"


@runtime_checkable
class Saveable(Protocol):
    """What `qtn.save` can write."""

    kind: ClassVar[str]

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the arrays and a JSON-able header."""
        ...


def save(obj: Saveable, path: str | os.PathLike[str]) -> Path:
    """Write `obj` to `path` atomically, as safetensors with a JSON header and a content hash.

    Args:
        obj: a model, a state, a compiled circuit or an estimate of qtn.
        path: the file; its folder must exist. The usual suffix is `.qtn`.

    Returns:
        The path written.

    Raises:
        ArgumentError: the object is none that qtn can save.
        FileError: the folder is missing or cannot be written, or the disk is full.

    Example:
        >>> from qtn.estimate import Estimate
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save(Estimate(0.5, 0.1), Path(folder, "half.qtn")).name
        'half.qtn'
    """
    if isinstance(obj, type) or not isinstance(obj, Saveable) or obj.kind not in KINDS:
        raise ArgumentError(
            f"Argument `obj` must be a state, a fitted model, a compiled circuit or an estimate, "
            f"but is {type(obj).__name__}."
        )
    target = file_path("path", path)
    arrays, header = obj.pack()
    flat = {}
    for name, array in arrays.items():
        dense = np.asarray(array)
        if dense.dtype == np.complex128:
            name, dense = name + _COMPLEX, np.stack([dense.real, dense.imag], axis=-1)
        # ascontiguousarray gives a single number an axis, which the reshape takes away again
        flat[name] = np.ascontiguousarray(dense).reshape(dense.shape)
    meta = json.dumps({"format": FORMAT, "kind": obj.kind, **header}, sort_keys=True)
    digest = _digest(flat, meta)
    blob = safetensors.numpy.save(flat, metadata={"qtn": meta, "sha256": digest})
    return write_atomic(target, blob)


def load(path: str | os.PathLike[str]) -> Any:
    """Read what `save` wrote.

    Args:
        path: a file written by `qtn.save`.

    Returns:
        The object, equal to the one saved.

    Raises:
        FileError: no such file, truncated, altered, foreign, or written by a newer qtn.

    Example:
        >>> from qtn.estimate import Estimate
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     load(save(Estimate(0.5, 0.1), Path(folder, "half.qtn")))
        Estimate(0.50 ± 0.10, shots=0, method='exact')
    """
    flat, _meta, header = _read(file_path("path", path))
    if header.get("format", 0) > FORMAT:
        raise FileError(
            f"File `{path}` has format {header['format']}, but this qtn reads up to {FORMAT}. "
            "Upgrade qtn-toolkit."
        )
    if header.get("kind") not in KINDS:
        raise FileError(
            f"File `{path}` holds a {header.get('kind')!r}, which this qtn cannot read."
        )
    arrays = {}
    for name, array in flat.items():
        if name.endswith(_COMPLEX):
            name, array = name.removesuffix(_COMPLEX), array[..., 0] + 1j * array[..., 1]
        arrays[name] = array
    return resolve(header["kind"]).unpack(arrays, header)


def resolve(kind: str) -> Any:
    """Return the class of objects of this kind."""
    module, _, attribute = KINDS[kind].partition(":")
    return getattr(importlib.import_module(module), attribute)


def _read(path: Path) -> tuple[dict[str, np.ndarray], str, dict[str, Any]]:
    try:
        with safetensors.safe_open(os.fspath(path), framework="numpy") as handle:
            metadata = handle.metadata() or {}
            flat = {name: handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118
    except FileNotFoundError as error:
        raise FileError(f"File `{path}` does not exist. Check the path.") from error
    except OSError as error:
        raise FileError(f"File `{path}` cannot be read: {error.strerror or error}.") from error
    except safetensors.SafetensorError as error:
        raise FileError(
            f"File `{path}` is truncated or not a qtn file ({error}). Write it again with qtn.save."
        ) from error
    meta = metadata.get("qtn")
    if meta is None:
        raise FileError(f"File `{path}` is a safetensors file, but not one that qtn wrote.")
    if _digest(flat, meta) != metadata.get("sha256"):
        raise FileError(
            f"File `{path}` was altered or damaged: its content does not match its sha256. "
            "Restore it from a copy or make it again."
        )
    return flat, meta, json.loads(meta)


def _digest(flat: dict[str, np.ndarray], meta: str) -> str:
    digest = hashlib.sha256(meta.encode())
    for name in sorted(flat):
        array = flat[name]
        digest.update(f"{name}|{array.dtype.str}|{array.shape}|".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def write_atomic(path: str | os.PathLike[str], data: bytes | str) -> Path:
    """Write `data` to `path` so that a reader sees the old or the new content, never a part.

    Raises:
        FileError: the folder is missing or cannot be written, or the disk is full.
    """
    target = Path(path)
    content = data.encode() if isinstance(data, str) else data
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, target)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise FileError(
            f"File `{target}` cannot be written: {error.strerror or error}. "
            "Choose a folder that exists, that you may write to and that has space."
        ) from error
    return target


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def writable_folder(path: str | os.PathLike[str]) -> Path:
    """Create the folder `path` if needed and check that files can be written there.

    Raises:
        FileError: it cannot be created or written to.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise FileError(
            f"Folder `{folder}` cannot be written to: {error.strerror or error}. "
            "Choose another output folder."
        ) from error
    return folder
