"""Films on the negative electrode: stated parameters, and what they take up."""

import pytest

from electrolyte_ml.cell import find_cell
from electrolyte_ml.cell.curves import electrolyte_curves
from electrolyte_ml.cell.sei import DEFAULTS, film_cycles, film_parameters, require_law
from electrolyte_ml.errors import InputError
from electrolyte_ml.formulation import parse_recipe


def test_parameters_are_named_with_or_without_their_units():
    found = film_parameters({"solvent diffusivity": 1e-21, "SEI resistivity [Ohm.m]": 1.0})
    assert found["SEI solvent diffusivity [m2.s-1]"] == 1e-21
    assert found["SEI resistivity [Ohm.m]"] == 1.0
    assert found.keys() == DEFAULTS.keys()
    with pytest.raises(InputError, match="did you mean 'resistivity'"):
        film_parameters({"resistivty": 1.0})


def test_a_film_needs_a_law_and_an_electrode():
    require_law("reaction limited", find_cell("hc_nvpf"))
    with pytest.raises(InputError, match="solvent-diffusion limited"):
        require_law("solvent-difusion limited", find_cell("hc_nvpf"))
    with pytest.raises(InputError, match="no porous negative electrode"):
        require_law("reaction limited", find_cell("anode_free_na"))


@pytest.mark.slow
def test_a_faster_film_takes_up_more():
    pytest.importorskip("pybamm", reason="PyBaMM (extra 'cell') is not installed")
    cell = find_cell("graphite_nmc_pouch")
    curves = electrolyte_curves(parse_recipe("1 M LiPF6 in EC:EMC 3:7 w/w"), [298.15])[0]

    def losses(diffusivity):
        found = film_cycles(
            cell,
            curves,
            law="solvent-diffusion limited",
            rate_c=1.0,
            cycles=2,
            parameters={"solvent diffusivity": diffusivity},
        )
        assert [one.cycle for one in found] == [1, 2]
        return [one.film_loss_ah for one in found]

    slow, fast = losses(2.5e-22), losses(2.5e-20)
    assert 0 < slow[0] < slow[1] < fast[1]
