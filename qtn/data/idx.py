"""The IDX format of the MNIST family: a magic number, the axis lengths, then the values."""

from __future__ import annotations

import gzip
import math
import os
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._checks import file_path
from qtn.errors import FileError

# Third byte of the magic number -> big-endian type of the values.
_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MAX_AXES = 8


def load_idx(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Read one IDX file, gzip-compressed or not.

    An IDX file starts with two zero bytes, a byte for the type, a byte for the number of axes, then
    the axis lengths as big-endian 32-bit integers and the values, last axis fastest.

    Args:
        path: the file, for instance `train-images-idx3-ubyte.gz`. Compression is recognised by the
            content, not by the name.

    Returns:
        The values, with the axes of the file, in the machine's byte order.

    Raises:
        FileError: no such file, damaged compression, no IDX header, or a number of values that
            the header does not announce.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "labels")
        ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 3]))
        ...     load_idx(path)
        array([7, 3], dtype=uint8)
    """
    content = _content(file_path("path", path))
    if len(content) < 4:
        raise FileError(
            f"File `{path}` is truncated: an IDX file has at least 4 bytes, this one has "
            f"{len(content)}. Fetch it again."
        )
    zeros, code, axes = content[:2], content[2], content[3]
    if zeros != b"\0\0" or code not in _TYPES or not 1 <= axes <= _MAX_AXES:
        raise FileError(
            f"File `{path}` is no IDX file: its first four bytes are {content[:4].hex(' ')}, "
            "expected 00 00, a type (08 for bytes) and the number of axes."
        )
    start = 4 + 4 * axes
    if len(content) < start:
        raise FileError(
            f"File `{path}` is truncated within its header of {axes} axes. Fetch it again."
        )
    shape = tuple(int(n) for n in np.frombuffer(content, ">u4", axes, 4))
    dtype = np.dtype(_TYPES[code])
    announced, present = math.prod(shape) * dtype.itemsize, len(content) - start
    if announced != present:
        state = "truncated" if present < announced else "longer than it should be"
        raise FileError(
            f"File `{path}` is {state}: its header announces shape {shape}, that is {announced} "
            f"bytes of values, but {present} follow. Fetch it again."
        )
    values = np.frombuffer(content, dtype, offset=start).reshape(shape)
    return values.astype(dtype.newbyteorder("="))


def _content(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise FileError(f"File `{path}` cannot be read: {error.strerror or error}.") from error
    if raw[:2] != b"\x1f\x8b":
        return raw
    try:
        return gzip.decompress(raw)
    except (EOFError, OSError, zlib.error) as error:
        raise FileError(
            f"File `{path}` is a truncated or damaged gzip file ({error}). Fetch it again."
        ) from error
