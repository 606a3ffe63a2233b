"""What needs no circuit: counting words, words at places, and a rule about roles.

They stand beside every result on sentences. Two of the best known small sets are solved by them:
the words of a sentence give away its topic, and the place of a noun and a verb gives away whether
a relative pronoun is a subject or an object.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qtn._checks import fail
from qtn._display import Display, Displayed, Settings, Table
from qtn.applications.language.labelled import read_texts
from qtn.data.dataset import label_array
from qtn.errors import ArgumentError

__all__ = ["RoleRule", "sentence_baselines"]

# Strengths of the logistic models; the one that is best on training rows held out is taken.
STRENGTHS = (0.1, 1.0, 10.0, 100.0)
FOLDS = 5


@dataclass(frozen=True, slots=True, repr=False)
class RoleRule(Settings):
    """Classify by the roles that words have: one pattern of roles per class.

    In training every word gets the roles in which it is met at its places; of a new sentence the
    class is that whose pattern most of its words are known to fit, less those known not to; if
    that says nothing, the most frequent class.

    Args:
        patterns: class -> roles parted by blanks, for instance
            {1: "noun that noun verb", 0: "noun that verb noun"}; words that are the same in all
            patterns at a place are no roles and say nothing.

    Raises:
        ArgumentError: patterns of another form or of different lengths.

    Example:
        >>> rule = RoleRule({1: "n that n v", 0: "n that v n"})
        >>> known = rule.fit(["team that coach leads", "team that wins game"], [1, 0])
        >>> known.predict(["team that coach has", "team that wins much"]).tolist()
        [1, 0]
    """

    patterns: Mapping[Any, str]

    def __post_init__(self) -> None:
        expected = "a mapping of classes to patterns of the same number of roles"
        if not isinstance(self.patterns, Mapping) or len(self.patterns) < 2:
            raise fail("patterns", expected, self.patterns)
        if not all(isinstance(p, str) for p in self.patterns.values()):
            raise fail("patterns", expected, self.patterns)
        if len({len(p.split()) for p in self.patterns.values()}) != 1:
            raise fail("patterns", expected, self.patterns)

    def fit(self, x: Sequence[str], y: ArrayLike) -> FittedRule:
        """Learn which roles words have.

        Args:
            x: sentences.
            y: their classes.

        Raises:
            ArgumentError: labels without a pattern, sentences of another length.
        """
        words, labels = read_texts("x", x), label_array("y", y)
        patterns = {label: pattern.split() for label, pattern in self.patterns.items()}
        if labels.shape != (len(words),) or not set(labels.tolist()) <= set(patterns):
            raise fail("y", f"one of {list(patterns)} per sentence", y)
        roles: dict[str, set[str]] = {}
        for row, label in zip(words, labels.tolist(), strict=True):
            if len(row) != len(patterns[label]):
                raise ArgumentError(
                    f"Argument `x` has the sentence {' '.join(row)!r} of {len(row)} words, but the "
                    f"pattern has {len(patterns[label])}."
                )
            for word, role in zip(row, patterns[label], strict=True):
                roles.setdefault(word, set()).add(role)
        usual = Counter(labels.tolist()).most_common(1)[0][0]
        return FittedRule(patterns, roles, usual)


@dataclass(frozen=True, slots=True, repr=False)
class FittedRule(Displayed):
    """A `RoleRule` with the roles of words.

    Args:
        patterns: class -> roles.
        roles: word -> the roles in which it was met.
        usual: the most frequent class.
    """

    patterns: Mapping[Any, list[str]]
    roles: Mapping[str, set[str]]
    usual: Any

    def _brief(self) -> str:
        return f"{len(self.patterns)} classes, {len(self.roles)} words"

    def _display(self) -> Display:
        rows = [(str(label), " ".join(roles)) for label, roles in self.patterns.items()]
        about = [("words", len(self.roles)), ("most frequent class", str(self.usual))]
        return Display("Rule of roles", about, [Table(("class", "pattern"), rows)])

    def decided(self, x: Sequence[str]) -> NDArray[np.bool_]:
        """Say for which sentences the words decide, and not how frequent classes are."""
        return np.array([found is not None for found in self._found(x)])

    def predict(self, x: Sequence[str]) -> NDArray[Any]:
        """Return the classes of sentences."""
        return np.array([self.usual if f is None else f for f in self._found(x)])

    def _found(self, x: Sequence[str]) -> list[Any]:
        found = []
        for words in read_texts("x", x):
            votes = {
                label: sum(
                    (1 if role in self.roles[word] else -1)
                    for word, role in zip(words, pattern, strict=False)
                    if word in self.roles
                )
                for label, pattern in self.patterns.items()
            }
            best = max(votes.values())
            winners = [label for label, vote in votes.items() if vote == best]
            found.append(winners[0] if len(winners) == 1 else None)
        return found


def sentence_baselines(
    x: Sequence[str], y: ArrayLike, test: Sequence[str], rule: RoleRule | None = None
) -> dict[str, NDArray[Any]]:
    """Return what models without a circuit predict.

    Args:
        x: training sentences.
        y: their labels.
        test: sentences to predict.
        rule: patterns of roles, for tasks whose labels are roles.

    Returns:
        By name the predictions for `test`: "majority"; "bag of words" and "words at places",
        logistic regressions whose strength is chosen on training sentences held out in turn; and
        "rule of roles" where a rule is given.

    Raises:
        ArgumentError: no sentences, or labels that do not fit.

    Cost: 25 logistic regressions for each of the two.

    Example:
        >>> food = ["man bakes bread", "woman bakes cake", "man eats bread", "woman eats cake"]
        >>> code = ["man runs program", "woman writes code", "man debugs code", "man reads program"]
        >>> found = sentence_baselines(food + code, [1] * 4 + [0] * 4, ["woman bakes bread"])
        >>> found["bag of words"].tolist()
        [1]
    """
    words, labels = read_texts("x", x), label_array("y", y)
    new = read_texts("test", test)
    if labels.shape != (len(words),) or len(set(labels.tolist())) < 2:
        raise fail("y", f"labels of {len(words)} sentences, of two classes or more", y)
    values, counts = np.unique(labels, return_counts=True)
    found = {"majority": np.full(len(new), values[counts.argmax()])}
    for name, keys in (
        ("bag of words", lambda row: [(w,) for w in row]),
        ("words at places", lambda row: list(enumerate(row))),
    ):
        found[name] = _logistic([keys(r) for r in words], labels, [keys(r) for r in new])
    if rule is not None:
        found["rule of roles"] = rule.fit(x, y).predict(test)
    return found


def _logistic(train: list[list[Any]], labels: NDArray[Any], test: list[list[Any]]) -> NDArray[Any]:
    """Fit counts of keys; keys that training never shows count for nothing."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV

    place = {key: k for k, key in enumerate(sorted({key for row in train for key in row}))}

    def counted(rows: list[list[Any]]) -> NDArray[np.float64]:
        table = np.zeros((len(rows), len(place)))
        for number, row in enumerate(rows):
            for key in row:
                if key in place:
                    table[number, place[key]] += 1
        return table

    folds = min(FOLDS, int(np.unique(labels, return_counts=True)[1].min()))
    model: Any = LogisticRegression(solver="newton-cholesky", max_iter=200)
    if folds > 1:
        model = GridSearchCV(model, {"C": list(STRENGTHS)}, cv=folds)
    return np.asarray(model.fit(counted(train), labels).predict(counted(test)))
