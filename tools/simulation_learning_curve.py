"""Whether noise or bias limits what models learn from simulations: gain against length of runs.

Every finished recording of some campaigns is analysed again as if it had ended earlier, and the
models learn from these shorter runs. A gain that still grows with the length says that noise is to
blame, one that stands still says that the bias of the force field is. Run as ::

    python -m tools.simulation_learning_curve --state FOLDER --table CURVE.csv CAMPAIGN.toml ...

It needs the recordings of the campaigns, the measured data sets, and the fits of ``bench
simulation``, which it makes where they are missing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from electrolyte_ml.benchmarks.cokriging import LONG, simulated_conductivities
from electrolyte_ml.benchmarks.suites import simulation
from electrolyte_ml.models.numeric import LN10
from electrolyte_ml.models.transport.mobility import ANION, CATION, SOLVENT
from electrolyte_ml.models.transport.self_diffusion import (
    measured_self_diffusion,
    simulated_self_diffusion,
)
from electrolyte_ml.models.transport.train import left_out
from electrolyte_ml.models.viscosity import predict_viscosity
from electrolyte_ml.simulate.analyse.summary import analyse_job
from electrolyte_ml.simulate.campaign import CampaignJob, read_campaign
from electrolyte_ml.simulate.checkpoint import DONE, load_result, load_state
from electrolyte_ml.simulate.results import result_row, write_table
from electrolyte_ml.simulate.running import default_folder, job_folder
from electrolyte_ml.threads import one_thread

#: Lengths of the runs that are tried, ps.
LENGTHS_PS = (100.0, 200.0, 500.0, 1000.0, 2000.0)
SPLITS = ("sodium", "anion", "solvent")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What models learn from runs of one length.

    Attributes
    ----------
    nvt_ps
        Length, ps.
    n_runs, n_values
        Runs, and coefficients of self-diffusion among them whose error bar is small enough.
    error_cation, error_anion, error_solvent
        Median error bar of self-diffusion, log10.
    solvents_left_out, recipes_left_out
        Mean absolute error of measured self-diffusion, log10.
    gain_sodium, gain_anion, gain_solvent
        Mean absolute error of conductivity, log10, that simulations save.
    gain_sodium_error, gain_anion_error, gain_solvent_error
        Its standard error over groups.
    """

    nvt_ps: float
    n_runs: int
    n_values: int
    error_cation: float
    error_anion: float
    error_solvent: float
    solvents_left_out: float
    recipes_left_out: float
    gain_sodium: float
    gain_sodium_error: float
    gain_anion: float
    gain_anion_error: float
    gain_solvent: float
    gain_solvent_error: float


def shortened(entry: CampaignJob, folder: Path, length_ps: float) -> dict[str, Any] | None:
    """Row of the results table of a finished job, as if it had ended after a time.

    Parameters
    ----------
    entry
        Job of a campaign.
    folder
        Folder of all jobs.
    length_ps
        Length of the stage ``nvt``, ps.

    Returns
    -------
    dict or None
        None if the job is not finished, or shorter.
    """
    own = job_folder(folder, entry.job)
    state, result = load_state(own), load_result(own)
    if state is None or result is None or state.stage != DONE:
        return None
    if entry.job.protocol.nvt_ps < length_ps:
        return None
    viscosity = result["viscosity_mpa_s"]
    again = analyse_job(entry.job, own, state, viscosity, length_ps=length_ps)
    return {key: str(cell) for key, cell in result_row(entry, again).items()} | {
        "nvt_ps": f"{length_ps:g}"
    }


def point_of(length_ps: float, rows: Sequence[Row]) -> Point:
    """What models learn from the rows of runs of one length."""
    measured, simulated = measured_self_diffusion(), simulated_self_diffusion(rows)
    both = measured.followed_by(simulated)
    viscosity = predict_viscosity(both.formulations, both.temperature_k).value
    particles = both.surroundings(), both.values(viscosity)
    conductivities = simulated_conductivities({LONG: rows})
    gain = {split: simulation.gain(split, conductivities) for split in SPLITS}

    def error_of(kind: int) -> float:
        of_kind = simulated.relative_error[simulated.kinds == kind]
        return float(np.median(of_kind) / LN10)

    def mae(groups: NDArray[np.str_]) -> float:
        return float(np.abs(left_out(*particles, groups)[0]).mean() / LN10)

    return Point(
        nvt_ps=length_ps,
        n_runs=len(rows),
        n_values=len(simulated),
        error_cation=error_of(CATION),
        error_anion=error_of(ANION),
        error_solvent=error_of(SOLVENT),
        solvents_left_out=mae(both.solvents),
        recipes_left_out=mae(both.recipes),
        gain_sodium=gain["sodium"]["gain_log10"],
        gain_sodium_error=gain["sodium"]["gain_error_log10"],
        gain_anion=gain["anion"]["gain_log10"],
        gain_anion_error=gain["anion"]["gain_error_log10"],
        gain_solvent=gain["solvent"]["gain_log10"],
        gain_solvent_error=gain["solvent"]["gain_error_log10"],
    )


def curve(
    entries: Sequence[CampaignJob], folder: Path, lengths_ps: Sequence[float] = LENGTHS_PS
) -> Iterator[Point]:
    """A point for each length, shortest first."""
    longest = max(lengths_ps)
    known = [entry for entry in entries if shortened(entry, folder, longest) is not None]
    for length in sorted(lengths_ps):
        rows = (shortened(entry, folder, length) for entry in known)
        yield point_of(length, [row for row in rows if row is not None])


def _main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("campaigns", nargs="+", type=Path, help="campaign files")
    parser.add_argument("--state", type=Path, default=None, help="folder of jobs")
    parser.add_argument("--table", type=Path, required=True, help="CSV file to write")
    given = parser.parse_args(arguments)
    folder = given.state or default_folder()
    entries = {e.job.key: e for path in given.campaigns for e in read_campaign(path).jobs}
    points = []
    with one_thread():
        for point in curve(list(entries.values()), folder):
            points.append({name: f"{value:.4g}" for name, value in asdict(point).items()})
            print(points[-1], flush=True)
            write_table(given.table, points)


if __name__ == "__main__":
    _main(sys.argv[1:])
