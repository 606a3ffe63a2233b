"""Targets from files: what qtn, Qiskit, NumPy and quimb leave on disk and no pickle is needed for.

quimb writes states by `quimb.save_to_disk`, which is joblib, hence a pickle: those are refused.
What quimb users can write without it are the arrays of a chain, `numpy.savez(path, *psi.arrays)`,
in quimb's order (left, right, physical), and circuits as OpenQASM 2.
"""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import fail
from qtn._io import load, refuse_pickle, regular_file
from qtn._memory import check_memory
from qtn.errors import ArgumentError, FileError
from qtn.interop.qasm import load_qasm3, load_qpy
from qtn.states import MPS

__all__ = ["load_target"]

HASH = re.compile(r"[0-9a-f]{64}")


def load_target(path: str | os.PathLike[str], *, sha256: str | None = None) -> Any:
    """Load from a file what `qtn.compile`, `qtn.run` and `qtn.verify` take.

    Args:
        path: a file of qtn (`.qtn`: state, operator, model, compiled circuit); a circuit in
            OpenQASM 2 or 3 or in Qiskit's QPY (`.qpy`); an array of NumPy (`.npy`): amplitudes in
            Qiskit's order, or a unitary matrix; the tensors of a matrix product state of quimb as
            `numpy.savez(path, *psi.arrays)` writes them (`.npz`).
        sha256: digest of a `.qpy` file, which must be known: QPY is read only where it is known to
            be what its writer wrote.

    Returns:
        What the file holds: an `MPS`, `TTN`, `MPO`, model, `Compiled`, `QuantumCircuit` or array.

    Raises:
        ArgumentError: a digest that is missing, is none, or is given for another kind of file.
        FileError: no such file, a pickle, or content that cannot be read.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "ghz.npy")
        ...     np.save(path, [0.5**0.5, 0, 0, 0.5**0.5])
        ...     load_target(path).shape
        (4,)
    """
    target = regular_file(path)
    refuse_pickle(target)
    kind = target.suffix.lower()
    if kind == ".qpy":
        return load_qpy(target, _digest(sha256, target))
    if sha256 is not None:
        raise ArgumentError(
            f"Argument `sha256` is for QPY files, but `{path}` is none. Leave it out."
        )
    if kind == ".qtn":
        return load(target)
    if kind == ".npy":
        return _array(target)
    if kind == ".npz":
        return _chain(target)
    return load_qasm3(target)


def _digest(sha256: Any, path: Path) -> str:
    if sha256 is None:
        raise ArgumentError(
            f"File `{path}` is QPY, which is read only with its digest. Give `sha256`, which "
            "`sha256sum` prints where the file comes from, or export OpenQASM 3."
        )
    if not isinstance(sha256, str) or not HASH.fullmatch(sha256.lower()):
        raise fail("sha256", "a digest of 64 hexadecimal digits", sha256)
    return sha256.lower()


def _array(path: Path) -> NDArray[Any]:
    """Read amplitudes or a matrix; objects, which would be pickles, are refused."""
    try:
        found = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise FileError(
            f"File `{path}` holds no array that can be read ({error}). Write numbers: "
            "numpy.save(path, amplitudes)."
        ) from error
    if found.dtype.kind not in "fciub":
        raise FileError(f"File `{path}` holds {found.dtype}, but numbers are needed.")
    return np.asarray(found)


def _chain(path: Path) -> MPS:
    """Read the tensors of a matrix product state as quimb has them."""
    try:
        with zipfile.ZipFile(path) as archive:
            check_memory(2 * sum(i.file_size for i in archive.infolist()), f"`{path}`", FileError)
        with np.load(path, allow_pickle=False) as stored:
            names = [f"arr_{k}" for k in range(len(stored.files))]
            arrays = [np.asarray(stored[name]) for name in names]
    except FileError:
        raise
    except KeyError as error:
        raise FileError(
            f"File `{path}` holds named arrays, not the tensors of a chain. Write them as "
            "numpy.savez(path, *psi.arrays); amplitudes as numpy.save(path, amplitudes)."
        ) from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise FileError(f"File `{path}` holds no arrays that can be read ({error}).") from error
    return _from_quimb_arrays(arrays, path)


def _from_quimb_arrays(arrays: list[NDArray[Any]], path: Path) -> MPS:
    """Return the chain of tensors (right, phys), (left, right, phys), …, (left, phys)."""
    last = len(arrays) - 1
    tensors = []
    for site, array in enumerate(arrays):
        whole = array
        if site == last and whole.ndim in (1, 2):
            whole = whole[..., None, :]  # no bond to the right
        if site == 0 and whole.ndim == 2:
            whole = whole[None]
        if whole.ndim != 3:
            raise FileError(
                f"File `{path}`: tensor {site} has shape {array.shape}, but those of a chain are "
                "(right, phys), (left, right, phys), …, (left, phys), as psi.arrays of quimb's "
                "MatrixProductState with open ends."
            )
        tensors.append(np.swapaxes(whole, 1, 2))
    try:
        return MPS(tuple(tensors))
    except ArgumentError as error:
        raise FileError(f"File `{path}` holds no chain: {error}") from error
