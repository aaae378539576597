"""One simulation: its stages and numerical choices, and the key that its inputs hash to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from electrolyte_ml.errors import InputError
from electrolyte_ml.simulate.box import BoxComposition
from electrolyte_ml.simulate.force_field import ForceField
from electrolyte_ml.simulate.system import Layout, SystemOptions

PRESSURE_BAR = 1.01325

#: Description of a job in its folder.
JOB_FILE = "job.json"

# A box of 6 nm3 breathes by 0.8 % of its edge (one standard deviation at usual compressibilities).
_BREATHING = 1.022


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stretch of dynamics at constant conditions.

    Attributes
    ----------
    name
        ``hot``, ``equilibrate``, ``npt``, ``settle`` or ``nvt``.
    length_ps
        Duration, ps.
    temperature_k
        Temperature, K.
    pressure_bar
        Pressure, bar; None for constant volume.
    friction_per_ps
        Friction of the Langevin thermostat, 1/ps.
    records
        Whether positions are kept.
    """

    name: str
    length_ps: float
    temperature_k: float
    pressure_bar: float | None
    friction_per_ps: float
    records: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    r"""Lengths of the stages, and the numerical choices.

    The time step of 4 fs rests on hydrogens of 3 Da [1]_ and on the LangevinMiddle integrator [2]_,
    whose configurational error at that step is small; ``tests/simulate`` and the table
    ``tables/time_step.csv`` hold the check.

    Attributes
    ----------
    hot_temperature_k
        Temperature of the first stage, K, that lets go of the packing.
    hot_ps, equilibrate_ps, npt_ps, settle_ps, nvt_ps
        Lengths, ps: hot and then cooling at constant pressure; density is averaged over ``npt``;
        ``settle`` follows the change to the mean volume; ``nvt`` is analysed.
    time_step_fs
        Time step, fs.
    sample_ps, frame_ps
        How often molecule centres, and all positions, are kept, ps.
    checkpoint_s
        Wall-clock time between checkpoints, s.
    options
        How forces are evaluated.

    References
    ----------
    .. [1] Hopkins, Le Grand, Walker, Roitberg, J. Chem. Theory Comput. 2015, 11, 1864.
       https://doi.org/10.1021/ct5010406
    .. [2] Zhang, Liu, Yan, Tuckerman, Liu, J. Phys. Chem. A 2019, 123, 6056.
       https://doi.org/10.1021/acs.jpca.9b02771
    """

    hot_temperature_k: float = 430.0
    hot_ps: float = 30.0
    equilibrate_ps: float = 80.0
    npt_ps: float = 150.0
    settle_ps: float = 20.0
    nvt_ps: float = 1000.0
    time_step_fs: float = 4.0
    sample_ps: float = 1.0
    frame_ps: float = 5.0
    checkpoint_s: float = 120.0
    options: SystemOptions = field(default_factory=SystemOptions)

    def __post_init__(self) -> None:
        lengths = (self.hot_ps, self.equilibrate_ps, self.npt_ps, self.settle_ps, self.nvt_ps)
        if any(length <= 0 for length in lengths):
            raise InputError(f"every stage needs a length above 0 ps, given {lengths}")
        steps = self.sample_ps * 1000 / self.time_step_fs
        frames = self.frame_ps / self.sample_ps
        if abs(steps - round(steps)) > 1e-9 or abs(frames - round(frames)) > 1e-9:
            raise InputError(
                "sample_ps must be whole time steps and frame_ps whole samples, given "
                f"{self.time_step_fs} fs, {self.sample_ps} ps and {self.frame_ps} ps"
            )

    def stages(self, temperature_k: float) -> tuple[Stage, ...]:
        """The stages at a temperature."""
        hot = max(self.hot_temperature_k, temperature_k)
        return (
            Stage(
                name="hot",
                length_ps=self.hot_ps,
                temperature_k=hot,
                pressure_bar=PRESSURE_BAR,
                friction_per_ps=1.0,
                records=False,
            ),
            _at_pressure("equilibrate", self.equilibrate_ps, temperature_k),
            _at_pressure("npt", self.npt_ps, temperature_k),
            _at_volume("settle", self.settle_ps, temperature_k, friction=1.0, records=False),
            # Weak friction: the liquid's own is two orders stronger, so transport is left alone.
            _at_volume("nvt", self.nvt_ps, temperature_k, friction=0.1, records=True),
        )

    def length_ps(self, stage: str) -> float:
        """Length of the stage ``npt`` or ``nvt``, ps."""
        return self.npt_ps if stage == "npt" else self.nvt_ps

    def with_length(self, stage: str, length_ps: float) -> Protocol:
        """The protocol with another length of the stage ``npt`` or ``nvt``, ps."""
        if stage == "npt":
            return replace(self, npt_ps=length_ps)
        return replace(self, nvt_ps=length_ps)

    @property
    def least_length_nm(self) -> float:
        """Edge below which a box could fall under two cut-offs as it breathes, nm."""
        return 2 * self.options.cutoff_nm * _BREATHING

    @property
    def total_ps(self) -> float:
        """Length of all stages, ps."""
        return self.hot_ps + self.equilibrate_ps + self.npt_ps + self.settle_ps + self.nvt_ps


def _at_pressure(name: str, length_ps: float, temperature_k: float) -> Stage:
    return Stage(
        name=name,
        length_ps=length_ps,
        temperature_k=temperature_k,
        pressure_bar=PRESSURE_BAR,
        friction_per_ps=1.0,
        records=False,
    )


def _at_volume(
    name: str, length_ps: float, temperature_k: float, *, friction: float, records: bool
) -> Stage:
    return Stage(
        name=name,
        length_ps=length_ps,
        temperature_k=temperature_k,
        pressure_bar=None,
        friction_per_ps=friction,
        records=records,
    )


_STANDARD = Protocol()

PRESETS: dict[str, tuple[Protocol, int]] = {
    # name: protocol and number of atoms
    "smoke": (
        replace(_STANDARD, hot_ps=2.0, equilibrate_ps=4.0, npt_ps=4.0, settle_ps=2.0, nvt_ps=10.0),
        700,
    ),
    # Only as long as a density to half a per cent needs.
    "density": (
        replace(
            _STANDARD, hot_ps=8.0, equilibrate_ps=17.0, npt_ps=30.0, settle_ps=1.0, nvt_ps=10.0
        ),
        600,
    ),
    # A pair to be averaged with many other pairs. With errors of 0.1 in log10 from 150 ps and as
    # large a spread between electrolytes, the mean of a campaign gains most from 100 ps a job.
    "pair": (
        replace(
            _STANDARD, hot_ps=8.0, equilibrate_ps=20.0, npt_ps=20.0, settle_ps=2.0, nvt_ps=100.0
        ),
        650,
    ),
    "quick": (
        replace(
            _STANDARD, hot_ps=20.0, equilibrate_ps=40.0, npt_ps=60.0, settle_ps=10.0, nvt_ps=150.0
        ),
        800,
    ),
    # A pure solvent: averages run over all molecules, so that the diffusion converges early.
    "liquid": (
        replace(
            _STANDARD, hot_ps=10.0, equilibrate_ps=30.0, npt_ps=80.0, settle_ps=5.0, nvt_ps=400.0
        ),
        600,
    ),
    # First shells of cations as samples: a shell forms within ps, and no transport is asked for.
    "shells": (
        replace(_STANDARD, hot_ps=5.0, equilibrate_ps=12.0, npt_ps=6.0, settle_ps=2.0, nvt_ps=40.0),
        650,
    ),
    # An electrolyte of a campaign that teaches models.
    "campaign": (replace(_STANDARD, nvt_ps=2000.0), 1050),
    # Many of them: 0.7 of the work for each ps. On the same frames of 1 M NaPF6 in diglyme the
    # pressure was 10 (8) bar higher with this cut-off, 0.1 % of density (tried once, by hand).
    "survey": (
        replace(_STANDARD, nvt_ps=2000.0, options=SystemOptions(cutoff_nm=0.8)),
        900,
    ),
    "standard": (_STANDARD, 1000),
    "transport": (replace(_STANDARD, npt_ps=300.0, nvt_ps=10000.0), 2000),
}


def preset(name: str) -> tuple[Protocol, int]:
    """Protocol and number of atoms by name.

    Raises
    ------
    InputError
        If there is no such preset.
    """
    if name not in PRESETS:
        raise InputError(f"no preset {name!r}; presets: {', '.join(PRESETS)}")
    return PRESETS[name]


# Raised when the meaning of a stored state changes, so that no old state is continued.
STATE_VERSION = 1

# The interval of checkpoints does not change the results.
_NOT_PHYSICS = ("checkpoint_s",)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationJob:
    """One box at one temperature with one seed: the unit of work that is run and resumed.

    Attributes
    ----------
    composition
        Molecules in the box.
    temperature_k
        Temperature, K.
    force_field
        Parameters of the cations, and factors on charges and diameters.
    protocol
        Stages and numerical choices.
    seed
        Seed of packing, velocities and thermostat.
    """

    composition: BoxComposition
    temperature_k: float
    force_field: ForceField = field(default_factory=ForceField)
    protocol: Protocol = field(default_factory=Protocol)
    seed: int = 1

    def __post_init__(self) -> None:
        if not 150 <= self.temperature_k <= 600:
            raise InputError(f"temperature must lie in 150-600 K, given {self.temperature_k}")
        if self.seed < 1:
            raise InputError(f"a seed is a positive whole number, given {self.seed}")

    @property
    def key(self) -> str:
        """Hash of everything that decides the result: 16 hexadecimal digits.

        It covers the force-field numbers themselves, so that a corrected table makes a new key.
        """
        return self._hash(_NOT_PHYSICS)

    def open_key(self, stage: str) -> str:
        """Hash of everything but the length of one stage, ``npt`` or ``nvt``, and what follows it.

        Runs that share it are one trajectory of different lengths.
        """
        after = {"npt": ("npt_ps", "settle_ps", "nvt_ps"), "nvt": ("nvt_ps",)}[stage]
        return self._hash((*_NOT_PHYSICS, *after))

    def _hash(self, left_out: Iterable[str]) -> str:
        inputs = self.to_dict() | {
            "version": STATE_VERSION,
            "force_field": [
                (t.atoms, t.bonds, t.angles, t.torsions, t.one_four)
                for t, _ in self.composition.templates(self.force_field)
            ],
        }
        for name in left_out:
            del inputs["protocol"][name]
        text = json.dumps(inputs, sort_keys=True, default=asdict)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def layout(self) -> Layout:
        """Molecules with scaled charges, in the order of the box."""
        return Layout.of(self.composition.templates(self.force_field))

    def to_dict(self) -> dict[str, Any]:
        """JSON form; `from_dict` reads it back."""
        return {
            "composition": self.composition.to_dict(),
            "temperature_k": self.temperature_k,
            **self.force_field.to_dict(),
            "protocol": asdict(self.protocol),
            "seed": self.seed,
        }

    @classmethod
    def from_dict(cls, held: Mapping[str, Any]) -> SimulationJob:
        """Job of its JSON form."""
        protocol = dict(held["protocol"])
        options = SystemOptions(**protocol.pop("options"))
        return cls(
            composition=BoxComposition.from_dict(held["composition"]),
            temperature_k=held["temperature_k"],
            force_field=ForceField.from_dict(held),
            protocol=Protocol(**protocol, options=options),
            seed=held["seed"],
        )


def read_job(folder: Path) -> SimulationJob:
    """The job that a folder belongs to."""
    return SimulationJob.from_dict(json.loads((folder / JOB_FILE).read_text(encoding="utf-8")))
