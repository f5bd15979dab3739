"""What losses do with shapes, reductions and targets, items 134 to 137."""

from scenarios import error, warned


def _shapes(torch, kind):
    """A warning, and the mean over everything, where a target broadcasts; an error where it does not."""
    loss, x, y = getattr(torch.nn, kind)(), torch.zeros(3, 1), torch.tensor([1.0, 2.0, 3.0])
    broadcast = error(loss, x, y) if kind == "BCELoss" else [warned(loss, x, y), loss(x, y).item()]
    return [broadcast, error(loss, torch.zeros(3), torch.zeros(2))]


def item_134_a_target_of_another_shape(torch):
    """A target that broadcasts gives a warning and the mean over the broadcast; BCELoss refuses it."""
    return {kind: _shapes(torch, kind) for kind in ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "BCELoss")}


def item_135_reductions(torch):
    """A loss is its mean, sum or all; KLDivLoss's mean divides by all elements, its batchmean by the batch."""
    functional = torch.nn.functional
    x, y = torch.tensor([[0.5, 1.0], [2.0, -1.0]]), torch.tensor([[0.25, 0.75], [0.5, 0.5]])

    def kl(reduction):
        return functional.kl_div(x.log_softmax(1), y, reduction=reduction).tolist()

    reductions = ("mean", "sum", "none")
    return {
        "mse": [functional.mse_loss(x, y, reduction=reduction).tolist() for reduction in reductions],
        "kl": [kl(reduction) for reduction in (*reductions, "batchmean")],
        "mean warns": warned(kl, "mean"),
        "unknown": [error(functional.mse_loss, x, y, reduction="avg"), error(kl, "avg")],
    }


def _cross_entropies(torch, logits, target):
    """The loss and its gradient with different options."""
    weight, shown = torch.tensor([1.0, 2.0, 4.0]), {}
    for name, options in {
        "plain": {},
        "weighted": {"weight": weight},
        "ignored": {"ignore_index": 1},
        "smoothed": {"label_smoothing": 0.1},
        "smoothed and weighted": {"label_smoothing": 0.1, "weight": weight, "ignore_index": 1},
        "sum": {"reduction": "sum", "weight": weight},
        "none": {"reduction": "none", "weight": weight, "ignore_index": 1},
    }.items():
        x = torch.tensor(logits, requires_grad=True)
        loss = torch.nn.functional.cross_entropy(x, target, **options)
        loss.sum().backward()
        shown[name] = [loss.tolist(), x.grad.tolist()]
    return shown


def item_136_cross_entropy(torch):
    """cross_entropy divides by the weights of the targets that count, and is nan when none counts."""
    logits, cross_entropy = [[0.5, 1.0, -1.0], [2.0, 0.0, 1.0]], torch.nn.functional.cross_entropy
    x, target = torch.tensor(logits), torch.tensor([2, 1])
    return {
        "classes": _cross_entropies(torch, logits, target),
        "default index": cross_entropy(x, torch.tensor([2, -100])).item(),
        "all ignored": cross_entropy(x, torch.tensor([-100, -100])).item(),
        "probabilities": cross_entropy(x, torch.tensor([[0.25, 0.5, 0.25], [0.0, 0.0, 1.0]])).item(),
        "out of bounds": error(cross_entropy, x, torch.tensor([3, 0])),
        "other batch": error(cross_entropy, x, torch.tensor([0])),
        "float target": error(cross_entropy, x, torch.tensor([0.0, 1.0])),
    }


def item_137_an_integer_target(torch):
    """binary_cross_entropy refuses integer targets."""
    functional, target = torch.nn.functional, torch.tensor([1, 0])
    return error(functional.binary_cross_entropy, torch.tensor([0.5, 0.25]), target)
