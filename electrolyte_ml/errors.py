"""The one exception tree of the package.

Every error a user can cause is an `ElectrolyteError`; each leaf also inherits the built-in
exception that a caller would expect, so that both ``except ElectrolyteError`` and
``except ValueError`` work.
"""

from __future__ import annotations

from collections.abc import Sequence


class ElectrolyteError(Exception):
    """Base of all errors raised on purpose by this package."""

    def __str__(self) -> str:
        # KeyError quotes its argument; a message for people is shown as it is.
        return str(self.args[0]) if self.args else ""


class InputError(ElectrolyteError, ValueError):
    """Input of the user cannot be used; the message says what is allowed."""


class InputErrors(InputError):  # noqa: N818 - several of an InputError
    """Several inputs of the user cannot be used; all of them are listed.

    Parameters
    ----------
    messages
        One line for each fault.
    """

    def __init__(self, messages: Sequence[str]) -> None:
        self.messages: tuple[str, ...] = tuple(messages)
        super().__init__("\n".join(self.messages))

    def __reduce__(self) -> tuple[type[InputErrors], tuple[tuple[str, ...]]]:
        # Pickle would pass the joined text, whose letters would become the messages.
        return type(self), (self.messages,)


class RecipeSyntaxError(InputError):
    """The recipe text does not follow the notation."""


class AmountError(InputError):
    """An amount is missing, negative, ambiguous, or does not add up."""


class RecipeFileError(InputErrors):
    """A search problem (TOML) holds impossible or unknown settings."""


class TableError(InputErrors):
    """Rows of a user's table cannot be used."""


class PropertyError(InputError):
    """The function of a property cannot be used; the message names the property and its origin."""


class UnknownSpeciesError(ElectrolyteError, KeyError):
    """A name is in no catalog and is not a SMILES."""


class SmilesError(InputError):
    """A SMILES cannot be parsed, or is not one species."""


class ChargeBalanceError(InputError):
    """The ions of a salt do not add up to zero charge."""


class CatalogError(InputErrors):
    """The catalog tables contradict themselves."""


class DataNotFoundError(ElectrolyteError, FileNotFoundError):
    """A data set is neither in ``$ELECTROLYTE_ML_DATA`` nor in the cache."""


class MissingDependencyError(ElectrolyteError, ImportError):
    """An optional dependency is not installed; the message names the ``pip install`` line."""


class ArtefactError(ElectrolyteError, RuntimeError):
    """A model file is missing, damaged, or made by another version of the package."""


class UnwritableError(ElectrolyteError, OSError):
    """A file, a folder or the output cannot be written; the message names it and the reason."""


class WorkerDiedError(ElectrolyteError, RuntimeError):
    """A process of a pool died of a task, or was killed, again and again."""


class InfeasibleError(ElectrolyteError, RuntimeError):
    """A search found no recipe that satisfies every constraint."""


class PropertyWarning(UserWarning):
    """A property that another package adds cannot be used; the message names that package."""


class TableNote(UserWarning):
    """How a table was read whose file or headings are not plain; nothing is wrong with it."""
