"""Export of the long table, and its Croissant metadata."""

import hashlib
import json

import pandas as pd
import pytest

from electrolyte_ml.data.catalog import shipped_cards
from electrolyte_ml.data.exchange import CONFORMS_TO, export, import_measurements
from electrolyte_ml.data.long_table import from_frame
from electrolyte_ml.data.measurements import COLUMNS
from electrolyte_ml.data.sources import load_source
from electrolyte_ml.errors import InputError

LAB = """recipe,temperature_c,property,value,unit,doi
1 M NaPF6 in PC,25,conductivity,0.81,S/m,10.1/x
1 M NaPF6 in PC,25,density,1.28,g/cm3,10.1/x
"""


@pytest.fixture
def lab(imported_folder, tmp_path):
    file = tmp_path / "lab.csv"
    file.write_text(LAB)
    import_measurements(file, "lab", licence="internal")
    return "lab"


@pytest.mark.parametrize(("suffix", "read"), [(".csv", pd.read_csv), (".parquet", pd.read_parquet)])
def test_a_table_is_exported_and_read_back(lab, tmp_path, suffix, read):
    done = export(["sodium_table", lab], tmp_path / f"all{suffix}")
    frame = read(done.table)
    table, _ = load_source("sodium_table")
    n_own = len(table)
    assert list(frame) == ["dataset", *COLUMNS]
    assert done.n_rows == len(frame) == n_own + 2
    assert frame["dataset"].tolist() == ["sodium_table"] * n_own + ["lab"] * 2
    own = from_frame(frame[frame["dataset"] == "sodium_table"].reset_index(drop=True))
    assert own[0].row_formulations == table.row_formulations
    assert own[0].value.tolist() == table.value.tolist()


def test_one_property_only(lab, tmp_path):
    done = export(["sodium_table", lab], tmp_path / "d.csv", "density_g_cm3")
    assert done.names == ("lab",)
    assert pd.read_csv(done.table)["property"].tolist() == ["density_g_cm3"]
    with pytest.raises(InputError, match="none of sodium_table has"):
        export(["sodium_table"], tmp_path / "e.csv", "density_g_cm3")
    with pytest.raises(InputError, match="unknown property"):
        export(["sodium_table"], tmp_path / "e.csv", "colour")
    assert not (tmp_path / "e.csv").exists()


def test_other_files_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"one of \.csv, \.xlsx, \.parquet"):
        export(["sodium_table"], tmp_path / "t.ods")
    with pytest.raises(InputError, match="there is no folder"):
        export(["sodium_table"], tmp_path / "none" / "t.csv")


def test_croissant_describes_the_file_beside_it(lab, tmp_path):
    done = export(["sodium_table", lab], tmp_path / "all.csv")
    assert done.metadata == tmp_path / "croissant.json"
    data = json.loads(done.metadata.read_text())
    assert data["@type"] == "sc:Dataset"
    assert data["conformsTo"] == CONFORMS_TO
    assert {"name", "description", "license", "url", "citeAs"} <= data.keys()
    assert "internal" in data["license"]
    assert shipped_cards()["sodium_table"].title in data["description"]
    (file,) = data["distribution"]
    assert file["@type"] == "cr:FileObject"
    assert file["encodingFormat"] == "text/csv"
    assert file["sha256"] == hashlib.sha256(done.table.read_bytes()).hexdigest()
    (records,) = data["recordSet"]
    assert records["@type"] == "cr:RecordSet"
    fields = {f["name"]: f for f in records["field"]}
    assert list(fields) == list(pd.read_csv(done.table))
    for name, field in fields.items():
        assert field["@type"] == "cr:Field"
        assert field["@id"] == f"{records['@id']}/{name}"
        assert field["source"] == {
            "fileObject": {"@id": file["@id"]},
            "extract": {"column": name},
        }
    assert fields["value"]["dataType"] == "sc:Float"
    assert fields["source_row"]["dataType"] == "sc:Integer"
    assert fields["formulation"]["dataType"] == "sc:Text"


def test_every_term_of_croissant_is_in_its_context(lab, tmp_path):
    data = json.loads(export([lab], tmp_path / "t.csv").metadata.read_text())
    context = data.pop("@context")
    schema_org = {"alternateName", "contentUrl", "description", "distribution", "encodingFormat"}
    schema_org |= {"license", "name", "sha256", "url"}

    def terms(value):
        if isinstance(value, dict):
            for key, held in value.items():
                yield key
                yield from terms(held)
        elif isinstance(value, list):
            for held in value:
                yield from terms(held)

    unknown = {t for t in terms(data) if not t.startswith("@")} - context.keys() - schema_org
    assert unknown == set()
