"""Write the sample of measured data that the tests run on where the data sets are not at hand.

Run as ``python tools/sample_data.py DATA_FOLDER tests/sample``. Lines are copied as they stand, so
that the sample has the form, and the defects, of its originals. ``provenance.csv`` says of each
file which lines of which original they are, its SHA-256, its licence and whom to cite.
"""

from __future__ import annotations

import csv
import hashlib
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Rows = Sequence[dict[str, str]]
_ROOM_K = 298.15
_MIXTURES_A_PAPER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is taken of one file.

    Attributes
    ----------
    file
        Name in the folder of data, and in the sample.
    licence
        Under which its rows may be shipped.
    cite
        Who measured or collected them.
    choose
        Places of the rows to take, in the order of the file, counted from 0 after the header.
    delimiter
        Between columns.
    """

    file: str
    licence: str
    cite: str
    choose: Callable[[Rows], list[int]]
    delimiter: str = ","


def evenly(n: int) -> Callable[[Rows], list[int]]:
    """`n` rows at equal distances, the first and the last among them."""

    def choose(rows: Rows) -> list[int]:
        return _spread(range(len(rows)), n)

    return choose


def calisol23(rows: Rows) -> list[int]:
    """Of every paper three mixtures, each cold, hot and at another concentration; and defects."""
    by_paper: dict[str, dict[tuple[str, ...], list[int]]] = defaultdict(lambda: defaultdict(list))
    columns = list(rows[0])
    solvents = columns[columns.index("solvent ratio type") + 1 :]
    for at, row in enumerate(rows):
        if _number(row["k"]) > 0 and _number(row["c"]) > 0:
            mixture = (row["salt"].strip(), *(row[name] for name in solvents))
            by_paper[row["doi"]][mixture].append(at)
    taken = set(_defects(rows))
    for mixtures in by_paper.values():
        whole = sorted(m for m, held in mixtures.items() if len(held) >= 3) or sorted(mixtures)
        for mixture in _spread(whole, _MIXTURES_A_PAPER):
            taken |= _three_states(rows, mixtures[mixture])
    return sorted(taken)


def _three_states(rows: Rows, held: list[int]) -> set[int]:
    """The coldest and the hottest row of the concentration that has most, and one of another."""
    series: dict[float, list[int]] = defaultdict(list)
    for at in held:
        series[_number(rows[at]["c"])].append(at)
    longest = max(sorted(series), key=lambda c: len(series[c]))
    by_temperature = sorted(series[longest], key=lambda at: _number(rows[at]["T"]))
    others = [at for c in sorted(series) if c != longest for at in series[c]]
    others.sort(key=lambda at: abs(_number(rows[at]["T"]) - _ROOM_K))
    return {by_temperature[0], by_temperature[-1], *(others[:1] or held[1:2])}


def _defects(rows: Rows) -> list[int]:
    """The first row of every kind that cleaning drops, corrects or flags."""
    kinds: tuple[Callable[[dict[str, str]], bool], ...] = (
        lambda row: not row["k"],
        lambda row: _number(row["k"]) <= 0 < _number(row["c"]),
        lambda row: _number(row["c"]) < 0,
        lambda row: row["salt"] != row["salt"].strip(),
        lambda row: row["salt"] == "LiN(CF3SO2)2",
        lambda row: float(row["Freon 11"]) > 0 and bool(row["k"]),
        lambda row: 0 < _number(row["k"]) < 0.03 and row["doi"] != "10.1021/JE020219O",
    )
    return [next(at for at, row in enumerate(rows) if kind(row)) for kind in kinds]


def thermoml(rows: Rows) -> list[int]:
    """Rows at equal distances, and all of 1,3-dioxolane, one of which is 100 times too high."""
    dioxolane = [at for at, row in enumerate(rows) if row["Component 1"] == "C1COCO1"]
    return sorted({*_spread(range(len(rows)), 30), *dioxolane})


def kumar(rows: Rows) -> list[int]:
    """All but the dilute triflates."""
    return [at for at, row in enumerate(rows) if not re.match("naotf.*_0.1M", row["filename"])]


def with_density(rows: Rows) -> list[int]:
    """Solvents whose density stands with its temperature."""
    return _spread([at for at, row in enumerate(rows) if row["DensityT"]], 14)


PARTS = (
    Part(
        file="calisol23.csv",
        licence="CC BY 4.0",
        cite="de Blasio et al., Sci. Data 2024, 10.1038/s41597-024-03575-8",
        choose=calisol23,
    ),
    Part(
        file="na_conductivity_literature.csv",
        licence="facts, DOI in each row",
        cite="the paper in each row",
        choose=evenly(12),
    ),
    Part(
        file="chayambuka2022_napf6_ecpc.csv",
        licence="facts",
        cite="Chayambuka et al., 10.1016/j.electacta.2021.139764",
        choose=evenly(3),
    ),
    Part(
        file="kumar2026_na_density.csv",
        licence="CC BY 4.0",
        cite="Kumar et al. 2026, arXiv:2603.20183",
        choose=kumar,
    ),
    Part(
        file="combat_56_solvents.csv",
        licence="CC BY 4.0",
        cite="ComBat, 10.1038/s41598-022-20009-w",
        choose=with_density,
    ),
    Part(
        file="oxidation_reduction_limits_measured.csv",
        licence="CC BY 4.0",
        cite="Okoshi et al. 2015, 10.1149/2.0051509eel",
        choose=evenly(9),
    ),
    Part(
        file="thermoml_viscosity_pure.csv",
        licence="MIT; NIST ThermoML",
        cite="the paper in each row",
        choose=thermoml,
    ),
    Part(
        file="battslm_rx392.csv",
        licence="MIT",
        cite="Batt-SLM, 10.26434/chemrxiv.15001594/v1",
        choose=evenly(10),
        delimiter="$",
    ),
    Part(
        file="battslm_solvfunc87.csv",
        licence="MIT",
        cite="Batt-SLM, the paper in each row",
        choose=evenly(12),
        delimiter=";",
    ),
)


def write_sample(data: Path, out: Path) -> None:
    """Write all parts and ``provenance.csv``.

    Parameters
    ----------
    data
        Folder of the whole data sets.
    out
        Folder of the sample; made if need be.
    """
    out.mkdir(parents=True, exist_ok=True)
    with (out / "provenance.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            ["file", "rows", "of_rows", "lines", "sha256_of_original", "licence", "cite"]
        )
        for part in PARTS:
            content = (data / part.file).read_bytes()
            header, *lines = content.splitlines(keepends=True)
            # Some are not UTF-8; Latin-1 reads any byte, and what is chosen by is ASCII.
            text = content.decode("latin-1").splitlines()
            rows = list(csv.DictReader(text, delimiter=part.delimiter))
            if len(rows) != len(lines):
                raise ValueError(f"{part.file} has rows of several lines")
            taken = part.choose(rows)
            (out / part.file).write_bytes(b"".join([header, *(lines[at] for at in taken)]))
            # As an editor counts them: the header is line 1.
            numbers = " ".join(str(at + 2) for at in taken)
            digest = hashlib.sha256(content).hexdigest()
            writer.writerow(
                [part.file, len(taken), len(rows), numbers, digest, part.licence, part.cite]
            )


def _spread(items: Sequence, n: int) -> list:
    places = np.linspace(0, len(items) - 1, min(n, len(items))).round().astype(int)
    return [items[place] for place in dict.fromkeys(places.tolist())]


def _number(text: str) -> float:
    return float(text) if text.strip() else float("nan")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    write_sample(Path(sys.argv[1]), Path(sys.argv[2]))
