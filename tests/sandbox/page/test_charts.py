"""Charts of any numbers stay within their picture."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.page.charts import draw_chart
from bot.sandbox.page.picture import html
from bot.sandbox.page.reader import Canvas, Surface
from tests.sandbox.page.harness import PageHarness

CANVAS = Canvas(PageHarness().reader(), Surface("message", "m"))
NUMBERS = st.integers(-(10**12), 10**12) | st.floats(-1e12, 1e12)
POINTS = re.compile(r"(-?[\d.]+)[ ,](-?[\d.]+)")


@given(kind=st.sampled_from(["line", "area"]), rows=st.lists(st.lists(NUMBERS, min_size=3, max_size=3)))
@settings(max_examples=60, deadline=None)
def test_every_point_is_in_the_picture(kind: str, rows: list[list[float]]) -> None:
    days = ["Mon", "Tue", "Wed"]
    series = [
        {"name": str(number), "data": [{"label": d, "value": v} for d, v in zip(days, row, strict=True)]}
        for number, row in enumerate(rows)
    ]
    chart = {"type": kind, "series": series, "axis_config": {"categories": days}}
    drawn = html(draw_chart({"title": "t", "chart": chart}, CANVAS))
    for points in re.findall(r'points="([^"]*)"', drawn):
        for x, y in POINTS.findall(points):
            assert 0 <= float(x) <= 420
            assert 0 <= float(y) <= 200


@given(values=st.lists(NUMBERS, max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_pie_has_a_piece_for_each_segment(values: list[float]) -> None:
    segments = [{"label": str(number), "value": value} for number, value in enumerate(values)]
    drawn = html(draw_chart({"title": "t", "chart": {"type": "pie", "segments": segments}}, CANVAS))
    assert drawn.count("<path") + drawn.count("<circle") == len(values)
