"""A user's own species: all faults at once, nothing written on a fault, used like any other."""

import shutil
import subprocess
import sys

import pytest

from electrolyte_ml.errors import CatalogError, InputError, InputErrors, UnknownSpeciesError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.species import default_catalog
from electrolyte_ml.species.user import add_species

GOOD_CSV = """\
name,smiles,family,role,aliases,density_g_cm3,relative_permittivity,source
ECBut,CC#CCOC(=O)OCC,linear carbonate,additive,ethyl but-2-ynyl carbonate;EBYC,1.03,,my measurement
mysulfone,CCS(=O)(=O)CC(F)(F)F,sulfone,,TFES,1.41,40,data sheet
"""
GOOD_TOML = """\
[[species]]
name = "CTFSI"
kind = "ion"
smiles = "N#C[N-]S(=O)(=O)C(F)(F)F"
aliases = ["cyano(trifluoromethanesulfonyl)imide", "CTFSI-"]
partial_molar_volume_cm3_mol = { value = 95, source = "my fit", note = "in PC" }

[[species]]
name = "MyEther"
smiles = "COCCOCC(C)C"
density_g_cm3 = { value = 0.84, temperature_k = 293.15, source = "data sheet" }
viscosity_mpa_s = 0.8
source = "my rheometer"
"""


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def files_of(folder):
    return {p.name: p.read_text() for p in folder.iterdir()} if folder.exists() else {}


def test_species_of_a_csv_file_are_used_like_any_other(species_folder, tmp_path):
    assert add_species(write(tmp_path / "mine.csv", GOOD_CSV)) == ["ECBut", "mysulfone"]
    solvent = default_catalog().solvent("TFES")
    assert solvent.name == "mysulfone"
    assert solvent.role == "solvent"
    assert solvent.value("density_g_cm3") == 1.41
    assert solvent.properties["density_g_cm3"].source == "data sheet"
    assert solvent.properties["density_g_cm3"].verified is False
    recipe = parse_recipe("1 M NaPF6 in EC:TFES 1:1 v/v + 2 wt% EBYC")
    assert set(recipe.mass_fractions) == {"EC", "mysulfone", "ECBut"}
    ec = default_catalog().solvent("EC").value("density_g_cm3")
    assert recipe.mass_fractions["EC"] / recipe.mass_fractions["mysulfone"] == pytest.approx(
        ec / 1.41
    )


def test_species_of_a_toml_file_are_used_like_any_other(species_folder, tmp_path):
    assert add_species(write(tmp_path / "mine.toml", GOOD_TOML)) == ["CTFSI", "MyEther"]
    recipe = parse_recipe("1 M NaCTFSI in MyEther")
    assert recipe.molalities_mol_kg.keys() == {"NaCTFSI"}
    assert default_catalog().ion("CTFSI").value("partial_molar_volume_cm3_mol") == 95
    density = default_catalog().solvent("MyEther").properties["density_g_cm3"]
    assert (density.temperature_k, density.source) == (293.15, "data sheet")
    viscosity = default_catalog().solvent("MyEther").properties["viscosity_mpa_s"]
    assert (viscosity.temperature_k, viscosity.source) == (298.15, "my rheometer")


def test_files_are_added_one_after_another(species_folder, tmp_path):
    add_species(write(tmp_path / "one.csv", GOOD_CSV))
    add_species(write(tmp_path / "two.toml", GOOD_TOML))
    assert default_catalog().solvent("TFES").name == "mysulfone"
    assert default_catalog().solvent("MyEther").name == "MyEther"


def test_two_processes_that_add_at_once_lose_nothing(species_folder, tmp_path):
    names = [f"ether{n}" for n in range(4)]
    files = [
        write(tmp_path / f"{name}.csv", f"name,smiles\n{name},{'C' * (n + 9)}OC\n")
        for n, name in enumerate(names)
    ]
    script = "import sys, pathlib as p; from electrolyte_ml.species.user import add_species as a; "
    script += "a(p.Path(sys.argv[1]), p.Path(sys.argv[2]))"
    running = [
        subprocess.Popen([sys.executable, "-c", script, str(file), str(species_folder)])
        for file in files
    ]
    assert [process.wait() for process in running] == [0] * len(files)
    table = files_of(species_folder)["solvents.csv"]
    assert [name for name in names if name not in table] == []


def test_the_folder_is_that_of_the_environment(species_folder, tmp_path):
    add_species(write(tmp_path / "mine.csv", GOOD_CSV))
    assert "mysulfone" in files_of(species_folder)["solvents.csv"]


def test_without_it_the_species_is_unknown(species_folder):
    with pytest.raises(UnknownSpeciesError):
        parse_recipe("1 M NaPF6 in mysulfone")


BAD_CSV = """\
name,smiles,kind,role,density_g_cm3,viscosity_mpa_s,colour,source
,CCO,,,,,,
Unreadable,C1CC,,,,,,
Fragments,CCO.CCO,,,,,,
Charged,[Na+],,,,,,
Neutral,CCCCO,ion,,,,,
Slip,CCCCCO,,,1090,,,handbook
Word,CCCCCCO,,,heavy,,,handbook
Bare,CCCCCCCO,,,0.8,,,
Role,CCCCCCCCO,,cosolvent,,,,
Kind,CCCCCCCCCO,polymer,,,,,
DME,CCCCCCCCCCO,,,,,,
Twin,O=C1OCCO1,,,,,,
Double,CCCCCCCCCCCO,,,,,,
Double,CCCCCCCCCCCCO,,,,,,
"""
FAULTS = [
    "species 1: name is missing",
    "species 1: unknown column 'colour'",
    "species 2: cannot parse SMILES 'C1CC'",
    "species 3: SMILES 'CCO.CCO' holds several fragments",
    "species 4: SMILES '[Na+]' carries a charge of +1; set kind to ion",
    "species 5: SMILES 'CCCCO' carries no charge; set kind to solvent",
    "species 6: density_g_cm3 = 1090 is outside 0.5 to 3; check the unit",
    "species 7: density_g_cm3 is 'heavy', not a number",
    "species 8: density_g_cm3 has no source; say where it is from",
    "species 9: role is 'cosolvent'; use solvent, diluent, additive",
    "species 10: kind is 'polymer'; use solvent or ion",
    "species 11: the name 'DME' is taken",
    "species 12: EC and Twin have the same SMILES O=C1OCCO1; call it EC, or correct the SMILES",
    "species 14: the name 'Double' is taken",
]


def test_all_faults_are_reported_at_once_and_nothing_is_written(species_folder, tmp_path):
    add_species(write(tmp_path / "good.csv", GOOD_CSV))
    before = files_of(species_folder)
    with pytest.raises(CatalogError) as caught:
        add_species(write(tmp_path / "bad.csv", BAD_CSV))
    messages = "\n".join(caught.value.messages)
    assert [fault for fault in FAULTS if fault not in messages] == []
    assert files_of(species_folder) == before
    assert {p.name for p in species_folder.parent.iterdir()} == {"good.csv", "bad.csv", "species"}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("1e9999", "not a number"),
        ("true", "not a number"),
        ("nan", "not a number"),
        ("{ temperature_k = 300, source = 'x' }", "not a number"),
        ("{ value = 1, temperature_k = 'warm', source = 'x' }", "temperature_k of density_g_cm3"),
        ("{ value = 1, temperature_k = -20, source = 'x' }", "not above absolute zero"),
        ("{ value = 1 }", "has no source"),
    ],
)
def test_a_value_that_is_none_is_refused(species_folder, tmp_path, value, words):
    text = f'[[species]]\nname = "X"\nsmiles = "CCCCCCO"\ndensity_g_cm3 = {value}\n'
    with pytest.raises(CatalogError, match=words):
        add_species(write(tmp_path / "x.toml", text))
    assert files_of(species_folder) == {}


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("x.json", "a", "read from .toml, .csv"),
        ("x.csv", "", "no rows, and no headings"),
        ("x.csv", "name,smiles\n", "holds no species"),
        ("x.toml", "", "holds no species"),
        ("x.toml", "[[species", "x.toml"),
        ("x.toml", "species = 3", "given as [[species]] tables"),
        ("x.toml", "species = [1]", "given as [[species]] tables"),
    ],
)
def test_a_file_that_holds_none_is_refused(species_folder, tmp_path, name, text, words):
    with pytest.raises(InputError) as caught:
        add_species(write(tmp_path / name, text))
    assert words in str(caught.value)
    assert files_of(species_folder) == {}


def test_a_file_that_is_not_there_is_refused(species_folder, tmp_path):
    with pytest.raises(InputError, match="no such file"):
        add_species(tmp_path / "nowhere.csv")


def test_the_same_species_twice_is_refused(species_folder, tmp_path):
    file = write(tmp_path / "mine.csv", GOOD_CSV)
    add_species(file)
    before = files_of(species_folder)
    with pytest.raises(CatalogError, match="is taken"):
        add_species(file)
    assert files_of(species_folder) == before


def test_texts_that_a_terminal_or_a_spreadsheet_would_run_are_refused(species_folder, tmp_path):
    rows = [
        '[[species]]\nname = "my\\u001b[31m ether"\nsmiles = "COCCOCC(C)C"',
        '[[species]]\nname = "ether2"\nsmiles = "COCCOCC(C)CC"\naliases = ["=1+1"]',
        '[[species]]\nname = "two\\nlines"\nsmiles = "COCCOCC(C)CCC"',
    ]
    with pytest.raises(CatalogError) as error:
        add_species(write(tmp_path / "mine.toml", "\n".join(rows)))
    assert len(error.value.messages) == 3
    assert "name holds control characters" in error.value.messages[0]
    assert "aliases starts like a formula" in error.value.messages[1]
    assert "\x1b" not in str(error.value)
    assert files_of(species_folder) == {}


@pytest.mark.parametrize("content", [b"name\nx\n", b"\xff\xfe\x00", b"name,smiles\nx"])
def test_damaged_tables_of_the_user_are_a_fault(species_folder, content):
    species_folder.mkdir(exist_ok=True)
    (species_folder / "solvents.csv").write_bytes(content)
    default_catalog.cache_clear()
    with pytest.raises(CatalogError, match=r"solvents\.csv"):
        default_catalog()


# Dies as by `kill -9` before the n-th step that changes a file.
KILLED = """
import os, pathlib, sys
from electrolyte_ml.species.user import add_species

left = int(sys.argv[2])
def dying(change):
    def one_less(*given, **more):
        global left
        left -= 1
        if left < 0:
            os._exit(9)
        return change(*given, **more)
    return one_less

for name in ("replace", "rename", "rmdir", "mkdir", "open"):
    setattr(pathlib.Path, name, dying(getattr(pathlib.Path, name)))
add_species(pathlib.Path(sys.argv[1]))
"""


def test_a_process_killed_anywhere_leaves_a_whole_species_or_none(species_folder, tmp_path):
    add_species(write(tmp_path / "before.csv", GOOD_CSV))
    file = write(tmp_path / "mine.toml", GOOD_TOML)
    before = files_of(species_folder)
    outcomes = []
    for step in range(40):
        shutil.rmtree(species_folder)
        species_folder.mkdir()
        for name, text in before.items():
            (species_folder / name).write_text(text)
        done = subprocess.run([sys.executable, "-c", KILLED, file, str(step)], check=False)
        default_catalog.cache_clear()
        catalog = default_catalog()
        added = catalog.has_solvent_named("MyEther")
        assert catalog.has_solvent_named("mysulfone")
        assert any(ion.name == "CTFSI" for ion in catalog.ions) == added
        if added:
            assert catalog.solvent("MyEther").value("density_g_cm3") == 0.84
            with pytest.raises(CatalogError, match="MyEther"):
                add_species(file)
        else:
            add_species(file)
        assert default_catalog().ion("CTFSI").value("partial_molar_volume_cm3_mol") == 95
        outcomes.append(added)
        if done.returncode == 0:
            break
    assert done.returncode == 0
    assert outcomes == sorted(outcomes)
    assert outcomes.count(True) > 2
    assert outcomes.count(False) > 2


@pytest.mark.filterwarnings("ignore::electrolyte_ml.errors.TableNote")
def test_species_are_added_from_every_dialect(species_folder, write_table):
    header = ["Name", "SMILES", "Density_g_cm3", "T / K", "source", "aliases"]
    rows = [["mysulfone", "CCS(=O)(=O)CC(F)(F)F", 1.41, 293.15, "data sheet", "TFES;sulfone 2"]]
    assert add_species(write_table("mine", header, rows)) == ["mysulfone"]
    density = default_catalog().solvent("TFES").properties["density_g_cm3"]
    assert (density.value, density.temperature_k) == (1.41, 293.15)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,smiles,density_g_cm3,source\na,COCC,1,2,x\n", "row 1: has 5 cells, the header 4"),
        ("name,smiles,smiles\na,COCC,CCO\n", "column 'smiles' twice"),
        ("name,smiles,density_g_cm3,temperature_k,source\na,COCCC,0.8,25,x\n", "--accept-unusual"),
        ("name,smiles,density_g_cm3,temperature_c,source\na,COCCC,0.8,25,x\n", "temperature_c"),
        ('name,smiles,viscosity_mpa_s,source\na,COCCC,"9,500",x\n', "'9,500', not a number"),
    ],
)
def test_a_table_of_species_that_could_be_misread_is_refused(species_folder, tmp_path, text, words):
    with pytest.raises(InputErrors) as fault:
        add_species(write(tmp_path / "mine.csv", text))
    assert words in str(fault.value)
