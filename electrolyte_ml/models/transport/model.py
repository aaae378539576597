r"""Self-diffusion, salt diffusivity, transference number and thermodynamic factor of recipes.

Self-diffusion of cation and anion, :math:`D_+` and :math:`D_-`, is that of Stokes and Einstein with
learnt radii (`electrolyte_ml.models.transport.mobility`). What a cell model needs follows:

.. math::

   D = \frac{2 D_+ D_-}{D_+ + D_-} e^{a + g c}, \qquad t_+ = \frac{D_+}{D_+ + D_-}.

The harmonic mean is Nernst and Hartley's law of ideal dilution [1]_; it holds as well where all
ions are paired, as the measured self-diffusion is then that of pairs. The factor, with the
concentration :math:`c`, stands for the thermodynamic factor and for ions that move together; it is
fitted to published salt diffusivities. The diffusion fraction leaves out that ions move together,
so that published transference numbers lie beside it, mostly below. The intervals hold the published
laws (`electrolyte_ml.models.transport.published`). For sodium these are the laws of one paper, five
times below: intervals of cations other than lithium are that wide.

References
----------
.. [1] Newman, Balsara, Electrochemical Systems, 4th ed., Wiley 2021, section 11.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.formulation import Formulation
from electrolyte_ml.models.base import StoredModel
from electrolyte_ml.models.conductivity import predict_conductivity
from electrolyte_ml.models.files import Arrays, ModelFiles, Record
from electrolyte_ml.models.intervals import COVERAGE, NORMAL_QUANTILE
from electrolyte_ml.models.molecules_only import NOT_COVERED
from electrolyte_ml.models.numeric import LN10
from electrolyte_ml.models.transport.ionicity import (
    Ionicity,
    ionicity_features,
    sum_by_nernst_einstein,
)
from electrolyte_ml.models.transport.mobility import (
    ANION,
    CATION,
    KINDS,
    SOLVENT,
    Posterior,
    Radii,
    Settings,
    Surroundings,
    Values,
    molarities,
    stokes_einstein_ln,
)
from electrolyte_ml.models.viscosity import predict_viscosity
from electrolyte_ml.prediction import Prediction, join_faults, wide
from electrolyte_ml.row_table import RowTable

_Floats = NDArray[np.float64]
LITHIUM = "[Li+]"
#: Classes of cations with their own spread around published laws.
CATION_CLASSES = ("lithium", "others")
NO_SALT = "a recipe without salt has no transport numbers"
NOT_ONE_TO_ONE = "transport numbers are for one kind of cation of charge 1"
NO_ACTIVITY = "its activity coefficients were measured for LiPF6 in carbonates alone"
#: What a row rests on.
MEASURED = "from measured self-diffusion nearby"
STOKES_EINSTEIN = "from the predicted viscosity by Stokes-Einstein"
# Share of the prior variance below which measurements, not the mean radius, decide.
_KNOWN_SHARE = 0.5
_ESTERS = frozenset({"linear carbonate", "cyclic carbonate"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """What published laws add to self-diffusion, for a class of cations.

    Attributes
    ----------
    diffusivity
        Lowest and highest logarithm of a published salt diffusivity by the prediction.
    transference
        Lowest and highest difference of a published transference number from the prediction.
    """

    diffusivity: tuple[float, float]
    transference: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Widths:
    """How much wider intervals are than the process of the radii says.

    Attributes
    ----------
    floor
        Standard deviation of ln D that the process does not know of, such as that of the viscosity.
    factor
        On the standard deviation of both together.
    """

    floor: float
    factor: float

    def variance(self, of_process: _Floats) -> _Floats:
        """Variance of errors by that of the process, of any shape."""
        return self.factor**2 * (np.maximum(of_process, 0.0) + self.floor**2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Thermodynamic factor of LiPF6 in carbonates, ``1 + slope c^power``.

    Attributes
    ----------
    slope, power
        c in mol/L.
    factor
        Half width of the interval as a factor.
    """

    slope: float
    power: float
    factor: float


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TransportNumbers(RowTable):
    """Transport numbers of n recipes, each at its temperature.

    Attributes
    ----------
    diffusion_cation_1e10_m2_s, diffusion_anion_1e10_m2_s, diffusion_solvent_1e10_m2_s
        Self-diffusion, 1e-10 m2/s; of the solvents it is that of a mean molecule.
    salt_diffusivity_1e10_m2_s
        Of concentrated-solution theory, as cell models take it, 1e-10 m2/s.
    transference_number
        Of the cation.
    thermodynamic_factor
        ``1 + d ln f / d ln c``.
    molarity_mol_l
        Of the salts at 25 degC, shape (n,).
    provenance
        What each row rests on, length n.
    """

    diffusion_cation_1e10_m2_s: Prediction
    diffusion_anion_1e10_m2_s: Prediction
    diffusion_solvent_1e10_m2_s: Prediction
    salt_diffusivity_1e10_m2_s: Prediction
    transference_number: Prediction
    thermodynamic_factor: Prediction
    molarity_mol_l: _Floats
    provenance: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.provenance)

    def __repr__(self) -> str:
        return f"<TransportNumbers of {len(self)} rows>"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TransportModel(StoredModel):
    """Radii, and what published laws add.

    Attributes
    ----------
    radii
        Of ions and solvents.
    widths
        Of intervals.
    viscosity_sd
        Standard deviation of ln viscosity at the measured recipes, which `radii` holds already.
    level, growth
        The law's a and g, g in L/mol.
    spread
        By class of cations.
    activity
        Of LiPF6 in carbonates.
    ionicity
        Of the second opinion.
    """

    radii: Radii
    widths: Widths
    viscosity_sd: float
    level: float
    growth: float
    spread: Mapping[str, Spread]
    activity: Activity
    ionicity: Ionicity

    FILES: ClassVar[ModelFiles] = ModelFiles(name="transport", version=3)

    def predict(
        self, formulations: Sequence[Formulation], temperature_k: _Floats
    ) -> TransportNumbers:
        """Transport numbers of recipes, each at its temperature.

        Parameters
        ----------
        formulations
            Recipes, length n; the same object may stand in many rows and costs little more.
        temperature_k
            K, shape (n,).

        Returns
        -------
        TransportNumbers
            Of n rows, without values where the recipe has no salt or holds an ionic liquid.
        """
        temperature = np.asarray(temperature_k, dtype=np.float64)
        viscosity = predict_viscosity(formulations, temperature)
        around = Surroundings.of(formulations, temperature, self.radii.surroundings.names)
        said = self.radii.posterior(around)
        scale = stokes_einstein_ln(temperature, viscosity.value)
        extra = self._beyond_known_viscosity(viscosity)
        rows = _Rows(formulations, viscosity, said)
        ln_d = scale + said.mean
        sd = np.sqrt(self.widths.variance(said.variance) + extra)
        half = NORMAL_QUANTILE * sd
        own = [rows.factor(ln_d[k], half[k], half[k]) for k in range(len(KINDS))]
        fraction, sd_logit = self._fraction(said)
        return TransportNumbers(
            diffusion_cation_1e10_m2_s=own[CATION],
            diffusion_anion_1e10_m2_s=own[ANION],
            diffusion_solvent_1e10_m2_s=own[SOLVENT],
            salt_diffusivity_1e10_m2_s=self._salt(rows, around, ln_d, sd),
            transference_number=self._transference(rows, fraction, sd_logit),
            thermodynamic_factor=self._activity(rows, around.molarity),
            molarity_mol_l=around.molarity,
            provenance=tuple(rows.provenance),
        )

    def nernst_hartley_ln(self, ln_d: _Floats, molarity: _Floats) -> _Floats:
        """Logarithm of the salt diffusivity of self-diffusion, ln of shape (3, n), shape (n,)."""
        low = np.minimum(ln_d[CATION], ln_d[ANION])
        apart = np.abs(ln_d[CATION] - ln_d[ANION])
        ideal = np.log(2.0) + low - np.log1p(np.exp(-apart))
        return np.asarray(ideal + self.level + self.growth * molarity)

    def _fraction(self, said: Posterior) -> tuple[_Floats, _Floats]:
        """Diffusion fraction, and the standard deviation of its logit."""
        apart = said.mean[CATION] - said.mean[ANION]
        variance = said.variance[CATION] + said.variance[ANION] - 2.0 * said.shared
        return 1.0 / (1.0 + np.exp(-apart)), np.sqrt(self.widths.variance(variance))

    def _beyond_known_viscosity(self, viscosity: Prediction) -> _Floats:
        """Variance of ln viscosity beyond that of the measured recipes."""
        sd = np.log(viscosity.high / viscosity.value) / NORMAL_QUANTILE
        return np.maximum(sd**2 - self.viscosity_sd**2, 0.0)

    def _salt(self, rows: _Rows, around: Surroundings, ln_d: _Floats, sd: _Floats) -> Prediction:
        value = self.nernst_hartley_ln(ln_d, around.molarity)
        own = NORMAL_QUANTILE * np.maximum(sd[CATION], sd[ANION])
        low, high = self._ends(rows, "diffusivity")
        return rows.factor(value, np.maximum(-low, own), np.maximum(high, own))

    def _transference(self, rows: _Rows, fraction: _Floats, sd_logit: _Floats) -> Prediction:
        width = NORMAL_QUANTILE * sd_logit
        odds = np.log(fraction / (1.0 - fraction))
        ends = [1.0 / (1.0 + np.exp(-(odds + sign * width))) - fraction for sign in (-1.0, 1.0)]
        low, high = self._ends(rows, "transference")
        return rows.plain(
            fraction, fraction + np.minimum(low, ends[0]), fraction + np.maximum(high, ends[1])
        )

    def _activity(self, rows: _Rows, molarity: _Floats) -> Prediction:
        law = self.activity
        value = 1.0 + law.slope * molarity**law.power
        known = np.array([f is None for f in rows.no_activity])
        value = np.where(known, value, np.nan)
        found = rows.plain(value, value / law.factor, value * law.factor)
        reasons = [f or why for f, why in zip(rows.no_activity, found.reason, strict=True)]
        return replace(found, in_domain=found.in_domain & known, reason=tuple(reasons))

    def _ends(self, rows: _Rows, name: str) -> tuple[_Floats, _Floats]:
        """Lowest and highest deviation of published laws, by the cation of each row."""
        ends = {kind: getattr(spread, name) for kind, spread in self.spread.items()}
        pairs = np.array([ends[kind] for kind in rows.classes]).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]

    def arrays(self) -> Arrays:
        """Measured radii and what surrounded them."""
        return {
            **self.radii.surroundings.arrays(),
            **self.radii.values.arrays(),
        }

    def record(self) -> Record:
        """Settings of the process, species, and what published laws add."""
        names = self.radii.surroundings.names
        return {
            "settings": asdict(self.radii.settings),
            "names": {name: list(smiles) for name, smiles in names.items()},
            "widths": asdict(self.widths),
            "viscosity_sd": self.viscosity_sd,
            "level": self.level,
            "growth": self.growth,
            "spread": {name: asdict(spread) for name, spread in self.spread.items()},
            "activity": asdict(self.activity),
            "ionicity": asdict(self.ionicity),
        }

    @classmethod
    def of_files(cls, arrays: Arrays, record: Record) -> TransportModel:
        """The model from `arrays` and `record`."""
        held = dict(arrays)
        values = Values(
            kinds=held.pop("kinds").astype(np.intp),
            ln_inverse_radius=held.pop("ln_inverse_radius"),
            simulated=held.pop("simulated"),
            error=held.pop("error"),
        )
        names = {name: tuple(smiles) for name, smiles in record["names"].items()}
        triples = {name: tuple(record["settings"][name]) for name in ("mean", "bias")}
        settings: dict[str, Any] = {**record["settings"], **triples}
        return cls(
            radii=Radii(
                settings=Settings(**settings),
                surroundings=Surroundings(**held, names=names),
                values=values,
            ),
            widths=Widths(**record["widths"]),
            viscosity_sd=record["viscosity_sd"],
            level=record["level"],
            growth=record["growth"],
            spread={
                name: Spread(**{part: (ends[0], ends[1]) for part, ends in spread.items()})
                for name, spread in record["spread"].items()
            },
            activity=Activity(**record["activity"]),
            ionicity=Ionicity(
                coefficients=tuple(record["ionicity"]["coefficients"]), sd=record["ionicity"]["sd"]
            ),
        )


class _Rows:
    """Faults, classes and provenance of rows, and predictions that carry them."""

    def __init__(
        self, formulations: Sequence[Formulation], viscosity: Prediction, said: Posterior
    ) -> None:
        of = {id(f): _faults(f) for f in formulations}
        classes = {id(f): cation_class(f) for f in formulations}
        activity = {id(f): _no_activity(f) for f in formulations}
        self.classes = [classes[id(f)] for f in formulations]
        self.no_activity = [activity[id(f)] for f in formulations]
        self._faults = [of[id(f)] for f in formulations]
        self._viscosity = viscosity
        known = np.all(said.variance[:SOLVENT] < _KNOWN_SHARE * said.prior, axis=0)
        self.provenance = [MEASURED if near else STOKES_EINSTEIN for near in known.tolist()]

    def factor(self, ln_value: _Floats, below: _Floats, above: _Floats) -> Prediction:
        """A prediction of logarithms with the half widths of its interval."""
        half = (below + above) / 2.0 / LN10
        notes = [wide(h) if np.isfinite(h) else None for h in half.tolist()]
        return self._prediction(
            np.exp(ln_value), np.exp(ln_value - below), np.exp(ln_value + above), notes
        )

    def plain(self, value: _Floats, low: _Floats, high: _Floats) -> Prediction:
        """A prediction of numbers as they are."""
        return self._prediction(value, low, high, [None] * len(value))

    def _prediction(
        self, value: _Floats, low: _Floats, high: _Floats, faults: Sequence[str | None]
    ) -> Prediction:
        none = np.array([f is not None for f in self._faults])
        domain = ~none & self._viscosity.in_domain & np.array([f is None for f in faults])
        reasons = [
            f or join_faults([wide_, None if inside else v, p])
            for f, wide_, inside, v, p in zip(
                self._faults,
                faults,
                self._viscosity.in_domain.tolist(),
                self._viscosity.reason,
                self.provenance,
                strict=True,
            )
        ]
        return Prediction(
            value=np.where(none, np.nan, value),
            low=np.where(none, np.nan, low),
            high=np.where(none, np.nan, high),
            coverage=COVERAGE,
            in_domain=domain,
            reason=tuple(reasons),
        )


def cation_class(formulation: Formulation) -> str:
    """Class of the cations of a recipe, one of `CATION_CLASSES`."""
    only_lithium = all(s.salt.cation.smiles == LITHIUM for s in formulation.salts)
    return CATION_CLASSES[0 if only_lithium else 1]


def _faults(formulation: Formulation) -> str | None:
    """Why a recipe has no transport numbers; None if it has."""
    if formulation.ionic_liquids:
        return NOT_COVERED
    if not formulation.salts:
        return NO_SALT
    cations = {s.salt.cation.smiles for s in formulation.salts}
    if len(cations) > 1 or any(s.salt.cation.charge != 1 for s in formulation.salts):
        return NOT_ONE_TO_ONE
    return None


def _no_activity(formulation: Formulation) -> str | None:
    salts = {s.salt.name for s in formulation.salts}
    families = {s.solvent.family for s in formulation.solvents if s.role == "solvent"}
    return None if salts == {"LiPF6"} and families <= _ESTERS else NO_ACTIVITY


def predict_transport(
    formulations: Sequence[Formulation], temperature_k: _Floats
) -> TransportNumbers:
    """Transport numbers of recipes, each at its temperature, by the model that ships.

    Parameters
    ----------
    formulations
        Recipes, length n; the same object may stand in many rows and costs little more.
    temperature_k
        K, shape (n,).

    Returns
    -------
    TransportNumbers
        Of n rows.

    Raises
    ------
    ArtefactError
        If model files are missing or damaged, or were made by another version.
    """
    return TransportModel.load().predict(formulations, temperature_k)


def nernst_einstein(formulations: Sequence[Formulation], temperature_k: _Floats) -> Prediction:
    """Sum of the self-diffusion of cation and anion, 1e-10 m2/s, from the conductivity.

    Parameters
    ----------
    formulations
        Recipes with a salt, length n.
    temperature_k
        K, shape (n,).

    Returns
    -------
    Prediction
        Of n rows; out of the domain where the conductivity is.
    """
    law = TransportModel.load().ionicity
    conductivity = predict_conductivity(formulations, temperature_k)
    free = sum_by_nernst_einstein(conductivity.value, molarities(formulations), temperature_k)
    value = free / np.exp(law.ln(ionicity_features(formulations)))
    half = np.hypot(NORMAL_QUANTILE * law.sd, np.log(conductivity.high / conductivity.low) / 2.0)
    return Prediction(
        value=value,
        low=value * np.exp(-half),
        high=value * np.exp(half),
        coverage=COVERAGE,
        in_domain=conductivity.in_domain,
        reason=conductivity.reason,
    )
