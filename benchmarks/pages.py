"""Tables of the documentation that are rows of RESULTS.md, written again: `make readme`.

A page asks for rows by a comment and gets a table behind it:

    <!-- measured SECTION
    job
    job | word of the column of peers that tells the row from others
    -->
    …
    <!-- end measured -->

`tests/site/test_measured.py` compares every page with the results.
"""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks import readme, report

DOCS = report.RESULTS.parents[1] / "docs"
ASKED = re.compile(r"(<!-- measured (\w+)\n(.*?)-->\n).*?(<!-- end measured -->)", re.DOTALL)


def table(results: str, section: str, wanted: list[str]) -> str:
    """Return the table of the rows that are asked for.

    Raises:
        KeyError: a row is not there.
    """
    lines = ["| job | ours | other | with |", "|---|---|---|---|"]
    for line in wanted:
        job, _, word = (part.strip() for part in line.partition(" | "))
        _, ours, peer, _, _, _, note = readme.row(results, section, job, word)
        lines.append(f"| {job} | {ours} | {peer} | {note} |")
    return "\n".join(lines)


def written(text: str, results: str) -> str:
    """Return a page with its tables as the results have them."""

    def filled(found: re.Match[str]) -> str:
        return f"{found[1]}{table(results, found[2], found[3].splitlines())}\n{found[4]}"

    return ASKED.sub(filled, text)


def main(folder: Path = DOCS) -> None:
    """Write the tables of all pages."""
    results = report.RESULTS.read_text(encoding="utf-8")
    for page in sorted(folder.rglob("*.md")):
        page.write_text(written(page.read_text(encoding="utf-8"), results), encoding="utf-8")


if __name__ == "__main__":
    main()
