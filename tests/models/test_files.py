import json
import zipfile

import numpy as np
import pytest

from electrolyte_ml.errors import ArtefactError
from electrolyte_ml.models.base import StoredModel, forget_shipped
from electrolyte_ml.models.files import CARD, ModelFiles


class Line(StoredModel):
    """The smallest model: a straight line."""

    FILES = ModelFiles(name="line", version=2, made_for={"inputs": ["x"]})

    def __init__(self, slope, unit):
        self.slope, self.unit = slope, unit

    def arrays(self):
        return {"slope": self.slope}

    def record(self):
        return {"unit": self.unit}

    @classmethod
    def of_files(cls, arrays, record):
        if arrays["slope"].shape != (3,):
            raise ValueError("slope must be of shape (3,)")
        return cls(arrays["slope"], record["unit"])


@pytest.fixture
def folder(tmp_path):
    return Line(np.arange(3.0), "V").save({"seed": 4}, tmp_path / "line")


def test_a_saved_model_comes_back(folder):
    again = Line.load(folder)
    assert (again.slope.tolist(), again.unit) == ([0.0, 1.0, 2.0], "V")
    assert Line.FILES.read_record(folder) == {
        "format": 2,
        "inputs": ["x"],
        "unit": "V",
        "training": {"seed": 4},
    }


def test_the_same_model_gives_the_same_bytes(folder, tmp_path):
    other = Line.load(folder).save({"seed": 4}, tmp_path / "other")
    for path in folder.iterdir():
        assert (other / path.name).read_bytes() == path.read_bytes()


def test_no_other_file_is_left_beside_the_model(folder):
    Line.FILES.write_card("# Line\n\n", folder)
    assert {path.name for path in folder.iterdir()} == {"line.npz", "line.json", CARD}
    assert (folder / CARD).read_text() == "# Line\n"


def _edit(folder, **changes):
    path = folder / "line.json"
    record = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({k: v for k, v in record.items() if v is not None}))


def _cut(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])


def _flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))


def _resave(folder, **arrays):
    with (folder / "line.npz").open("wb") as stream:
        np.savez(stream, **arrays)


DAMAGE = {
    "no arrays": lambda f: (f / "line.npz").unlink(),
    "no record": lambda f: (f / "line.json").unlink(),
    "empty arrays": lambda f: (f / "line.npz").write_bytes(b""),
    "empty record": lambda f: (f / "line.json").write_bytes(b""),
    "half of the arrays": lambda f: _cut(f / "line.npz", 0.5),
    "most of the arrays": lambda f: _cut(f / "line.npz", 0.95),
    "half of the record": lambda f: _cut(f / "line.json", 0.5),
    "a flipped byte": lambda f: _flip(f / "line.npz"),
    "arrays are text": lambda f: (f / "line.npz").write_text("version https://git-lfs"),
    "record is binary": lambda f: (f / "line.json").write_bytes(b"\xff\xfe\x00"),
    "record is a list": lambda f: (f / "line.json").write_text("[1]"),
    "arrays are no archive": lambda f: np.save((f / "line.npz").open("wb"), np.zeros(3)),
    "an archive of something else": lambda f: zipfile.ZipFile(f / "line.npz", "w").close(),
    "pickled arrays": lambda f: _resave(f, slope=np.array([{}], dtype=object)),
    "another shape": lambda f: _resave(f, slope=np.zeros(4)),
    "a missing entry": lambda f: _edit(f, unit=None),
    "another version": lambda f: _edit(f, format=1),
    "no version": lambda f: _edit(f, format=None),
    "made for other inputs": lambda f: _edit(f, inputs=["x", "y"]),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_is_one_error_that_says_what_to_do(folder, damage):
    damage(folder)
    with pytest.raises(ArtefactError, match="electrolyte-ml train line") as raised:
        Line.load(folder)
    assert str(folder) in str(raised.value)


def test_versions_are_told_from_damage(folder):
    _edit(folder, format=1)
    with pytest.raises(ArtefactError, match="another version"):
        Line.load(folder)


def test_the_shipped_model_is_read_once(folder, monkeypatch):
    monkeypatch.setattr("electrolyte_ml.models.files.SHIPPED", folder.parent)
    forget_shipped()
    first = Line.load()
    assert Line.load() is first
    (folder / "line.npz").unlink()
    forget_shipped()
    with pytest.raises(ArtefactError, match="no line model"):
        Line.load()
