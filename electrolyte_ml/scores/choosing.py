"""Which scored rows are kept, and their order: ``--where`` and ``--sort`` of the command line.

A condition compares columns with numbers and texts, such as ``conductivity_ms_cm > 8 and
freezes_below_c < -20``. It is read as an expression of Python and worked out here: nothing in it is
ever run.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from electrolyte_ml.errors import InfeasibleError, InputError
from electrolyte_ml.prediction import flat_record
from electrolyte_ml.properties import properties
from electrolyte_ml.shipped_properties import LIQUID
from electrolyte_ml.text import nearest_or_all, shown
from electrolyte_ml.units import ZERO_CELSIUS_K

Record = dict[str, Any]
_EXAMPLE = "such as 'conductivity_ms_cm > 8 and solubility_mol_kg.low > 1'"
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda part, whole: str(part) in str(whole),
    ast.NotIn: lambda part, whole: str(part) not in str(whole),
}
# Conditions are a line of text; what is longer was not meant.
_LONGEST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A condition on the columns of a score.

    Attributes
    ----------
    text
        As it was given.
    """

    text: str
    _tree: ast.expr

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read a condition.

        Raises
        ------
        InputError
            If it is no comparison of columns with numbers or texts.
        """
        if len(text) > _LONGEST:
            raise InputError(f"--where has {len(text)} characters; at most {_LONGEST} are read")
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            raise InputError(f"--where {shown(text)} is no condition {_EXAMPLE}") from error
        _require_condition(tree, text)
        return cls(text=text, _tree=tree)

    def holds(self, record: Record) -> bool:
        """Whether a score, in the contract's form, satisfies it; without a value nothing does.

        Raises
        ------
        InputError
            If it names a column that the score does not have, or compares a text with a number.
        """
        return bool(_worked_out(self._tree, _columns(record)))


def sorted_records(records: Iterable[Record], column: str) -> list[Record]:
    """Scores in the order of a column, the better ones first where one is better.

    Parameters
    ----------
    records
        Scores in the contract's form.
    column
        Name of a column; with ``-`` before it, the order is turned around. Rows without a value
        come last.

    Raises
    ------
    InputError
        If there is no such column.
    """
    held = list(records)
    name, turned = column.removeprefix("-").strip(), column.startswith("-")
    known = properties().get(name.removeprefix(f"{LIQUID}.").partition(".")[0])
    highest_first = (known is not None and known.better == "higher") != turned
    values = [_value(name, _columns(record)) for record in held]
    kinds = {isinstance(value, str) for value in values if value is not None}
    keys = [str(v) if len(kinds) > 1 and v is not None else v for v in values]
    present = [row for row, key in enumerate(keys) if key is not None]
    order = sorted(present, key=lambda row: keys[row], reverse=highest_first)
    return [held[row] for row in (*order, *(r for r, key in enumerate(keys) if key is None))]


def chosen(
    parts: Iterable[list[Record]], where: Condition | None, sort: str | None
) -> Iterator[list[Record]]:
    """Parts of scores with the rows that satisfy a condition; sorted, they are one part.

    Raises
    ------
    InfeasibleError
        If no row satisfies the condition.
    """
    kept = _kept(parts, where)
    if sort is None:
        yield from kept
    else:
        yield sorted_records((record for part in kept for record in part), sort)


def _kept(parts: Iterable[list[Record]], where: Condition | None) -> Iterator[list[Record]]:
    n_rows = n_kept = 0
    for part in parts:
        held = part if where is None else [record for record in part if where.holds(record)]
        n_rows, n_kept = n_rows + len(part), n_kept + len(held)
        if held:
            yield held
    if where is not None and not n_kept:
        raise InfeasibleError(f"none of {n_rows} rows satisfies --where {shown(where.text)}")


def _columns(record: Record) -> Mapping[str, Any]:
    return flat_record(record)


def _value(name: str, columns: Mapping[str, Any]) -> Any:
    """Value of a column by its name; of a property the best estimate, of ``_c`` degrees Celsius."""
    for head in ("", f"{LIQUID}."):
        for tail in ("", ".value"):
            if head + name + tail in columns:
                return columns[head + name + tail]
    kelvin = _kelvin_of(name)
    if kelvin is not None and kelvin != name:
        try:
            value = _value(kelvin, columns)
        except InputError:
            value = None
        if value is not None or any(c.endswith(kelvin) for c in columns):
            return None if value is None else round(value - ZERO_CELSIUS_K, 9)
    heads = dict.fromkeys(c.removesuffix(".value") for c in columns)
    raise InputError(f"there is no column {name!r}{nearest_or_all(name, heads)}")


def _kelvin_of(name: str) -> str | None:
    """Name in K of a column in degrees Celsius: ``freezes_below_c`` is that of ``_k``."""
    stem, dot, end = name.partition(".")
    if dot and stem == LIQUID:
        return f"{LIQUID}.{_kelvin_of(end) or end}"
    return f"{stem.removesuffix('_c')}_k{dot}{end}" if stem.endswith("_c") else None


def _require_condition(node: ast.expr, text: str) -> None:
    """Refuse whatever is no comparison, before any row is scored."""
    match node:
        case ast.BoolOp(values=parts):
            for part in parts:
                _require_condition(part, text)
        case ast.UnaryOp(op=ast.Not(), operand=part):
            _require_condition(part, text)
        case ast.Compare(left=left, ops=ops, comparators=others):
            unknown = [op for op in ops if type(op) not in _COMPARISONS]
            operands = [_is_operand(part) for part in (left, *others)]
            if unknown or not all(operands):
                raise InputError(
                    f"--where {shown(text)}: compare columns with numbers or texts, {_EXAMPLE}"
                )
        case _:
            raise InputError(f"--where {shown(text)} is no condition {_EXAMPLE}")


def _is_operand(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=int() | float() | str()) | ast.Name():
            return True
        case ast.Attribute(value=inner):
            return _is_operand(inner) and not isinstance(inner, ast.Constant)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float())):
            return True
        case _:
            return False


def _worked_out(node: ast.expr, columns: Mapping[str, Any]) -> Any:
    match node:
        case ast.BoolOp(op=op, values=parts):
            found = [_worked_out(part, columns) for part in parts]  # all, so that all are checked
            return all(found) if isinstance(op, ast.And) else any(found)
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return not _worked_out(part, columns)
        case ast.UnaryOp(operand=ast.Constant(value=int() | float() as number)):
            return -number
        case ast.Compare(left=left, ops=ops, comparators=others):
            values = [_worked_out(part, columns) for part in (left, *others)]
            pairs = zip(values[:-1], ops, values[1:], strict=True)
            return all(_compared(first, op, second) for first, op, second in pairs)
        case ast.Constant(value=value):
            return value
        case _:
            return _value(ast.unparse(node), columns)


def _compared(first: Any, op: ast.cmpop, second: Any) -> bool:
    if first is None or second is None:
        return False
    try:
        return bool(_COMPARISONS[type(op)](first, second))
    except TypeError as error:
        raise InputError(
            f"--where compares {shown(first)} with {shown(second)}, a text with a number"
        ) from error
