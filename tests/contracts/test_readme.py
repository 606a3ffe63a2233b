"""What README.md tells the reader to type exists, and its figures are the measured ones."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks import readme, report
from qtn.cli import app

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
FENCED = re.findall(r"^```\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
TYPED = [line.split("#")[0] for block in FENCED for line in block.splitlines()]
TYPED += re.findall(r"`((?:make|qtn) [^`]+)`", TEXT)


def test_the_two_commands_are_there() -> None:
    assert {"make demo", "make test"} <= {line.strip() for line in TYPED}


@pytest.mark.parametrize(
    "line", sorted({line.strip() for line in TYPED if line.startswith("make")})
)
def test_make_target_exists(line: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in line.split()[1:]:
        if target.startswith("bench-"):
            assert (ROOT / "benchmarks" / f"{target[6:]}.py").is_file()
        else:
            assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE)


@pytest.mark.parametrize("line", sorted({line.strip() for line in TYPED if line.startswith("qtn")}))
def test_qtn_command_and_its_options_exist(line: str) -> None:
    command, *words = shlex.split(line)[1:]
    help_text = CliRunner().invoke(app, [command, "--help"])
    assert help_text.exit_code == 0
    for option in (word for word in words if word.startswith("--")):
        assert option in help_text.output


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)\)", TEXT))))
def test_link_leads_somewhere(target: str) -> None:
    assert target.startswith("https://") or (ROOT / target).exists()


@pytest.mark.parametrize("room", sorted(set(re.findall(r"^\| `(\w+)/` \|", TEXT, re.MULTILINE))))
def test_room_exists(room: str) -> None:
    assert (ROOT / "qtn" / room / "__init__.py").is_file()


def test_the_figures_are_those_of_the_results() -> None:
    table = readme.figures(report.RESULTS.read_text(encoding="utf-8"))
    assert readme.replaced(TEXT, "figures", table) == TEXT, "run `make readme`"


def test_a_row_or_a_part_that_is_missing_is_named() -> None:
    results = "<!-- begin compile -->\n| a | 1 | 2 s x | 3 | 4 | 5 | 6 |\n<!-- end compile -->"
    assert readme.row(results, "compile", "a", "x") == ["a", "1", "2 s x", "3", "4", "5", "6"]
    for section, job, word in (("compile", "b", "x"), ("compile", "a", "y"), ("learn", "a", "x")):
        with pytest.raises(KeyError, match="has no row"):
            readme.row(results, section, job, word)
    with pytest.raises(KeyError, match="no part `demo`"):
        readme.replaced("text", "demo", "block")
