"""Joint fit of the viscosity and the conductivity of solutions; needs torch.

Thousands of conductivities of lithium and sodium electrolytes were measured, and a few dozen of
their viscosities. One set of networks therefore gives the parameters of both laws: from the same
hidden layers and with the same Vogel temperature. What conductivities say of a species or of a
glass is thereby known where only ionic liquids were measured for viscosity. Walden's rule ties the
level of the two (`electrolyte_ml.models.viscosity.walden`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.models.conductivity.descriptors import (
    DescriptorFit,
    DescriptorNetwork,
    NetworkSettings,
)
from electrolyte_ml.models.conductivity.law import N_PARAMETERS, ln_conductivity
from electrolyte_ml.models.conductivity.rows import Described, TrainingRows
from electrolyte_ml.models.ensemble_fit import as_tensor, single_thread
from electrolyte_ml.models.numeric import LN10
from electrolyte_ml.models.viscosity.solution_law import N_SOLUTION, held_share, ln_viscosity
from electrolyte_ml.models.viscosity.walden import WaldenFit


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionFitSettings:
    """Settings of the joint fit, chosen on folds of unseen series.

    Attributes
    ----------
    networks
        Of the networks and their fit.
    viscosities
        Share of the rows of a step that are viscosities; the others are conductivities.
    """

    networks: NetworkSettings = NetworkSettings(members=8, steps=2000)  # noqa: RUF009 - frozen
    viscosities: float = 0.6

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, for the record of a training."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class JointRows:
    """Measured viscosities and conductivities, with the viscosity of their solvents.

    Attributes
    ----------
    viscosities, conductivities
        Rows with mPa s and mS/cm.
    solvents_of_viscosities, solvents_of_conductivities
        Decadic logarithm of the viscosity of the solvents alone of each row, mPa s.
    """

    viscosities: TrainingRows
    conductivities: TrainingRows
    solvents_of_viscosities: NDArray[np.float64]
    solvents_of_conductivities: NDArray[np.float64]

    def learnt(self) -> JointRows:
        """Only rows that may be learnt from."""
        return JointRows(
            viscosities=self.viscosities.learnt(),
            conductivities=self.conductivities.learnt(),
            solvents_of_viscosities=self.solvents_of_viscosities[self.viscosities.trusted],
            solvents_of_conductivities=self.solvents_of_conductivities[self.conductivities.trusted],
        )


def fit_solution_network(
    rows: JointRows, settings: SolutionFitSettings | None = None, *, seed: int = 0
) -> DescriptorNetwork:
    """Fit networks that give the parameters of both laws.

    Parameters
    ----------
    rows
        What is learnt; rows that are not trusted are left out.
    settings
        Of the fit.
    seed
        Same seed, data and machine: same weights.

    Raises
    ------
    MissingDependencyError
        If torch is not installed.
    """
    with single_thread() as torch:
        return _JointFit(torch, rows.learnt(), settings or SolutionFitSettings(), seed).run()


class _JointFit:
    def __init__(
        self, torch: Any, rows: JointRows, settings: SolutionFitSettings, seed: int
    ) -> None:
        self.torch = torch
        first, second = rows.viscosities, rows.conductivities
        described = _joined(first.described, second.described)
        index = np.concatenate([first.index, second.index + len(first.described.ln_charge)])
        kelvin = np.concatenate([first.temperature_k, second.temperature_k])
        networks, generator = settings.networks, torch.Generator().manual_seed(seed)
        self.fit = DescriptorFit(
            torch,
            described,
            index,
            networks,
            views=first.views,
            n_outputs=N_SOLUTION,
            generator=generator,
        )
        self.walden = WaldenFit(
            torch,
            described,
            index,
            kelvin,
            members=networks.members,
            steps=networks.steps,
            generator=generator,
        )
        self.n_first, self.n_drawn = len(first), round(settings.viscosities * networks.batch)
        self.n_other = networks.batch - self.n_drawn
        self.weights = [as_tensor(part.fit_weight()) for part in (first, second)]
        self.measured = as_tensor(np.log(np.concatenate([first.value, second.value])))
        self.kelvin, self.share = as_tensor(kelvin), as_tensor(held_share(described)[index])
        self.ln_charge = as_tensor(described.ln_charge[index])
        solvents = [rows.solvents_of_viscosities, rows.solvents_of_conductivities]
        self.solvents = as_tensor(LN10 * np.concatenate(solvents))

    def run(self) -> DescriptorNetwork:
        return self.fit.run(self._loss, also=self.walden.parameters)

    def _loss(self) -> Any:
        torch, fit, n = self.torch, self.fit, self.n_drawn
        first = fit.draw(self.weights[0], n)
        second = fit.draw(self.weights[1], self.n_other) + self.n_first
        drawn = torch.cat([first, second])
        parameters = fit.outputs(drawn)
        kelvin, measured, ln_charge = (
            self.kelvin[drawn],
            self.measured[drawn],
            self.ln_charge[drawn],
        )
        thick = ln_viscosity(parameters, self.share[drawn], self.solvents[drawn], kelvin, torch)
        conducting = ln_conductivity(parameters[..., :N_PARAMETERS], ln_charge, kelvin, torch)
        of_walden = self.walden.loss(
            (first, second),
            measured[:n] + (conducting - ln_charge)[:, :n],
            (measured - ln_charge)[n:] + thick[:, n:],
        )
        predicted = torch.cat([thick[:, :n], conducting[:, n:]], dim=1)
        return fit.huber(predicted, measured) + of_walden


def _joined(first: Described, second: Described) -> Described:
    """Compositions of one table after those of another, with the species of both."""
    species = tuple(sorted({*first.species, *second.species}))
    shares = []
    for part in (first, second):
        share = np.zeros((len(part.share), len(species)))
        for smiles, column in zip(part.species, part.share.T, strict=True):
            share[:, species.index(smiles)] += column
        shares.append(share)
    return Described(
        features=np.concatenate([first.features, second.features]),
        ln_charge=np.concatenate([first.ln_charge, second.ln_charge]),
        species=species,
        share=np.concatenate(shares),
    )
