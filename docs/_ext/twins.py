"""Markdown twins of all pages, and `llms.txt`: the same site for readers that take plain text.

Beside `docs/auto.html` stands `docs/auto.md`: the page's source, with the docstrings in place of
the directives that show them; a notebook's twin holds its texts, code and printed results.
`llms.txt` lists the twins by chapter (https://llmstxt.org).
"""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any

import doors
import papers

import qtn

START = '<!doctype html><meta charset="utf-8"><title>qtn</title><meta http-equiv="refresh" '
START += 'content="0; url=docs/index.html"><a href="docs/index.html">qtn</a>\n'
TOCTREE = re.compile(r"^```\{toctree\}\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
PAPERS = "```{papers}\n```\n"
FENCED = re.compile(r"^(`{3,}).*?^\1$|^<!--.*?-->$", re.MULTILINE | re.DOTALL)
API = re.compile(r"^```\{doors\} (\w+)\n```\n", re.MULTILINE)


def signature(name: str, value: Any) -> str:
    """Return `name(arguments)`, without annotations and defaults that fill pages."""
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return name
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in found.parameters.values()]
    bare = [p for p in bare if p.name != "self"]
    return name + str(found.replace(parameters=bare, return_annotation=inspect.Signature.empty))


def api(room: str) -> str:
    """Return the docstrings of a room's public names as Markdown."""
    found = []
    for name in doors.rooms()[room]:
        value = getattr(qtn, name)
        found.append(_entry("##", f"qtn.{name}", value))
        if inspect.isclass(value) and not issubclass(value, Exception):
            members = [(k, v) for k, v in inspect.getmembers(value) if not k.startswith("_")]
            found += [_entry("###", f"{name}.{k}", v) for k, v in members if doors.ours(v)]
    return "\n".join(found)


def _entry(hashes: str, name: str, value: Any) -> str:
    text = inspect.getdoc(value) or ""
    shown = signature(name, value) if callable(value) else name
    return f"{hashes} `{shown}`\n\n````text\n{text}\n````\n"


def page(text: str) -> str:
    """Return the twin of a page: directives of the site resolved."""

    def listed(found: re.Match[str]) -> str:
        lines = [x for x in found[1].splitlines() if x and not x.startswith(":")]
        return "".join(f"- <{x}>\n" if "*" not in x else "" for x in lines)

    if PAPERS in text:
        text = text.replace(PAPERS, papers.table())
    return API.sub(lambda found: api(found[1]), TOCTREE.sub(listed, text))


def notebook(text: str) -> str:
    """Return the twin of a notebook: texts, code, and what the code printed."""
    found = []
    for cell in json.loads(text)["cells"]:
        source = "".join(cell["source"])
        found.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
        for output in cell.get("outputs", ()):
            shown = output.get("text") or output.get("data", {}).get("text/plain")
            if shown:
                found.append("```text\n" + "".join(shown).rstrip() + "\n```")
    return "\n\n".join(found) + "\n"


def first_words(text: str) -> str:
    """Return the first paragraph of a page that is prose, in one line."""
    for part in re.split(r"\n\s*\n", FENCED.sub("", text)):
        line = " ".join(part.split())
        if line and line[0] not in "#|<!-:":
            return re.sub(r"\]\([^)]*\)", "", re.sub(r"[*`\[]", "", line)).rstrip(":")
    return ""


def write(app: Any, exception: Exception | None) -> None:
    """Write the twins and the list beside a finished site."""
    if exception is not None or app.builder.format != "html":
        return
    out, written = Path(app.outdir), {}
    for name in sorted(app.env.found_docs):
        source = Path(app.env.doc2path(name))
        text = source.read_text(encoding="utf-8")
        twin = notebook(text) if source.suffix == ".ipynb" else page(text)
        (out / f"{name}.md").write_text(twin, encoding="utf-8")
        written[name] = (app.env.titles[name].astext(), first_words(twin))
    (out / "index.html").write_text(START, encoding="utf-8")
    (out / "llms.txt").write_text(listing(written), encoding="utf-8")


def listing(pages: dict[str, tuple[str, str]]) -> str:
    """Return `llms.txt`: every page with its title and its first words, by folder."""
    found = ["# qtn", "", f"> {pages['docs/index'][1]}"]
    for folder in dict.fromkeys(str(Path(name).parent) for name in pages):
        found += ["", f"## {folder}", ""]
        for name, (title, words) in pages.items():
            if str(Path(name).parent) == folder:
                found.append(
                    f"- [{title}]({name}.md): {words}" if words else f"- [{title}]({name}.md)"
                )
    return "\n".join(found) + "\n"


def setup(app: Any) -> dict[str, Any]:
    """Write when the site is finished."""
    app.connect("build-finished", write)
    return {"parallel_read_safe": True}
