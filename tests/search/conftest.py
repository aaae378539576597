"""A small catalog, a problem to vary, and a scorer made of one formula: no data, no models."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.search import Problem, read_problem
from electrolyte_ml.species import Catalog, Ion, PropertyValue, Solvent, canonical_smiles

_SOLVENTS = {
    "EC": ("O=C1OCCO1", "cyclic carbonate", 90.0),
    "PC": ("CC1COC(=O)O1", "cyclic carbonate", 65.0),
    "DMC": ("COC(=O)OC", "linear carbonate", 3.1),
    "EMC": ("CCOC(=O)OC", "linear carbonate", 3.0),
    "DEC": ("CCOC(=O)OCC", "linear carbonate", 2.8),
    "DME": ("COCCOC", "glyme", 7.2),
    "diglyme": ("COCCOCCOC", "glyme", 7.3),
    "triglyme": ("COCCOCCOCCOC", "glyme", 7.5),
    "tetraglyme": ("COCCOCCOCCOCCOC", "glyme", 7.7),
    "DOL": ("C1COCO1", "cyclic ether", 7.1),
    "THF": ("C1CCOC1", "cyclic ether", 7.5),
    "2-MeTHF": ("CC1CCCO1", "cyclic ether", 6.2),
    "FEC": ("O=C1OCC(F)O1", "fluorinated cyclic carbonate", 80.0),
    "VC": ("O=c1occo1", "cyclic carbonate", 126.0),
}
_ADDITIVES = ("FEC", "VC")
_IONS = {
    "Na": "[Na+]",
    "PF6": "F[P-](F)(F)(F)(F)F",
    "FSI": "O=S(=O)(F)[N-]S(=O)(=O)F",
    "ClO4": "[O-][Cl+3]([O-])([O-])[O-]",
}
_PROBLEM: dict[str, Any] = {
    "name": "test",
    "components": {
        "solvents": ["EC", "PC", "DMC", "DME", "diglyme"],
        "salts": ["NaPF6", "NaFSI"],
    },
    "limits": {
        "max_solvents": 3,
        "salt_molality_mol_kg": [0.3, 2.0],
        "max_fraction": {"EC": 0.5},
    },
    "objectives": [
        {"property": "conductivity_ms_cm", "temperature": "25 degC"},
        {"property": "conductivity_ms_cm", "temperature": "-20 degC"},
    ],
}

ProblemMaker = Callable[..., Problem]


def _solvent(name: str) -> Solvent:
    smiles, family, permittivity = _SOLVENTS[name]
    value = PropertyValue(value=permittivity, temperature_k=298.15, source="test", verified=False)
    return Solvent(
        name=name,
        smiles=canonical_smiles(smiles),
        family=family,
        role="additive" if name in _ADDITIVES else "solvent",
        properties={"relative_permittivity": value},
    )


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    ions = [Ion(name=n, smiles=canonical_smiles(s)) for n, s in _IONS.items()]
    return Catalog([_solvent(name) for name in _SOLVENTS], ions)


@pytest.fixture(scope="session")
def problem_data() -> Callable[..., dict[str, Any]]:
    """Tables of a valid problem; arguments replace whole tables, or add to those given as dict."""

    def make(**changes: Any) -> dict[str, Any]:
        data = copy.deepcopy(_PROBLEM)
        for key, value in changes.items():
            if isinstance(value, dict) and isinstance(data.get(key, {}), dict):
                data[key] = {**data.get(key, {}), **value}
            else:
                data[key] = value
        return data

    return make


@pytest.fixture(scope="session")
def make_problem(catalog: Catalog, problem_data: Callable[..., dict[str, Any]]) -> ProblemMaker:
    def make(**changes: Any) -> Problem:
        return read_problem(problem_data(**changes), catalog=catalog)

    return make


class FormulaScorer:
    """Conductivity that peaks at a composition the test can work out by hand.

    Polar solvents dissociate salt and thick ones slow it down; both at once cannot be had, and
    the cold shifts the balance towards thin ones.
    """

    def __init__(self) -> None:
        self.n_calls = 0
        self.n_rows = 0

    def __call__(
        self, formulations: Sequence[Formulation], temperature_k: NDArray[np.float64]
    ) -> dict[str, Prediction]:
        self.n_calls += 1
        self.n_rows += len(formulations)
        polar = np.array([_polarity(f) for f in formulations])
        salt = np.array([sum(f.molalities_mol_kg.values()) for f in formulations])
        cold = 298.15 / temperature_k
        value = 20 * polar * salt * np.exp(-2.0 * cold**3 * polar - salt * cold)
        ones = np.ones(len(formulations))
        knows = np.array(["diglyme" not in f.mass_fractions for f in formulations])
        return {
            "conductivity_ms_cm": Prediction(
                value=value,
                low=0.7 * value,
                high=1.4 * value,
                coverage=0.9,
                in_domain=knows,
                reason=tuple(None if k else "diglyme is unknown" for k in knows),
            ),
            "density_g_cm3": Prediction(
                value=ones + 0.2 * salt,
                low=ones + 0.2 * salt,
                high=ones + 0.2 * salt,
                coverage=0.9,
                in_domain=ones.astype(bool),
                reason=(None,) * len(formulations),
            ),
            "viscosity_mpa_s": Prediction.unavailable(len(formulations), "no model ships yet"),
        }


def _polarity(formulation: Formulation) -> float:
    return sum(
        s.mass_fraction * (s.solvent.value("relative_permittivity") or 0.0) / 90
        for s in formulation.solvents
    )


@pytest.fixture
def scorer() -> FormulaScorer:
    return FormulaScorer()
