"""What learning-rate schedulers show, items 107 to 114."""

import copy

from scenarios import error, scenarios_in, warned


def _sgd(torch, lr=1.0, **options):
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr, **options)


def _rates(optimizer, scheduler, steps):
    rates = [optimizer.param_groups[0]["lr"]]
    for _ in range(steps):
        optimizer.step()
        scheduler.step()
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def _law(torch, kind, steps=7, **options):
    optimizer = _sgd(torch)
    return _rates(optimizer, getattr(torch.optim.lr_scheduler, kind)(optimizer, **options), steps)


def item_107_the_constructor_takes_a_step(torch):
    lr, shown = torch.optim.lr_scheduler, []
    for make in (
        lambda o: lr.LinearLR(o, 0.2),
        lambda o: lr.ConstantLR(o, 0.25),
        lambda o: lr.OneCycleLR(o, 1.0, 10),
        lambda o: lr.StepLR(o, 3),
    ):
        optimizer = _sgd(torch, momentum=0.9)
        scheduler = make(optimizer)
        group = optimizer.param_groups[0]
        shown.append([group["lr"], group["initial_lr"], scheduler.last_epoch, scheduler._step_count])
    return shown


def item_108_step_multi_step_lambda(torch):
    return [
        _law(torch, "StepLR", step_size=3, gamma=0.5),
        _law(torch, "MultiStepLR", milestones=[2, 5, 5], gamma=0.1),
        _law(torch, "LambdaLR", lr_lambda=lambda step: 1 / (step + 1)),
    ]


def item_109_cosine(torch):
    return [
        _law(torch, "CosineAnnealingLR", 12, T_max=5, eta_min=0.1),
        _law(torch, "CosineAnnealingWarmRestarts", T_0=2, T_mult=2),
    ]


def item_110_cycles(torch):
    lr, shown = torch.optim.lr_scheduler, []
    for make in (lambda o: lr.OneCycleLR(o, 1.0, 10), lambda o: lr.CyclicLR(o, 0.1, 1.0, 3)):
        optimizer = _sgd(torch, momentum=0.9)
        scheduler, group = make(optimizer), optimizer.param_groups[0]
        for _ in range(9):
            shown.append([group["lr"], group["momentum"]])
            optimizer.step()
            scheduler.step()
    optimizer = _sgd(torch, momentum=0.9)
    scheduler = lr.OneCycleLR(optimizer, 1.0, 3)
    for _ in range(3):
        optimizer.step()
        scheduler.step()
    optimizer.step()
    return [shown, error(scheduler.step)]


def item_110_errors(torch):
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


def item_111_sequential_and_chained(torch):
    lr = torch.optim.lr_scheduler
    first, second = _sgd(torch), _sgd(torch)
    parts = [lr.LinearLR(first, 0.1, total_iters=3), lr.CosineAnnealingLR(first, 5)]
    chained = lr.ChainedScheduler([lr.ConstantLR(second, 0.1, 2), lr.ExponentialLR(second, 0.9)])
    return [_rates(first, lr.SequentialLR(first, parts, [3]), 6), _rates(second, chained, 6)]


def item_112_resuming(torch):
    lr = torch.optim.lr_scheduler
    optimizer = _sgd(torch)
    scheduler = lr.StepLR(optimizer, 2)
    rates = _rates(optimizer, scheduler, 3)
    again = _sgd(torch, lr=0.7)
    resumed = lr.StepLR(again, 2)
    resumed.load_state_dict(copy.deepcopy(scheduler.state_dict()))
    return [
        rates,
        scheduler.state_dict(),
        again.param_groups[0]["lr"],
        resumed.get_last_lr(),
        _rates(again, resumed, 3),
        error(lr.StepLR, _sgd(torch), 2, last_epoch=3),
    ]


def item_113_plateau(torch):
    optimizer = _sgd(torch)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=1, cooldown=2, min_lr=0.005)
    rates = []
    for metric in (1.0, 1.0, 0.99995, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0):
        scheduler.step(metric)
        rates.append([optimizer.param_groups[0]["lr"], scheduler.num_bad_epochs, scheduler.cooldown_counter])
    return [rates, scheduler.best, error(scheduler.step)]


def item_114_warnings(torch):
    lr = torch.optim.lr_scheduler
    optimizer = _sgd(torch)
    early = lr.StepLR(optimizer, 3)
    replaced = _sgd(torch)
    late = lr.StepLR(replaced, 3)
    replaced.step = lambda: None
    return [
        warned(early.step),
        warned(early.step),
        warned(late.step),
        warned(early.get_lr),
        warned(early.step, 5),
        early.get_last_lr(),
    ]


SCENARIOS = scenarios_in(globals())
