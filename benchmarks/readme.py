"""The figures of README.md and of the demo's page, written again: `make readme`.

The table beside other packages comes from RESULTS.md, so that it says what was measured and nothing
else; the demo and the ten lines are run and their output is shown as it is printed. The tests
compare all three: exactly where the machine does not matter, within ranges elsewhere.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import report

README = report.RESULTS.parents[1] / "README.md"
DEMO = report.RESULTS.parents[1] / "docs" / "demo.md"
# What it is called here, section of RESULTS.md, job, and a word that tells its row from others.
SHOWN = (
    ("Trotter state, 50 sites, 3 layers", "compile", "doc-50, 3 layers", ""),
    ("Ising quench, 50 sites, 6 layers", "compile", "tfim-50, 6 layers", ""),
    ("Heisenberg quench, 100 sites, 9 layers", "compile", "Heisenberg n=100 t=2, 9 layers", ""),
    ("one gradient, 50 sites", "compile", "doc-50: gradient", "addon, quimb-JAX"),
    ("to infidelity 3e-4, warm", "compile", "doc-50: to 0.0003, without", "addon, quimb-JAX"),
    ("ten KCuF3 circuits of the tutorial", "compile", "KCuF3-50 in all", "publ."),
    ("100 qubits, depth 12, bond 64", "simulate", "build n=100, depth 12, bond 64", "Aer"),
    ("the same", "simulate", "build n=100, depth 12, bond 64", "quimb"),
    ("1000 samples of 60 qubits", "simulate", "1000 samples, n=60, bond 32", "quimb"),
    ("Heisenberg evolution, 50 sites", "simulate", "Heisenberg-50 to t=2, cut 1e-14", "TeNPy"),
    ("1000 bound copies of a circuit", "execute", "1000 bound copies, 5 qubits, aer", "loop"),
    ("energy after mitigation: error", "mitigate", "energy error, mean", "mitiq"),
)


def figures(results: str) -> str:
    """Return the table beside other packages from the text of RESULTS.md.

    Raises:
        KeyError: a row is not there.
    """
    lines = ["| job | ours | other | ratio | remark |", "|---|---|---|---|---|"]
    for label, section, job, word in SHOWN:
        _, ours, peer, ratio, _, _, note = row(results, section, job, word)
        remark = note if peer == "-" else ""  # gates and seconds where there is nobody to compare
        lines.append(f"| {label} | {ours} | {peer} | {ratio} | {remark.partition(';')[0]} |")
    return "\n".join(lines)


def row(results: str, section: str, job: str, word: str) -> list[str]:
    """Return the cells of one row of RESULTS.md."""
    begin, end = f"<!-- begin {section} -->", f"<!-- end {section} -->"
    part = results.partition(begin)[2].partition(end)[0]
    for line in part.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 7 and cells[0] == job and word in cells[2]:
            return cells
    raise KeyError(f"RESULTS.md has no row `{job}` of section {section} with `{word}`")


def replaced(text: str, name: str, block: str) -> str:
    """Return the text with the part between the marks of this name replaced.

    Raises:
        KeyError: the marks are not there.
    """
    pattern = rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)"
    if len(re.findall(pattern, text, re.DOTALL)) != 1:
        raise KeyError(f"The page has no part `{name}`")
    return re.sub(pattern, lambda m: f"{m[1]}{block.strip()}\n{m[2]}", text, flags=re.DOTALL)


def ten_lines(text: str) -> str:
    """Return the code of README.md."""
    found = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    if found is None:
        raise KeyError("README.md has no code")
    return found[1]


def printed(*command: str) -> str:
    """Return what Python prints, as a block of text."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, *command], capture_output=True, text=True, check=True, cwd=folder
        )
    return f"```text\n{done.stdout.strip()}\n```"


def main(readme: Path = README, demo: Path = DEMO) -> None:
    """Write the three parts."""
    text = readme.read_text(encoding="utf-8")
    text = replaced(text, "figures", figures(report.RESULTS.read_text(encoding="utf-8")))
    text = replaced(text, "ten lines", printed("-c", ten_lines(text)))
    readme.write_text(text, encoding="utf-8")
    page = replaced(
        demo.read_text(encoding="utf-8"),
        "demo",
        printed("-m", "qtn", "demo", "--out", "out/demo"),
    )
    demo.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
