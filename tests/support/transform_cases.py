"""Transforms of distributions, and the regions that they lead to: the same questions to PyTorch and to the shim."""

TRANSFORMS = {
    "StickBreaking": (lambda d: d.StickBreakingTransform(), (2, 3)),
    "CorrCholesky": (lambda d: d.CorrCholeskyTransform(), (2, 3)),
    "LowerCholesky": (lambda d: d.LowerCholeskyTransform(), (2, 3, 3)),
    "PositiveDefinite": (lambda d: d.PositiveDefiniteTransform(), (2, 3, 3)),
    "Reshape": (lambda d: d.ReshapeTransform((3,), (3, 1)), (2, 3)),
    "Independent": (lambda d: d.IndependentTransform(d.ExpTransform(), 1), (2, 3)),
    "Cat": (lambda d: d.CatTransform([d.ExpTransform(), d.identity_transform], dim=1, lengths=[2, 1]), (2, 3)),
    "Cat of rows": (lambda d: d.CatTransform([d.ExpTransform(), d.TanhTransform()]), (2, 3)),
    "Stack": (lambda d: d.StackTransform([d.ExpTransform(), d.TanhTransform(), d.identity_transform], dim=1), (2, 3)),
    "Stack at the end": (lambda d: d.StackTransform([d.ExpTransform(), d.SigmoidTransform()], dim=-1), (3, 2)),
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
    "cat": lambda c: c.cat([c.positive, c.real], 1, [2, 1]),
    "stack": lambda c: c.stack([c.positive, c.unit_interval], -1),
    "cat without transforms": lambda c: c.cat([c.boolean]),
    "independent": lambda c: c.independent(c.positive, 1),
}
MISUSES = {
    "sizes": lambda t, d: d.ReshapeTransform((2,), (3,)),
    "shape": lambda t, d: d.ReshapeTransform((2,), (2, 1))(t.ones(3)),
    "forward_shape": lambda t, d: d.ReshapeTransform((2,), (2, 1)).forward_shape(t.Size([3])),
    "length of pieces": lambda t, d: d.CatTransform([d.ExpTransform()], 0, [2])(t.ones(3)),
    "length of inverted pieces": lambda t, d: d.CatTransform([d.ExpTransform()], 0, [2]).inv(t.ones(3)),
    "lengths": lambda t, d: d.CatTransform([d.ExpTransform()], 0, [2, 3]),
    "no transforms": lambda t, d: d.StackTransform([t.exp]),
    "slices": lambda t, d: d.StackTransform([d.ExpTransform()])(t.ones(2)),
    "no such dimension": lambda t, d: d.StackTransform([d.ExpTransform()], 1)(t.ones(2)),
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
