"""Angles written as constant expressions: 0.3, pi/4, -3*pi/8."""

from __future__ import annotations

import ast
import math
from functools import lru_cache

__all__ = ["Unread", "angle_of"]

LONGEST = 200  # characters


class Unread(Exception):
    """Something that is left to Qiskit's readers."""


def angle_of(text: str, version: str, known: dict[str, float] | None = None) -> float:
    """Return the value of an expression.

    Args:
        text: of numbers, pi, + - * / and brackets.
        version: of OpenQASM, "2" or "3": two whole numbers are divided to a whole one in 3.
        known: values of parameters.

    Raises:
        Unread: anything else, or no finite number.

    Example:
        >>> angle_of("-3*pi/8", "3") == -3 * math.pi / 8
        True
    """
    if not known:
        return _constant(text, version)
    return _evaluated(text, version, known)


@lru_cache(maxsize=65536)
def _constant(text: str, version: str) -> float:
    return _evaluated(text, version, {})


def _evaluated(text: str, version: str, known: dict[str, float]) -> float:
    text = text.strip()
    try:
        if len(text) > LONGEST:
            raise Unread
        value = float(_value(ast.parse(text, mode="eval").body, version, known))
    except (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError) as error:
        raise Unread from error
    if not math.isfinite(value):
        raise Unread
    return value


def _value(node: ast.expr, version: str, known: dict[str, float]) -> float:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value  # type: ignore[return-value]
    if isinstance(node, ast.Name):
        if node.id in known:
            return known[node.id]
        if node.id == "pi" or (version == "3" and node.id == "π"):
            return math.pi
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, version, known)
    if isinstance(node, ast.BinOp):
        left, right = (_value(side, version, known) for side in (node.left, node.right))
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.Mult):
            return left * right
        whole = isinstance(left, int) and isinstance(right, int)
        if isinstance(node.op, ast.Div) and not (whole and version == "3"):
            return left / right
    raise Unread
