"""The report as one HTML page: charts as inline SVG, light and dark, wide and narrow, nothing from a network."""

from __future__ import annotations

from html import escape
from importlib import resources

from funcgrad.compare.experiment import HEAD_LOOPS, HEAD_WEIGHT_DECAY, LOOPS, Settings
from funcgrad.compare.measure import Run
from funcgrad.compare.report.chart import Chart
from funcgrad.compare.report.layout import arrange
from funcgrad.compare.report.listing import FUNCTIONAL, listing
from funcgrad.compare.report.style import DARK, LIGHT, RUN_STYLES
from funcgrad.compare.report.svg import to_svg, variable
from funcgrad.compare.report.table import LESSON, cells
from funcgrad.compare.verdict import Finding, Verdict, percent

WIDE, NARROW = 760.0, 356.0  # of the text column on a desk and on a phone

HEADS = (
    *("", "loss", "test<br>accuracy", "gradient<br>used"),
    *("fresh<br>gradient", "batches<br>in it", "distance<br>from b"),
)


def to_html(settings: Settings, runs: dict[str, Run], verdict: Verdict, charts: tuple[Chart, ...]) -> str:
    """Return the page."""
    first, gradients, distance, head = charts
    body = "".join(
        [
            f'<p class="kicker">funcgrad compare: {settings.steps} steps on real handwritten digits</p>',
            f"<h1>{_text(first.title)}</h1><p>{_text(LESSON)}</p>{_shown(first)}",
            f"<h2>Five ways to write the loop</h2>{_cards(runs)}",
            *(f"<h2>{_text(chart.title)}</h2>{_shown(chart)}" for chart in (gradients, distance, head)),
            _card("f none", "f  None or zeros", "", listing(HEAD_LOOPS["f none"])),
            f"<h2>In words</h2>{_findings(verdict)}",
            f"<h2>In figures</h2>{_table(runs, verdict)}",
            _footer(settings),
        ]
    )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(first.title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_css()}</style></head>\n<body><main>{body}</main></body></html>\n"
    )


def _shown(chart: Chart) -> str:
    wide = to_svg(arrange(chart, WIDE), chart.title, "wide")
    narrow = to_svg(arrange(chart, NARROW, stacked=True), chart.title, "narrow")
    return f"<p>{_text(chart.text)}</p>{wide}{narrow}"


def _cards(runs: dict[str, Run]) -> str:
    listings = {"a": FUNCTIONAL} | {run: listing(loop) for run, loop in LOOPS.items()}
    cards = (
        _card(run, f"{run}  {RUN_STYLES[run].title}", percent(runs[run].accuracy[-1]), code)
        for run, code in listings.items()
    )
    note = "The loops b to e differ in one line. The percentage is the share of test digits recognised in the end."
    return f'<p>{note}</p><div class="cards">{"".join(cards)}</div>'


def _card(run: str, title: str, result: str, code: str) -> str:
    lines = (f"<mark>{escape(line)}</mark>" if "zero_grad" in line else escape(line) for line in code.splitlines())
    return (
        f'<div class="card" {_ink(run)}><h3>{escape(title)}<span>{result}</span></h3>'
        f"<pre>{chr(10).join(lines)}</pre></div>"
    )


def _findings(verdict: Verdict) -> str:
    items = (
        f"<dt {_ink(_colour(finding))}>{finding.run}</dt>"
        f"<dd><strong>{_text(finding.claim)}.</strong> {_text(finding.detail)}</dd>"
        for finding in verdict.findings
    )
    return f"<dl>{''.join(items)}</dl>"


def _colour(finding: Finding) -> str:
    return "f zeros" if finding.run == "f" else finding.run


def _table(runs: dict[str, Run], verdict: Verdict) -> str:
    head = "".join(f"<th>{name}</th>" for name in HEADS)
    rows = "".join(
        f"<tr><td {_ink(run)}>{RUN_STYLES[run].letter}&ensp;{RUN_STYLES[run].title}</td>"
        + "".join(f"<td>{cell}</td>" for cell in cells(run, figures, verdict))
        + "</tr>"
        for run, figures in runs.items()
    )
    note = "At the end of each run. The last one has its distance from the run above it."
    return f'<p>{note}</p><div class="scroll"><table><tr>{head}</tr>{rows}</table></div>'


def _footer(settings: Settings) -> str:
    command = (
        f"funcgrad compare --steps {settings.steps} --seed {settings.seed} --lr {settings.lr:g} "
        f"--momentum {settings.momentum:g} --batch-size {settings.batch_size} --hidden {settings.hidden}"
    )
    about = (
        "1,437 digits of 8 by 8 pixels for training, 360 for the test. A perceptron with "
        f"{settings.hidden} hidden units and SGD; the runs f with a weight decay of {HEAD_WEIGHT_DECAY:g}."
    )
    return f"<footer><p>{about}</p><code>{command}</code></footer>"


def _text(words: str) -> str:
    # A number and its unit, and the two halves of 1e-06, stay on one line.
    return escape(words).replace(" %", "&nbsp;%").replace("e-0", "e-&#8288;0")


def _ink(run: str) -> str:
    return f'style="--run: var({variable(run)})"'


def _css() -> str:
    light, dark = ("".join(f"{variable(ink)}:{value};" for ink, value in inks.items()) for inks in (LIGHT, DARK))
    return (
        f":root{{color-scheme:light dark;{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
        + resources.files("funcgrad.compare.report").joinpath("page.css").read_text(encoding="utf-8")
    )
