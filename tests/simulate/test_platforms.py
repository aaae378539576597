"""Platforms of OpenMM; skipped, with the reason, where the extra ``md`` is not installed."""

from pathlib import Path

import pytest

mm = pytest.importorskip("openmm", reason="the extra md (OpenMM) is not installed")

from electrolyte_ml.errors import InputError  # noqa: E402
from electrolyte_ml.formulation import parse_recipe  # noqa: E402
from electrolyte_ml.simulate import SimulationJob, compose_box, molecule_template  # noqa: E402
from electrolyte_ml.simulate.dynamics import (  # noqa: E402
    OpenMMDynamics,
    SimulationError,
    StagedJob,
)
from electrolyte_ml.simulate.platforms import PlatformError, make_context  # noqa: E402
from electrolyte_ml.simulate.system import Layout, SystemOptions, build_system  # noqa: E402


def test_a_platform_that_is_not_there_is_told_or_passed_over():
    layout = Layout.of([(molecule_template("CC#N"), 3)])
    system = build_system(layout, 3.0, SystemOptions())

    def context(platform):
        return make_context(system, mm.VerletIntegrator(0.001), platform)

    found = context("auto").getPlatform().getName()
    assert found in {"CUDA", "OpenCL", "CPU"}
    assert context("cpu").getPlatform().getName() == "CPU"
    if found == "CPU":
        with pytest.raises(PlatformError, match="CUDA"):
            context("cuda")
    with pytest.raises(InputError, match="platforms: auto"):
        context("abacus")


def test_a_box_that_shrinks_too_far_says_what_to_do():
    class Shrinking:
        def step(self, _):
            raise Exception("box size has decreased to less than twice the nonbonded cutoff.")

    box = compose_box(parse_recipe("1 M NaPF6 in AN"), 640)
    job = SimulationJob(composition=box, temperature_k=330.0)
    dynamics = object.__new__(OpenMMDynamics)
    dynamics._integrator = Shrinking()
    dynamics._staged = StagedJob(
        job=job,
        layout=job.layout(),
        stage=job.protocol.stages(330.0)[2],
        state=None,
        folder=Path("unused"),
    )
    with pytest.raises(SimulationError, match=r"stage npt; simulate more atoms"):
        dynamics.advance(1)
