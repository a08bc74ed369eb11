"""What a distribution says it needs, and when: the little of PEP 508 that its authors use, for machines other than this one."""

from __future__ import annotations

import ast
import operator
import os
import platform
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

LINE = re.compile(r"\s*(?P<name>[A-Za-z0-9._-]+)\s*(?:\[(?P<extras>[^\]]*)\])?[^;]*(?:;(?P<marker>.*))?", re.DOTALL)
VERSIONS = {"python_version", "python_full_version", "implementation_version"}
"""What is compared as versions."""
COMPARED: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Needed:
    """One line of what a distribution needs."""

    name: str
    extras: tuple[str, ...]
    marker: str

    def holds(self, machine: Mapping[str, str]) -> bool:
        """Is it needed there?"""
        return not self.marker or holds(self.marker, machine)


def read(line: str) -> Needed:
    """A line of what is needed.

    >>> read("uvicorn[standard]>=0.38; sys_platform == 'linux'")
    Needed(name='uvicorn', extras=('standard',), marker="sys_platform == 'linux'")
    """
    found = LINE.fullmatch(line)
    if found is None:
        raise ValueError(line)
    extras = tuple(each.strip() for each in (found["extras"] or "").split(",") if each.strip())
    return Needed(found["name"], extras, (found["marker"] or "").strip())


def here() -> dict[str, str]:
    """This machine, in the words of markers."""
    return {
        "os_name": os.name,
        "sys_platform": sys.platform,
        "platform_machine": platform.machine(),
        "platform_system": platform.system(),
        "platform_python_implementation": platform.python_implementation(),
        "implementation_name": sys.implementation.name,
        "python_version": f"{sys.version_info.major}.{sys.version_info.minor}",
        "python_full_version": platform.python_version(),
        "platform_release": platform.release(),
        "platform_version": platform.version(),
    }


def holds(marker: str, machine: Mapping[str, str]) -> bool:
    """Does a marker hold on a machine? Raises ValueError for what is none.

    >>> holds("python_version < '3.9' or platform_machine == 'aarch64'", {"python_version": "3.11", "platform_machine": "aarch64"})
    True
    >>> holds("'linux' in sys_platform and extra == 'flash'", {"sys_platform": "linux", "extra": ""})
    False
    """
    return _true(ast.parse(marker.strip(), mode="eval").body, machine)


def _true(node: ast.expr, machine: Mapping[str, str]) -> bool:
    match node:
        case ast.BoolOp(op=ast.And(), values=values):
            return all(_true(value, machine) for value in values)
        case ast.BoolOp(op=ast.Or(), values=values):
            return any(_true(value, machine) for value in values)
        case ast.Compare(left=left, ops=[how], comparators=[right]):
            return _compared(left, how, right, machine)
    raise ValueError(ast.unparse(node))


def _compared(left: ast.expr, how: ast.cmpop, right: ast.expr, machine: Mapping[str, str]) -> bool:
    a, b = _word(left, machine), _word(right, machine)
    as_versions = any(isinstance(side, ast.Name) and side.id in VERSIONS for side in (left, right))
    if isinstance(how, ast.In | ast.NotIn):
        return (a in b) == isinstance(how, ast.In)
    x, y = (_version(a), _version(b)) if as_versions else (a, b)
    return COMPARED[type(how)](x, y)


def _word(node: ast.expr, machine: Mapping[str, str]) -> str:
    match node:
        case ast.Name(id=name):
            return machine.get(name, "")
        case ast.Constant(value=str() as text):
            return text
    raise ValueError(ast.unparse(node))


def _version(text: str) -> tuple[int, ...]:
    """As far as a version is numbers.

    >>> _version("3.11.2"), _version("3.9.*")
    ((3, 11, 2), (3, 9))
    """
    numbers = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(map(int, numbers[0].split("."))) if numbers else ()
