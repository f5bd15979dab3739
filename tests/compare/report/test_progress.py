import sys

from funcgrad.compare.report import progress


def drive():
    with progress(20) as advance:
        for run in ("b", "f none"):
            advance(run, 10)


def test_nobody_watches_and_nothing_is_shown(capsys):
    drive()
    assert capsys.readouterr().out == ""


def watch(monkeypatch):
    # Not a fixture: capture puts its own stdout in place between set-up and test.
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)


def test_without_rich_a_plain_bar_is_shown_and_wiped(monkeypatch, capsys):
    watch(monkeypatch)
    monkeypatch.setitem(sys.modules, "rich.progress", None)
    drive()
    shown = capsys.readouterr().out.split("\r")
    assert shown[1].startswith("b  zero_grad in its place")
    assert shown[1].endswith(" 50 %")
    assert shown[2].endswith("100 %")
    assert shown[-2:] == [" " * 70, ""]
    assert max(map(len, shown)) <= 80


def test_with_rich_the_run_is_named(monkeypatch, capsys):
    watch(monkeypatch)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    drive()
    assert "cleared to None" in capsys.readouterr().out
