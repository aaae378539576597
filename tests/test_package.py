import subprocess
import sys

import pytest

import electrolyte_ml

HEAVY = ("torch", "openmm", "deepchem", "matplotlib", "sklearn", "pandas", "rdkit", "optuna")


def imported_modules(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*(m for m in sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in run.stdout.split()}


def test_importing_the_package_imports_nothing_heavy():
    assert not imported_modules("import electrolyte_ml") & set(HEAVY)


def test_predicting_imports_neither_torch_nor_mordred():
    loaded = imported_modules(
        "import electrolyte_ml as e\n"
        "recipe = e.recipe('1 M NaPF6 in EC:DEC 1:1 v/v')\n"
        "e.predict([recipe], 'conductivity_ms_cm', at_k=298.15)"
    )
    assert not loaded & {"torch", "mordred", "openmm", "deepchem", "matplotlib", "sklearn"}


def test_importing_the_package_imports_little():
    code = "import sys; n = len(sys.modules); import electrolyte_ml; print(len(sys.modules) - n)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    # NumPy alone is 140 modules.
    assert int(run.stdout) < 100


def test_the_package_runs_as_a_module():
    command = [sys.executable, "-m", "electrolyte_ml", "--version"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0
    assert electrolyte_ml.__version__ in run.stdout


@pytest.mark.parametrize("name", electrolyte_ml.__all__)
def test_public_names_exist(name):
    assert getattr(electrolyte_ml, name) is not None


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing"):
        _ = electrolyte_ml.nothing


def test_a_first_score_imports_only_what_it_needs():
    loaded = imported_modules(
        "sys.argv = ['electrolyte-ml', 'score', '1 M NaPF6 in PC', '--at', '-20 degC', '--json']\n"
        "from electrolyte_ml.cli.app import app\n"
        "app(standalone_mode=False)"
    )
    assert not loaded & {"pandas", "pyarrow", "pint", "scipy", "optuna", "jinja2"}
    assert not loaded & {"torch", "mordred", "openmm", "deepchem", "matplotlib", "sklearn"}


def test_a_score_with_a_table_for_people_needs_no_more():
    loaded = imported_modules(
        "sys.argv = ['electrolyte-ml', 'score', '1 M NaPF6 in PC']\n"
        "from electrolyte_ml.cli.app import app\n"
        "app(standalone_mode=False)"
    )
    assert not loaded & {"pandas", "pyarrow", "pint", "scipy", "optuna", "jinja2", "sklearn"}
