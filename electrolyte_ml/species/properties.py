"""Properties of the catalog, and the physical limits of their values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpeciesProperty:
    """A property of a species.

    Attributes
    ----------
    label
        Name for people, with its unit.
    low, high
        Physical limits; a value outside is a slip of the unit, not a measurement.
    """

    label: str
    low: float
    high: float


SOLVENT_PROPERTIES = {
    "density_g_cm3": SpeciesProperty("density, g/cm3", 0.5, 3.0),
    "density_slope_g_cm3_k": SpeciesProperty("temperature slope of density, g/cm3/K", -0.01, 0.0),
    "viscosity_mpa_s": SpeciesProperty("viscosity, mPa s", 0.05, 2000.0),
    "relative_permittivity": SpeciesProperty("relative permittivity", 1.5, 250.0),
    "melting_point_k": SpeciesProperty("melting point, K", 50.0, 700.0),
    "boiling_point_k": SpeciesProperty("boiling point, K", 200.0, 1000.0),
    "flash_point_k": SpeciesProperty("flash point, K", 180.0, 700.0),
    "fusion_enthalpy_kj_mol": SpeciesProperty("enthalpy of fusion, kJ/mol", 0.5, 120.0),
    "vaporisation_enthalpy_kj_mol": SpeciesProperty(
        "enthalpy of vaporisation at 298.15 K, kJ/mol", 10.0, 200.0
    ),
    "donor_number_kcal_mol": SpeciesProperty("Gutmann donor number, kcal/mol", -5.0, 60.0),
}
ION_PROPERTIES = {
    "radius_nm": SpeciesProperty("ionic radius, nm", 0.01, 1.0),
    "partial_molar_volume_cm3_mol": SpeciesProperty("partial molar volume, cm3/mol", -60.0, 600.0),
    "hydration_gibbs_energy_kj_mol": SpeciesProperty(
        "Gibbs energy of hydration, kJ/mol", -6000.0, 200.0
    ),
}


def fault_of(name: str, value: float, kinds: dict[str, SpeciesProperty]) -> str | None:
    """Fault of a property value, in words; None if there is none."""
    kind = kinds.get(name)
    if kind is None:
        return f"unknown property {name!r}; known are {', '.join(kinds)}"
    if not kind.low <= value <= kind.high:
        return f"{name} = {value:g} is outside {kind.low:g} to {kind.high:g}; check the unit"
    return None
