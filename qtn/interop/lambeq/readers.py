"""Sentences as diagrams of lambeq, without any connection: readers, grammars, rewriters."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qtn._checks import fail, items
from qtn._optional import require
from qtn.errors import ArgumentError
from qtn.interop.lambeq.bobcat import load_bobcat
from qtn.interop.lambeq.grammar import Grammar, Simple, Tree, tokens

__all__ = ["READERS", "REWRITERS", "sentence_diagram"]

READERS = {"stairs": "stairs_reader", "cups": "cups_reader", "spiders": "spiders_reader"}
# Rewriters of whole diagrams; the names of rules for words are lambeq's own.
REWRITERS = {
    "remove-cups": "RemoveCupsRewriter",
    "remove-swaps": "RemoveSwapsRewriter",
    "unify-codomain": "UnifyCodomainRewriter",
}


def sentence_diagram(
    sentence: str | Sequence[str],
    reader: Any = "stairs",
    *,
    rewrite: Sequence[Any] = (),
) -> Any:
    """Read a sentence as a diagram of lambeq; nothing is downloaded.

    Args:
        sentence: text, split at blanks, or its words.
        reader: "stairs" (one box joins the words from the left), "cups" (a chain of matrices),
            "spiders" (a bag of words), a `Grammar` (with rules a tree of boxes, else words with
            pregroup types joined by cups), the folder of a Bobcat model, or a reader of lambeq.
        rewrite: what simplifies the diagram, in this order: "remove-cups", "remove-swaps",
            "unify-codomain", names of lambeq's rules for words (such as "determiner" or
            "subject_rel_pronoun"), its rule and rewriter objects.

    Returns:
        A diagram of lambeq, for `qtn.from_lambeq`, or to draw.

    Raises:
        ArgumentError: an empty sentence, an unknown reader or rewriter, no parse.
        FileError: a folder without a Bobcat model.
        MissingExtraError: lambeq is not installed.

    Cost: that of the reader; lambeq takes seconds to import.

    Example:
        >>> import qtn
        >>> grammar = qtn.Grammar({"she": "n", "cooks": "n.r s n.l", "dinner": "n"})
        >>> diagram = qtn.sentence_diagram("she cooks dinner", grammar)
        >>> [box.name for box in diagram.boxes]
        ['she', 'cooks', 'dinner', 'CUP', 'CUP']
        >>> short = qtn.sentence_diagram("she cooks dinner", grammar, rewrite=["remove-cups"])
        >>> [box.name for box in short.boxes]
        ['cooks', 'she†', 'dinner†']

    Reference: Kartsaklis et al., arXiv:2110.04236, Secs. 4 and 5.
    """
    words = tokens(sentence)
    steps = items("rewrite", rewrite, "names of rewriters, such as (\"remove-cups\",)")  # fmt: skip
    room = require("lambeq", "language")
    if isinstance(reader, Grammar):
        parsed = reader.parse(words)
        found = _of_tree(parsed, reader, room) if reader.rules else _of_types(words, parsed)
    else:
        found = _read(_reader(reader, room), words, room)
    for step in steps:
        found = _rewritten(found, step, room)
    return found


def _read(reader: Any, words: list[str], room: Any) -> Any:
    try:
        return reader.sentence2diagram(words, tokenised=True)
    except room.BobcatParseError as error:
        raise ArgumentError(
            f"Bobcat finds no parse of {' '.join(words)!r}. Write it in another way, or take "
            "another reader."
        ) from error


def _reader(reader: Any, room: Any) -> Any:
    """Return the reader of lambeq that an argument stands for."""
    if isinstance(reader, room.Reader):
        return reader
    if isinstance(reader, str) and reader in READERS:
        return getattr(room, READERS[reader])
    named = isinstance(reader, str) and os.sep not in reader
    if isinstance(reader, os.PathLike) or (isinstance(reader, str) and not named and reader):
        return load_bobcat(Path(reader))
    names = ", ".join(map(repr, READERS))
    expected = f"one of {names}, a Grammar, the folder of a Bobcat model or a reader of lambeq"
    way_out = "A folder is a pathlib.Path, or text with a separator."
    raise fail("reader", expected, reader, way_out)


def _rewritten(diagram: Any, step: Any, room: Any) -> Any:
    rules = room.Rewriter.available_rules()
    if isinstance(step, room.Rewriter | room.DiagramRewriter):
        rewriter = step
    elif isinstance(step, room.RewriteRule) or (isinstance(step, str) and step in rules):
        rewriter = room.Rewriter([step])
    elif isinstance(step, str) and step in REWRITERS:
        rewriter = getattr(room, REWRITERS[step])()
    else:
        names = ", ".join(map(repr, [*REWRITERS, *rules]))
        raise fail("rewrite", f"names among {names}, or rules and rewriters of lambeq", step)
    try:
        return rewriter(diagram)
    except ValueError as error:
        raise ArgumentError(
            f"The rewriter {step!r} does not suit this diagram: {error} Leave it out, or put it "
            "earlier in the list."
        ) from error


def _of_tree(tree: Tree, grammar: Grammar, room: Any) -> Any:
    """Write a parse as a tree of boxes on wires of the type of a sentence."""
    backend = require("lambeq.backend.grammar", "language")
    wire = room.AtomicType.SENTENCE
    if not tree.parts:
        return backend.Word(tree.word, wire).to_diagram()
    first, second = (_of_tree(part, grammar, room) for part in tree.parts)
    names = {
        "uniform": "UNIBOX",
        "height": f"layer_{tree.height}",
        "rule": f"{tree.parts[0].kind}+{tree.parts[1].kind}",
    }
    return first @ second >> backend.Box(names[grammar.boxes], wire @ wire, wire)


def _of_types(
    words: list[str],
    parsed: tuple[tuple[tuple[Simple, ...], ...], tuple[tuple[int, int], ...]],
) -> Any:
    """Write words with their types, and a cup for every pair that contracts."""
    types, pairs = parsed
    backend = require("lambeq.backend.grammar", "language")
    diagram = backend.Id()
    for word, kinds in zip(words, types, strict=True):
        product = backend.Ty()
        for kind in kinds:
            product = product @ _type(kind, backend)
        diagram = diagram @ backend.Word(word, product)
    flat = [kind for kinds in types for kind in kinds]
    place = list(range(len(flat)))
    for i, k in sorted(pairs, key=lambda pair: pair[1] - pair[0]):  # inner ones first
        at = place.index(i)
        cup = backend.Cup(_type(flat[i], backend), _type(flat[k], backend))
        left, right = diagram.cod[:at], diagram.cod[at + 2 :]
        diagram = diagram >> (backend.Id(left) @ cup @ backend.Id(right))
        del place[at : at + 2]
    return diagram


def _type(kind: Simple, backend: Any) -> Any:
    name, adjoints = kind
    found = backend.Ty(name)
    for _ in range(abs(adjoints)):
        found = found.r if adjoints > 0 else found.l
    return found
