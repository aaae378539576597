"""Molecular dynamics of electrolytes: from a formulation to numbers with error bars.

Needs the extra ``md``; OpenMM moves the atoms, or GROMACS where it is asked for.

The route: a `Formulation` becomes whole numbers of molecules (`compose_box`), a `SimulationJob`
describes the simulation, `run_job` runs and analyses it, and a `SimulationCampaign` runs many jobs
and continues killed ones.
"""

from electrolyte_ml.simulate.box import BoxComposition, Component, compose_box
from electrolyte_ml.simulate.campaign import (
    CampaignJob,
    SimulationCampaign,
    read_campaign,
    run_campaign,
)
from electrolyte_ml.simulate.ions import cation_sets, ion_template
from electrolyte_ml.simulate.job import PRESETS, Protocol, SimulationJob, preset
from electrolyte_ml.simulate.running import run_job
from electrolyte_ml.simulate.templates import Template, molecule_template, shipped_templates

__all__ = [
    "PRESETS",
    "BoxComposition",
    "CampaignJob",
    "Component",
    "Protocol",
    "SimulationCampaign",
    "SimulationJob",
    "Template",
    "cation_sets",
    "compose_box",
    "ion_template",
    "molecule_template",
    "preset",
    "read_campaign",
    "run_campaign",
    "run_job",
    "shipped_templates",
]
