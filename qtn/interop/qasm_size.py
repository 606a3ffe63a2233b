"""How large the circuit of an OpenQASM text is, told from the text before a reader builds it.

A few lines can ask for any size: `qubit[1000000000] q;`, or a chain of gates each defined as two of
the one before. Registers are added up, and every definition is expanded on paper only.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable

from qtn.errors import FileError

MAX_QUBITS = 100_000
MAX_GATES = 10_000_000
_MAX_DEPTH = 200  # of brackets: readers recurse
_MAX_BITS = 64  # of numbers computed on the way

_GATE = re.compile(r"\bgate\s+(\w+)\s*(?:\([^)]*\))?[^{;]*\{([^}]*)\}")
# Version 3: qubit[n] q; bit[n] c;  version 2: qreg q[n]; creg c[n];
_REGISTER = re.compile(
    r"\b(qubit|bit)\s*(?:\[([^\]]*)\])?\s*(\w+)|\b(qreg|creg)\s+(\w+)\s*\[([^\]]*)\]"
)
_MODIFIER = re.compile(r"(inv|(?:neg)?ctrl|pow)\s*(?:\(([^)]*)\))?\s*@")
_OPERATIONS: dict[type, Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.floordiv,
    ast.Mod: operator.mod,
    ast.LShift: operator.lshift,
    ast.Pow: operator.pow,
}


def check_size(code: str) -> None:
    """Refuse a text whose circuit would be too large.

    Args:
        code: an OpenQASM text without comments.

    Raises:
        FileError: more than `MAX_QUBITS` qubits or classical bits, more than `MAX_GATES` gates once
            all definitions are expanded, or brackets nested beyond any sense.

    Cost: linear in the length of the text.
    """
    _check_depth(code)
    registers = _registers(code)
    sizes: dict[str, int] = {}
    for name, body in _GATE.findall(code):
        sizes[name] = min(_count(body, sizes, {}), MAX_GATES + 1)
    total = _count(_GATE.sub("", code), sizes, registers)
    if total > MAX_GATES:
        raise FileError(
            f"The circuit has more than {MAX_GATES:,} gates once its definitions are expanded. "
            "Split it, or define its gates by fewer others."
        )


def _registers(code: str) -> dict[str, int]:
    """Return the size of every register, or raise `FileError` if they are too large together."""
    sizes: dict[str, int] = {}
    totals = {"qubits": 0, "classical bits": 0}
    for new, n, name, old, old_name, old_n in _REGISTER.findall(code):
        size = _number(old_n if old else n or "1")
        sizes[old_name or name] = size
        totals["qubits" if (old or new).startswith("q") else "classical bits"] += max(size, 0)
    for what, total in totals.items():
        if total > MAX_QUBITS:
            raise FileError(
                f"The text declares {total:,} {what}, but at most {MAX_QUBITS:,} are read. Declare "
                "only those that the circuit uses."
            )
    return sizes


def _count(code: str, sizes: dict[str, int], registers: dict[str, int]) -> int:
    """Return the number of gates that the statements of a block stand for."""
    total = 0
    for statement in re.split(r"[;{}]", code):
        repeats, rest = 1, statement.strip()
        while found := _MODIFIER.match(rest):
            number = _number(found[2]) if found[2] else 1
            if found[1] == "pow":
                repeats *= max(abs(number), 1)
            elif found[1] != "inv" and number > MAX_QUBITS:
                raise FileError(
                    f"The text asks for {number:,} controls of one gate, but at most "
                    f"{MAX_QUBITS:,} qubits are read."
                )
            rest = rest[found.end() :].lstrip()
        call = re.match(r"(\w+)\s*(?:\(.*\))?\s*(.*)", rest, flags=re.DOTALL)
        if call:
            # A gate on a whole register acts on each of its qubits.
            wide = [registers.get(word.strip(), 1) for word in call[2].split(",")]
            total += sizes.get(call[1], 1) * max(*wide, 1) * repeats
    return total


def _check_depth(code: str) -> None:
    depth = deepest = 0
    for bracket in re.findall(r"[()\[\]{}]", code):
        depth += 1 if bracket in "([{" else -1
        deepest = max(deepest, depth)
    if deepest > _MAX_DEPTH:
        raise FileError(
            f"The text nests {deepest:,} brackets, but at most {_MAX_DEPTH} are read. Write its "
            "expressions with fewer."
        )


def _number(text: str) -> int:
    """Return a whole number written as an expression; 1 where the reader will complain."""
    try:
        return _value(ast.parse(text.strip(), mode="eval").body)
    except (ArithmeticError, KeyError, SyntaxError, TypeError, ValueError, RecursionError):
        return 1


def _value(node: ast.expr) -> int:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left), _value(node.right)
        shifts = isinstance(node.op, ast.LShift | ast.Pow)
        if shifts and (right > _MAX_BITS or left.bit_length() * right > _MAX_BITS * 64):
            return MAX_GATES + 1
        return _OPERATIONS[type(node.op)](left, right)
    raise TypeError
