"""The order of steps: the same circuit on fewer qubits."""

from __future__ import annotations

from qtn.interop.lambeq.schedule import Step, depth_first, places


def stairs(words: int) -> list[Step]:
    """All words, then box after box, each with the wire that it ends."""
    steps = [Step("gate", (k,), f"word {k}") for k in range(words)]
    for k in range(1, words):
        steps += [Step("gate", (0, k), f"box {k}"), Step("discard", (k,), ends=True)]
    return steps


def test_stairs_need_two_qubits():
    steps = depth_first(stairs(6))
    assert sorted(map(str, steps)) == sorted(map(str, stairs(6)))
    qubit, used, count = places(steps, 6, True)
    assert (qubit, used, count) == ([0, 1, 1, 1, 1, 1], [2, 3, 4, 5], 2)
    assert places(steps, 6, False) == (list(range(6)), [], 6)


def test_steps_on_a_wire_keep_their_order():
    for wire in range(6):
        before = [s.what for s in stairs(6) if wire in s.wires]
        assert [s.what for s in depth_first(stairs(6)) if wire in s.wires] == before


def test_without_an_end_nothing_moves():
    steps = [Step("gate", (0,)), Step("gate", (1,)), Step("gate", (0, 1))]
    assert depth_first(steps) == steps
    assert places(steps, 3, True) == ([0, 1, 2], [], 3)
