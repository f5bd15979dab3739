"""What the learning-rate schedulers show, items 107 to 114. Rates are recorded to the last bit."""

import copy

from scenarios import error, warned


def _sgd(torch, lr=1.0, **options):
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr, **options)


def _rates(optimizer, scheduler, steps, option="lr"):
    rates = [optimizer.param_groups[0][option].hex()]
    for _ in range(steps):
        optimizer.step()
        scheduler.step()
        rates.append(optimizer.param_groups[0][option].hex())
    return rates


def _law(torch, kind, steps=7, option="lr", momentum=0.0, **options):
    optimizer = _sgd(torch, momentum=momentum)
    return _rates(optimizer, getattr(torch.optim.lr_scheduler, kind)(optimizer, **options), steps, option)


def item_107_the_constructor_takes_a_step(torch):
    """Making a scheduler notes the initial rate and takes a first step, which may change the rate at once."""
    lr, shown = torch.optim.lr_scheduler, {}
    for kind, options in {
        "LinearLR": {"start_factor": 0.2},
        "ConstantLR": {"factor": 0.25},
        "OneCycleLR": {"max_lr": 1.0, "total_steps": 10},
        "StepLR": {"step_size": 3},
    }.items():
        optimizer = _sgd(torch, momentum=0.9)
        scheduler = getattr(lr, kind)(optimizer, **options)
        group = optimizer.param_groups[0]
        shown[kind] = [group["lr"].hex(), group["initial_lr"].hex(), scheduler.last_epoch, scheduler._step_count]
    return shown


def item_108_steps_milestones_and_lambdas(torch):
    """A milestone listed twice multiplies twice; a lambda's factor multiplies the initial rate."""
    return {
        "StepLR": _law(torch, "StepLR", step_size=3, gamma=0.5),
        "MultiStepLR": _law(torch, "MultiStepLR", milestones=[2, 5, 5], gamma=0.1),
        "LambdaLR": _law(torch, "LambdaLR", lr_lambda=lambda step: 1 / (step + 1)),
    }


def item_109_cosine(torch):
    """Cosine annealing climbs back after T_max; with warm restarts it starts anew, in growing periods."""
    return {
        "annealing": _law(torch, "CosineAnnealingLR", 12, T_max=5, eta_min=0.1),
        "restarts": _law(torch, "CosineAnnealingWarmRestarts", T_0=2, T_mult=2),
    }


def _bad_options(torch):
    lr, plain = torch.optim.lr_scheduler, torch.optim.Adagrad([torch.zeros(1, requires_grad=True)])
    o = _sgd(torch)
    return [
        error(lr.OneCycleLR, o, 1.0),
        error(lr.OneCycleLR, o, 1.0, total_steps=0),
        error(lr.OneCycleLR, o, 1.0, epochs=1.5, steps_per_epoch=2),
        error(lr.OneCycleLR, o, 1.0, 10, pct_start=2.0),
        error(lr.OneCycleLR, o, 1.0, 10, anneal_strategy="exp"),
        error(lr.OneCycleLR, o, [1.0, 2.0], 10),
        error(lr.OneCycleLR, plain, 1.0, 10),
        error(lr.CyclicLR, plain, 0.1, 1.0),
        error(lr.CyclicLR, o, 0.1, 1.0, mode="up"),
        error(lr.ConstantLR, o, 2.0),
        error(lr.LinearLR, o, 0.0),
        error(lr.LinearLR, o, 0.5, 2.0),
        error(lr.LambdaLR, o, [abs, abs]),
        error(lr.MultiplicativeLR, o, 0.5),
        error(lr.CosineAnnealingWarmRestarts, o, 0),
        error(lr.CosineAnnealingWarmRestarts, o, 2, 0),
        error(lr.ReduceLROnPlateau, o, factor=1.0),
        error(lr.ReduceLROnPlateau, o, mode="most"),
        error(lr.ReduceLROnPlateau, o, min_lr=[0.1, 0.2]),
        error(lr.StepLR, "optimizer", 3),
        error(lr.SequentialLR, o, [], []),
        error(lr.SequentialLR, o, [lr.StepLR(o, 3)], [3]),
        error(lr.SequentialLR, o, [lr.ReduceLROnPlateau(o)], []),
        error(lr.ChainedScheduler, []),
        error(torch.optim.swa_utils.SWALR, o, 0.1, anneal_strategy="exp"),
        error(torch.optim.swa_utils.SWALR, o, 0.1, anneal_epochs=-1),
        error(torch.optim.swa_utils.get_ema_avg_fn, 2.0),
    ]


def item_110_cycles(torch):
    """One-cycle and cyclic rates move the momentum the other way; a step past the total is an error."""
    shown = {}
    for kind, options in {
        "OneCycleLR": {"max_lr": 1.0, "total_steps": 10},
        "CyclicLR": {"base_lr": 0.1, "max_lr": 1.0, "step_size_up": 3},
    }.items():
        shown[kind] = [_law(torch, kind, 9, option, momentum=0.9, **options) for option in ("lr", "momentum")]
    optimizer = _sgd(torch, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1.0, 3)
    shown["too many"] = error(_rates, optimizer, scheduler, 4)
    return {**shown, "bad options": _bad_options(torch)}


def item_111_sequential_and_chained(torch):
    """SequentialLR hands over at its milestones; ChainedScheduler multiplies the factors."""
    lr = torch.optim.lr_scheduler
    first, second = _sgd(torch), _sgd(torch)
    parts = [lr.LinearLR(first, 0.1, total_iters=3), lr.CosineAnnealingLR(first, 5)]
    chained = lr.ChainedScheduler([lr.ConstantLR(second, 0.1, 2), lr.ExponentialLR(second, 0.9)])
    return [_rates(first, lr.SequentialLR(first, parts, [3]), 6), _rates(second, chained, 6)]


def item_112_resuming(torch):
    """Loading a scheduler's state leaves the optimizer's rate alone; resuming needs `initial_lr` in the groups."""
    lr = torch.optim.lr_scheduler
    optimizer = _sgd(torch)
    scheduler = lr.StepLR(optimizer, 2)
    rates = _rates(optimizer, scheduler, 3)
    again = _sgd(torch, lr=0.7)
    resumed = lr.StepLR(again, 2)
    resumed.load_state_dict(copy.deepcopy(scheduler.state_dict()))
    return {
        "rates": rates,
        "state": scheduler.state_dict(),
        "after loading": again.param_groups[0]["lr"].hex(),
        "last": resumed.get_last_lr(),
        "going on": _rates(again, resumed, 3),
        "no initial_lr": error(lr.StepLR, _sgd(torch), 2, last_epoch=3),
    }


def item_113_plateau(torch):
    """ReduceLROnPlateau reduces after more than `patience` steps without a relative gain, then cools down."""
    optimizer = _sgd(torch)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1, cooldown=2, min_lr=0.005)
    rates = []
    for metric in (1.0, 1.0, 0.99995, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0):
        scheduler.step(metric)
        rates.append([optimizer.param_groups[0]["lr"].hex(), scheduler.num_bad_epochs, scheduler.cooldown_counter])
    return [rates, scheduler.best, scheduler.threshold, scheduler.threshold_mode, error(scheduler.step)]


def item_114_warnings(torch):
    """A scheduler that steps before its optimizer ever did warns, once."""
    lr = torch.optim.lr_scheduler
    optimizer = _sgd(torch)
    early = lr.StepLR(optimizer, 3)
    replaced = _sgd(torch)
    late = lr.StepLR(replaced, 3)
    replaced.step = lambda: None
    return {
        "too early": [warned(early.step), warned(early.step)],
        "step was replaced": warned(late.step),
        "get_lr": warned(early.get_lr),
        "an epoch is given": warned(early.step, 5),
        "last": early.get_last_lr(),
    }
