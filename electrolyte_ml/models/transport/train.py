"""Training of the transport model that ships, and its card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.data.sources import mlffdistill_transport
from electrolyte_ml.models.conductivity import predict_conductivity
from electrolyte_ml.models.intervals import NORMAL_QUANTILE, conformal_factor
from electrolyte_ml.models.train import Progress, Trained
from electrolyte_ml.models.transport.ionicity import (
    Ionicity,
    ionicity_features,
    sum_by_nernst_einstein,
)
from electrolyte_ml.models.transport.mobility import (
    ANION,
    CATION,
    KINDS,
    Radii,
    Surroundings,
    Values,
    molarities,
)
from electrolyte_ml.models.transport.model import (
    CATION_CLASSES,
    LITHIUM,
    Activity,
    Spread,
    TransportModel,
    Widths,
)
from electrolyte_ml.models.transport.published import Published, published
from electrolyte_ml.models.transport.self_diffusion import (
    SelfDiffusion,
    measured_self_diffusion,
    simulated_self_diffusion,
)
from electrolyte_ml.models.viscosity import predict_viscosity

_Floats = NDArray[np.float64]
_POWER = 1.25  # of the rise of the thermodynamic factor with concentration
_MARGIN = 0.1  # beyond the outermost law, as a logarithm
# Colder, the published polynomials of one paper give transference numbers down to -0.5.
_COLDEST_LAW_K = 290.0
# Standard deviations beside the process that are tried, in ln D.
_FLOORS = np.arange(0.0, 0.305, 0.01)
_OUTER = 0.05  # share of published laws, each counted once, that may lie beyond an end


def train_transport(
    *, seed: int = 0, out: Path | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """Fit radii, calibrate on solvents left out and on published laws, and write the model.

    Parameters
    ----------
    seed
        Named in the record; nothing is drawn.
    out
        Folder for the model; the package's own by default.
    progress
        Called as ``progress(what, done, total)``.

    Returns
    -------
    dict
        Record of the training, as it stands in the model file.

    Raises
    ------
    DataNotFoundError
        If the data set is not on this machine.
    """
    told = progress or (lambda _what, _done, _total: None)
    data = measured_self_diffusion()
    both = data.followed_by(simulated_self_diffusion())
    viscosity = predict_viscosity(both.formulations, both.temperature_k)
    rows, values = both.surroundings(), both.values(viscosity.value)
    radii = Radii.fit(rows, values)
    told("transport: fit", 1, 3)
    solvents = left_out(rows, values, both.solvents)
    recipes = left_out(rows, values, both.recipes)
    known = ~both.simulated
    alone = left_out(rows.select(known), values.select(known), data.solvents)
    widths = calibrated(solvents, recipes)
    told("transport: solvents and recipes left out", 2, 3)
    ionicity, ionicity_error = _ionicity(data)
    sd = np.log(viscosity.high / viscosity.value) / NORMAL_QUANTILE
    bare = TransportModel(
        radii=radii,
        widths=widths,
        viscosity_sd=float(np.median(sd[~both.simulated])),
        level=0.0,
        growth=0.0,
        spread={name: Spread(diffusivity=(0, 0), transference=(0, 0)) for name in CATION_CLASSES},
        activity=_activity(published()),
        ionicity=ionicity,
    )
    model, laws = with_published(bare, published())
    training = {
        "data": [
            f"{len(data)} measured self-diffusion coefficients of {len(set(data.recipes))} "
            f"solutions ({mlffdistill_transport.FILE_NAME})",
            f"{len(both) - len(data)} simulated ones (`electrolyte_ml/simulate/tables`)",
            f"{len(laws)} published laws of salt diffusivity and transference number",
        ],
        "seed": seed,
        "errors": {
            "solvents left out": _errors(solvents, widths),
            "recipes left out": _errors(recipes, widths),
            "solvents left out, nothing simulated": _errors(alone, widths),
        },
        "ionicity": ionicity_error,
        "published": laws,
    }
    told("transport: published laws", 3, 3)
    return Trained(model=model, training=training, card=card(model, training)).write(out)


def left_out(
    rows: Surroundings, values: Values, groups: NDArray[np.str_]
) -> tuple[_Floats, _Floats]:
    """Errors of measured values whose group was left out, and their standard deviations, in ln D.

    Simulated values of the group stay: they are what a new electrolyte can have before anything of
    it was measured.

    Parameters
    ----------
    rows, values
        Particles, as `Radii.fit` takes them, n rows.
    groups
        Group of each row, shape (n,).

    Returns
    -------
    error, sd
        Of the m measured rows, shape (m,) each; standard deviations are those of the process, not
        widened.
    """
    measured = ~values.simulated
    error, sd = np.empty(len(values)), np.empty(len(values))
    for group in np.unique(groups[measured]):
        test = measured & (groups == group)
        radii = Radii.fit(rows.select(~test), values.select(~test))
        said = radii.posterior(rows.select(test))
        of = (values.kinds[test], np.arange(int(test.sum())))
        error[test] = values.ln_inverse_radius[test] - said.mean[of]
        sd[test] = np.sqrt(said.variance[of])
    return error[measured], sd[measured]


def calibrated(solvents: tuple[_Floats, _Floats], recipes: tuple[_Floats, _Floats]) -> Widths:
    """Widths by which intervals hold what is left out, solvents and recipes alike.

    The process is too sure of recipes whose neighbours were measured: a floor widens narrow
    intervals until they hold recipes, and then a factor all of them until they hold both.

    Parameters
    ----------
    solvents, recipes
        Errors and standard deviations of `left_out`.
    """
    for floor in _FLOORS.tolist():
        if conformal_factor(recipes[0], np.hypot(recipes[1], floor)) <= NORMAL_QUANTILE:
            break
    both = (conformal_factor(error, np.hypot(sd, floor)) for error, sd in (solvents, recipes))
    return Widths(floor=floor, factor=max(1.0, *(size / NORMAL_QUANTILE for size in both)))


def _errors(held_out: tuple[_Floats, _Floats], widths: Widths) -> dict[str, float]:
    error, sd = held_out[0], np.sqrt(widths.variance(held_out[1] ** 2))
    inside = np.abs(error) <= NORMAL_QUANTILE * sd
    return {
        "n": len(error),
        "mean_factor": float(np.exp(np.abs(error).mean())),
        "worst_factor": float(np.exp(np.abs(error).max())),
        "interval_factor": float(np.exp(np.median(NORMAL_QUANTILE * sd))),
        "coverage": float(inside.mean()),
    }


def _ionicity(data: SelfDiffusion) -> tuple[Ionicity, dict[str, float]]:
    """The law of ionicity, with its error in solvents left out."""
    pairs: dict[tuple[str, int], list[int | None]] = {}
    for row, kind in enumerate(data.kinds.tolist()):
        if kind in (CATION, ANION):
            place = (data.formulations[row].key, round(float(data.temperature_k[row])))
            pairs.setdefault(place, [None, None])[kind] = row
    both = np.array([p for p in pairs.values() if None not in p], dtype=np.intp)
    formulations = [data.formulations[row] for row in both[:, 0]]
    kelvin = data.temperature_k[both[:, 0]]
    conductivity = predict_conductivity(formulations, kelvin).value
    free = sum_by_nernst_einstein(conductivity, molarities(formulations), kelvin)
    ln_ionicity = np.log(free / data.value_1e10_m2_s[both].sum(axis=1))
    features, solvents = ionicity_features(formulations), data.solvents[both[:, 0]]
    error = np.empty(len(both))
    for solvent in np.unique(solvents):
        test = solvents == solvent
        law = Ionicity.fit(features[~test], ln_ionicity[~test])
        error[test] = ln_ionicity[test] - law.ln(features[test])
    sd = float(np.sqrt(np.mean(error**2)))
    found = Ionicity.fit(features, ln_ionicity, sd=sd)
    return found, {"n": len(both), "sd_ln_solvents_left_out": sd}


def _activity(laws: Published) -> Activity:
    """Law of the thermodynamic factor, from published values."""
    known = np.isfinite(laws.thermodynamic_factor)
    rise = laws.molarity[known] ** _POWER
    value = laws.thermodynamic_factor[known]
    slope = float(rise @ (value - 1.0) / (rise @ rise))
    error = np.abs(np.log(value / (1.0 + slope * rise)))
    factor = float(np.exp(np.quantile(error, 1.0 - 2.0 * _OUTER)))
    return Activity(slope=slope, power=_POWER, factor=factor)


def with_published(
    model: TransportModel, laws: Published
) -> tuple[TransportModel, list[dict[str, Any]]]:
    """The model with what published laws add, and how far each of them lies from it."""
    said = replace(model, level=0.0, growth=0.0).predict(laws.formulations, laws.temperature_k)
    ratio = np.log(laws.salt_diffusivity_1e10_m2_s / said.salt_diffusivity_1e10_m2_s.value)
    apart = laws.transference_number - said.transference_number.value
    growth = _common_slope(laws.molarity, ratio, laws.laws)
    left = ratio - growth * laws.molarity
    # The median of laws: one that lies far off does not move it.
    level = float(np.median([left[laws.laws == name].mean() for name in np.unique(laws.laws)]))
    left = left - level
    weights = _once_each(laws.laws)
    of_lithium = np.array([f.salts[0].salt.cation.smiles == LITHIUM for f in laws.formulations])
    warm = laws.temperature_k >= _COLDEST_LAW_K
    spread = {}
    for name in CATION_CLASSES:
        rows = warm & of_lithium if name == "lithium" else warm
        spread[name] = Spread(
            # Where few laws are known, the interval holds all of them, and a little more.
            diffusivity=(float(left[rows].min()) - _MARGIN, float(left[rows].max()) + _MARGIN),
            transference=(
                _quantile(apart[rows], weights[rows], _OUTER),
                _quantile(apart[rows], weights[rows], 1.0 - _OUTER),
            ),
        )
    found = [_law_record(laws, name, np.exp(left), apart) for name in np.unique(laws.laws)]
    return replace(model, level=level, growth=growth, spread=spread), found


def _law_record(laws: Published, name: str, ratio: _Floats, apart: _Floats) -> dict[str, Any]:
    rows = laws.laws == name
    first = int(np.flatnonzero(rows)[0])
    return {
        "doi": str(laws.doi[first]),
        "salt": laws.formulations[first].salts[0].salt.name,
        "solvents": str(laws.solvents[first]),
        "diffusivity_by_predicted": [float(ratio[rows].min()), float(ratio[rows].max())],
        "transference_beyond_predicted": [float(apart[rows].min()), float(apart[rows].max())],
    }


def _common_slope(x: _Floats, y: _Floats, groups: NDArray[np.str_]) -> float:
    """Slope of y against x with a constant for each group, at least 0."""
    x, y = x.copy(), y.copy()
    for group in np.unique(groups):
        rows = groups == group
        x[rows] -= x[rows].mean()
        y[rows] -= y[rows].mean()
    return max(0.0, float(x @ y / (x @ x)))


def _once_each(groups: NDArray[np.str_]) -> _Floats:
    _, index, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / sizes[index.ravel()])


def _quantile(values: _Floats, weights: _Floats, share: float) -> float:
    order = np.argsort(values)
    place = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][np.searchsorted(place, share)])


def card(model: TransportModel, training: Mapping[str, Any]) -> str:
    """The card, Markdown.

    Parameters
    ----------
    model
        The trained model.
    training
        Record of its training.
    """
    settings = model.radii.settings
    radii, bias = np.exp(-np.array(settings.mean)), np.exp(settings.bias)
    lines = [
        "# Transport numbers",
        "",
        "Self-diffusion by Stokes-Einstein from the predicted viscosity, with learnt radii; salt",
        "diffusivity as their harmonic mean with a factor of concentration, transference number as",
        "diffusion fraction, and intervals that hold published laws.",
        "",
        "Learnt from:",
        "",
        *(f"- {told}" for told in training["data"]),
        "",
        "Mean radii, angstrom: "
        + ", ".join(f"{name} {r:.2f}" for name, r in zip(KINDS, radii, strict=True))
        + ". The standard deviation",
        f"of the process is joined by one of {model.widths.floor:.2f}, and both are taken times",
        f"{model.widths.factor:.2f}: 90 % of recipes and solvents left out are inside, or more.",
        "Against measured values, simulated ones are found to be "
        + ", ".join(f"{b:.2f} ({name})" for name, b in zip(KINDS, bias, strict=True)),
        "times as high; from solvent to solvent by a factor of "
        f"{np.exp(settings.bias_solvent):.2f} more or less for",
        f"all particles, and of {np.exp(settings.bias_kind):.2f} for each kind alone. Their",
        "force field was chosen in DME and PC, so that the gain in these two is too good.",
        "",
        "| self-diffusion, predicted without | n | mean factor | worst | interval | coverage |",
        "|---|---:|---:|---:|---:|---:|",
        *(_error_line(name, e) for name, e in training["errors"].items()),
        "",
        "Published laws by what is predicted (salt diffusivity, ratio) and beyond it (transference",
        "number, difference), -10 to 50 degC. Intervals hold them from 25 degC on; in the cold one",
        "paper lies far below. What is predicted has the factor "
        f"{np.exp(model.level):.2f} exp({model.growth:.2f} c / (mol/L))",
        "beside the harmonic mean of both ions.",
        "",
        "| law | salt diffusivity | transference number |",
        "|---|---:|---:|",
        *map(_law_line, training["published"]),
        "",
        f"Ionicity of the second opinion: {training['ionicity']['n']} solutions; its logarithm in",
        "solvents left out has the standard deviation",
        f"{training['ionicity']['sd_ln_solvents_left_out']:.1f}, a factor of a few.",
        "",
        "Anions other than hexafluorophosphate and triflate, cations other than sodium and",
        "lithium, and solvents other than glymes and PC were not measured.",
    ]
    return "\n".join(lines) + "\n"


def _error_line(name: str, e: Mapping[str, float]) -> str:
    return (
        f"| {name} | {e['n']} | {e['mean_factor']:.2f} | {e['worst_factor']:.2f} "
        f"| {e['interval_factor']:.2f} | {e['coverage']:.2f} |"
    )


def _law_line(law: Mapping[str, Any]) -> str:
    low, high = law["diffusivity_by_predicted"]
    below, above = law["transference_beyond_predicted"]
    return (
        f"| {law['salt']} in {law['solvents']}, {law['doi']} | {low:.2f} to {high:.2f} "
        f"| {below:+.2f} to {above:+.2f} |"
    )
