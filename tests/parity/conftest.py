"""Fixtures of the live comparisons."""

import numpy as np
import pytest


def pytest_addoption(parser):
    parser.addoption("--every-sample", action="store_true", help="compare all samples of long lists, not an even part")


@pytest.fixture
def part(request):
    """Takes so many of a list of samples, evenly from the first to the last; all of them with --every-sample."""
    takes_all = request.config.getoption("--every-sample")

    def take(samples, most):
        if takes_all or len(samples) <= most:
            return samples
        return [samples[int(k)] for k in np.linspace(0, len(samples) - 1, most)]

    return take
