"""The settings of a training: given by hand, chosen by `fit`, or fixed.

A parameter that says "auto" takes what `fit` chose; where training is set by hand, what the class
has fixed for it. Training is set by hand as soon as one of `BY_HAND` is given, unless
`recipe="search"` asks for a search all the same, among recipes that agree with what is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, ClassVar

from qtn._checks import fail
from qtn._display import Display, Displayed, Table
from qtn.models.training.saved import plain

AUTO = "auto"
RECIPES = (AUTO, "search", "fixed")
# The status of a fit that is no better than a constant.
DID_NOT_LEARN = "did not learn"
# Whoever gives one of these trains by hand.
BY_HAND = (
    *("bond", "features", "loss", "generative", "isometric", "sweeps", "epochs", "batch_size"),
    *("learning_rate", "start", "noise", "ridge", "copies", "shifts", "flips", "polish", "jitter"),
)
# Of these, None is a value too.
NONE_TOO = ("loss", "generative")
# What a search may choose.
CHOSEN = (*BY_HAND, "rescale", "order", "tree", "rewired", "mixture")


@dataclass(frozen=True, slots=True, repr=False)
class Recipe(Displayed):
    """What a fit trained with, and why.

    Args:
        name: of the recipe; "by hand" where nothing was chosen.
        settings: the settings by name, as the constructor takes them.
        why: in words.
        tried: names of the recipes tried and their mean losses on rows held out, the best first.
    """

    name: str
    settings: Mapping[str, Any]
    why: str
    tried: tuple[tuple[str, float], ...] = ()

    def _brief(self) -> str:
        return f"{self.name}: {self.why}"

    def _display(self) -> Display:
        tables = [
            Table(("setting", "value"), list(self.settings.items())),
            Table(("recipe tried", "loss on rows held out"), self.tried, folded=True),
        ]
        return Display("Recipe", [("name", self.name), ("why", self.why)], tables)

    def pack(self) -> dict[str, Any]:
        """Return the recipe as JSON can hold it."""
        tried = [list(pair) for pair in self.tried]
        settings = {k: plain(v) for k, v in self.settings.items()}
        return {"name": self.name, "settings": settings, "why": self.why, "tried": tried}

    @classmethod
    def unpack(cls, header: Any) -> Recipe:
        """Rebuild from what `pack` returned.

        Raises:
            ArgumentError: it is anything else.
        """
        good = isinstance(header, dict) and all(
            isinstance(header.get(name), kind)
            for name, kind in (("name", str), ("why", str), ("settings", dict), ("tried", list))
        )
        if not good or not set(header["settings"]) <= set(CHOSEN):
            raise fail("recipe", "the recipe of a fit", header)
        tried = [tuple(pair) for pair in header["tried"] if isinstance(pair, list)]
        if any(len(p) != 2 or not isinstance(p[0], str) for p in tried):
            raise fail("recipe", "the recipe of a fit", header)
        return cls(header["name"], header["settings"], header["why"], tuple(tried))


def is_auto(value: Any) -> bool:
    """Return whether the value of a parameter leaves the choice to the model."""
    return value is None or (isinstance(value, str) and value == AUTO)


class Settings:
    """What estimators with recipes share.

    Attributes:
        FIXED: what "auto" means where training is set by hand.
        recipe_: what the last fit trained with.
    """

    FIXED: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    recipe: str
    recipe_: Recipe
    _chosen: dict[str, Any]

    def _setting(self, name: str) -> Any:
        """Return the value in force of a parameter."""
        value = getattr(self, name)
        if not is_auto(value):
            return value
        chosen: Mapping[str, Any] = vars(self).get("_chosen", {})
        return chosen.get(name, self._fixed().get(name, value))

    def _fixed(self) -> Mapping[str, Any]:
        """Return what "auto" means where training is set by hand."""
        return self.FIXED

    def _check_none(self) -> None:
        """Raise `ArgumentError` where None stands for a setting that has no such value."""
        for each in fields(self):  # type: ignore[arg-type]
            open_to_choice = each.name in BY_HAND and each.default == AUTO
            if open_to_choice and each.name not in NONE_TOO and getattr(self, each.name) is None:
                raise fail(each.name, 'a value, or "auto"', None)

    def _given(self) -> dict[str, Any]:
        """Return the settings that are given by hand."""
        found = {}
        for each in fields(self):  # type: ignore[arg-type]
            value = getattr(self, each.name)
            same = value is each.default or (
                isinstance(value, type(each.default)) and value == each.default
            )
            if each.name in BY_HAND and not same and not is_auto(value):
                found[each.name] = value
        return found

    def _in_force_given(self) -> dict[str, Any]:
        """Return the settings that a search must leave: given by hand, or a scaling."""
        rescale = getattr(self, "rescale", AUTO)
        return self._given() | ({} if is_auto(rescale) else {"rescale": rescale})

    def _searches(self) -> bool:
        """Return whether `fit` chooses the settings."""
        return self.recipe == "search" or (self.recipe == AUTO and not self._given())

    def _in_force(self) -> dict[str, Any]:
        """Return the settings of a recipe as they are now."""
        names = [each.name for each in fields(self) if each.name in CHOSEN]  # type: ignore[arg-type]
        return {name: self._setting(name) for name in names}

    def _restore_recipe(self, header: dict[str, Any]) -> None:
        """Take the recipe from a file.

        Raises:
            ArgumentError: it holds another thing.
        """
        self._chosen = {}
        if "recipe" not in header:  # of a version without recipes
            self.recipe_ = Recipe("by hand", self._in_force(), "settings were given")
            return
        self.recipe_ = Recipe.unpack(header["recipe"])
        chosen = header.get("chosen")
        if not isinstance(chosen, dict) or not chosen.items() <= self.recipe_.settings.items():
            raise fail("chosen", "settings of the recipe", chosen)
        self._chosen = chosen
