r"""Braids and the links that they close to.

A braid on n strands is a word in the generators :math:`\sigma_1 … \sigma_{n-1}`: letter i crosses
the strands on the places i and i + 1, right-handed, letter -i left-handed. A link comes from it by
joining the upper ends to the lower ones: end i above to end i below ("markov", for every braid), or
neighbours 1-2, 3-4, … above and the same below ("plat", for an even number of strands).

Two words have the same Markov closure if they differ by conjugation, :math:`w \to g w g^{-1}`, or
stabilisation, :math:`w \to w σ_n^{±1}` with one strand more (Markov's theorem), which
`disguised` uses to make braids of any size of a link that is known.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from qtn._checks import choice, fail, positive_int
from qtn._display import Display, Displayed
from qtn._random import generator
from qtn.errors import ArgumentError

CLOSURES = ("markov", "plat")

# Shortest words, with the handedness of the tables that give the value of 3_1 at exp(2πi/5) as
# -0.809 - 1.314i.
NAMED: dict[str, tuple[int, ...]] = {
    "unknot": (1,),
    "3_1": (-1, -1, -1),
    "4_1": (1, -2, 1, -2),
    "5_1": (-1, -1, -1, -1, -1),
    "5_2": (1, 1, 1, 2, -1, 2),
    "6_1": (1, 1, 2, -1, -3, 2, -3),
    "6_2": (-1, -1, -1, 2, -1, 2),
    "6_3": (1, 1, -2, 1, -2, -2),
    "7_1": (-1,) * 7,
    "7_2": (1, 1, 1, 2, -1, 2, 3, -2, 3),
    "7_3": (1, 1, 1, 1, 1, 2, -1, 2),
    "7_4": (-1, -1, -2, 1, -2, -2, -3, 2, -3),
    "7_5": (-1, -1, -1, -1, -2, 1, -2, -2),
    "7_6": (-1, -1, 2, -1, -3, 2, -3),
    "7_7": (-1, 2, -1, 2, -3, 2, -3),
    "hopf": (1, 1),
    "solomon": (1, 1, 1, 1),
    "whitehead": (1, -2, 1, -2, -2),
    "borromean": (1, -2, 1, -2, 1, -2),
}


@dataclass(frozen=True, repr=False)
class Braid(Displayed):
    """A word in the generators of the braid group, and how its ends are joined.

    Args:
        word: letters ±1 … ±(strands - 1), first letter lowest; positive is right-handed.
        strands: number of strands; None: the fewest that the word needs (2 for the empty word).
        closure: "markov" or "plat", see the module.

    Raises:
        ArgumentError: a letter of 0 or beyond the strands, an odd number of strands for "plat".

    Example:
        >>> trefoil = Braid((-1, -1, -1))
        >>> trefoil.strands, trefoil.writhe, trefoil.components
        (2, -3, 1)
    """

    word: tuple[int, ...]
    strands: int = 0
    closure: str = "markov"

    def __post_init__(self) -> None:
        letters = tuple(_letter(letter) for letter in self.word)
        needed = max(map(abs, letters), default=1) + 1
        strands = positive_int("strands", self.strands) if self.strands else needed
        if strands < needed:
            raise ArgumentError(
                f"Argument `word` holds the letter {max(letters, key=abs)}, but {strands} strands "
                f"have the generators 1 to {strands - 1}. Take strands={needed}."
            )
        choice("closure", self.closure, CLOSURES)
        if self.closure == "plat" and strands % 2:
            raise ArgumentError(
                f"Argument `strands` must be even for the plat closure, which joins neighbours in "
                f'pairs, but is {strands}. Take strands={strands + 1} or closure="markov".'
            )
        object.__setattr__(self, "word", letters)
        object.__setattr__(self, "strands", strands)

    def _brief(self) -> str:
        return f"{self.strands} strands, {self.crossings} crossings, {self.closure}: {self._word()}"

    def _word(self) -> str:
        return " ".join(map(str, self.word[:12])) + (" …" if len(self.word) > 12 else "")

    def _display(self) -> Display:
        rows = [
            ("word", self._word()),
            ("strands", self.strands),
            ("crossings", self.crossings),
            ("closure", self.closure),
            ("components", self.components),
            ("writhe", self.writhe),
        ]
        return Display("Braid", rows)

    @property
    def crossings(self) -> int:
        """Number of letters."""
        return len(self.word)

    @property
    def components(self) -> int:
        """Number of closed curves of the link."""
        return len(self._walk[0])

    @property
    def writhe(self) -> int:
        """Right-handed minus left-handed crossings of the oriented link.

        All strands of a Markov closure point upwards. A component of a plat closure points upwards
        on its leftmost lower end.
        """
        along = self._walk[1]
        return sum(
            (1 if letter > 0 else -1) * along[2 * k] * along[2 * k + 1]
            for k, letter in enumerate(self.word)
        )

    @property
    def mirror(self) -> Braid:
        """The same with every crossing the other way: V(t) becomes V(1/t)."""
        return Braid(tuple(-letter for letter in self.word), self.strands, self.closure)

    @cached_property
    def _walk(self) -> tuple[list[int], dict[int, int]]:
        """Return one lower end per component, and whether each pass of a crossing goes upwards.

        Pass 2k is that of the strand that enters crossing k from below on its left, 2k + 1 from
        the right; its direction is 1 (upwards) or -1.
        """
        passes: dict[int, int] = {}
        starts: list[int] = []
        free = set(range(self.strands))
        while free:
            start = place = min(free)
            starts.append(start)
            while True:
                free.discard(place)
                place = self._through(place, passes, 1)
                if self.closure == "plat":
                    place = self._through(place ^ 1, passes, -1)
                    free.discard(place)
                    place ^= 1
                if place == start:
                    break
        return starts, passes

    def _through(self, place: int, passes: dict[int, int], direction: int) -> int:
        """Follow a strand from one end to the other and note the direction of its passes."""
        order = range(self.crossings) if direction > 0 else reversed(range(self.crossings))
        for k in order:
            left = abs(self.word[k]) - 1
            if place not in (left, left + 1):
                continue
            # Upwards the pass is named by where it enters, downwards by where it leaves.
            after = 2 * left + 1 - place
            entered = place if direction > 0 else after
            passes[2 * k + (entered - left)] = direction
            place = after
        return place


def read_braid(braid: Any, closure: str = "markov", strands: int | None = None) -> Braid:
    """Return a braid from a name, a word or a `Braid`.

    Raises:
        ArgumentError: an unknown name (the error says which are near), letters that are no
            generators.
    """
    if isinstance(braid, Braid):
        return braid
    if isinstance(braid, str):
        key = braid.strip().lower()
        if key not in NAMED:
            alike = [name for name in NAMED if name.startswith(key.partition("_")[0] + "_")]
            near = alike or difflib.get_close_matches(key, NAMED, n=3, cutoff=0.4) or list(NAMED)
            raise ArgumentError(
                f"Argument `braid` must be a braid word or the name of a knot with up to 7 "
                f"crossings, but is {braid!r}. Near names: {', '.join(near)}."
            )
        return Braid(NAMED[key], strands or 0, closure)
    if not isinstance(braid, Sequence | np.ndarray) or isinstance(braid, bytes):
        raise fail("braid", "a name, a sequence of letters such as (1, -2, 1) or a Braid", braid)
    return Braid(tuple(braid), strands or 0, closure)


def disguised(braid: Any, strands: int, crossings: int, seed: int = 0) -> Braid:
    """Return a braid of the same link with more strands and crossings.

    Stabilisations add the strands, one crossing each; then letters are conjugated with random
    ones, two crossings each, every letter next to the one before it where it can, so that nothing
    cancels. The Jones polynomial is that of the link it began with: a test of any size.

    Args:
        braid: a word, a name or a `Braid` with the Markov closure.
        strands, crossings: of the result.
        seed: same seed, same braid.

    Raises:
        ArgumentError: fewer strands than before, crossings too few or of the wrong parity.

    Example:
        >>> disguised("4_1", strands=5, crossings=30, seed=1)
        Braid(5 strands, 30 crossings, markov: ...)
    """
    known = read_braid(braid)
    if known.closure != "markov":
        raise fail("braid", "a braid with the Markov closure", known)
    added = strands - known.strands
    spare = crossings - known.crossings - added
    if added < 0 or spare < 0 or spare % 2:
        raise ArgumentError(
            f"A braid of {known.crossings} crossings on {known.strands} strands can be put on "
            f"{max(strands, known.strands)} strands with {known.crossings + max(added, 0)} "
            f"crossings and any even number more, not on {strands} with {crossings}."
        )
    rng = generator(seed, "disguised")
    word = list(known.word)
    for new in range(known.strands, strands):
        word.append(int(rng.choice((-1, 1))) * new)
    for _ in range(spare // 2):
        letter = _next_letter(word, strands, rng)
        word = [letter, *word, -letter]
    return Braid(tuple(word), strands)


def _next_letter(word: list[int], strands: int, rng: np.random.Generator) -> int:
    """Draw a letter that cancels neither with the first letter nor with the last."""
    while True:
        letter = int(rng.integers(1, strands)) * int(rng.choice((-1, 1)))
        if not word or (letter != -word[0] and letter != word[-1]) or strands == 2:
            return letter


def _letter(letter: Any) -> int:
    if isinstance(letter, bool) or not isinstance(letter, int | np.integer) or letter == 0:
        raise fail("word", "letters that are whole numbers other than 0", letter)
    return int(letter)
