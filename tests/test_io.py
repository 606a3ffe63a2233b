"""Files: atomic, hashed, never half-written, never unpickled."""

import os

import numpy as np
import pytest
import safetensors.numpy

import qtn
from qtn._io import load, save, writable_folder, write_atomic
from qtn.errors import ArgumentError, FileError
from qtn.estimate import Estimate
from qtn.states import MPS


def test_roundtrip(tmp_path) -> None:
    for estimate in (Estimate(0.5, 0.1, 100, "counts"), Estimate(np.arange(3.0), np.ones(3), 5)):
        back = load(save(estimate, tmp_path / "e.qtn"))
        np.testing.assert_array_equal(back.value, estimate.value)
        np.testing.assert_array_equal(back.stderr, estimate.stderr)
        assert (back.shots, back.method) == (estimate.shots, estimate.method)


def test_every_damaged_byte_is_refused(tmp_path) -> None:
    path = save(MPS.product([[0.6, 0.8], [1.0, 0.0]]), tmp_path / "a.qtn")
    blob = path.read_bytes()
    rng = np.random.default_rng(0)
    for position in rng.integers(0, len(blob), 60):
        broken = bytearray(blob)
        broken[position] ^= 1 << int(rng.integers(8))
        path.write_bytes(bytes(broken))
        try:
            state = load(path)
        except FileError:
            continue
        # JSON whitespace may absorb a flipped bit of padding; the content must then be the same.
        np.testing.assert_array_equal(state.to_dense(), [0.6, 0.8, 0, 0])


@pytest.mark.parametrize("keep", [0, 7, 40, -1])
def test_truncated_file(tmp_path, keep: int) -> None:
    path = save(MPS.product([[1.0, 0.0]]), tmp_path / "a.qtn")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(FileError, match="truncated or not a qtn file"):
        load(path)


class Kept:
    """A state of another library."""

    def to_mps(self) -> qtn.MPS:
        return qtn.product_state("neel", 2)


def test_foreign_missing_and_unknown(tmp_path) -> None:
    with pytest.raises(FileError, match="does not exist"):
        load(tmp_path / "none.qtn")
    foreign = tmp_path / "foreign.qtn"
    foreign.write_bytes(safetensors.numpy.save({"x": np.ones(2)}))
    with pytest.raises(FileError, match="not one that qtn wrote"):
        load(foreign)
    with pytest.raises(FileError, match="cannot be read"):
        load(tmp_path)
    with pytest.raises(ArgumentError, match="must be a state, a fitted model"):
        save({"a": 1}, tmp_path / "dict.qtn")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"but is Kept\. Save its `to_mps\(\)`"):
        save(Kept(), tmp_path / "kept.qtn")  # type: ignore[arg-type]


def test_failed_write_keeps_the_old_file(tmp_path) -> None:
    target = tmp_path / "sub" / "x.txt"
    with pytest.raises(FileError, match="cannot be written"):
        write_atomic(target, "text")
    target.parent.mkdir()
    write_atomic(target, "old")
    target.unlink()
    target.mkdir()
    with pytest.raises(FileError, match="cannot be written"):
        write_atomic(target, "new")
    assert os.listdir(target.parent) == ["x.txt"]


def test_writable_folder(tmp_path) -> None:
    assert writable_folder(tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileError, match="cannot be written to"):
        writable_folder(tmp_path / "file" / "below")


def test_links_stay_links(tmp_path) -> None:
    (tmp_path / "there").mkdir()
    file, link = tmp_path / "there" / "file.txt", tmp_path / "link.txt"
    link.symlink_to(file)
    for text in ("first", "second"):
        assert write_atomic(link, text) == link
        assert link.is_symlink()
        assert file.read_text() == text


def test_pipes_behind_links_are_refused(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    with pytest.raises(FileError, match="no ordinary file"):
        write_atomic(tmp_path / "link", "text")
