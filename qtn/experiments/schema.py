"""What a recipe may say: one pydantic model per section, whose fields are the keys of the file.

Options of methods, models and techniques are not repeated here. A section that names one takes all
further keys as its options, and `qtn.experiments.options` knows them from the class itself.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from qtn._display import Display, Displayed, Table
from qtn.experiments.options import METHODS, MODELS, TECHNIQUES, Kinds, read_options

Count = Annotated[int, Field(ge=1)]
Whole = Annotated[int, Field(ge=0)]
Sites = Annotated[int, Field(ge=2)]
Share = Annotated[float, Field(gt=0.0, lt=1.0)]
Numbers = float | list[float]
# What a recipe is, apart from what it asks for.
WORDS = ("title", "about")


class Section(BaseModel):
    """A table of the file; a key that it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


# ------------------------------------------------------------------------------------------- data


class OfDigits(Section):
    """scikit-learn's handwritten digits, see `qtn.load_digits`."""

    source: Literal["digits"]
    size: Literal[2, 4, 8] = 4
    classes: list[Whole] | Literal["all"] = [0, 1]
    test_fraction: Share = 0.25


class BarsAndStripes(Section):
    """All images of bars or of stripes, as rows of bits."""

    source: Literal["bars-and-stripes"]
    rows: Count = 4
    columns: Count = 4


class OfRows(Section):
    """A file of labelled rows of numbers, scaled to [0, 1]: see `qtn.load_data`."""

    source: Literal["file"]
    file: str
    label: int | str | None = "auto"
    classes: list[Whole | str] | Literal["all"] = "all"
    size: Count | None = None
    test_fraction: Share = 0.25


class Coded(Section):
    """A table in text (also `.gz`) as small integers, for Born machines.

    Columns are counted from 0; all but the label's are taken if none are named. Numbers fall into
    `levels` bins of as many rows each, words into the most frequent ones and one for the rest.
    With `only`, rows of another label are left out.
    """

    source: Literal["table"]
    file: str
    header: bool = False
    columns: Annotated[list[Whole], Field(min_length=1)] | None = None
    label: Whole | None = None
    only: str | None = None
    levels: Annotated[int, Field(ge=2, le=64)] = 2
    rows: Count | None = None
    test_fraction: Share | None = None

    @model_validator(mode="after")
    def _labelled(self) -> Self:
        if self.only is not None and self.label is None:
            raise ValueError("`only` chooses rows by their label: give the column, `label`")
        return self


class Sentences(Section):
    """Labelled sentences, one a line, see `qtn.load_sentences`."""

    source: Literal["sentences"]
    file: str
    test: str


Data = Annotated[
    OfDigits | BarsAndStripes | OfRows | Coded | Sentences, Field(discriminator="source")
]


# ----------------------------------------------------------------------------------------- targets


class Textbook(Section):
    """A state that textbooks name, on so many qubits."""

    state: Literal["cluster"]
    qubits: Sites


class OnTrees(Section):
    """A state that textbooks name, as a chain or as a balanced tree."""

    state: Literal["ghz", "w"]
    qubits: Sites
    tree: bool = False


class AKLT(Section):
    """The AKLT chain of spins 1, each of two qubits, between two spins 1/2."""

    state: Literal["aklt"]
    spins: Count


class Images(Section):
    """The uniform superposition of all images of bars or of stripes."""

    state: Literal["bars-and-stripes"]
    rows: Annotated[int, Field(ge=1, le=8)] = 4
    columns: Annotated[int, Field(ge=1, le=8)] = 4


class _Chain(Section):
    """A Hamiltonian of `qtn.chain`."""

    model: str
    sites: Sites
    periodic: bool = False
    couplings: dict[str, Numbers] = {}
    max_bond: Count | None = None


class GroundState(_Chain):
    """The ground state of a chain, see `qtn.ground_state`."""

    state: Literal["ground-state"]
    cutoff: Annotated[float, Field(ge=0.0)] = 1e-12
    start: str | None = None


class Quench(_Chain):
    """A product state after a time, see `qtn.evolve`."""

    state: Literal["evolved"]
    start: str = "neel"
    time: float
    cutoff: Annotated[float, Field(ge=0.0)] = 1e-12


class PropagatorOf(_Chain):
    """The operator exp(-iHt) of a chain, see `qtn.propagator`."""

    state: Literal["propagator"]
    time: float
    cutoff: Annotated[float, Field(ge=0.0)] = 1e-13


class Distribution(Section):
    """The square root of a density of scipy.stats, see `qtn.load_distribution`."""

    state: Literal["distribution"]
    distribution: str
    qubits: Count
    domain: Annotated[list[float] | None, Field(min_length=2, max_length=2)] = None
    tail: Share = 1e-3
    tolerance: Annotated[float, Field(gt=0.0)] = 1e-6


class OfModel(Section):
    """A state of the model of this recipe, see `docs/forms.md`; its own circuit with `written`."""

    state: Literal["model"]
    label: int | str | None = None
    register_: Annotated[str | None, Field(alias="register")] = None


class Sentence(Section):
    """The state in which a fitted classifier of sentences puts the words of one of them."""

    state: Literal["sentence"]
    text: str


class OfFile(Section):
    """A state in a file: `.qtn`, OpenQASM, or amplitudes in `.npy`."""

    state: Literal["file"]
    file: str


Target = Annotated[
    Textbook
    | OnTrees
    | AKLT
    | Images
    | GroundState
    | Quench
    | PropagatorOf
    | Distribution
    | OfModel
    | Sentence
    | OfFile,
    Field(discriminator="state"),
]


# --------------------------------------------------------------------- what has options of its own


class Optional(Section):
    """A section that names a class and holds its options beside its own keys."""

    options: dict[str, Any] = {}


def _sorted_out(section: type[Section], kinds: Kinds, key: str, value: Any) -> Any:
    """Return a section's table with the options of what it names in a table of their own."""
    if not isinstance(value, dict) or not isinstance(value.get(key), str):
        return value
    known = {field.alias or name for name, field in section.model_fields.items()}
    own = {k: v for k, v in value.items() if k in known}
    others = {k: v for k, v in value.items() if k not in known}
    return {**own, "options": read_options(kinds, value[key], others, known - {"options"})}


class Model(Optional):
    """An estimator of `qtn` and its settings."""

    kind: str

    @model_validator(mode="before")
    @classmethod
    def _settings(cls, value: Any) -> Any:
        return _sorted_out(cls, MODELS, "kind", value)


class Compile(Optional):
    """A compile method of `qtn` with its options, or "textbook" for the circuit of a textbook."""

    method: str = "Auto"
    min_fidelity: Annotated[float, Field(ge=0.0, le=1.0)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _options(cls, value: Any) -> Any:
        if isinstance(value, dict):
            value = {"method": "Auto", **value}
        return _sorted_out(cls, METHODS, "method", value)


class Run(Section):
    """Where the circuit runs, how often, and what is measured; counts without observables."""

    device: str = "aer"
    shots: Count = 4096
    observables: list[str] = []


class Technique(Optional):
    """A mitigation technique of `qtn` and its options."""

    name: str

    @model_validator(mode="before")
    @classmethod
    def _options(cls, value: Any) -> Any:
        return _sorted_out(
            cls, TECHNIQUES, "name", {"name": value} if value == str(value) else value
        )


class Mitigate(Section):
    """Techniques by name, or tables of `name` and options."""

    techniques: Annotated[list[Technique], Field(min_length=1)]


class Compare(Section):
    """The model beside its deployed form and classical baselines, on test rows."""

    rows: Count = 100
    baselines: bool = True
    form: str = "auto"


class Recipe(Displayed, Section):
    """A whole experiment: what `qtn.read_recipe` returns and `qtn.make` makes.

    Args:
        title: what it is, in a line.
        about: why it is as it is.
        seed: of everything.
        data: rows to learn from.
        model: what learns.
        target: the state or operator to be compiled.
        compile: how.
        run: where the circuit runs.
        mitigate: how errors are mitigated.
        compare: the deployed model beside the trained one.
    """

    title: str = ""
    about: str = ""
    seed: Whole = 0
    data: Data | None = None
    model: Model | None = None
    target: Target | None = None
    compile: Compile | None = None
    run: Run | None = None
    mitigate: Mitigate | None = None
    compare: Compare | None = None
    _folder: Path = PrivateAttr(default=Path())
    _written: dict[str, Any] = PrivateAttr(default_factory=dict)

    def _brief(self) -> str:
        return f"{self.title!r}: {', '.join(self.steps)}, seed {self.seed}"

    def _display(self) -> Display:
        given = {step: getattr(self, step).model_dump(exclude_defaults=True) for step in self.steps}
        sections = [
            (step, name, value)
            for step, options in given.items()
            for name, value in (options or {"": ""}).items()
        ]
        rows = [("title", self.title), ("about", self.about), ("seed", self.seed)]
        table = Table(("section", "option", "value"), sections)
        return Display("Recipe", rows, [table])

    @property
    def folder(self) -> Path:
        """Where relative paths of the recipe begin, unless the data stand elsewhere."""
        return self._folder

    @property
    def steps(self) -> tuple[str, ...]:
        """The sections that are there, in the order in which they are made."""
        return tuple(name for name in STEPS if getattr(self, name) is not None)

    @property
    def digest(self) -> str:
        """The sha256 of what the recipe asks for: its words apart, in one order of keys."""
        asked = {k: v for k, v in self.asked.items() if k not in WORDS}
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()

    def read_from(self, folder: Path, content: dict[str, Any]) -> Self:
        """Keep what the recipe was read from: its folder, and the text as it was parsed."""
        self._folder, self._written = folder, content
        return self

    @property
    def asked(self) -> dict[str, Any]:
        """The recipe as it was written."""
        return self._written

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for name, needed in NEEDS.items():
            if getattr(self, name) is not None:
                lacking = [other for other in needed if getattr(self, other) is None]
                if lacking:
                    raise ValueError(f"[{name}] needs a section [{lacking[0]}] beside it")
        if isinstance(self.target, OfModel | Sentence) and self.model is None:
            kind = self.target.state
            raise ValueError(f'[target] with state = "{kind}" needs a section [model] beside it')
        return self


STEPS = ("data", "model", "target", "compile", "run", "mitigate", "compare")
NEEDS = {
    "model": ("data",),
    "compile": (),
    "run": ("compile", "target"),
    "mitigate": ("run",),
    "compare": ("model", "compile"),
}
