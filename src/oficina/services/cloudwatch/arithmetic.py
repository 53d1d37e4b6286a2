"""Metric math, the simple part: ``+ - * / ( )`` over metrics and numbers, time by time."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

from oficina.services.cloudwatch.api import invalid

_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}

Line = dict[float, float]


def evaluate(expression: str, lines: Mapping[str, Line]) -> Line:
    """An expression's values at the times that all its metrics have. Raises AwsError for other kinds."""
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except SyntaxError as error:
        raise _refuse(expression) from error
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    unknown = names - set(lines)
    if unknown or not names:
        raise _refuse(expression)
    times = set.intersection(*(set(lines[name]) for name in names))
    found: Line = {}
    for time in sorted(times):
        try:
            found[time] = _value(expression, tree, {name: lines[name][time] for name in names})
        except ZeroDivisionError:
            continue
    return found


def _value(expression: str, node: ast.expr, values: Mapping[str, float]) -> float:
    match node:
        case ast.Name(id=name):
            return values[name]
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(expression, operand, values)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(expression, left, values), _value(expression, right, values))
    raise _refuse(expression)


def _refuse(expression: str) -> Exception:
    return invalid(
        f"The expression {expression} is not supported: oficina computes + - * / ( ) over numbers and the ids"
        " of metrics in the same request."
    )
