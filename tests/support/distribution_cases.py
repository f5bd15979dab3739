"""Distributions, and everything that can be asked of one: the same questions to PyTorch and to the shim."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from funcgrad.tolerances import tolerance

SEED = 7
SHAPES = ((), (2, 10))  # of samples: normals come another way from 16 on
ATTRIBUTES = ("mean", "mode", "variance", "stddev")


class Case(NamedTuple):
    make: Callable  # of `torch` and the parameters
    parameters: tuple  # nested lists
    value: object  # inside the support


M = [[2.0, 0.3], [0.3, 0.5]]
L = [[1.2, 0.0], [-0.4, 0.7]]
WEIGHTS = [[0.2, 1.0, 3.0], [2.0, 0.5, 0.7]]
PAIR = ([0.3, -1.2], [0.5, 2.0])


def family(name):
    return lambda torch, *parameters: getattr(torch.distributions, name)(*parameters)


def by_logits(name, *before):
    return lambda torch, logits: getattr(torch.distributions, name)(*before, logits=logits)


def with_matrix(name):
    return lambda torch, loc, matrix: torch.distributions.MultivariateNormal(loc, **{name: matrix})


def independent(torch, loc, scale):
    return torch.distributions.Independent(torch.distributions.Normal(loc, scale), 1)


def mixture(torch, weights, loc, scale):
    d = torch.distributions
    return d.MixtureSameFamily(d.Categorical(weights), d.Normal(loc, scale))


def mixture_of_vectors(torch, weights, loc, scale):
    d = torch.distributions
    return d.MixtureSameFamily(d.Categorical(weights), d.Independent(d.Normal(loc, scale), 1))


def transformed(*names):
    def make(torch, loc, scale):
        d = torch.distributions
        steps = [
            d.AffineTransform(loc, -2.0) if name == "Affine" else getattr(d, f"{name}Transform")() for name in names
        ]
        return d.TransformedDistribution(d.Normal(loc, scale), steps)

    return make


CASES = {
    "Normal": Case(family("Normal"), PAIR, [0.1, -3.0]),
    "Normal of numbers": Case(lambda torch: torch.distributions.Normal(0.0, 1), (), 0.5),
    "Normal broadcast": Case(lambda torch, loc: torch.distributions.Normal(loc, 2.0), ([[0.3], [1.0]],), [0.1, -3.0]),
    "Categorical": Case(family("Categorical"), (WEIGHTS,), [2, 0]),
    "Categorical of logits": Case(by_logits("Categorical"), (WEIGHTS,), [1, 0]),
    "Categorical with zeros": Case(family("Categorical"), ([0.0, 1.0, 0.5],), 1),
    "Bernoulli": Case(family("Bernoulli"), ([0.2, 0.5, 0.9],), [1.0, 0.0, 1.0]),
    "Bernoulli of logits": Case(by_logits("Bernoulli"), ([0.2, -1.5],), [1.0, 0.0]),
    "ContinuousBernoulli": Case(family("ContinuousBernoulli"), ([0.2, 0.4995, 0.9, 0.501],), [0.3, 0.0, 1.0, 0.7]),
    "ContinuousBernoulli of logits": Case(by_logits("ContinuousBernoulli"), ([2.0, -1.7],), [0.2, 0.8]),
    "VonMises": Case(family("VonMises"), ([0.3, -1.2, 3.0], [0.5, 2.0, 9.0]), [0.1, -3.0, 4.0]),
    "VonMises of one angle": Case(family("VonMises"), (0.3, 4.5), 1.0),
    "Wishart": Case(
        lambda torch, df, matrix: torch.distributions.Wishart(df, covariance_matrix=matrix), ([3.5, 6.0], M), M
    ),
    "Wishart of a factor": Case(lambda torch, matrix: torch.distributions.Wishart(5, scale_tril=matrix), (L,), M),
    "Wishart of a precision": Case(
        lambda torch, matrix: torch.distributions.Wishart(4.5, precision_matrix=matrix), (M,), M
    ),
    "HalfCauchy": Case(family("HalfCauchy"), ([0.5, 2.0],), [0.3, 4.0]),
    "InverseGamma": Case(family("InverseGamma"), ([0.7, 2.5, 4.0], [1.5, 0.5, 2.0]), [0.4, 1.0, 3.0]),
    "NegativeBinomial": Case(family("NegativeBinomial"), ([3.0, 0.5], [0.4, 0.8]), [2.0, 0.0]),
    "NegativeBinomial of logits": Case(by_logits("NegativeBinomial", 4.0), ([0.3, -1.2],), [5.0, 1.0]),
    "Pareto": Case(family("Pareto"), ([0.5, 2.0, 1.0], [0.7, 1.5, 3.0]), [0.9, 2.5, 4.0]),
    "Weibull": Case(family("Weibull"), ([0.5, 2.0], [1.5, 0.7]), [0.3, 4.0]),
    "Uniform": Case(family("Uniform"), ([-1.0, 2.0], [0.5, 4.0]), [0.0, 3.0]),
    "OneHotCategorical": Case(family("OneHotCategorical"), (WEIGHTS,), [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]),
    "OneHotCategoricalStraightThrough": Case(
        family("OneHotCategoricalStraightThrough"), (WEIGHTS,), [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    ),
    "MultivariateNormal": Case(with_matrix("covariance_matrix"), ([[0.3, -1.2], [0.0, 1.0]], M), [0.1, 2.0]),
    "MultivariateNormal of a precision": Case(with_matrix("precision_matrix"), ([0.3, -1.2], M), [0.1, 2.0]),
    "MultivariateNormal of a factor": Case(with_matrix("scale_tril"), ([0.3, -1.2], [L, L]), [0.1, 2.0]),
    "Independent": Case(independent, ([[0.3, -1.2], [1.0, 0.0]], [0.5, 2.0]), [0.1, 2.0]),
    "Exponential": Case(family("Exponential"), ([0.5, 2.0],), [0.1, 3.0]),
    "Gamma": Case(family("Gamma"), ([0.5, 2.5], [1.5, 0.5]), [0.1, 3.0]),
    "Chi2": Case(family("Chi2"), ([1.5, 4.0],), [0.1, 3.0]),
    "Beta": Case(family("Beta"), ([0.5, 2.5], [1.5, 3.5]), [0.1, 0.6]),
    "Dirichlet": Case(family("Dirichlet"), ([[0.5, 2.0, 1.5], [3.0, 4.0, 5.0]],), [0.2, 0.5, 0.3]),
    "Laplace": Case(family("Laplace"), PAIR, [0.1, -3.0]),
    "Cauchy": Case(family("Cauchy"), PAIR, [0.1, -3.0]),
    "StudentT": Case(family("StudentT"), ([1.5, 4.0], *PAIR), [0.1, -3.0]),
    "LogNormal": Case(family("LogNormal"), PAIR, [0.1, 3.0]),
    "HalfNormal": Case(family("HalfNormal"), ([0.5, 2.0],), [0.1, 3.0]),
    "Gumbel": Case(family("Gumbel"), PAIR, [0.1, 3.0]),
    "Geometric": Case(family("Geometric"), ([0.2, 0.9],), [3.0, 0.0]),
    "Geometric of logits": Case(by_logits("Geometric"), ([0.2, -1.0],), [3.0, 0.0]),
    "Binomial": Case(lambda torch, p: torch.distributions.Binomial(4, p), ([0.2, 0.9],), [3.0, 0.0]),
    "Binomial of many": Case(lambda torch, p: torch.distributions.Binomial(100, p), ([0.3, 0.6],), [31.0, 60.0]),
    "Multinomial": Case(lambda torch, p: torch.distributions.Multinomial(4, p), (WEIGHTS,), [1.0, 1.0, 2.0]),
    "Poisson": Case(family("Poisson"), ([0.5, 25.0],), [1.0, 20.0]),
    "RelaxedBernoulli": Case(family("RelaxedBernoulli"), (0.7, [0.2, 0.9]), [0.3, 0.6]),
    "RelaxedOneHotCategorical": Case(family("RelaxedOneHotCategorical"), (0.7, WEIGHTS), [0.2, 0.5, 0.3]),
    "MixtureSameFamily": Case(mixture, (WEIGHTS[0], [0.0, 1.0, 2.0], [0.5, 1.0, 0.2]), 0.7),
    "MixtureSameFamily of vectors": Case(
        mixture_of_vectors, (WEIGHTS[0], [[0.0, 1.0], [1.0, 2.0], [3.0, 1.0]], [[0.5], [1.0], [0.2]]), [0.7, 0.1]
    ),
    "FisherSnedecor": Case(family("FisherSnedecor"), ([1.5, 4.0], [3.0, 5.0]), [0.1, 3.0]),
    "Kumaraswamy": Case(family("Kumaraswamy"), ([0.5, 2.5], [1.5, 3.5]), [0.1, 0.6]),
    "LogisticNormal": Case(family("LogisticNormal"), PAIR, [0.2, 0.5, 0.3]),
    "LowRankMultivariateNormal": Case(
        family("LowRankMultivariateNormal"), ([[0.3, -1.2], [0.0, 1.0]], [[1.0], [0.5]], [0.5, 2.0]), [0.1, 2.0]
    ),
    "LKJCholesky": Case(
        lambda torch, c: torch.distributions.LKJCholesky(3, c),
        ([0.7, 2.0],),
        [[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [0.0, 0.8, 0.6]],
    ),
    "Exp of Normal": Case(transformed("Exp"), PAIR, [0.1, 3.0]),
    "Sigmoid of Normal": Case(transformed("Sigmoid"), PAIR, [0.1, 0.9]),
    "Tanh of Normal": Case(transformed("Affine", "Tanh"), PAIR, [0.1, -0.9]),
    "Softplus of Normal": Case(transformed("Softplus", "Affine"), PAIR, [-1.5, -2.0]),
}

DIVERGENCES = [
    *(("Normal", other) for other in ("Normal", "Laplace", "Gumbel", "Uniform")),
    *(("Uniform", other) for other in ("Uniform", "Normal")),
    *(("Laplace", other) for other in ("Laplace", "Normal", "Uniform")),
    *(("Gumbel", other) for other in ("Gumbel", "Normal", "Uniform")),
    *(("Exponential", other) for other in ("Exponential", "Normal", "Gamma", "Uniform")),
    *(("Gamma", other) for other in ("Gamma", "Normal", "Exponential", "Uniform")),
    *(("Poisson", other) for other in ("Poisson", "Bernoulli of logits", "Binomial")),
    *(("Bernoulli of logits", other) for other in ("Bernoulli of logits", "Poisson")),
    ("Beta", "Beta"), ("Beta", "Normal"), ("Binomial", "Binomial"), ("Categorical", "Categorical of logits"),
    ("Categorical with zeros", "Categorical"), ("Categorical", "Categorical with zeros"), ("Cauchy", "Cauchy"),
    ("ContinuousBernoulli of logits", "ContinuousBernoulli of logits"),
    ("Dirichlet", "Dirichlet"), ("Geometric", "Geometric of logits"), ("HalfNormal", "HalfNormal"),
    ("Independent", "Independent"), ("LogNormal", "LogNormal"), ("Chi2", "Gamma"),
    ("MultivariateNormal", "MultivariateNormal of a precision"), ("OneHotCategorical", "OneHotCategorical"),
    ("Normal", "Categorical"),
]  # fmt: skip

MISTAKES = {
    "scale": lambda t, d: d.Normal(0.0, -1.0),
    "text": lambda t, d: d.Normal("a", 1),
    "shapes": lambda t, d: d.Normal(t.zeros(2), t.ones(3)),
    "weights": lambda t, d: d.Categorical(t.tensor([-1.0, 3.0])),
    "continuous probability": lambda t, d: d.ContinuousBernoulli(t.tensor([1.5]), validate_args=True),
    "freedom": lambda t, d: d.Wishart(1.0, t.eye(2)),
    "no matrix": lambda t, d: d.Wishart(4.0),
    "matrix without dimensions": lambda t, d: d.Wishart(4.0, t.ones(2)),
    "neither": lambda t, d: d.Categorical(),
    "both": lambda t, d: d.Bernoulli(0.5, 0.5),
    "no classes": lambda t, d: d.Categorical(t.tensor(1.0)),
    "probability": lambda t, d: d.Bernoulli(2.0),
    "no probability": lambda t, d: d.Geometric(t.tensor([0.5, 0.0])),
    "bounds": lambda t, d: d.Uniform(1.0, 0.0),
    "matrix": lambda t, d: d.MultivariateNormal(t.zeros(2), -t.eye(2)),
    "two matrices": lambda t, d: d.MultivariateNormal(t.zeros(2), t.eye(2), t.eye(2)),
    "a vector": lambda t, d: d.MultivariateNormal(t.zeros(2), scale_tril=t.zeros(2)),
    "a number": lambda t, d: d.MultivariateNormal(t.tensor(0.0), t.eye(2)),
    "no tensor": lambda t, d: d.Normal(0.0, 1.0).log_prob(1.0),
    "outside": lambda t, d: d.Categorical(t.ones(2)).log_prob(t.tensor(3)),
    "shape": lambda t, d: d.Normal(t.zeros(2), 1.0).log_prob(t.zeros(3)),
    "event": lambda t, d: d.Dirichlet(t.ones(2)).log_prob(t.ones(3)),
    "dimensions": lambda t, d: d.Independent(d.Normal(0.0, 1.0), 1),
    "total_count": lambda t, d: d.Multinomial(t.tensor([3, 2]), t.ones(2)),
    "transforms": lambda t, d: d.TransformedDistribution(d.Normal(0.0, 1.0), [1]),
    "no mixture": lambda t, d: d.MixtureSameFamily(d.Normal(0.0, 1.0), d.Normal(0.0, 1.0)),
    "components": lambda t, d: d.MixtureSameFamily(d.Categorical(t.ones(3)), d.Normal(t.zeros(2), 1.0)),
    "mode of a mixture": lambda t, d: d.MixtureSameFamily(d.Categorical(t.ones(2)), d.Normal(t.zeros(2), 1.0)).mode,
    "default": lambda t, d: d.Distribution.set_default_validate_args(3),
}


def array(x):
    return x.detach().cpu().numpy()


def asked(question):
    """The answer, or the error as text."""
    try:
        return question()
    except Exception as error:
        first, *_ = str(error).splitlines() or [""]
        return f"{type(error).__name__}: {first}"


def parameters(torch, case, dtype="float32"):
    return [torch.tensor(p, dtype=getattr(torch, dtype), requires_grad=True) for p in case.parameters]


def value(torch, case, dtype="float32"):
    """The value as a tensor, of the integers if it is made of these."""
    array = np.array(case.value)
    return (
        torch.tensor(case.value) if array.dtype.kind == "i" else torch.tensor(case.value, dtype=getattr(torch, dtype))
    )


def gradients(torch, leaves, result):
    """Of a weighted sum of the result, so that no two elements count alike."""
    weights = torch.arange(1, result.numel() + 1, dtype=result.dtype).reshape(result.shape) / result.numel()
    found = torch.autograd.grad((result * weights).sum(), leaves, allow_unused=True)
    return [None if g is None else array(g) for g in found]


def differentiated(torch, case, question, dtype):
    """The answer and its gradients, from parameters of its own."""
    leaves = parameters(torch, case, dtype)

    def ask():
        result = question(case.make(torch, *leaves))
        answer = {"value": array(result)}
        return answer | {"gradients": gradients(torch, leaves, result)} if leaves and result.requires_grad else answer

    return asked(ask)


def answers(torch, case, dtype="float32"):
    """Everything about a distribution, `{question: answer}`."""
    x = value(torch, case, dtype)
    questions = {
        **{name: lambda d, name=name: getattr(d, name) for name in ATTRIBUTES},
        "entropy": lambda d: d.entropy(),
        "log_prob": lambda d: d.log_prob(x),
        "cdf": lambda d: d.cdf(x),
        "icdf": lambda d: d.icdf(torch.full(d.batch_shape, 0.3, dtype=x.dtype)),
        "enumerate_support": lambda d: d.enumerate_support(),
        "expanded": lambda d: d.expand((2, *d.batch_shape)).log_prob(x),
    }
    found = {name: differentiated(torch, case, ask, dtype) for name, ask in questions.items()}
    for shape in SHAPES:
        for way in ("sample", "rsample"):
            torch.manual_seed(SEED)
            found[f"{way} {shape}"] = differentiated(torch, case, lambda d, w=way, s=shape: getattr(d, w)(s), dtype)
    return found | texts(case.make(torch, *parameters(torch, case, dtype)))


def texts(made):
    expanded = made.expand((2, *made.batch_shape))
    return {
        "repr": repr(made),
        "shapes": [list(s) for s in (made.batch_shape, made.event_shape, expanded.batch_shape, expanded.event_shape)],
        "support": repr(made.support),
        "has_rsample": bool(made.has_rsample),
        "has_enumerate_support": bool(made.has_enumerate_support),
    }


def divergence(torch, pair, dtype="float32"):
    """KL(p || q) of two cases, with its gradients."""
    p, q = (CASES[name] for name in pair)
    first, second = parameters(torch, p, dtype), parameters(torch, q, dtype)

    def ask():
        made = q.make(torch, *[x * 1.1 if x.ndim < 2 else x for x in second])
        result = torch.distributions.kl_divergence(p.make(torch, *first), made)
        return {"value": array(result)} | (
            {"gradients": gradients(torch, first + second, result)} if result.requires_grad else {}
        )

    return asked(ask)


def mistake(torch, name):
    return asked(lambda: MISTAKES[name](torch, torch.distributions))


# Comparing: what differs, as `{part: text}`.


def differences(ours, theirs):
    if not isinstance(ours, dict) or not isinstance(theirs, dict):
        return {} if ours == theirs else {"error": f"{ours!r} is not {theirs!r}"}
    found = {"values": unequal(ours["value"], theirs["value"], "value")}
    slopes = ours.get("gradients"), theirs.get("gradients")
    if None in slopes:
        found["gradients"] = "" if slopes == (None, None) else f"{slopes[0]} is not {slopes[1]}"
    else:
        found["gradients"] = "".join(unequal(a, b, "gradient") for a, b in zip(*slopes, strict=True))
    return {part: text for part, text in found.items() if text}


def unequal(a, b, kind):
    """How two arrays differ; no gradient is one of zeros. Formulas of several terms may be ten roundings apart."""
    if a is None or b is None:
        return "" if all(x is None or not x.any() for x in (a, b)) else f"{a} is not {b}"
    if (a.shape, a.dtype) != (b.shape, b.dtype):
        return f"{a.dtype}{a.shape} is not {b.dtype}{b.shape}"
    bound = {name: 10 * size for name, size in tolerance(a.dtype, kind).items()}
    return "" if np.allclose(a, b, **bound, equal_nan=True) else f"{a} is not {b}"


# A file of answers: an array is its dtype, shape and values.


def packed(answer):
    if isinstance(answer, np.ndarray):
        return {"dtype": answer.dtype.name, "shape": answer.shape, "values": answer.reshape(-1).tolist()}
    if isinstance(answer, dict):
        return {name: packed(x) for name, x in answer.items()}
    return [packed(x) for x in answer] if isinstance(answer, list | tuple) else answer


def unpacked(answer):
    if isinstance(answer, dict) and "dtype" in answer:
        return np.array(answer["values"], answer["dtype"]).reshape(answer["shape"])
    if isinstance(answer, dict):
        return {name: unpacked(x) for name, x in answer.items()}
    return [unpacked(x) for x in answer] if isinstance(answer, list) else answer
