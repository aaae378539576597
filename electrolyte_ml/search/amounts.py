r"""Amounts as limits and notation count them, and back to the canonical form.

A recipe is written as a base electrolyte to which additives are added: ``1 m NaPF6 in EC:DEC 50:50
wt + 2 wt% FEC``. Fractions of solvents and the molality of salts are by kilogram of the solvents
without additives; an additive is in percent of the mass of the whole electrolyte. Limits count in
the same way, so that the numbers of a recipe are those that its limits hold.

With base fractions :math:`f_i`, molalities :math:`m_j`, molar masses :math:`M_j` (kg/mol) and mass
shares :math:`a_k` of additives in the whole, a kilogram of base solvents takes
:math:`d_k = a_k (1 + \sum_j m_j M_j) / (1 - \sum_k a_k)` kilograms of each additive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from electrolyte_ml.formulation import Formulation, SaltAmount, SolventAmount
from electrolyte_ml.search.limits import Components

# Far below any balance, far above the rounding of doubles: makes 0.35 of 0.35000000000000003.
_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenAmounts:
    """Amounts of a recipe as it is written.

    Attributes
    ----------
    fractions
        Mass fraction of each solvent, additives not counted.
    molalities_mol_kg
        Molality of each salt, by kg of solvents without additives.
    additives_wt_percent
        Mass of each additive by mass of the whole electrolyte, percent.
    """

    fractions: Mapping[str, float]
    molalities_mol_kg: Mapping[str, float]
    additives_wt_percent: Mapping[str, float]


def written_amounts(formulation: Formulation, components: Components) -> WrittenAmounts:
    """Amounts of a recipe in the basis of the limits.

    Parameters
    ----------
    formulation
        The recipe.
    components
        Says which species count as additives; anything it does not know goes by its role.
    """
    additives = {a.additive.name for a in components.additives}
    solvents = {s.name for s in components.solvents}
    added = {
        s.solvent.name: s.mass_fraction
        for s in formulation.solvents
        if s.solvent.name in additives or (s.role == "additive" and s.solvent.name not in solvents)
    }
    base = 1 - sum(added.values()) if added else 1.0
    whole = 1 + formulation.salt_mass_per_kg_solvent
    fractions = {n: w for n, w in formulation.mass_fractions.items() if n not in added}
    return WrittenAmounts(
        fractions={n: round(w / base, _DIGITS) for n, w in fractions.items()},
        molalities_mol_kg={
            n: round(m / base, _DIGITS) for n, m in formulation.molalities_mol_kg.items()
        },
        additives_wt_percent={n: round(100 * w / whole, _DIGITS - 2) for n, w in added.items()},
    )


def formulation_of(amounts: WrittenAmounts, components: Components) -> Formulation:
    """The recipe of such amounts, its components in the order of the problem.

    Parameters
    ----------
    amounts
        Amounts of components of the problem.
    components
        Where they are looked up.
    """
    salts = [s for s in components.salts if s.name in amounts.molalities_mol_kg]
    salt_mass = sum(amounts.molalities_mol_kg[s.name] * s.molar_mass_g_mol / 1000 for s in salts)
    shares = {name: percent / 100 for name, percent in amounts.additives_wt_percent.items()}
    per_share = (1 + salt_mass) / (1 - sum(shares.values()))
    total = 1 + per_share * sum(shares.values())
    return Formulation(
        solvents=(
            *(
                SolventAmount(
                    solvent=s,
                    mass_fraction=amounts.fractions[s.name] / total,
                    role=_role_in_blend(s.role),
                )
                for s in components.solvents
                if s.name in amounts.fractions
            ),
            *(
                SolventAmount(
                    solvent=a.additive,
                    mass_fraction=per_share * shares[a.additive.name] / total,
                    role="additive",
                )
                for a in components.additives
                if a.additive.name in shares
            ),
        ),
        salts=tuple(
            SaltAmount(salt=s, molality_mol_kg=amounts.molalities_mol_kg[s.name] / total)
            for s in salts
        ),
    )


def _role_in_blend(role: str) -> str:
    """An additive that the problem lists among its solvents is part of the blend."""
    return "solvent" if role == "additive" else role
