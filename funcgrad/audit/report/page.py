"""The report as a page: one HTML file with a timeline of what each update used; it loads nothing."""

from __future__ import annotations

from html import escape

from funcgrad.audit.audit import Audit, Judged
from funcgrad.audit.checks import BY_CODE
from funcgrad.audit.place import shown_path
from funcgrad.audit.report.charts import OF_CURVES, losses, timeline
from funcgrad.audit.report.words import LANGUAGES, effect, message, repair, stopped, summary, verdict

STYLE = """
:root { --ink: #1c2127; --soft: #6a727c; --line: #d8dce1; --paper: #fff; --card: #f6f7f9; --fresh: #0067a5;
  --stale: #d1495b; --lost: #9aa1a9; --bad: #b3261e; --good: #00754f }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --soft: #9aa3ad; --line: #363c44; --paper: #14171a;
  --card: #1d2126; --fresh: #58b4f0; --stale: #ff7b8a; --lost: #7d858e; --bad: #ff8a80; --good: #3fcfa5 } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 56rem;
  margin: 2rem auto; padding: 0 1.25rem; overflow-wrap: anywhere }
h1 { font-size: 1.3rem; margin: 0 } h2 { font-size: 1.05rem; margin: 2.2rem 0 .3rem } p { margin: .4rem 0 }
section.finding { background: var(--card); border-left: 4px solid var(--bad); padding: .9rem 1.1rem; margin: 1rem 0 }
section.harmless { border-color: var(--lost) } .soft { color: var(--soft) } .bad { color: var(--bad) }
.good { color: var(--good) } pre { background: var(--paper); border: 1px solid var(--line); padding: .5rem .8rem;
  overflow-x: auto; margin: .6rem 0 } mark { background: none; color: inherit; border-bottom: 2px solid var(--bad) }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: .5rem 0 0 }
dt { color: var(--soft) } dd { margin: 0 } .scroll { overflow-x: auto } svg { display: block }
section svg { max-width: 100%; height: auto }
svg text { font: 12px system-ui, sans-serif; fill: var(--soft) }
.key { display: inline-block; width: .8em; height: .8em; margin: 0 .3em 0 1em; vertical-align: -.05em }
.key:first-child { margin-left: 0 }
"""


def to_html(audit: Audit, language: str = "en") -> str:
    """The findings, each with the losses as written and repaired, below what each update used."""
    words = LANGUAGES[language]
    state = "bad" if any(not each.is_harmless for each in audit.judged) or audit.errors else "good"
    parts = [
        "<h1>funcgrad audit</h1>",
        f'<p class="{state}">{escape(summary(audit, language))}</p>',
        *(f"<p>{escape(text)}</p>" for text in (verdict(audit, language), *stopped(audit, language)) if text),
        *(_finding(each, language) for each in audit.judged),
    ]
    if audit.timeline:
        parts += [
            f"<h2>{words['timeline']}</h2>",
            f'<p class="soft">{words["timeline note"]}</p>',
            _keys({name: words[name] for name in ("fresh", "stale", "lost")}),
            f'<div class="scroll">{timeline(audit.timeline, words)}</div>',
        ]
    return (
        f'<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>funcgrad audit</title>\n<style>{STYLE}</style>\n" + "\n".join(parts) + "\n</html>\n"
    )


def _finding(judged: Judged, language: str) -> str:
    place, words = judged.finding.place, LANGUAGES[language]
    check = BY_CODE[judged.finding.code]
    kind = "finding harmless" if judged.is_harmless else "finding"
    heading = f"{escape(shown_path(place))}:{place.line}: {check.code} {check.name}"
    rows = {
        words["harmless" if judged.is_harmless else "effect"]: effect(judged, language),
        words["repair"]: repair(judged, language),
    }
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in rows.items())
    curves = judged.effect.curves if judged.effect is not None else ()
    chart = ""
    if len(curves) > 1:
        keys = _keys({colour: words[name] for name, colour in OF_CURVES.items()})
        chart = f'<p class="soft">{words["losses"]}</p>{keys}{losses(curves)}'
    return (
        f'<section class="{kind}"><strong>{heading}</strong>{_source(judged)}'
        f"<p>{escape(message(judged, language))}</p><dl>{listed}</dl>{chart}</section>"
    )


def _source(judged: Judged) -> str:
    place = judged.finding.place
    if not place.source:
        return ""
    text, end = place.source, place.end or len(place.source)
    before, marked, after = (escape(part) for part in (text[: place.start], text[place.start : end], text[end:]))
    return f"<pre>{before.lstrip()}<mark>{marked}</mark>{after}</pre>"


def _keys(names: dict[str, str]) -> str:
    keys = (f'<span class="key" style="background: var(--{name})"></span>{text}' for name, text in names.items())
    return f'<p class="soft">{"".join(keys)}</p>'
