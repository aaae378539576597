"""Structures of molecules, drawn as SVG for the inside of a page."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from electrolyte_ml.errors import SmilesError


@lru_cache(maxsize=1024)
def structure_svg(smiles: str, *, width: int = 240, height: int = 160) -> str:
    """A structure as an SVG element without a ground of its own.

    Parameters
    ----------
    smiles
        SMILES of one species.
    width, height
        Size, pixels.

    Raises
    ------
    SmilesError
        If it is no SMILES.
    """
    from markupsafe import escape
    from rdkit import Chem
    from rdkit.Chem.Draw import rdMolDraw2D

    molecule = Chem.MolFromSmiles(smiles)
    if molecule is None:
        raise SmilesError(f"{smiles!r} is no SMILES")
    drawing = rdMolDraw2D.MolDraw2DSVG(width, height)
    options: Any = drawing.drawOptions()
    options.clearBackground = False
    options.fixedBondLength = 24
    rdMolDraw2D.PrepareAndDrawMolecule(drawing, molecule)
    drawing.FinishDrawing()
    text: str = drawing.GetDrawingText()
    svg = text[text.index("<svg") :]
    # An element in a page must be found by people who cannot see it.
    words = f'role="img" aria-label="structure {escape(smiles)}"'
    return re.sub(r"<svg ", f"<svg {words} ", svg, count=1)
