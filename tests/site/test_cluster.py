"""The page on clusters: the Slurm script that it shows is the one that would be submitted."""

from __future__ import annotations

import re

import house
import pytest

PAGE = (house.ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")


@pytest.mark.filterwarnings("default")
def test_the_job_script_is_the_one_shown(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"^```python\n(from dask_jobqueue.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (shown,) = re.findall(r"^```\n(#SBATCH.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    names: dict[str, str] = {}
    exec(code, names)
    assert capsys.readouterr().out == shown
    lines = names["script"].splitlines()
    assert lines[0].startswith("#!")
    assert "source ~/qtn/.venv/bin/activate" in lines
    worker = lines[-1] or lines[-2]
    assert "distributed.cli.dask_worker tcp://" in worker
    for part in ("--nthreads 1 ", "--nworkers 4", "--lifetime 110m", "--death-timeout 300"):
        assert part in worker
