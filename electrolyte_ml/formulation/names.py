"""Names inside recipe text: what is one, and long names with their abbreviation in brackets."""

from __future__ import annotations

import re

from electrolyte_ml.errors import ElectrolyteError, RecipeSyntaxError
from electrolyte_ml.formulation.text import depths
from electrolyte_ml.species import Catalog

_NAME_START = re.compile(r"(?:^|(?<=[\s:/+,|-]))(?=[^\s:/+,|-])")
_SQUARE = re.compile(r"\[([^\[\]]+)\]")
_MOST_WORDS = 8


class Names:
    """What a catalog says of pieces of text.

    Parameters
    ----------
    catalog
        Species to look up.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._known: dict[str, bool] = {}

    def is_known(self, text: str) -> bool:
        """Whether `text` is a solvent or a salt, by name or SMILES."""
        if text not in self._known:
            self._known[text] = self.catalog.is_solvent(text) or self.catalog.is_salt(text)
        return self._known[text]

    def is_salt(self, text: str) -> bool:
        """Whether `text` is written as a salt."""
        return self.catalog.is_salt(text)

    def plain(self, text: str) -> str:
        """`text` without second names: ``ethylene carbonate (EC)`` becomes ``ethylene carbonate``.

        A name alone in brackets, as in ``1 M (NaPF6) in PC`` or ``[NaFSI]:[DME]``, loses them.

        Raises
        ------
        RecipeSyntaxError
            If the name in brackets belongs to another species than the one before it.
        """
        if "[" in text:
            text = _SQUARE.sub(lambda m: m[1] if self._identity(m[1]) else m[0], text)
        if "(" not in text:
            return text
        for start, end in reversed(_top_level_brackets(text)):
            inside = text[start + 1 : end].strip()
            identity = self._identity(inside)
            if identity is None:
                continue
            before = text[:start].rstrip()
            long_name = self._name_at_end(before)
            if long_name is None:
                joint = " " if before and before[-1].isalnum() else ""
                text = f"{before}{joint}{inside}{text[end + 1 :]}"
            elif self._identity(long_name) == identity:
                text = before + text[end + 1 :]
            else:
                raise RecipeSyntaxError(
                    f"'{long_name} ({inside})' names two species, {identity} and "
                    f"{self._identity(long_name)}; write one of them, or both with their ratio"
                )
        return text

    def _identity(self, name: str) -> str | None:
        """Name in the catalog of what `name` means; None for SMILES and for what is unknown."""
        if not name or (name[0].isdigit() and " " in name):
            return None
        if self.catalog.has_solvent_named(name):
            return self.catalog.solvent(name).name
        try:
            return self.catalog.salt(name).name if self.catalog.has_salt_named(name) else None
        except ElectrolyteError:
            return None

    def _name_at_end(self, text: str) -> str | None:
        """Longest name of the catalog that `text` ends with."""
        starts = [m.start() for m in _NAME_START.finditer(text)][-_MOST_WORDS:]
        return next((text[s:] for s in starts if self._identity(text[s:]) is not None), None)


def _top_level_brackets(text: str) -> list[tuple[int, int]]:
    """Places of ``(`` and its ``)`` outside other brackets."""
    level = depths(text)
    opened = [i for i, c in enumerate(text) if c == "(" and level[i] == 1]
    closed = [i for i, c in enumerate(text) if c == ")" and level[i] == 1]
    return list(zip(opened, closed, strict=False))
