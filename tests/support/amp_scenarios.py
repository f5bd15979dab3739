"""What loss scaling and autocasting show, items 115 to 120."""

import copy
import pickle

from scenarios import error, scenarios_in, warned


def _start(torch, **options):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    options = {"init_scale": 8.0, "growth_interval": 2, **options}
    return x, torch.optim.SGD([x], lr=0.1, momentum=0.9), torch.amp.GradScaler("cpu", **options)


def _scaled(scaler, optimizer, x, factor=1.0):
    optimizer.zero_grad()
    scaler.scale((x * x).sum() * factor).backward()


def item_115_construction(torch):
    scaler = torch.amp.GradScaler("cpu")
    x = torch.tensor(1.0)
    before = scaler._scale is None
    scaled = scaler.scale(x)
    return [
        scaler.is_enabled(),
        before,
        scaler._scale is None,
        scaled.item(),
        str(scaler._scale.dtype),
        scaler.state_dict(),
        warned(torch.amp.GradScaler, "cuda"),
        warned(torch.cuda.amp.GradScaler),
        warned(torch.cpu.amp.GradScaler),
        torch.amp.GradScaler("cpu", enabled=False).is_enabled(),
        error(torch.amp.GradScaler, "cpu", growth_factor=1.0),
        error(torch.amp.GradScaler, "cpu", backoff_factor=1.0),
    ]


def item_115_nested_outputs(torch):
    _, _, scaler = _start(torch)
    one = torch.tensor(1.0)
    made = scaler.scale([one, (one, one)])
    return [type(made).__name__, type(made[1]).__name__, made[1][0].item(), error(scaler.scale, 3)]


def item_116_a_good_iteration(torch):
    x, optimizer, scaler = _start(torch)
    shown = []
    for k in range(5):
        _scaled(scaler, optimizer, x)
        grad = x.grad
        shown.append(x.grad.tolist())
        if k % 2:
            scaler.unscale_(optimizer)
            shown.append(x.grad.tolist())
        scaler.step(optimizer)
        scaler.update()
        shown.append([x.tolist(), x.grad.tolist(), x.grad is grad, scaler.get_scale(), scaler._get_growth_tracker()])
    return shown


def item_117_an_infinite_gradient(torch):
    x, optimizer, scaler = _start(torch)
    shown = []
    for factor in (1.0, float("inf"), float("nan"), 1.0):
        _scaled(scaler, optimizer, x, factor)
        result = scaler.step(optimizer)
        scaler.update()
        shown.append([result is None, x.tolist(), str(x.grad.tolist()), scaler.get_scale()])
    scaler.update  # noqa: B018
    _scaled(scaler, optimizer, x)
    scaler.step(optimizer)
    scaler.update(16.0)
    shown.append(scaler.get_scale())
    _scaled(scaler, optimizer, x)
    scaler.step(optimizer)
    scaler.update(torch.tensor(32.0))
    return [shown, scaler.get_scale(), error(scaler.update, torch.tensor([1.0, 2.0]))]


def item_117_two_optimizers(torch):
    x, first, scaler = _start(torch)
    y = torch.tensor([3.0], requires_grad=True)
    second = torch.optim.Adam([y])
    scaler.scale((x * x).sum()).backward()
    scaler.scale((y * float("inf")).sum()).backward()
    scaler.step(first)
    scaler.step(second)
    scaler.update()
    return [x.tolist(), y.tolist(), len(second.state), scaler.get_scale()]


def item_117_the_scale_stays_finite(torch):
    x, optimizer, scaler = _start(torch, init_scale=2.0**127, growth_interval=1)
    optimizer.zero_grad()
    scaler.scale((x * 0).sum()).backward()
    scaler.step(optimizer)
    scaler.update()
    return scaler.get_scale()


def item_118_errors(torch):
    x, optimizer, scaler = _start(torch)
    early = [error(scaler.step, optimizer), error(scaler.unscale_, optimizer), error(scaler.update)]
    scaler.scale(torch.tensor(1.0))
    nothing = [error(scaler.step, optimizer), error(scaler.update)]
    x, optimizer, scaler = _start(torch)
    _scaled(scaler, optimizer, x)
    scaler.unscale_(optimizer)
    twice = error(scaler.unscale_, optimizer)
    pickled = error(pickle.dumps, scaler)
    scaler.step(optimizer)
    late = [error(scaler.step, optimizer), error(scaler.unscale_, optimizer)]
    h = torch.ones(2, dtype=torch.float16, requires_grad=True)
    h.grad = torch.ones(2, dtype=torch.float16)
    half = error(scaler.unscale_, torch.optim.SGD([h]))
    return [early, nothing, twice, pickled, late, half, error(scaler.step, optimizer, closure=None)]


def item_119_a_disabled_scaler(torch):
    x, optimizer, scaler = _start(torch, enabled=False)
    loss = (x * x).sum()
    same = scaler.scale(loss) is loss
    loss.backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    return [same, scaler.get_scale(), scaler.state_dict(), x.tolist()]


def item_119_state(torch):
    x, optimizer, scaler = _start(torch)
    _scaled(scaler, optimizer, x)
    scaler.step(optimizer)
    scaler.update()
    fresh = torch.amp.GradScaler("cpu")
    fresh.load_state_dict(scaler.state_dict())
    copied = copy.deepcopy(scaler)
    return [fresh.state_dict(), copied.state_dict(), error(fresh.load_state_dict, {})]


def item_120_autocast(torch):
    def dtype(y):
        return str(y.dtype)

    x, v, functional = torch.ones(2, 2) / 3, torch.ones(2), torch.nn.functional
    shown = {}
    with torch.autocast("cpu"):
        low = x @ x
        shown["lower"] = [dtype(y) for y in (low, x.mm(x), functional.linear(x, x, v), x @ v, v @ v)]
        shown["kept"] = [dtype(y) for y in (x + x, low.softmax(1), low.sum(), low.exp(), x.mv(v), x.sum())]
        losses = functional.mse_loss, functional.l1_loss
        shown["full"] = [dtype(loss(low, low.detach())) for loss in losses] + [dtype(low.prod())]
        shown["widest"] = [dtype(torch.cat([low, x])), dtype(torch.stack([low, low]))]
        shown["double"] = dtype(x.double() @ x.double())
        with torch.autocast("cpu", enabled=False):
            shown["off inside"] = dtype(x @ x)
        with torch.autocast("cpu", dtype=torch.float16):
            shown["half"] = dtype(x @ x)
        shown["on again"] = [dtype(x @ x), torch.is_autocast_enabled("cpu"), str(torch.get_autocast_dtype("cpu"))]
    shown["after"] = [dtype(x @ x), torch.is_autocast_enabled("cpu")]
    shown["value"] = low.tolist()
    return shown


def item_120_parameters_and_gradients_stay_in_float32(torch):
    layer = torch.nn.Linear(3, 2)
    with torch.no_grad():
        layer.weight.fill_(0.5)
        layer.bias.fill_(0.25)

    @torch.autocast("cpu")
    def loss_of(x):
        return torch.nn.functional.mse_loss(layer(x), torch.zeros(2, 2))

    loss = loss_of(torch.ones(2, 3))
    loss.backward()
    grads = [layer.weight.grad, layer.bias.grad]
    return [str(loss.dtype), loss.item(), [str(g.dtype) for g in grads], [g.tolist() for g in grads]]


def item_120_warnings_and_errors(torch):
    return [
        warned(torch.autocast, "cuda"),
        warned(torch.autocast, "cpu", dtype=torch.float32),
        warned(torch.cuda.amp.autocast),
        warned(torch.cpu.amp.autocast),
        error(torch.autocast, 3),
        error(torch.autocast("cpu"), 3),
    ]


SCENARIOS = scenarios_in(globals())
