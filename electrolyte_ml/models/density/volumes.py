r"""Volumes of ions in a liquid, by temperature and by what surrounds them.

The ions of one kilogram of solvents take up

.. math:: \sum_i n_i \left[V_i + s_i (T - T_0)\right]
          + \phi \sum_+ z_+ n_+ \left[D - B (\alpha - \alpha_0)\right]

with volumes :math:`V_i` and slopes of the ions as they are in ionic liquids. Small cations draw the
molecules around them together: the second term is of metal ions, with the share :math:`\phi` of the
volume that molecules take up and their expansivity :math:`\alpha`, which goes with their
compressibility (Drude and Nernst's electrostriction [1]_). The volume of an ion of several atoms
is near :math:`a V_M + f n_F + b_\pm`, a line in its McGowan volume and number of fluorine atoms;
that of another ion near its volume in water [2]_.

References
----------
.. [1] Marcus, Chem. Rev. 2011, 111, 2761. https://doi.org/10.1021/cr100130d
.. [2] Marcus and Hefter, Chem. Rev. 2004, 104, 3405. https://doi.org/10.1021/cr030047d
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.formulation.density import density_g_cm3
from electrolyte_ml.models.density.linear import LinearLaw, applied
from electrolyte_ml.species import Ion, default_catalog
from electrolyte_ml.species.chemistry import formal_charge, molecule_of
from electrolyte_ml.species.estimates import mcgowan_volume_cm3_mol
from electrolyte_ml.species.ionic_liquids import ions_of, pair_of
from electrolyte_ml.units import ROOM_TEMPERATURE_K

_USUAL_EXPANSIVITY = 1.0  # 1e-3 per K, of molecular solvents
_IONIC_EXPANSIVITY = 0.62  # of ionic liquids
# Of the most expansive solvent whose solutions were measured; beyond it the term grows no more.
_MOST_EXPANSIVE = 1.3
_STEP_K = 10.0
# Volume of an ion of several atoms is nearly this many times its McGowan volume.
_PACKING = 1.2
_GRAMS = 1000.0
#: Mean and standard deviation of the coefficients that all ions share: cm3/mol, and 1e-3 per K for
#: the expansivity.
COMMON: dict[str, tuple[float, float]] = {
    "McGowan volume": (1.25, 0.1),
    "fluorine": (2.3, 1.0),
    "anion": (0.0, 8.0),
    "cation": (-15.0, 8.0),
    "expansivity": (0.6, 0.1),
    "compression": (-20.0, 30.0),
    "solvation": (-10.0, 10.0),
}
# Of one ion: about the line, or about its volume in water; metal ions are nearly of one size.
_OWN_SHARE, _OWN_LEAST = 0.01, 2.5
_METAL_SD, _IN_WATER_SD = 0.1, 5.0
# Volumes in water are of ions that water draws together; anions are this much larger here.
_LARGER_ANION = 8.0
_METALS = {"[Li+]": -6.5, "[Na+]": -6.5, "[K+]": 3.0, "[Rb+]": 8.7}
_SLOPE_SHARE, _METAL_SLOPE = 5e-5, 0.01
# How much that is, cm3/mol, more in expansive solvents, and the share of it that is in doubt.
_DRAWN, _DRAWN_MORE, _DOUBT = 10.0, 40.0, 0.3
# Of organic cations among molecules: nothing is measured.
_UNKNOWN_SOLVATION = (0.0, 6.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """A formulation as the law of volumes sees it, by kilogram of solvents.

    Attributes
    ----------
    ions
        Moles of each ion by SMILES.
    terms
        Factors of the coefficients at 298.15 K.
    slope_terms
        Factors of the coefficients by kelvin from there.
    molecular_share
        Share of the volume that molecules take up.
    doubt_cm3
        Standard deviation of the volume, by which the term of solvation may be wrong as a whole:
        it was measured in dilute solutions in single solvents.
    """

    ions: dict[str, float]
    terms: dict[str, float]
    slope_terms: dict[str, float]
    molecular_share: float
    doubt_cm3: float

    @classmethod
    def of(cls, formulation: Formulation, sizes: Mapping[str, float]) -> Medium:
        """The medium of a formulation.

        Parameters
        ----------
        formulation
            Solvents and salts.
        sizes
            McGowan volumes of ions that are known, cm3/mol; others are computed.
        """
        ions = ions_mol_kg(formulation)
        volume = molecular_volume_cm3_kg(formulation, ROOM_TEMPERATURE_K)
        share = volume / (volume + sum(n * _rough_volume(ion, sizes) for ion, n in ions.items()))
        stretched = min(_expansivity(formulation), _MOST_EXPANSIVE) - _USUAL_EXPANSIVITY
        terms: dict[str, float] = {}
        slopes: dict[str, float] = {}
        for ion, n in ions.items():
            rough = _rough_volume(ion, sizes)
            more = _terms_of(ion, n, sizes)
            if formal_charge(ion) > 0 and share > 0:
                if _has_line(ion):
                    more["solvation of organic cations"] = n * share
                else:
                    more["solvation"] = n * formal_charge(ion) * share
                    more["compression"] = more["solvation"] * stretched
            for name, factor in more.items():
                terms[name] = terms.get(name, 0.0) + factor
            slopes[f"slope of {ion}"] = n
            if rough:
                slopes["expansivity"] = slopes.get("expansivity", 0.0) + n * rough / 1e3
        drawn = terms.get("solvation", 0.0) * (_DRAWN + _DRAWN_MORE * max(stretched, 0.0))
        return cls(
            ions=ions,
            terms=terms,
            slope_terms=slopes,
            molecular_share=share,
            doubt_cm3=_DOUBT * drawn,
        )

    def at(self, temperature_k: float) -> dict[str, float]:
        """Factors of all coefficients at a temperature."""
        kelvin = temperature_k - ROOM_TEMPERATURE_K
        return self.terms | {name: factor * kelvin for name, factor in self.slope_terms.items()}


def prior_of(name: str, sizes: Mapping[str, float]) -> tuple[float, float]:
    """Mean and standard deviation of a coefficient before anything is measured."""
    if name in COMMON:
        return COMMON[name]
    if name == "solvation of organic cations":
        return _UNKNOWN_SOLVATION
    what, _, ion = name.partition(" of ")
    if what == "slope":
        rough = _rough_volume(ion, sizes)
        return 0.0, _SLOPE_SHARE * rough if rough else _METAL_SLOPE
    if _has_line(ion):
        return 0.0, max(_OWN_SHARE * _rough_volume(ion, sizes), _OWN_LEAST)
    if ion in _METALS:
        return _METALS[ion], _METAL_SD
    in_water = catalog_ion(ion).value("partial_molar_volume_cm3_mol") or 0.0
    return in_water + (_LARGER_ANION if formal_charge(ion) < 0 else 0.0), _IN_WATER_SD


def volume_of_ion(ion: str, law: LinearLaw, sizes: Mapping[str, float]) -> tuple[float, float]:
    """Volume of an ion in an ionic liquid at 298.15 K and its standard deviation, cm3/mol."""
    value, sd = applied(law, [_terms_of(ion, 1.0, sizes)], partial(prior_of, sizes=sizes))
    return float(value[0]), float(sd[0])


def _terms_of(ion: str, n: float, sizes: Mapping[str, float]) -> dict[str, float]:
    """Factors of the coefficients of n moles of an ion, wherever they are."""
    terms = {f"volume of {ion}": n}
    if _has_line(ion):
        terms["McGowan volume"] = n * mcgowan_of(ion, sizes)
        terms["fluorine"] = n * _fluorines(ion)
        terms["cation" if formal_charge(ion) > 0 else "anion"] = n
    return terms


def ions_mol_kg(formulation: Formulation) -> dict[str, float]:
    """Moles of each ion by kilogram of solvents, by SMILES, of salts and ionic liquids."""
    found: dict[str, float] = {}
    for amount in formulation.salts:
        salt = amount.salt
        for ion, count in ((salt.cation, salt.n_cation), (salt.anion, salt.n_anion)):
            found[ion.smiles] = found.get(ion.smiles, 0.0) + count * amount.molality_mol_kg
    for part in formulation.solvents:
        pair = pair_of(part.solvent)
        if pair is None:
            continue
        moles = _GRAMS * part.mass_fraction / part.solvent.molar_mass_g_mol
        for ion, count in ((pair.cation, pair.n_cation), (pair.anion, pair.n_anion)):
            found[ion.smiles] = found.get(ion.smiles, 0.0) + count * moles
    return found


def molecular_volume_cm3_kg(formulation: Formulation, temperature_k: float) -> float:
    """Volume of the molecules by kilogram of solvents, without a change on mixing, cm3/kg."""
    return sum(
        _GRAMS * s.mass_fraction / density_g_cm3(s.solvent, temperature_k).value
        for s in formulation.solvents
        if not ions_of(s.solvent)
    )


def catalog_ion(smiles: str) -> Ion:
    """The ion of the catalog, or one that is known by its structure alone."""
    return default_catalog().ion(smiles)


def _expansivity(formulation: Formulation) -> float:
    """Expansivity of the liquid by volume, 1e-3 per K."""
    volume = expansion = 0.0
    for part in formulation.solvents:
        if ions_of(part.solvent):
            share = part.mass_fraction / density_g_cm3(part.solvent).value
            expansion += share * _IONIC_EXPANSIVITY
        else:
            here = density_g_cm3(part.solvent).value
            warmer = density_g_cm3(part.solvent, ROOM_TEMPERATURE_K + _STEP_K).value
            share = part.mass_fraction / here
            expansion += share * 1e3 * (here - warmer) / (_STEP_K * here)
        volume += share
    return expansion / volume


@cache
def _has_line(ion: str) -> bool:
    """Whether an ion is of several atoms, so that its volume goes with its McGowan volume."""
    return molecule_of(ion).GetNumAtoms() > 1


def mcgowan_of(ion: str, sizes: Mapping[str, float]) -> float:
    """McGowan volume of an ion, cm3/mol; 0 for one of a single atom."""
    if not _has_line(ion):
        return 0.0
    held = sizes.get(ion)
    return mcgowan_volume_cm3_mol(ion) if held is None else held


def _rough_volume(ion: str, sizes: Mapping[str, float]) -> float:
    return _PACKING * mcgowan_of(ion, sizes)


@cache
def _fluorines(ion: str) -> int:
    return sum(atom.GetAtomicNum() == 9 for atom in molecule_of(ion).GetAtoms())
