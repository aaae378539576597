import numpy as np
import pytest

from electrolyte_ml.campaign import Campaign, Goal
from electrolyte_ml.campaign.adapted import TunedScorer
from electrolyte_ml.campaign.learning import Ignorance, lessons
from electrolyte_ml.campaign.state import Result, Status
from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import parse_recipe
from electrolyte_ml.prediction import Prediction

NAME = "conductivity_ms_cm"
CLUSTER = [f"1 m NaPF6 in EC:DMC {x}:{100 - x} wt" for x in (30, 35, 40, 45, 50)]
ALONE = "1 m NaTFSI in tetraglyme"


def _scorer(factors):
    factor_of = {parse_recipe(text).key: factor for text, factor in factors.items()}

    def scorer(formulations, temperature_k):
        factor = np.array([factor_of[f.key] for f in formulations])
        n = len(factor)
        return {
            NAME: Prediction(
                value=np.full(n, 5.0),
                low=5 / factor,
                high=5 * factor,
                coverage=0.9,
                in_domain=np.ones(n, dtype=bool),
                reason=(None,) * n,
            )
        }

    return scorer


def _ignorance(factors, results=()):
    scorer = TunedScorer(_scorer(factors), results)
    recipes = [parse_recipe(text) for text in factors]
    shipped = scorer.base(recipes, np.full(len(recipes), 298.15))
    return Ignorance(scorer, shipped, recipes, [298.15], [NAME])


def test_what_tells_of_many_comes_before_what_is_uncertain_alone():
    factors = {**dict.fromkeys(CLUSTER, 2.0), ALONE: 2.5}
    ignorance = _ignorance(factors)
    first, second = lessons(ignorance, 2, np.ones(len(factors)))
    texts = list(factors)
    assert texts[first.row] in CLUSTER
    assert texts[second.row] == ALONE
    assert first.share > second.share > 0
    gain = ignorance.gain
    assert gain.after[NAME] < 0.7 * gain.before[NAME]
    assert "expected error of the conductivity" in str(gain)


def test_what_is_measured_tells_nothing_again():
    factors = dict.fromkeys([*CLUSTER, ALONE], 2.0)
    result = Result(
        suggestion=None,
        formulation=parse_recipe(CLUSTER[2]),
        status=Status.OK,
        values={(NAME, 298.15): 5.0},
    )
    before, after = _ignorance(factors).shares(), _ignorance(factors, [result]).shares()
    assert np.argmax(before) == 2
    assert np.argmin(after[: len(CLUSTER)]) == 2


def test_what_would_fail_is_left_out():
    ignorance = _ignorance(dict.fromkeys(CLUSTER, 2.0))
    found = lessons(ignorance, 9, np.array([0.0, 0.0, 0.0, 1.0, 1.0]))
    assert sorted(lesson.row for lesson in found) == [3, 4]


def test_a_campaign_that_learns_suggests_new_recipes_and_says_the_gain(tmp_path):
    campaign = Campaign.create(tmp_path / "c", "sodium_metal_glyme")
    learnt = campaign.suggest(3, goal="learn")
    assert len({s.formulation.key for s in learnt}) == 3
    assert all("of what is not known goes" in s.why for s in learnt)
    assert learnt.gain is not None
    assert learnt.gain.after[NAME] < learnt.gain.before[NAME]
    again = campaign.suggest(3, goal=Goal.LEARN)
    assert not {s.formulation.key for s in learnt} & {s.formulation.key for s in again}
    # What is pending counts as measured.
    assert again.gain.before[NAME] < learnt.gain.before[NAME]
    with pytest.raises(InputError, match="'best' or 'learn', given 'fun'"):
        campaign.suggest(1, goal="fun")
