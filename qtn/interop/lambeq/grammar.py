"""Parsing by a user's own grammar: pregroup types, or rules that join two parts of speech.

Pregroup: every word has a type, a product of simple types a, a.r (right adjoint), a.l (left
adjoint). Neighbours contract to nothing as a · a.r and a.l · a do; with z the number of right
adjoints less that of left ones, a⁽ᶻ⁾ · a⁽ᶻ⁺¹⁾. A sentence is grammatical if what is left is the
target. Let e(i, j) say that i…j contract to nothing:

    e(i, j) = ∃k: type i contracts with type k, e(i+1, k-1), e(k+1, j);

the sentence is parsed from the left, each type either left over, as the next one of the target, or
contracted with one further right.

Rules: the chart of Cocke, Younger and Kasami; of several parses the first in the order of the
split, left to right, is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import islice, product
from typing import Any

from qtn._checks import choice, fail, text
from qtn._display import Display, Displayed, Table
from qtn.errors import ArgumentError

__all__ = ["Grammar", "Simple", "Tree", "simple_types", "tokens"]

BOXES = ("uniform", "height", "rule")
# Combinations of types that a sentence of words with several types is tried with.
MOST_COMBINATIONS = 10_000
LONGEST = 100  # words

Simple = tuple[str, int]
"""A simple type: its name, and right adjoints less left ones."""


@dataclass(frozen=True, slots=True, repr=False)
class Tree(Displayed):
    """A binary parse: a word, or two parts joined by a rule.

    Args:
        kind: part of speech.
        word: of a leaf.
        parts: of a joint.
    """

    kind: str
    word: str = ""
    parts: tuple[Tree, ...] = ()

    @property
    def height(self) -> int:
        """0 for a word."""
        return 1 + max(part.height for part in self.parts) if self.parts else 0

    @property
    def words(self) -> tuple[str, ...]:
        """The words, in order."""
        return tuple(w for p in self.parts for w in p.words) if self.parts else (self.word,)

    def _brief(self) -> str:
        return f"{self.kind}: {' '.join(self.words)}"

    def _display(self) -> Display:
        rows = [("kind", self.kind), ("words", " ".join(self.words)), ("height", self.height)]
        parts = [(part.kind, " ".join(part.words)) for part in self.parts]
        return Display("Parse", rows, [Table(("part", "words"), parts)])


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Grammar(Displayed):
    """A user's grammar: what words are, and how they join.

    Args:
        words: word -> its type, or several that it may have, tried in their order. Without `rules`
            pregroup types such as "n", "n.r s n.l" or "n n.l"; with `rules` parts of speech.
        rules: two neighbouring parts of speech -> what they make together. Empty for a pregroup
            grammar.
        target: the type of a whole sentence.
        boxes: the box that joins two parts in a tree is one for all ("uniform"), one per height
            above the words ("height") or one per rule ("rule"); of grammars with rules.

    Raises:
        ArgumentError: words or rules of another form.

    Example:
        >>> pregroup = Grammar({"she": "n", "cooks": "n.r s n.l", "dinner": "n"})
        >>> pregroup.parse("she cooks dinner")[1]
        ((0, 1), (3, 4))
        >>> rules = {("verb", "noun"): "phrase", ("noun", "phrase"): "s"}
        >>> parts = {"she": "noun", "cooks": "verb", "dinner": "noun"}
        >>> Grammar(parts, rules).parse("she cooks dinner").height
        2

    Reference: Lambek, "Type grammar revisited" (1999); Younger, Inf. Control 10, 189 (1967).
    """

    words: Mapping[str, str | Sequence[str]]
    rules: Mapping[tuple[str, str], str] = field(default_factory=dict)
    target: str = "s"
    boxes: str = "uniform"

    def __post_init__(self) -> None:
        expected = "a mapping of words to their types"
        if not isinstance(self.words, Mapping) or not self.words:
            raise fail("words", expected, self.words)
        if not isinstance(self.rules, Mapping):
            raise fail("rules", "a mapping of pairs of parts of speech to one", self.rules)
        for word in self.words:
            text("words", word)
            for kind in self.types_of(word):
                if not self.rules:
                    simple_types(kind, "words")
        for pair, made in self.rules.items():
            good = isinstance(pair, tuple) and len(pair) == 2 and isinstance(made, str)
            if not good or not all(isinstance(part, str) for part in pair):
                raise fail("rules", "a mapping of pairs of parts of speech to one", self.rules)
        simple_types(text("target", self.target), "target")
        choice("boxes", self.boxes, BOXES)
        if not self.rules and self.boxes != "uniform":
            raise ArgumentError(
                f"Argument `boxes` is {self.boxes!r}, but a pregroup grammar has no boxes that "
                "join. Give `rules`, or leave it out."
            )

    def _brief(self) -> str:
        return f"{len(self.words)} words, {len(self.rules)} rules, target {self.target!r}"

    def _display(self) -> Display:
        rows = [("target", self.target), ("boxes", self.boxes if self.rules else None)]
        words = [(word, ", ".join(self.types_of(word))) for word in self.words]
        rules = [(" + ".join(pair), made) for pair, made in self.rules.items()]
        tables = [Table(("word", "types"), words), Table(("parts", "make"), rules)]
        return Display("Grammar", rows, tables)

    def types_of(self, word: str) -> tuple[str, ...]:
        """Return the types that a word may have.

        Args:
            word: one of `words`.

        Raises:
            ArgumentError: an unknown word, or types of another form.
        """
        if text("word", word) not in self.words:
            raise ArgumentError(f"The grammar does not know the word {word!r}. Add it to `words`.")
        found = self.words[word]
        kinds = (found,) if isinstance(found, str) else found
        if not isinstance(kinds, tuple | list) or not kinds:
            raise fail("words", "a mapping of words to their types", self.words)
        return tuple(text("words", kind) for kind in kinds)

    def parse(self, sentence: str | Sequence[str]) -> Any:
        """Return the parse of a sentence.

        Args:
            sentence: text, split at blanks, or its words.

        Returns:
            With rules a `Tree`; else the simple types of all words, one tuple per word, and the
            pairs of positions that contract.

        Raises:
            ArgumentError: an empty sentence, an unknown word, or no parse.

        Cost: (number of simple types)³, for each combination of types that is tried.

        Example:
            >>> Grammar({"yes": "s"}).parse("yes")
            (((('s', 0),),), ())
        """
        found = tokens(sentence)
        kinds = [self.types_of(word) for word in found]
        parsed = self._tree(found, kinds) if self.rules else self._contracted(kinds)
        if parsed is None:
            raise ArgumentError(
                f"The grammar makes no {self.target!r} of {' '.join(found)!r}. Look at the types "
                "of its words."
            )
        return parsed

    def _tree(self, words: list[str], kinds: list[tuple[str, ...]]) -> Tree | None:
        n = len(words)
        chart: dict[tuple[int, int], dict[str, Tree]] = {
            (i, i + 1): {kind: Tree(kind, words[i]) for kind in kinds[i]} for i in range(n)
        }
        for width in range(2, n + 1):
            for i in range(n - width + 1):
                cell = chart.setdefault((i, i + width), {})
                for k in range(i + 1, i + width):
                    for a, b in product(chart[i, k].values(), chart[k, i + width].values()):
                        made = self.rules.get((a.kind, b.kind))
                        if made is not None:
                            cell.setdefault(made, Tree(made, parts=(a, b)))
        return chart[0, n].get(self.target)

    def _contracted(self, kinds: list[tuple[str, ...]]) -> Any:
        goal = simple_types(self.target, "target")
        for choice_of_types in islice(product(*kinds), MOST_COMBINATIONS):
            words = tuple(simple_types(kind, "words") for kind in choice_of_types)
            pairs = _pairs(tuple(simple for word in words for simple in word), goal)
            if pairs is not None:
                return words, pairs
        return None


def tokens(sentence: Any) -> list[str]:
    """Return the words of a sentence.

    Raises:
        ArgumentError: no text and no words, none at all, or more than 100.
    """
    way_out = "Give text whose words are parted by blanks, or a list of words."
    if isinstance(sentence, str):
        found = sentence.split()
    elif isinstance(sentence, tuple | list) and all(isinstance(w, str) and w for w in sentence):
        found = list(sentence)
    else:
        raise fail("sentence", "text or a list of words", sentence, way_out)
    if not found:
        raise fail("sentence", "a sentence of at least one word", sentence, way_out)
    if len(found) > LONGEST:
        raise ArgumentError(
            f"Argument `sentence` has {len(found)} words, more than {LONGEST}. Split it."
        )
    return found


@lru_cache(maxsize=1024)
def simple_types(kind: str, name: str) -> tuple[Simple, ...]:
    """Read a product of simple types such as "n.r s n.l".

    Raises:
        ArgumentError: something else.
    """
    found = []
    for part in kind.split():
        base, *adjoints = part.split(".")
        if not base.isidentifier() or set(adjoints) - {"l", "r"}:
            raise fail(name, "types such as 'n' or 'n.r s n.l'", kind)
        found.append((base, adjoints.count("r") - adjoints.count("l")))
    if not found:
        raise fail(name, "types such as 'n' or 'n.r s n.l'", kind)
    return tuple(found)


def _pairs(
    types: tuple[Simple, ...], goal: tuple[Simple, ...]
) -> tuple[tuple[int, int], ...] | None:
    """Contract neighbours until the goal is left; see the module."""

    def fit(i: int, k: int) -> bool:
        return types[i][0] == types[k][0] and types[i][1] + 1 == types[k][1]

    @cache
    def gone(i: int, j: int) -> tuple[tuple[int, int], ...] | None:
        """The pairs by which i … j - 1 contract to nothing."""
        if i == j:
            return ()
        for k in range(i + 1, j, 2):
            if fit(i, k):
                inner, rest = gone(i + 1, k), gone(k + 1, j)
                if inner is not None and rest is not None:
                    return ((i, k), *inner, *rest)
        return None

    @cache
    def left(i: int, done: int) -> tuple[tuple[int, int], ...] | None:
        """The pairs of i … that leave the goal from `done` on."""
        if done == len(goal):
            return gone(i, len(types))
        for j in range(i, len(types), 2):  # i … j - 1 vanish, j stays
            if types[j] == goal[done]:
                before = gone(i, j)
                after = left(j + 1, done + 1) if before is not None else None
                if before is not None and after is not None:
                    return (*before, *after)
        return None

    found = left(0, 0)
    return None if found is None else tuple(sorted(found))
