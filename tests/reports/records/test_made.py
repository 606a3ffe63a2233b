"""The making of a comparison: command, versions, hashes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from qtn.reports.records.made import command_line, digest, made_now


@pytest.mark.parametrize(
    ("arguments", "spec", "told"),
    [
        (["/home/me/run it.py", "--seed", "3"], None, "python 'run it.py' --seed 3"),
        (["/venv/bin/qtn", "compare", "model.qtn"], None, "qtn compare model.qtn"),
        (["/x/qtn/__main__.py", "demo"], "qtn.__main__", "python -m qtn demo"),
        (["-c"], None, ""),
        ([""], None, ""),
        ([], None, ""),
        (["/x/ipykernel_launcher.py", "-f", "kernel.json"], "ipykernel_launcher", ""),
        (["job.py", "--api-key", "abc123"], None, "python job.py --api-key ***"),
    ],
)
def test_the_command(arguments: list[str], spec: str | None, told: str) -> None:
    main = SimpleNamespace(__spec__=None if spec is None else SimpleNamespace(name=spec))
    assert command_line(arguments, main) == told


def test_hashes_tell_content_type_and_shape_apart() -> None:
    base = np.arange(6.0)
    others = [base + 1, base.astype(int), base.reshape(2, 3), np.array(list("abcdef")), [["x"]]]
    found = [digest(base), *map(digest, others)]
    assert len(set(found)) == len(found)
    assert digest(base) == digest(list(base)) == digest(base[::1].copy())
    assert digest(["a", "b"]) != digest(["ab"])


def test_the_making_now() -> None:
    made = made_now(3, test_rows=np.zeros((2, 2)))
    assert made.seed == 3
    assert made.date[:2] == "20"
    assert made.versions["numpy"] == np.__version__
    assert made.hashes == {"test rows": digest(np.zeros((2, 2)))}
    assert "Python" in made.system
