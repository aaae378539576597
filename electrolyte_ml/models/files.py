"""Files of trained models: arrays as npz, everything else as JSON; loading them runs no code.

A model is one folder: ``NAME.npz``, ``NAME.json`` and a card for people. The JSON record begins
with the number of its format. Any fault of the files raises one error, which names the remedy.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.errors import ArtefactError
from electrolyte_ml.files import write_atomically, write_text

#: Where the models that ship with the package are, each in a folder of its name.
SHIPPED = Path(__file__).parent / "artefacts"
CARD = "MODEL_CARD.md"
Arrays = dict[str, NDArray[Any]]
Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """Where a kind of model is kept, and of which version its files are.

    Attributes
    ----------
    name
        Of the model: of its folder, its two files, and of ``electrolyte-ml train NAME``.
    version
        Number of the format, raised when the files change their meaning.
    made_for
        Entries of the record that must be as they are here, such as the names of descriptors.
    compressed
        Whether the arrays are compressed.
    command
        Command that makes the files again; ``electrolyte-ml train NAME`` by default.
    """

    name: str
    version: int
    made_for: Mapping[str, Any] = field(default_factory=dict)
    compressed: bool = False
    command: str = ""

    @property
    def folder(self) -> Path:
        """Folder of the model that ships with the package."""
        return SHIPPED / self.name

    def write(
        self,
        arrays: Mapping[str, NDArray[Any]],
        record: Mapping[str, Any],
        folder: Path | None = None,
    ) -> Path:
        """Write both files, each whole or not at all.

        Parameters
        ----------
        arrays
            By name.
        record
            Plain numbers and text; format and `made_for` are added.
        folder
            Made if need be; the package's own by default.

        Returns
        -------
        Path
            The folder.
        """
        target = folder or self.folder
        target.mkdir(parents=True, exist_ok=True)
        save = np.savez_compressed if self.compressed else np.savez

        def write_arrays(path: Path) -> None:
            with path.open("wb") as stream:
                save(stream, **dict(arrays))  # type: ignore[arg-type]

        write_atomically(target / self._arrays, write_arrays)
        held = {"format": self.version, **self.made_for, **record}
        write_text(target / self._record, json.dumps(held, indent=1) + "\n")
        return target

    def write_card(self, text: str, folder: Path | None = None) -> None:
        """Write the card, Markdown, beside the model files."""
        write_text((folder or self.folder) / CARD, text.rstrip("\n") + "\n")

    def read(self, folder: Path | None = None) -> tuple[Arrays, Record]:
        """Arrays by name, and the record.

        Raises
        ------
        ArtefactError
            If a file is missing or damaged, or the model was made by another version.
        """
        record = self.read_record(folder)
        path = (folder or self.folder) / self._arrays
        try:
            with np.load(path, allow_pickle=False) as held:
                return {name: held[name] for name in held.files}, record
        except FileNotFoundError:
            raise self._missing(path) from None
        except Exception as error:  # a broken archive raises anything, from BadZipFile to EOFError
            raise self.damaged(folder, f"{path.name}: {error}") from error

    def read_record(self, folder: Path | None = None) -> Record:
        """Everything of a model that is not an array, with how it was trained.

        Raises
        ------
        ArtefactError
            If the file is missing or damaged, or the model was made by another version.
        """
        path = (folder or self.folder) / self._record
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise self._missing(path) from None
        except (OSError, ValueError) as error:
            raise self.damaged(folder, f"{path.name}: {error}") from error
        if not isinstance(record, dict):
            raise self.damaged(folder, f"{path.name} holds no record")
        required = {"format": self.version, **self.made_for}
        if any(record.get(name) != value for name, value in required.items()):
            raise ArtefactError(
                f"the {self.name} model in {path.parent} was made by another version; "
                f"rebuild it with: {self._command}"
            )
        return record

    def damaged(self, folder: Path | None, why: str) -> ArtefactError:
        """The error of files that cannot be used, with the reason in words."""
        again = "; reinstall electrolyte_ml, or" if folder in (None, self.folder) else ";"
        return ArtefactError(
            f"the {self.name} model in {folder or self.folder} is damaged ({why}){again} "
            f"rebuild it with: {self._command}"
        )

    def _missing(self, path: Path) -> ArtefactError:
        return ArtefactError(
            f"no {self.name} model in {path.parent}, where {path.name} is missing; "
            f"make one with: {self._command}"
        )

    @property
    def _command(self) -> str:
        return self.command or f"electrolyte-ml train {self.name}"

    @property
    def _arrays(self) -> str:
        return f"{self.name}.npz"

    @property
    def _record(self) -> str:
        return f"{self.name}.json"
