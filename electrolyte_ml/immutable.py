"""An immutable mapping for value objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

_K = TypeVar("_K")
_V = TypeVar("_V")


class FrozenMapping(Mapping[_K, _V]):
    """An immutable mapping that can be pickled and deep-copied.

    `types.MappingProxyType` can be neither, so objects that hold one cannot go through a process
    pool.

    Parameters
    ----------
    held
        Content; copied.

    Examples
    --------
    >>> FrozenMapping({"EC": 0.5})["EC"]
    0.5
    """

    __slots__ = ("_held",)

    def __init__(self, held: Mapping[_K, _V] | None = None) -> None:
        self._held: dict[_K, _V] = dict(held or {})

    def __getitem__(self, key: _K) -> _V:
        return self._held[key]

    def __contains__(self, key: object) -> bool:
        return key in self._held

    def __iter__(self) -> Iterator[_K]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def __repr__(self) -> str:
        return repr(self._held)

    def __reduce__(self) -> tuple[type[FrozenMapping[_K, _V]], tuple[dict[_K, _V]]]:
        return type(self), (self._held,)
