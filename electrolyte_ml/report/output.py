"""How results leave the program: JSON and other text."""

from __future__ import annotations

import json
from pathlib import Path


def dump_json(value: object) -> str:
    """JSON text as all verbs print it; refuses NaN, which JSON does not have."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text."""
    path.write_text(text, encoding="utf-8")
