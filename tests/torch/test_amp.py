"""Loss scaling and autocasting: what they cost, and where they end."""

import threading

import funcgrad.torch as torch
from funcgrad.torch._dispatch import fronts
from funcgrad.trace import stats


def test_a_loop_with_a_scaler_looks_once_a_step():
    x = torch.ones(3, requires_grad=True)
    optimizer = torch.optim.Adam([x], lr=0.1)
    scaler = torch.amp.GradScaler("cpu", growth_interval=3)

    def iteration():
        optimizer.zero_grad()
        scaler.scale((x * x).sum()).backward()
        scaler.step(optimizer)
        scaler.update()

    for _ in range(8):
        iteration()
    programs, flushes = stats.programs, stats.flushes
    for _ in range(10):
        iteration()
    assert stats.programs == programs
    assert stats.flushes - flushes <= 20


def test_autocasting_belongs_to_its_thread():
    seen = []
    with torch.autocast("cpu"):
        thread = threading.Thread(target=lambda: seen.append((torch.ones(2, 2) @ torch.ones(2, 2)).dtype))
        thread.start()
        thread.join()
    assert seen == [torch.float32]
    assert not fronts


def test_autocasting_ends_with_an_error():
    try:
        with torch.autocast("cpu"):
            raise KeyError
    except KeyError:
        pass
    assert not fronts
    assert not torch.is_autocast_enabled("cpu")
