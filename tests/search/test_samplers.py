import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState

from electrolyte_ml.search.engine import make_sampler
from electrolyte_ml.search.problem import SamplerName

COORDINATES = {name: FloatDistribution(0.0, 1.0) for name in ("b", "a", "c")}
POPULATION = 10
PLAIN = {
    SamplerName.NSGA2: optuna.samplers.NSGAIISampler,
    SamplerName.NSGA3: optuna.samplers.NSGAIIISampler,
}


def asked_and_answered(sampler):
    """Parameters and notes of trials, of which every seventh fails at once."""
    study = optuna.create_study(directions=["maximize", "minimize"], sampler=sampler)
    study.enqueue_trial({"a": 0.5, "b": 0.5, "c": 0.5})
    for generation in range(6):
        batch = []
        while len(batch) < POPULATION:
            trial = study.ask(COORDINATES)
            if trial.number % 7 == 3:
                study.tell(trial, state=TrialState.FAIL)
            else:
                batch.append(trial)
        for trial in batch:
            a, b, c = (trial.params[name] for name in "abc")
            trial.set_constraint("sum", a + b - 1.5)
            study.tell(trial, [a * b - c, c + b + 0.1 * generation])
    return [(t.params, t.system_attrs) for t in study.trials]


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_trials_are_those_of_optunas_own_sampler(name):
    ours = asked_and_answered(make_sampler(name, COORDINATES, population=POPULATION, seed=4))
    plain = asked_and_answered(PLAIN[name](population_size=POPULATION, seed=4))
    assert ours == plain


def test_a_generation_is_looked_up_once_a_population(monkeypatch):
    n_calls = 0
    original = optuna.samplers.BaseGASampler.get_trial_generation

    def counted(self, study, trial):
        nonlocal n_calls
        n_calls += 1
        return original(self, study, trial)

    monkeypatch.setattr(optuna.samplers.BaseGASampler, "get_trial_generation", counted)
    asked_and_answered(make_sampler(SamplerName.NSGA2, COORDINATES, population=POPULATION, seed=4))
    assert n_calls == 6
