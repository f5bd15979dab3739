"""What loss scaling and autocasting show, items 115 to 120."""

import copy
import pickle

from scenarios import error, warned


def _start(torch, **options):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    options = {"init_scale": 8.0, "growth_interval": 2, **options}
    return x, torch.optim.SGD([x], lr=0.1, momentum=0.9), torch.amp.GradScaler("cpu", **options)


def _scaled(scaler, optimizer, x, factor=1.0):
    optimizer.zero_grad()
    scaler.scale((x * x).sum() * factor).backward()


def _nested_outputs(torch):
    _, _, scaler = _start(torch)
    one = torch.tensor(1.0)
    made = scaler.scale([one, (one, one)])
    return [type(made).__name__, type(made[1]).__name__, made[1][0].item(), error(scaler.scale, 3)]


def item_115_making_a_scaler(torch):
    """A GradScaler works on the CPU, is disabled with a warning where CUDA is missing, and makes its scale late."""
    scaler = torch.amp.GradScaler("cpu")
    before = scaler._scale is None
    scaled = scaler.scale(torch.tensor(1.0))
    return {
        "enabled": [scaler.is_enabled(), torch.amp.GradScaler("cpu", enabled=False).is_enabled()],
        "scale": [before, scaler._scale is None, scaled.item(), str(scaler._scale.dtype)],
        "state": scaler.state_dict(),
        "without CUDA": [warned(torch.amp.GradScaler, "cuda"), warned(torch.cuda.amp.GradScaler)],
        "old name": warned(torch.cpu.amp.GradScaler),
        "growth": error(torch.amp.GradScaler, "cpu", growth_factor=1.0),
        "backoff": error(torch.amp.GradScaler, "cpu", backoff_factor=1.0),
        "nested": _nested_outputs(torch),
    }


def item_116_a_good_iteration(torch):
    """Gradients are scaled until `step` or `unscale_` divides them in place; good steps double the scale."""
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


def _two_optimizers(torch):
    x, first, scaler = _start(torch)
    y = torch.tensor([3.0], requires_grad=True)
    second = torch.optim.Adam([y])
    scaler.scale((x * x).sum()).backward()
    scaler.scale((y * float("inf")).sum()).backward()
    scaler.step(first)
    scaler.step(second)
    scaler.update()
    return [x.tolist(), y.tolist(), len(second.state), scaler.get_scale()]


def _set_scales(torch):
    shown = []
    for scale in (16.0, torch.tensor(32.0)):
        x, optimizer, scaler = _start(torch)
        _scaled(scaler, optimizer, x)
        scaler.step(optimizer)
        scaler.update(scale)
        shown.append(scaler.get_scale())
    return [shown, error(scaler.update, torch.tensor([1.0, 2.0]))]


def _largest_scale(torch):
    x, optimizer, scaler = _start(torch, init_scale=2.0**127, growth_interval=1)
    _scaled(scaler, optimizer, x, 0.0)
    scaler.step(optimizer)
    scaler.update()
    return scaler.get_scale()


def item_117_an_infinite_gradient(torch):
    """With an infinite or undefined gradient the step is left out, the gradients stay and the scale halves."""
    x, optimizer, scaler = _start(torch)
    shown = []
    for factor in (1.0, float("inf"), float("nan"), 1.0):
        _scaled(scaler, optimizer, x, factor)
        result = scaler.step(optimizer)
        scaler.update()
        shown.append([result is None, x.tolist(), str(x.grad.tolist()), scaler.get_scale()])
    return {
        "steps": shown,
        "two optimizers": _two_optimizers(torch),
        "set": _set_scales(torch),
        "largest": _largest_scale(torch),
    }


def item_118_errors(torch):
    """Calls out of order are refused: twice, after the step, without gradients, before any `scale`."""
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
    return {
        "before scale": early,
        "no gradients": nothing,
        "twice": twice,
        "after the step": late,
        "pickled": pickled,
        "float16": half,
        "closure": error(scaler.step, optimizer, closure=None),
    }


def _state(torch):
    x, optimizer, scaler = _start(torch)
    _scaled(scaler, optimizer, x)
    scaler.step(optimizer)
    scaler.update()
    fresh = torch.amp.GradScaler("cpu")
    fresh.load_state_dict(scaler.state_dict())
    copied = copy.deepcopy(scaler)
    return [fresh.state_dict(), copied.state_dict(), error(fresh.load_state_dict, {})]


def item_119_a_disabled_scaler(torch):
    """A disabled scaler gives the loss back as it is, has no state, and just steps."""
    x, optimizer, scaler = _start(torch, enabled=False)
    loss = (x * x).sum()
    same = scaler.scale(loss) is loss
    loss.backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    return {"disabled": [same, scaler.get_scale(), scaler.state_dict(), x.tolist()], "enabled": _state(torch)}


def _dtypes_under_autocast(torch):
    def dtypes(*results):
        return [str(y.dtype) for y in results]

    x, v, functional = torch.ones(2, 2) / 3, torch.ones(2), torch.nn.functional
    shown = {}
    with torch.autocast("cpu"):
        low = x @ x
        shown["lower"] = dtypes(low, x.mm(x), functional.linear(x, x, v), x @ v, v @ v)
        shown["kept"] = dtypes(x + x, low.softmax(1), low.sum(), low.exp(), x.mv(v), x.sum())
        losses = functional.mse_loss, functional.l1_loss
        shown["full"] = dtypes(*(loss(low, low.detach()) for loss in losses), low.prod())
        shown["widest"] = dtypes(torch.cat([low, x]), torch.stack([low, low]))
        shown["double"] = dtypes(x.double() @ x.double())
        with torch.autocast("cpu", enabled=False):
            shown["off inside"] = dtypes(x @ x)
        with torch.autocast("cpu", dtype=torch.float16):
            shown["half"] = dtypes(x @ x)
        shown["on again"] = [*dtypes(x @ x), torch.is_autocast_enabled("cpu"), str(torch.get_autocast_dtype("cpu"))]
    return {**shown, "after": [*dtypes(x @ x), torch.is_autocast_enabled("cpu")], "value": low.tolist()}


def _a_layer_under_autocast(torch):
    layer = torch.nn.Linear(3, 2)
    with torch.no_grad():
        layer.weight.fill_(0.5)
        layer.bias.fill_(0.25)

    @torch.autocast("cpu")
    def loss_of(x):
        return torch.nn.functional.mse_loss(layer(x), torch.zeros(2, 2))

    loss = loss_of(torch.ones(2, 3))
    loss.backward()
    parameters = [layer.weight, layer.bias]
    dtypes = [[str(p.dtype), str(p.grad.dtype)] for p in parameters]
    return [str(loss.dtype), loss.item(), dtypes, [p.grad.tolist() for p in parameters]]


def item_120_autocast(torch):
    """Under autocast products are bfloat16 and losses float32; parameters and their gradients stay float32."""
    return {
        "dtypes": _dtypes_under_autocast(torch),
        "layer": _a_layer_under_autocast(torch),
        "warnings": [
            warned(torch.autocast, "cuda"),
            warned(torch.autocast, "cpu", dtype=torch.float32),
            warned(torch.cuda.amp.autocast),
            warned(torch.cpu.amp.autocast),
        ],
        "errors": [error(torch.autocast, 3), error(torch.autocast("cpu"), 3)],
    }
