"""Reading proteins and their folds."""

from __future__ import annotations

import lzma
from pathlib import Path

import numpy as np
import pytest

from qtn.applications.proteins import load_deeploc
from qtn.errors import ArgumentError, FileError

HEAD = "accession\tpartition\tlabels\tlength\tseq_n128_c64\n"
ROWS = (
    "A\t0\tCytoplasm\t5\tMKVAA\nB\t1\tCell membrane\t300\tmll*vif\n"
    "C\t1\tCytoplasm|Nucleus\t4\tMKKK\nD\t1\tNucleus\t3\tMAA\nE\t0\tCell membrane\t4\tMLLL\n"
)


@pytest.fixture(params=["proteins.tsv", "proteins.tsv.xz"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    found = tmp_path / request.param
    data = (HEAD + ROWS).encode()
    found.write_bytes(lzma.compress(data) if found.suffix == ".xz" else data)
    return found


def test_proteins_with_exactly_one_of_the_labels_are_read(path: Path) -> None:
    found = load_deeploc(path)
    assert repr(found) == "Proteins(3: 2 Cell membrane, 1 Cytoplasm; 2 folds)"
    assert found.sequences == ("MKVAA", "MLL*VIF", "MLLL")
    assert found.lengths.tolist() == [5, 300, 4]
    train, test = found.fold(1)
    assert (len(train), test.sequences) == (2, ("MLL*VIF",))
    assert len(load_deeploc(path, ("Nucleus", "Cytoplasm"))) == 2


def test_what_cannot_be_read_is_refused(path: Path, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="No protein has the label 'Golgi' alone"):
        load_deeploc(path, ("Golgi", "Cytoplasm"))
    with pytest.raises(ArgumentError, match="at least two places"):
        load_deeploc(path, ("Cytoplasm",))
    with pytest.raises(ArgumentError, match=r"`number` must be one of the folds \[0, 1\]"):
        load_deeploc(path).fold(7)
    for text, told in (
        ("a\tb\n1\t2\n", "lacks partition, labels, length"),
        (HEAD.replace("seq_n128_c64", "x") + ROWS, "lacks a sequence"),
        (HEAD, "no table of proteins"),
        (HEAD + ROWS.replace("A\t0", "A\tzero"), "no number"),
    ):
        bad = tmp_path / "bad.tsv"
        bad.write_text(text)
        with pytest.raises(FileError, match=told):
            load_deeploc(bad)
    (tmp_path / "torn.xz").write_bytes(b"no xz")
    with pytest.raises(FileError, match="cannot be read as a table of proteins"):
        load_deeploc(tmp_path / "torn.xz")
    with pytest.raises(FileError):
        load_deeploc(tmp_path / "absent.tsv")


def test_the_set_is_the_one_that_is_described(shared_data: Path) -> None:
    found = load_deeploc(shared_data / "deeploc" / "deeploc2_swissprot.tsv.xz")
    assert len(found) == 7352
    assert np.mean(found.labels == "Cell membrane") == pytest.approx(0.377, abs=5e-4)
    sizes = np.bincount(found.folds)
    assert (sizes.min(), sizes.max()) == (1336, 1626)
