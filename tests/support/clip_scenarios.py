"""What clipping and the conversion of parameters show, items 121 to 123."""

import math

from scenarios import error, scenarios_in, warned


def _parameters(torch, *grads):
    made = []
    for grad in grads:
        p = torch.zeros(len(grad), requires_grad=True)
        p.grad = torch.tensor(grad)
        made.append(p)
    return made


def _clipped(torch, grads, max_norm=1.0, **options):
    parameters = _parameters(torch, *grads)
    norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm, **options).item()
    grads = [p.grad.tolist() for p in parameters]
    return [norm, grads if math.isfinite(norm) else str(grads)]


def item_121_norms(torch):
    return [
        _clipped(torch, [[3.0, 0.0], [4.0]]),
        _clipped(torch, [[3.0]], 3.0),
        _clipped(torch, [[0.3]], 3.0),
        *[_clipped(torch, [[1.0, 2.0], [-4.0]], norm_type=order) for order in (1, 2, 3, 0.5, math.inf, "inf")],
    ]


def item_121_what_is_clipped(torch):
    a, b = _parameters(torch, [3.0, 0.0], [4.0])
    none, stored = torch.zeros(2, requires_grad=True), a.grad
    clip = torch.nn.utils.clip_grad_norm_
    shown = [clip(iter([a, none, b]), 1.0).item(), a.grad is stored, none.grad is None]
    shown += [clip(b, 0.5).item(), b.grad.tolist()]
    shown += [clip([none], 1.0).item(), clip([], 1.0).item(), warned(clip, (p for p in ()), 1.0)]
    return [*shown, warned(torch.nn.utils.clip_grad_norm, a, 1.0)]


def item_121_in_two_halves(torch):
    utils = torch.nn.utils
    parameters = _parameters(torch, [3.0, 0.0], [4.0])
    norm = utils.get_total_norm([p.grad for p in parameters])
    nothing = utils.clip_grads_with_norm_(parameters, 1.0, norm)
    return [norm.item(), nothing, [p.grad.tolist() for p in parameters], utils.get_total_norm([]).item()]


def item_122_norms_that_are_not_finite(torch):
    a, b = _parameters(torch, [1.0, math.inf], [2.0])
    refused = error(torch.nn.utils.clip_grad_norm_, [a, b], 1.0, error_if_nonfinite=True)
    kept = str(a.grad.tolist())
    refused_inf = error(torch.nn.utils.clip_grad_norm_, [a, b], 1.0, norm_type="inf", error_if_nonfinite=True)
    return [refused, refused_inf, kept, _clipped(torch, [[1.0, math.inf], [2.0]])[1]]


def item_123_values(torch):
    (p,) = _parameters(torch, [3.0, -0.1, -7.0, 0.25])
    stored = p.grad
    nothing = torch.nn.utils.clip_grad_value_(p, 0.5)
    return [nothing, p.grad.tolist(), p.grad is stored]


def item_123_parameters_as_a_vector(torch):
    utils = torch.nn.utils
    a, b = torch.ones(2, 2, requires_grad=True), torch.zeros(3, requires_grad=True)
    vector = utils.parameters_to_vector([a, b])
    vector.pow(2).sum().backward()
    new = torch.arange(7.0)
    utils.vector_to_parameters(new, [a, b])
    new[0] = 9.0
    return [
        vector.tolist(),
        a.grad.tolist(),
        a.tolist(),
        b.tolist(),
        a.is_leaf,
        error(utils.vector_to_parameters, [1.0], [a]),
    ]


SCENARIOS = scenarios_in(globals())
