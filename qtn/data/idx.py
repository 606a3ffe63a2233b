"""The IDX format of the MNIST family: a magic number, the axis lengths, then the values."""

from __future__ import annotations

import gzip
import math
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from qtn._checks import file_path
from qtn._memory import check_memory
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
        FileError: no such file, damaged compression, no IDX header, a number of values that the
            header does not announce, or more of them than the free memory holds.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "labels")
        ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 3]))
        ...     load_idx(path)
        array([7, 3], dtype=uint8)
    """
    target = file_path("path", path)
    with _opened(target) as stream:
        content = _read(stream, target, 4 + 4 * _MAX_AXES)
        shape, dtype, start = _header(content, target)
        announced = math.prod(shape) * dtype.itemsize
        check_memory(2 * announced, f"File `{path}`, which announces shape {shape},", FileError)
        # One byte more than announced tells a file that is too long, however long it is.
        content += _read(stream, target, max(start + announced + 1 - len(content), 0))
    present = len(content) - start
    if announced != present:
        state = "truncated" if present < announced else "longer than it should be"
        raise FileError(
            f"File `{path}` is {state}: its header announces shape {shape}, that is {announced} "
            f"bytes of values, but {'more' if present > announced else present} follow. Fetch it "
            "again."
        )
    values = np.frombuffer(content, dtype, offset=start).reshape(shape)
    return values.astype(dtype.newbyteorder("="))


def _header(content: bytes, path: Path) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    """Return shape, dtype and where the values begin."""
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
    return shape, np.dtype(_TYPES[code]), start


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Open an ordinary file, through gzip where its content says so."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise FileError(f"File `{path}` cannot be read: it is no ordinary file.")
        raw = path.open("rb")
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"File `{path}` cannot be read: {error.strerror or error}.") from error
    with raw:
        compressed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        yield cast(IO[bytes], gzip.GzipFile(fileobj=raw) if compressed else raw)


def _read(stream: IO[bytes], path: Path, count: int) -> bytes:
    """Return at most `count` bytes: what a file unpacks to is not taken on trust."""
    try:
        return stream.read(count)
    except (EOFError, OSError, zlib.error) as error:
        raise FileError(
            f"File `{path}` is a truncated or damaged gzip file ({error}). Fetch it again."
        ) from error
