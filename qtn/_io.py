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
import stat
import tempfile
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import safetensors
import safetensors.numpy

from qtn._checks import file_path
from qtn._memory import check_memory
from qtn.errors import ArgumentError, FileError

FORMAT = 1
KINDS = {
    "layer-noise": "qtn.mitigation.noise_forms.layers:LayerNoise",
    "pauli-noise": "qtn.mitigation.values.pauli_noise:PauliNoise",
    "readout-calibration": "qtn.mitigation.values.calibration:ReadoutCalibration",
    "block-mps": "qtn.states.blocks.block_mps:BlockMPS",
    "comparison": "qtn.reports.comparison:Comparison",
    "compiled": "qtn.aqc.result:Compiled",
    "estimate": "qtn.estimate:Estimate",
    "device-descent": "qtn.hybrid.refine.descents.base:Descent",
    "evolution": "qtn.states.origin:Evolved",
    "ground-state": "qtn.states.origin:Ground",
    "mapped": "qtn.parallel.kept:Kept",
    "mpo": "qtn.states.mpo:MPO",
    "mps": "qtn.states.mps:MPS",
    "mps-born-machine": "qtn.models.mps_born:MPSBornMachine",
    "mps-regressor": "qtn.models.mps_regressor:MPSRegressor",
    "mps-classifier": "qtn.models.mps:MPSClassifier",
    "propagator": "qtn.states.origin:Propagated",
    "sentence-classifier": "qtn.applications.language.door:SentenceClassifier",
    "sequence-classifier": "qtn.applications.sequences.door:SequenceClassifier",
    "training-checkpoint": "qtn.models.training.checkpoint:Checkpoint",
    "structure": "qtn.models.structure.outcome:Structure",
    "ttn": "qtn.states.ttn:TTN",
    "ttn-born-machine": "qtn.models.ttn_born:TTNBornMachine",
    "ttn-regressor": "qtn.models.ttn_regressor:TTNRegressor",
    "ttn-classifier": "qtn.models.ttn:TTNClassifier",
}
# What is found in files of these kinds only.
PARTS = {name: f"qtn.physics.evolution:{name}" for name in ("BUG", "ParallelBUG", "TDVP", "TEBD")}
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
        way_out = getattr(obj, "to_mps", None) and " Save its `to_mps()`."
        raise ArgumentError(
            f"Argument `obj` must be a state, a fitted model, a compiled circuit or an estimate, "
            f"but is {type(obj).__name__}.{way_out or ''}"
        )
    target = file_path("path", path)
    flat, header = _flattened(obj)
    try:
        meta = json.dumps({"format": FORMAT, "kind": obj.kind, **header}, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            f"Argument `obj` holds a value that a file cannot keep ({error}). Make it a number, a "
            "text, or a list of these."
        ) from error
    digest = _digest(flat, meta)
    blob = safetensors.numpy.save(flat, metadata={"qtn": meta, "sha256": digest})
    return write_atomic(target, _in_order(blob))


def _in_order(blob: bytes) -> bytes:
    """Return a safetensors file whose metadata stand in one order: the library's own is random."""
    size = int.from_bytes(blob[:8], "little")
    header = json.loads(blob[8 : 8 + size])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # arrays begin at a multiple of eight bytes
    return len(text).to_bytes(8, "little") + text + blob[8 + size :]


def _flattened(obj: Saveable) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    arrays, header = obj.pack()
    flat = {}
    for name, array in arrays.items():
        dense = np.asarray(array)
        if dense.dtype == np.complex128:
            name, dense = name + _COMPLEX, np.stack([dense.real, dense.imag], axis=-1)
        # ascontiguousarray gives a single number an axis, which the reshape takes away again
        flat[name] = np.ascontiguousarray(dense).reshape(dense.shape)
    return flat, header


def load(path: str | os.PathLike[str]) -> Any:
    """Read what `save` wrote.

    Args:
        path: a file written by `qtn.save`.

    Returns:
        The object, equal to the one saved.

    Raises:
        FileError: no such file, truncated, altered, foreign, or written by a newer qtn; also a
            file whose parts contradict each other, however it came to be.

    Example:
        >>> from qtn.estimate import Estimate
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     load(save(Estimate(0.5, 0.1), Path(folder, "half.qtn")))
        Estimate(0.50 ± 0.10, shots=0, method='exact')
    """
    flat, header = _read(regular_file(path))
    version, kind = header.get("format"), header.get("kind")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise FileError(f"File `{path}` names no format that qtn ever wrote: {version!r}.")
    if version > FORMAT:
        raise FileError(
            f"File `{path}` has format {version}, but this qtn reads up to {FORMAT}. "
            "Upgrade qtn-toolkit."
        )
    if not isinstance(kind, str) or kind not in KINDS:
        raise FileError(f"File `{path}` holds a {kind!r}, which this qtn cannot read.")
    try:
        obj = resolve(kind).unpack(_unflattened(flat), header)
        _same_content(obj, flat, header)
    except _FOREIGN as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise FileError(
            f"File `{path}` does not hold what a {kind} needs ({reason or type(error).__name__}): "
            "it was changed by hand or by another program. Restore it from a copy or make it again."
        ) from error
    return obj


_PICKLES = (".pkl", ".pickle", ".joblib", ".dmp", ".dill", ".pt", ".pth")

# What a header or an array that does not fit can raise on its way through a constructor.
_FOREIGN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
)


def _unflattened(flat: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    arrays = {}
    for name, array in flat.items():
        if name.endswith(_COMPLEX):
            if array.dtype != np.float64 or array.shape[-1:] != (2,):
                raise ValueError(f"array {name} must hold pairs of float64")
            # A view keeps the sign of zeros, which 1j * x would not.
            name, array = name.removesuffix(_COMPLEX), array.view(np.complex128)[..., 0]
        arrays[name] = array
    return arrays


def _same_content(obj: Saveable, flat: dict[str, np.ndarray], header: dict[str, Any]) -> None:
    """Check that an object would be written as the file has it, so that nothing was passed over.

    Fields that an older qtn did not write yet may be missing, at any depth; where a model was
    trained and what it wrote on the way is not kept.
    """
    arrays, now = _flattened(obj)
    if set(arrays) != set(flat):
        raise ValueError(f"arrays {sorted(set(arrays) ^ set(flat))[:3]} are missing or too many")
    for name, array in arrays.items():
        if (array.dtype, array.shape) != (flat[name].dtype, flat[name].shape):
            raise ValueError(f"array {name} has dtype {flat[name].dtype}, shape {flat[name].shape}")
        if array.tobytes() != flat[name].tobytes():
            raise ValueError(f"array {name} has values that are none")
    now |= {"format": header["format"], "kind": obj.kind}
    for name in header:
        value = _known_then(now.get(name, KeyError), header[name])
        if _comparable(header[name]) != _comparable(value):
            raise ValueError(f"{name} is not what follows from the rest")


def _known_then(value: Any, told: Any) -> Any:
    """Return of nested fields those that a file has."""
    if isinstance(value, dict) and isinstance(told, dict):
        return {k: _known_then(v, told[k]) for k, v in value.items() if k in told}
    return value


def _comparable(value: Any) -> str:
    if isinstance(value, dict):
        value = {k: v for k, v in value.items() if k not in ("checkpoint", "device")}
    return json.dumps(value, sort_keys=True, default=repr)


def resolve(kind: str) -> Any:
    """Return the class of objects of this kind, or of this part of one."""
    module, _, attribute = {**KINDS, **PARTS}[kind].partition(":")
    return getattr(importlib.import_module(module), attribute)


def regular_file(path: str | os.PathLike[str]) -> Path:
    """Return the path of an ordinary file that fits into the free memory.

    Pipes and devices are refused: reading them waits, or never ends.

    Raises:
        ArgumentError: no path.
        FileError: no such file, none that can be read, or one that is too large.
    """
    target = file_path("path", path)
    try:
        found = target.stat()
    except FileNotFoundError as error:
        raise FileError(f"File `{path}` does not exist. Check the path.") from error
    except OSError as error:
        raise FileError(f"File `{path}` cannot be read: {error.strerror or error}.") from error
    if not stat.S_ISREG(found.st_mode):
        raise FileError(f"File `{path}` cannot be read: it is no ordinary file.")
    check_memory(3 * found.st_size, f"Reading `{path}`", FileError)
    return target


def refuse_pickle(path: Path) -> None:
    """Raise for a file that pickle or joblib wrote (as `quimb.save_to_disk` does): never opened.

    Raises:
        FileError: its first bytes or its name say so.
    """
    with path.open("rb") as stream:
        head = stream.read(2)
    if (head[:1] == b"\x80" and head[1:] in b"\2\3\4\5" and head[1:]) or (
        path.suffix.lower() in _PICKLES
    ):
        raise FileError(
            f"File `{path}` is a pickle, which may run any code when it is read: qtn reads none. "
            "Where it was written, write arrays: numpy.savez(path, x=rows, y=labels) for rows, "
            "numpy.savez(path, *psi.arrays) for an MPS of quimb, numpy.save(path, amplitudes) for "
            'a state, or qtn.save(qtn.MPS.from_quimb(psi), "state.qtn").'
        )


def _read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    try:
        with safetensors.safe_open(os.fspath(path), framework="numpy") as handle:
            metadata = handle.metadata() or {}
            flat = {name: handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118
    except OSError as error:
        raise FileError(f"File `{path}` cannot be read: {error.strerror or error}.") from error
    except safetensors.SafetensorError as error:
        raise FileError(
            f"File `{path}` is truncated or not a qtn file ({error}). Write it again with qtn.save."
        ) from error
    except _FOREIGN as error:
        raise FileError(
            f"File `{path}` holds an array of a type that qtn never writes ({error})."
        ) from error
    meta = metadata.get("qtn")
    if meta is None:
        raise FileError(f"File `{path}` is a safetensors file, but not one that qtn wrote.")
    if _digest(flat, meta) != metadata.get("sha256"):
        raise FileError(
            f"File `{path}` was altered or damaged: its content does not match its sha256. "
            "Restore it from a copy or make it again."
        )
    try:
        header = json.loads(meta)
    except (ValueError, RecursionError) as error:
        raise FileError(f"File `{path}` has a header that is no JSON ({error}).") from error
    if not isinstance(header, dict):
        raise FileError(f"File `{path}` has a header that is no JSON object.")
    return flat, header


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
    named = file_path("path", path)
    # A link stays one: what it points to is written.
    target = Path(os.path.realpath(named)) if named.is_symlink() else named
    content = data.encode() if isinstance(data, str) else data
    temporary = None
    try:
        if named.exists() and not named.is_file() and not named.is_dir():
            raise FileError(f"File `{named}` cannot be written: it is no ordinary file.")
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, target)
    except FileError:
        raise
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise FileError(
            f"File `{target}` cannot be written: {error.strerror or error}. "
            "Choose a folder that exists, that you may write to and that has space."
        ) from error
    return named


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def writable_folder(path: str | os.PathLike[str]) -> Path:
    """Create the folder `path` if needed and check that files can be written there.

    Raises:
        FileError: it cannot be created or written to.
    """
    folder = file_path("path", path)
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
