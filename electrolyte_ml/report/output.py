"""How results leave the program: JSON and other text."""

from __future__ import annotations

import json


def dump_json(value: object) -> str:
    """JSON text as all verbs print it; refuses NaN, which JSON does not have."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
