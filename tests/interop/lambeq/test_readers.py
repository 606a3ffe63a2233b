"""Readers without a connection, rewriters, a Bobcat model from a folder."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.errors import ArgumentError, FileError, MissingExtraError
from qtn.interop.lambeq import Grammar, from_lambeq, sentence_diagram

lambeq = pytest.importorskip("lambeq", reason="lambeq is not installed")
S, N = lambeq.AtomicType.SENTENCE, lambeq.AtomicType.NOUN
PREGROUP = Grammar({"she": "n", "cooks": "n.r s n.l", "dinner": "n", "tasty": "n n.l"})
PARTS = {"she": "n", "cooks": "v", "dinner": "n", "tasty": "a"}
RULES = {("a", "n"): "n", ("v", "n"): "p", ("n", "p"): "s"}
SENTENCE = "she cooks tasty dinner"


@pytest.mark.parametrize("name", ["stairs", "cups", "spiders"])
def test_named_readers_are_those_of_lambeq(name):
    expected = getattr(lambeq, f"{name}_reader").sentence2diagram(SENTENCE)
    assert sentence_diagram(SENTENCE, name) == expected
    assert sentence_diagram(SENTENCE.split(), getattr(lambeq, f"{name}_reader")) == expected


def test_trees_are_those_of_the_tree_reader():
    """The same parse handed to lambeq as its own tree gives the same diagram."""
    ccg, rule = lambeq.CCGTree, lambeq.CCGRule
    noun, sentence = lambeq.CCGType.NOUN, lambeq.CCGType.SENTENCE
    leaves = [
        ccg(text=word, rule=rule.LEXICAL, biclosed_type=kind)
        for word, kind in (("she", noun), ("cooks", sentence.slash("\\", noun).slash("/", noun)),
                           ("tasty", noun.slash("/", noun)), ("dinner", noun))
    ]  # fmt: skip
    forward, backward = rule.FORWARD_APPLICATION, rule.BACKWARD_APPLICATION
    thing = ccg(rule=forward, biclosed_type=noun, children=leaves[2:])
    phrase = ccg(rule=forward, biclosed_type=sentence.slash("\\", noun),
                 children=[leaves[1], thing])  # fmt: skip
    tree = ccg(rule=backward, biclosed_type=sentence, children=[leaves[0], phrase])
    for boxes, mode in (("uniform", "NO_TYPE"), ("height", "HEIGHT")):
        ours = sentence_diagram(SENTENCE, Grammar(PARTS, RULES, boxes=boxes))
        theirs = lambeq.TreeReader.tree2diagram(tree, lambeq.TreeReaderMode[mode])
        assert ours == theirs
    named = sentence_diagram(SENTENCE, Grammar(PARTS, RULES, boxes="rule"))
    assert [b.name for b in named.boxes][4:] == ["a+n", "v+n", "n+p"]
    pregroup = tree.to_diagram()
    assert sentence_diagram(SENTENCE, PREGROUP).cod == pregroup.cod == S


def test_rewriters_keep_the_value():
    """Removing cups changes a circuit, not the state that is left."""
    plain = sentence_diagram(SENTENCE, PREGROUP)
    short = sentence_diagram(SENTENCE, PREGROUP, rewrite=["remove-swaps", "remove-cups"])
    one, other = (from_lambeq(d, "sim14") for d in (plain, short))
    values = dict(zip(one.names, np.random.default_rng(0).uniform(size=len(one.names))))
    assert other.circuit.num_qubits < one.circuit.num_qubits
    np.testing.assert_allclose(other.probabilities(values), one.probabilities(values), atol=1e-12)
    by_object = sentence_diagram(SENTENCE, PREGROUP, rewrite=[lambeq.RemoveCupsRewriter()])
    assert by_object == sentence_diagram(SENTENCE, PREGROUP, rewrite=["remove-cups"])


def test_a_pronoun_without_parameters():
    """The rule for relative pronouns leaves spiders in place of the word."""
    words = {"device": "n", "that": "n.r n s.l n", "finds": "n.r s n.l", "planets": "n"}
    grammar = Grammar(words, target="n")
    plain = sentence_diagram("device that finds planets", grammar)
    free = sentence_diagram("device that finds planets", grammar, rewrite=["subject_rel_pronoun"])
    assert any(name.startswith("that") for name in from_lambeq(plain, "iqp").names)
    assert not any(name.startswith("that") for name in from_lambeq(free, "iqp").names)
    rule = lambeq.UnknownWordsRewriteRule({"device", "that", "finds"})
    found = sentence_diagram("device that finds planets", grammar, rewrite=[rule])
    assert "<UNK>" in [box.name for box in found.boxes]


class Bad(lambeq.Reader):
    """A reader whose model finds nothing."""

    def sentence2diagram(self, sentence, tokenised=False):
        raise lambeq.BobcatParseError("she")


def test_a_sentence_that_a_model_cannot_parse():
    with pytest.raises(ArgumentError, match="finds no parse of 'she she'"):
        sentence_diagram("she she", Bad())


def test_bad_input(tmp_path, monkeypatch):
    with pytest.raises(FileError, match=r"config.json is missing"):
        sentence_diagram("she", tmp_path)
    with pytest.raises(ArgumentError, match="one of 'stairs', 'cups', 'spiders'"):
        sentence_diagram("she", "stair")
    with pytest.raises(ArgumentError, match="at least one word"):
        sentence_diagram(" ")
    with pytest.raises(ArgumentError, match="names among 'remove-cups'"):
        sentence_diagram("she", rewrite=["remove-everything"])
    with pytest.raises(ArgumentError, match="does not suit this diagram: Not a valid pregroup"):
        sentence_diagram("she cooks dinner", PREGROUP, rewrite=["remove-cups", "remove-swaps"])
    with pytest.raises(ArgumentError, match="names of rewriters"):
        sentence_diagram("she", rewrite="remove-cups")
    with pytest.raises(ArgumentError, match="makes no 's'"):
        sentence_diagram("she she", PREGROUP)
    monkeypatch.setitem(__import__("sys").modules, "lambeq", None)
    with pytest.raises(MissingExtraError, match=r'pip install "qtn-toolkit\[language\]"'):
        sentence_diagram("she")
