import math

from electrolyte_ml.files import read_toml
from tools.campaign_candidates import CAMPAIGN, GROUP, MOLALITIES, candidates, chosen, covered


def score(width, solubility=9.0):
    interval = {"low": 1.0, "high": 10**width}
    return {"conductivity_ms_cm": interval, "solubility_mol_kg": {"value": solubility}}


def scored(widths, default=0.1):
    return [score(widths.get(recipe, default)) for recipe, *_ in candidates()]


def test_the_widest_pairs_come_first_and_no_species_more_than_twice():
    widths = {f"1 m {c}FSI in {s}": 3.0 for c in ("Na", "Li") for s in ("DME", "AN", "PC")}
    widths |= {"2 m NaFSI in DME": 3.5, "1 m NaPF6 in AN": 2.0, "1 m LiPF6 in AN": 1.0}
    found = chosen(scored(widths), 4)
    assert [r for r, _ in found][2] == "1 m NaPF6 in AN"
    assert math.isclose(found[2][1], 1.5)
    assert sum("FSI" in r and "TFSI" not in r for r, _ in found) == 2
    # The same solution at two concentrations is one choice.
    assert len({r.split(" ", 2)[2] for r, _ in found}) == 4


def test_what_may_not_dissolve_or_is_covered_is_left_out():
    listed = [recipe for recipe, *_ in candidates()]
    scores = [score(2.0, 9.0 if "NaPF6" in r or "LiPF6" in r else 0.2) for r in listed]
    assert all("PF6" in recipe for recipe, _ in chosen(scores, 9))
    first = chosen(scores, 1)[0][0]
    assert chosen(scores, 1, {first})[0][0] != first
    assert chosen([score(2.0, None)] * len(listed), 3) == []


def test_the_recipes_of_the_campaign_are_candidates_that_were_not_covered():
    (group,) = (g for g in read_toml(CAMPAIGN)["group"] if g["name"] == GROUP)
    listed = {recipe for recipe, *_ in candidates()}
    assert set(group["recipes"]) <= listed - covered()
    assert len(group["recipes"]) >= 10
    assert len(MOLALITIES) * 2 * 8 * 14 == len(listed)
