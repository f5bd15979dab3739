import pytest

from funcgrad.compare.digits import draw_batches, load_digits
from funcgrad.compare.experiment import Settings, run_experiment
from funcgrad.compare.verdict import judge


@pytest.fixture(scope="session")
def settings():
    return Settings(steps=24, batch_size=16, hidden=8)


@pytest.fixture(scope="session")
def digits(settings):
    return load_digits(settings.seed)


@pytest.fixture(scope="session")
def batches(settings, digits):
    return draw_batches(digits, settings.steps, settings.batch_size, settings.seed)


@pytest.fixture(scope="session")
def runs(settings, digits, batches):
    return run_experiment(settings, digits, batches)


@pytest.fixture(scope="session")
def verdict(runs):
    return judge(runs)
