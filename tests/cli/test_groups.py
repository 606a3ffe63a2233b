"""Groups of options: one parameter of a command, several of the command line."""

from __future__ import annotations

import inspect
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

import qtn
from qtn.cli.groups import Deployment, Source, Spending, takes
from qtn.errors import ArgumentError


def test_a_command_is_given_the_group_that_its_options_make() -> None:
    app, seen = typer.Typer(), []

    @app.command()
    @takes(spending=Spending, source=Source)
    def spend(
        name: Annotated[str, typer.Argument()],
        source: Source,
        spending: Spending,
        twice: bool = False,
    ) -> None:
        """Spend."""
        seen.append((name, source, spending, twice))

    shown = list(inspect.signature(spend).parameters)
    money = ["max_shots", "max_seconds", "max_money"]
    assert shown == ["name", "data", "size", "classes", *money, "twice"]
    call = ["me", "--max-shots", "7", "--twice", "--size", "2"]
    assert CliRunner().invoke(app, call, catch_exceptions=False).exit_code == 0
    assert seen == [("me", Source(size=2), Spending(max_shots=7), True)]
    assert "--max-money" in CliRunner().invoke(app, ["--help"]).output
    assert CliRunner().invoke(app, ["me", "--max-shots", "many"]).exit_code == 2


def test_no_option_is_no_budget() -> None:
    assert Spending().budget() is None


def test_each_option_limits_its_own() -> None:
    for values in ((10, None, None), (None, 2.5, None), (None, None, 1.0), (10, 2.5, 1.0)):
        budget = Spending(*values).budget()
        assert budget is not None
        assert (budget.shots, budget.seconds, budget.money) == values


def test_a_budget_below_nothing_is_refused() -> None:
    with pytest.raises(ArgumentError, match="`shots`"):
        Spending(max_shots=-1).budget()


def test_rows_come_from_the_source() -> None:
    rows = Source(size=2, classes="3 8").load(seed=1)
    assert rows.features == 4
    assert set(rows.y_train) == {3, 8}
    with pytest.raises(ArgumentError, match="--data must be digits"):
        Source(data="flowers").load(0)


def test_a_device_without_noise_is_not_mitigated() -> None:
    rows = Source(size=2).load(0)
    model = qtn.MPSClassifier(2, epochs=1, progress=False).fit(rows.x_train, rows.y_train)
    for deployment, techniques in (
        (Deployment(layers=1, device="tensor", shots=9), 0),
        (Deployment(layers=1, device="FakeManilaV2"), 2),
        (Deployment(layers=1, device="FakeManilaV2", mitigate=False), 0),
    ):
        quantum = deployment.of(model, None, False)
        assert len(quantum.mitigation) == techniques
        assert (quantum.device, quantum.shots) == (deployment.device, deployment.shots)
