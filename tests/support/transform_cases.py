"""Transforms of distributions, and the regions that they lead to: the same questions to PyTorch and to the shim."""

TRANSFORMS = {
    "StickBreaking": (lambda d: d.StickBreakingTransform(), (2, 3)),
    "CorrCholesky": (lambda d: d.CorrCholeskyTransform(), (2, 3)),
    "LowerCholesky": (lambda d: d.LowerCholeskyTransform(), (2, 3, 3)),
    "PositiveDefinite": (lambda d: d.PositiveDefiniteTransform(), (2, 3, 3)),
    "Reshape": (lambda d: d.ReshapeTransform((3,), (3, 1)), (2, 3)),
    "Independent": (lambda d: d.IndependentTransform(d.ExpTransform(), 1), (2, 3)),
    "CumulativeDistribution": (lambda d: d.CumulativeDistributionTransform(d.Normal(0.0, 1.0)), (2, 3)),
}
REGIONS = {
    **{
        name: lambda c, name=name: getattr(c, name)
        for name in (
            *("positive", "nonnegative", "unit_interval", "simplex", "lower_cholesky", "positive_definite", "real"),
            *("corr_cholesky", "positive_semidefinite", "real_vector", "boolean"),
        )
    },
    "above": lambda c: c.greater_than(2.0),
    "below": lambda c: c.less_than(2.0),
    "between": lambda c: c.interval(1.0, 3.0),
    "half open": lambda c: c.half_open_interval(0, 1),
    "independent": lambda c: c.independent(c.positive, 1),
}
MISUSES = {
    "sizes": lambda t, d: d.ReshapeTransform((2,), (3,)),
    "shape": lambda t, d: d.ReshapeTransform((2,), (2, 1))(t.ones(3)),
    "forward_shape": lambda t, d: d.ReshapeTransform((2,), (2, 1)).forward_shape(t.Size([3])),
    "no triangle": lambda t, d: d.CorrCholeskyTransform()(t.ones(2)),
    "no triangle's shape": lambda t, d: d.CorrCholeskyTransform().forward_shape(t.Size([2])),
    "not square": lambda t, d: d.CorrCholeskyTransform().inverse_shape(t.Size([2, 3])),
    "a number": lambda t, d: d.IndependentTransform(d.ExpTransform(), 1)(t.tensor(1.0)),
    "no vector": lambda t, d: d.StickBreakingTransform().forward_shape(t.Size([])),
    "diagonal": lambda t, d: t.distributions.utils.tril_matrix_to_vec(t.ones(2, 2), 2),
    "no region": lambda t, d: t.distributions.biject_to.register(3, len),
}


def outcome(torch, name):
    """Values, gradients, texts and shapes of a transform and of its inverse."""
    make, shape = TRANSFORMS[name]
    transform = make(torch.distributions)
    torch.manual_seed(0)
    x = torch.randn(shape, requires_grad=True)
    y = transform(x)
    weights = torch.arange(1.0, y.numel() + 1).view(y.shape)
    values = [y, transform.inv(y), torch.autograd.grad((y * weights).sum(), x)[0]]
    try:
        stretch = transform.log_abs_det_jacobian(x, transform(x))
        values += [stretch, *(torch.autograd.grad(stretch.sum(), x) if stretch.requires_grad else ())]
    except NotImplementedError:
        values.append("not a bijection")
    shapes = tuple(transform.forward_shape(x.shape)), tuple(transform.inverse_shape(y.shape))
    texts = repr(transform), repr(transform.domain), repr(transform.codomain)
    return values, shapes, texts, transform.bijective, bool(transform.codomain.check(y).all())


def described_region(torch, name):
    """Both registries' transforms onto a region, as text."""
    d = torch.distributions
    texts = []
    for registry in (d.biject_to, d.transform_to):
        try:
            texts.append(repr(registry(REGIONS[name](d.constraints))))
        except NotImplementedError as error:
            texts.append(str(error))
    return texts


def triangles(torch):
    """Vectors as triangular matrices and back, and what is positive semidefinite."""
    d = torch.distributions
    matrices = torch.tensor([[[1.0, 1.0], [1.0, 1.0]], [[1.0, 2.0], [2.0, 1.0]]])
    return (
        d.utils.vec_to_tril_matrix(torch.arange(6.0)),
        d.utils.vec_to_tril_matrix(torch.arange(6.0).view(2, 3), -1),
        d.utils.tril_matrix_to_vec(torch.arange(9.0).view(3, 3), -1),
        d.constraints.positive_semidefinite.check(matrices),
    )
