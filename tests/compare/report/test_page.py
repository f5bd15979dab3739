import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from funcgrad.compare.experiment import HEAD_LOOPS, LOOPS
from funcgrad.compare.report.charts import make_charts
from funcgrad.compare.report.listing import listing
from funcgrad.compare.report.page import to_html
from funcgrad.compare.report.style import DARK, LIGHT

VOID = {"meta", "br"}


class Balance(HTMLParser):
    """Every element that opens also closes, in order."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(settings, runs, verdict):
    return to_html(settings, runs, verdict, make_charts(runs, verdict))


@pytest.fixture(scope="module")
def elements(page):
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    return parser.seen


def test_the_page_is_well_formed_and_in_one_piece(elements):
    tags = {tag for tag, _ in elements}
    assert {"html", "head", "body", "h1", "svg", "table"} <= tags
    assert not tags & {"script", "link", "img", "iframe", "object"}


def test_nothing_comes_from_a_network(page, elements):
    assert not re.search(r"https?:|//|@import|url\(", page)
    assert not any(set(attributes) & {"src", "href", "srcset"} for _, attributes in elements)


def test_every_chart_is_there_wide_and_narrow(elements):
    drawn = [attributes["class"] for tag, attributes in elements if tag == "svg"]
    assert drawn == ["wide", "narrow"] * 4
    assert all(attributes["aria-label"] for tag, attributes in elements if tag == "svg")


def test_the_pictures_are_valid_and_finite(page):
    for svg in re.findall(r"<svg.*?</svg>", page):
        ElementTree.fromstring(svg)
        assert "nan" not in svg
        assert "inf" not in svg


def test_both_colour_schemes_define_every_colour(page):
    used = set(re.findall(r"var\((--[a-z-]+)\)", page))
    light, dark = page.split("@media (prefers-color-scheme:dark)")[:2]
    for scheme, inks in ((light, LIGHT), (dark, DARK)):
        assert used - {"--run"} <= set(re.findall(r"(--[a-z-]+):#", scheme))
        assert all(colour in scheme for colour in inks.values())


def test_the_page_shows_the_loops_that_ran(page):
    assert page.count("<mark>    optimizer.zero_grad()</mark>") == 3
    assert "optimizer.zero_grad(set_to_none=set_to_none)" in page


@pytest.mark.parametrize("loop", [*LOOPS.values(), *HEAD_LOOPS.values()])
def test_a_listing_is_the_loop_without_the_look(loop):
    lines = listing(loop).splitlines()
    assert lines[0].startswith("for x, y")
    assert "    loss.backward()" in lines
    assert "    optimizer.step()" in lines
    assert "yield" not in listing(loop)


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("inks", [LIGHT, DARK], ids=["light", "dark"])
def test_every_colour_of_a_word_can_be_read(inks):
    paper = luminance(inks["paper"])
    for ink, colour in inks.items():
        if ink not in ("paper", "grid", "band"):
            low, high = sorted((paper, luminance(colour)))
            assert (high + 0.05) / (low + 0.05) >= 4.5, ink  # what WCAG 2.2 asks of text
