"""What clipping and the conversion of parameters show, items 121 to 123."""

import math

from scenarios import error, warned


def _parameters(torch, *grads):
    made = []
    for grad in grads:
        p = torch.zeros(len(grad), requires_grad=True)
        p.grad = torch.tensor(grad)
        made.append(p)
    return made


def _clipped(torch, grads, max_norm=1.0, **options):
    """The norm before and the gradients after, to the last bit."""
    parameters = _parameters(torch, *grads)
    norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm, **options).item()
    return [norm.hex(), [[g.hex() for g in p.grad.tolist()] for p in parameters]]


def _of_other_orders(torch):
    shown = []
    for order in (3, 0.5):
        (p,) = _parameters(torch, [1.0, 2.0, -4.0])
        shown.append([torch.nn.utils.clip_grad_norm_(p, 1.0, norm_type=order).item(), p.grad.tolist()])
    return shown


def _what_is_clipped(torch):
    a, b = _parameters(torch, [3.0, 0.0], [4.0])
    none, stored = torch.zeros(2, requires_grad=True), a.grad
    clip = torch.nn.utils.clip_grad_norm_
    shown = [clip(iter([a, none, b]), 1.0).item(), a.grad is stored, none.grad is None]
    shown += [clip(b, 0.5).item(), b.grad.tolist()]
    shown += [clip([none], 1.0).item(), clip([], 1.0).item(), warned(clip, (p for p in ()), 1.0)]
    return [*shown, warned(torch.nn.utils.clip_grad_norm, a, 1.0)]


def _in_two_halves(torch):
    utils = torch.nn.utils
    parameters = _parameters(torch, [3.0, 0.0], [4.0])
    norm = utils.get_total_norm([p.grad for p in parameters])
    nothing = utils.clip_grads_with_norm_(parameters, 1.0, norm)
    return [norm.item(), nothing, [p.grad.tolist() for p in parameters], utils.get_total_norm([]).item()]


def item_121_clipping_a_norm(torch):
    """`clip_grad_norm_` scales in place by max_norm / (norm + 1e-6), at most 1, and returns the norm before."""
    return {
        "scaled": _clipped(torch, [[3.0, 0.0], [4.0]]),
        "equal": _clipped(torch, [[3.0]], 3.0),
        "below": _clipped(torch, [[0.3]], 3.0),
        "orders": [_clipped(torch, [[1.0, 2.0], [-4.0]], norm_type=order) for order in (1, 2, math.inf, "inf")],
        "other orders": _of_other_orders(torch),
        "which": _what_is_clipped(torch),
        "in two halves": _in_two_halves(torch),
    }


def item_122_norms_that_are_not_finite(torch):
    """An infinite norm turns finite gradients into 0 and infinite ones into nan, or is refused when asked."""
    a, b = _parameters(torch, [1.0, math.inf], [2.0])
    refuse = {"error_if_nonfinite": True}
    return {
        "refused": error(torch.nn.utils.clip_grad_norm_, [a, b], 1.0, **refuse),
        "largest": error(torch.nn.utils.clip_grad_norm_, [a, b], 1.0, norm_type="inf", **refuse),
        "left": [a.grad.tolist(), b.grad.tolist()],
        "infinite": _clipped(torch, [[1.0, math.inf], [2.0]]),
        "undefined": _clipped(torch, [[1.0, math.nan], [2.0]]),
    }


def _parameters_as_a_vector(torch):
    utils = torch.nn.utils
    a, b = torch.ones(2, 2, requires_grad=True), torch.zeros(3, requires_grad=True)
    vector = utils.parameters_to_vector([a, b])
    vector.pow(2).sum().backward()
    new = torch.arange(7.0)
    utils.vector_to_parameters(new, [a, b])
    new[0] = 9.0
    shown = [vector.tolist(), a.grad.tolist(), a.tolist(), b.tolist(), a.is_leaf]
    return [*shown, error(utils.vector_to_parameters, [1.0], [a])]


def item_123_clipping_values(torch):
    """`clip_grad_value_` clamps every gradient in place and returns None."""
    (p,) = _parameters(torch, [3.0, -0.1, -7.0, 0.25])
    stored = p.grad
    nothing = torch.nn.utils.clip_grad_value_(p, 0.5)
    return {"clamped": [nothing, p.grad.tolist(), p.grad is stored], "vector": _parameters_as_a_vector(torch)}
