"""Value objects are short to read and reach other processes unchanged."""

import copy
import dataclasses
import importlib
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

from electrolyte_ml import errors
from electrolyte_ml.campaign import CampaignLogError, CampaignState, Result, Status, Suggestion
from electrolyte_ml.campaign.adapted import FineTuned
from electrolyte_ml.campaign.state import Suggestions
from electrolyte_ml.data import Action, CleaningNote, CleaningReport, Measurements
from electrolyte_ml.data.catalog import card_of
from electrolyte_ml.data.user_table import MeasurementTables
from electrolyte_ml.features import compose
from electrolyte_ml.formulation import Amounts, Formulation, parse_recipe, weigh_out_sheet
from electrolyte_ml.immutable import FrozenMapping
from electrolyte_ml.models import liquid_range, predict_window, score_formulations
from electrolyte_ml.models.conductivity import ConductivityModel
from electrolyte_ml.models.efficiency.explain import explain_efficiency
from electrolyte_ml.models.explain import explain
from electrolyte_ml.models.window import SpeciesLimits, WindowModel, species_limits
from electrolyte_ml.prediction import Prediction
from electrolyte_ml.rules import Cell, film_formers, recipe_warnings, rules
from electrolyte_ml.search import Limits, Problem, SearchSpace, load_problem, propose
from electrolyte_ml.search.bundled import find_problem
from electrolyte_ml.search.scorer import ModelScorer
from electrolyte_ml.species import Ion, Salt, Solvent, default_catalog

ROOMS = ("species", "formulation", "data", "features", "search", "campaign", "prediction")
MODELS = ("models", "models.explain", "models.window")
# Longer ones fill a cell of a notebook.
LONGEST_REPR = 500


def _measurements(formulation):
    return Measurements(
        property_name="conductivity_ms_cm",
        formulations=(formulation,),
        formulation_index=np.array([0, 0]),
        temperature_k=np.array([298.15, 273.15]),
        value=np.array([6.5, 3.1]),
        source=np.array(["10.1/a", "10.1/a"]),
        source_row=np.array([0, 1]),
        flag=np.array(["", ""]),
    )


def _species(formulation):
    catalog = default_catalog()
    salt = catalog.salt("NaPF6")
    solvent = catalog.solvent("EC")
    return [solvent, salt, salt.cation, solvent.properties["density_g_cm3"], catalog]


def _search():
    problem = load_problem(find_problem("sodium_high_voltage"))
    proposals = propose(problem, n=2, n_trials=60)
    components = problem.components
    return [
        problem,
        components,
        components.additives[0],
        problem.limits,
        problem.settings,
        problem.objectives[0],
        problem.constraints[0],
        SearchSpace(components, problem.limits),
        ModelScorer(problem.property_names, problem.prices),
        proposals,
        proposals[0],
        proposals[0].checks[0],
    ]


def _campaign(formulation):
    told = {"conductivity_ms_cm at 25 degC": {"value": 6.0, "low": 5.0, "high": 7.0}}
    suggestion = Suggestion(
        id="S001", round=1, formulation=formulation, predictions=told, why="best"
    )
    result = Result(
        suggestion="S001",
        formulation=formulation,
        status=Status.OK,
        values={("conductivity_ms_cm", 298.15): 6.5},
    )
    state = CampaignState(
        suggestions=(suggestion,), results=(result,), numbers=(0,), files={"0": "a.csv"}
    )
    return [suggestion, Suggestions((suggestion,)), result, state]


def _data(formulation):
    measurements = _measurements(formulation)
    note = CleaningNote(action=Action.FLAGGED, n_rows=1, what="a slip")
    report = CleaningReport(source="a", n_read=2, n_kept=2, notes=(note,))
    table = MeasurementTables(tables=(measurements,), report=report)
    return [measurements, note, report, table, card_of("calisol23")]


def _models(formulation):
    explanation = explain(formulation)
    windows = predict_window([formulation])
    limit = species_limits().windows(["O=C1OCCO1"])[0]
    scores = score_formulations([formulation, formulation], np.array([298.15, 253.15]))
    return [
        *scores.predictions.values(),
        scores,
        liquid_range([formulation]),
        windows,
        limit,
        limit.oxidation,
        explanation,
        explanation.concentration,
        explanation.temperature,
        explanation.swaps[0],
        explanation.neighbours[0],
        explanation.interphase,
        explain_efficiency(parse_recipe("1 M LiFSI in DME")),
        explanation.solubility,
        explanation.interphase,
        explain_efficiency(parse_recipe("1 M LiFSI in DME")),
        compose([formulation]),
    ]


def _rules(formulation):
    cell = Cell(anode="sodium", upper_voltage_v=3.8)
    warning = recipe_warnings([formulation], cell=Cell(anode="graphite"))[0][0]
    return [cell, warning, rules()["perchlorate"], next(iter(film_formers().values()))]


def _made():
    formulation = parse_recipe("1 M NaPF6 in EC:DEC 1:1 v/v + 2 wt% FEC")
    sheet = weigh_out_sheet(formulation)
    amounts = Amounts(
        base_solvents=((default_catalog().solvent("PC"), 1.0),),
        ratio_basis=None,
        salts=(),
        additives=(),
    )
    tuned = FineTuned(
        formulations=[parse_recipe(f"1 m NaPF6 in {name}") for name in ("PC", "DMC", "EC")],
        temperature_k=np.full(3, 298.15),
        conductivity_ms_cm=np.array([6.0, 7.0, 8.0]),
    )
    found = [
        formulation,
        formulation.solvents[0],
        formulation.salts[0],
        sheet,
        sheet.rows[0],
        amounts,
        tuned,
        Prediction.unavailable(2, "no model"),
        FrozenMapping({"EC": 0.5}),
        *_species(formulation),
        *_search(),
        *_campaign(formulation),
        *_data(formulation),
        *_models(formulation),
        *_rules(formulation),
    ]
    return {type(item): item for item in found}


@pytest.fixture(scope="module")
def objects():
    return _made()


def _is_value_object(public):
    # Models hold their parameters and whole tables: workers load them from the package.
    private = public.__name__.startswith("_") or public in {
        ConductivityModel,
        SpeciesLimits,
        WindowModel,
    }
    return dataclasses.is_dataclass(public) and not private


def test_every_public_value_object_is_here(objects):
    held = {cls for made in objects for cls in made.__mro__}
    for room in (*ROOMS, *MODELS):
        module = importlib.import_module(f"electrolyte_ml.{room}")
        public = [getattr(module, name) for name in getattr(module, "__all__", vars(module))]
        for cls in public:
            if isinstance(cls, type) and _is_value_object(cls):
                assert cls in held, cls


def _same(one, other):
    """Equality that also looks into arrays."""
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(
            one, other, equal_nan=one.dtype.kind == "f"
        )
    if dataclasses.is_dataclass(one) and not isinstance(one, type):
        fields = [f.name for f in dataclasses.fields(one)]
        return type(one) is type(other) and all(
            _same(getattr(one, f), getattr(other, f)) for f in fields
        )
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict | FrozenMapping):
        return list(one) == list(other) and all(_same(one[k], other[k]) for k in one)
    if isinstance(one, float) and one != one:  # noqa: PLR0124 - NaN
        return other != other  # noqa: PLR0124
    if type(one).__eq__ is object.__eq__:
        return type(one) is type(other)
    return one == other


@pytest.mark.parametrize("again", [lambda x: pickle.loads(pickle.dumps(x)), copy.deepcopy])
def test_copies_are_the_same(objects, again):
    for item in objects.values():
        assert _same(item, again(item)), type(item)


@pytest.mark.parametrize("cls", [Formulation, Solvent, Ion, Salt, Limits, Problem])
def test_copies_are_equal_and_hash_alike(objects, cls):
    item = objects[cls]
    for copied in (pickle.loads(pickle.dumps(item)), copy.deepcopy(item)):
        assert item == copied
        assert len({item, copied}) == 1


def test_a_process_pool_takes_all_of_them(objects):
    items = list(objects.values())
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        returned = list(pool.map(copy.copy, items))
    assert all(map(_same, items, returned))


def test_short_forms(objects):
    for cls, item in objects.items():
        assert len(repr(item)) < LONGEST_REPR, cls


def test_tables(objects):
    shown = [item for item in objects.values() if hasattr(item, "to_frame")]
    assert len(shown) > 15
    for item in shown:
        assert len(item.to_frame().columns) > 1
        if hasattr(item, "_repr_html_"):
            assert "<table" in item._repr_html_()


def test_frozen_mapping_cannot_be_changed():
    mapping = FrozenMapping({"EC": 0.5})
    assert mapping == {"EC": 0.5}
    with pytest.raises(TypeError):
        mapping["EC"] = 0.7
    source = {"EC": 0.5}
    kept = FrozenMapping(source)
    source["EC"] = 0.7
    assert kept["EC"] == 0.5


@pytest.mark.parametrize(
    "error",
    [
        errors.TableError(["row 1: wrong", "row 2: wrong"]),
        errors.UnknownSpeciesError("unknown solvent 'EX'"),
        CampaignLogError(["line 1"]),
    ],
)
def test_errors_of_a_worker_arrive_whole(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert getattr(again, "messages", None) == getattr(error, "messages", None)
