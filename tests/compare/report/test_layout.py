import numpy as np
import pytest

from funcgrad.compare.report.chart import Band, Chart, Line, Panel
from funcgrad.compare.report.charts import make_charts
from funcgrad.compare.report.layout import HEAD, LABEL_GAP, Fill, Stroke, Text, arrange
from funcgrad.compare.report.scale import Linear


def chart(*ends, panels=1, bands=()):
    steps = np.arange(11)
    lines = tuple(Line("b", f"line {end}", steps, np.linspace(0, end, 11)) for end in ends)
    return Chart("key", "title", "text", 10, (Panel("panel", "caption", Linear(0.0, 1.0), lines, bands),) * panels)


def labels(scene):
    return [mark for mark in scene.marks if isinstance(mark, Text) and mark.words.startswith("line")]


@pytest.mark.parametrize("ends", [(0.5, 0.5, 0.5), (0.0, 0.01, 0.02), (1.0, 0.99), (0.0, 1.0)])
def test_labels_do_not_touch(ends):
    heights = sorted(mark.y for mark in labels(arrange(chart(*ends), 400)))
    assert (np.diff(heights) >= LABEL_GAP - 1e-9).all()


def test_labels_at_the_top_are_moved_down():
    heights = [mark.y for mark in labels(arrange(chart(1.0, 1.0, 1.0), 400))]
    assert min(heights) > HEAD


def test_labels_keep_the_order_of_their_lines():
    heights = {mark.words: mark.y for mark in labels(arrange(chart(0.51, 0.5, 0.49), 400))}
    assert heights["line 0.51"] < heights["line 0.5"] < heights["line 0.49"]


def test_equal_ends_keep_the_order_of_the_listing():
    heights = [mark.y for mark in labels(arrange(chart(0.5, 0.5), 400))]
    assert heights == sorted(heights)


def test_panels_stand_side_by_side_or_stacked():
    wide, stacked = arrange(chart(1.0, panels=3), 700), arrange(chart(1.0, panels=3), 350, stacked=True)
    assert len({mark.y for mark in labels(wide)}) == 1
    assert len({mark.x for mark in labels(stacked)}) == 1
    assert stacked.height > 3 * wide.height


def test_a_curve_ends_where_it_stops_being_finite():
    values = np.array([0.1, 0.2, np.nan, 0.4])
    panel = Panel("panel", "caption", Linear(0.0, 1.0), (Line("c", "line", np.arange(4), values),))
    scene = arrange(Chart("key", "title", "text", 4, (panel,)), 400)
    (curve,) = [mark for mark in scene.marks if isinstance(mark, Stroke) and mark.ink == "c"]
    assert len(curve.points) == 2


def test_bands_are_where_their_steps_are():
    scene = arrange(chart(1.0, bands=(Band(0, 5),)), 400)
    (band,) = [mark for mark in scene.marks if isinstance(mark, Fill)]
    (curve,) = [mark for mark in scene.marks if isinstance(mark, Stroke) and mark.ink == "b"]
    assert band.points[1][0] == pytest.approx(curve.points[5][0])


@pytest.mark.parametrize("width, stacked", [(760, False), (356, True)])
def test_nothing_leaves_the_picture(runs, verdict, width, stacked):
    for made in make_charts(runs, verdict):
        scene = arrange(made, width, stacked=stacked)
        for mark in scene.marks:
            places = [(mark.x, mark.y)] if isinstance(mark, Text) else mark.points
            assert all(-1 <= x <= scene.width + 1 and -1 <= y <= scene.height + 1 for x, y in places)
