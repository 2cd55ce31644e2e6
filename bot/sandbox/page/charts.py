"""The data_visualization block: bars, lines, areas and pies as plain SVG, and their numbers as a table."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from htpy import (
    Element,
    Node,
    details,
    div,
    figcaption,
    figure,
    fragment,
    li,
    span,
    summary,
    svg,
    table,
    tbody,
    td,
    th,
    thead,
    title,
    tr,
    ul,
)

from bot.sandbox.page.elements import unsupported
from bot.sandbox.page.reader import Canvas
from bot.sandbox.slack.workspace import Json

_WIDTH, _HEIGHT = 420, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 10, 10, 24
_MOST_LABELS = 7
_STEPS = 4
_path, _rect, _circle, _line = Element("path"), Element("rect"), Element("circle"), Element("line")
_text, _polyline = Element("text"), Element("polyline")


@dataclass(frozen=True)
class _Series:
    """A name and its values, one for each category; what is not a number counts as 0."""

    name: str
    values: list[float]


def draw_chart(block: Json, _canvas: Canvas) -> Node:
    """Draw a chart with its title, its legend, and its numbers as a table that one can open."""
    chart = block.get("chart") or {}
    kind = str(chart.get("type"))
    name = str(block.get("title", ""))
    if kind == "pie":
        parts = chart.get("segments") or []
        pieces = [_Series(str(part.get("label", "")), [_number(part.get("value"))]) for part in parts]
        drawn, categories, series = _pie(pieces), ["Value"], pieces
    elif kind in _KINDS:
        axes = chart.get("axis_config") or {}
        categories = [str(category) for category in axes.get("categories") or []]
        series = [_read_series(one, categories) for one in chart.get("series") or []]
        drawn = _with_axes(_Plot(categories, series), kind, axes)
    else:
        return unsupported(f"{kind} chart")
    return figure(".chart")[
        figcaption[name],
        div(role="img", aria_label=f"{kind.capitalize()} chart: {name}")[drawn],
        _legend(series),
        details[summary["The numbers"], _numbers(categories, series)],
    ]


def _read_series(one: Json, categories: list[str]) -> _Series:
    known = {str(point.get("label")): _number(point.get("value")) for point in one.get("data") or []}
    return _Series(str(one.get("name", "")), [known.get(category, 0.0) for category in categories])


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else 0.0


class _Plot:
    """Where in the picture a value and a category are; the scale reaches from 0 to a round number."""

    def __init__(self, categories: list[str], series: list[_Series]) -> None:
        self.categories, self.series = categories, series
        values = [value for one in series for value in one.values]
        step = _round_up((max([*values, 0.0]) - min([*values, 0.0])) / _STEPS)
        if all(value.is_integer() for value in values):
            step = max(step, 1.0)  # Half of a thing that is counted means nothing.
        self._least = math.floor(min([*values, 0.0]) / step) * step
        self._most = max(math.ceil(max([*values, 0.0]) / step) * step, self._least + step)
        self.marks = [self._least + step * n for n in range(round((self._most - self._least) / step) + 1)]
        self.slot = (_WIDTH - _LEFT - _RIGHT) / max(len(categories), 1)

    def x(self, category: int) -> float:
        """The middle of a category."""
        return _LEFT + self.slot * (category + 0.5)

    def y(self, value: float) -> float:
        """The height of a value."""
        part = (value - self._least) / (self._most - self._least)
        return _HEIGHT - _BOTTOM - part * (_HEIGHT - _TOP - _BOTTOM)

    def points(self, series: _Series) -> list[tuple[str, str]]:
        """The points of a series, from left to right."""
        return [(_at(self.x(n)), _at(self.y(value))) for n, value in enumerate(series.values)]


def _round_up(step: float) -> float:
    """Return the next 1, 2 or 5 times a power of ten."""
    if step <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(step))
    return next((power * times for times in (1, 2, 5) if power * times >= step), power * 10)


def _with_axes(plot: _Plot, kind: str, axes: Json) -> Node:
    every = math.ceil(len(plot.categories) / _MOST_LABELS) or 1
    return fragment[
        div(".chart-axis")[str(axes.get("y_label") or "")],
        _picture[
            (_mark(plot, value) for value in plot.marks),
            (_KINDS[kind](plot, number, one) for number, one in enumerate(plot.series)),
            (
                _text(x=_at(plot.x(n)), y=str(_HEIGHT - 8), text_anchor="middle")[_shortened(category)]
                for n, category in enumerate(plot.categories)
                if n % every == 0
            ),
        ],
        div(".chart-axis.chart-axis-x")[str(axes.get("x_label") or "")],
    ]


def _mark(plot: _Plot, value: float) -> Node:
    y = _at(plot.y(value))
    return fragment[
        _line(x1=str(_LEFT), x2=str(_WIDTH - _RIGHT), y1=y, y2=y),
        _text(x=str(_LEFT - 6), y=y, text_anchor="end", dominant_baseline="middle")[_shown(value)],
    ]


def _bars(plot: _Plot, number: int, series: _Series) -> Iterator[Node]:
    width = plot.slot * 0.7 / len(plot.series)
    for category, value in enumerate(series.values):
        top, bottom = sorted((plot.y(value), plot.y(0)))
        x = plot.x(category) - plot.slot * 0.35 + width * number
        yield _rect(
            {"class": f"series-{number}"}, x=_at(x), y=_at(top), width=_at(width), height=_at(bottom - top)
        )[_hover(plot, series, category)]


def _curve(plot: _Plot, number: int, series: _Series) -> Node:
    points = plot.points(series)
    return fragment[
        _polyline(class_=f"curve series-{number}", points=" ".join(f"{x},{y}" for x, y in points)),
        (
            _circle(class_=f"series-{number}", cx=x, cy=y, r="3")[_hover(plot, series, category)]
            for category, (x, y) in enumerate(points)
        ),
    ]


def _surface(plot: _Plot, number: int, series: _Series) -> Node:
    floor = _at(plot.y(0))
    points = plot.points(series)
    ends = [(points[0][0], floor), *points, (points[-1][0], floor)] if points else []
    outline = " ".join(f"{x},{y}" for x, y in ends)
    return fragment[
        Element("polygon")(class_=f"surface series-{number}", points=outline), _curve(plot, number, series)
    ]


_KINDS = {"bar": _bars, "line": _curve, "area": _surface}


def _hover(plot: _Plot, series: _Series, category: int) -> Node:
    return title[f"{series.name}, {plot.categories[category]}: {_shown(series.values[category])}"]


def _pie(pieces: list[_Series]) -> Node:
    whole = sum(max(piece.values[0], 0.0) for piece in pieces) or 1.0
    radius, x, y = _HEIGHT / 2 - 6, _WIDTH / 2, _HEIGHT / 2
    drawn, begun = [], 0.0
    for number, piece in enumerate(pieces):
        share = max(piece.values[0], 0.0) / whole
        words = title[f"{piece.name}: {_shown(piece.values[0])} ({share:.0%})"]
        kind = f"series-{number}"
        if share > 0.9999:
            drawn.append(_circle(class_=kind, cx=_at(x), cy=_at(y), r=_at(radius))[words])
        else:
            ends = [math.tau * part - math.tau / 4 for part in (begun, begun + share)]
            (x1, y1), (x2, y2) = ((x + radius * math.cos(a), y + radius * math.sin(a)) for a in ends)
            arc = f"A {_at(radius)} {_at(radius)} 0 {int(share > 0.5)} 1 {_at(x2)} {_at(y2)}"
            drawn.append(_path(class_=kind, d=f"M {_at(x)} {_at(y)} L {_at(x1)} {_at(y1)} {arc} Z")[words])
        begun += share
    return _picture[drawn]


_picture = svg(".chart-picture", viewBox=f"0 0 {_WIDTH} {_HEIGHT}", focusable="false")


def _legend(series: list[_Series]) -> Node:
    return ul(".legend")[
        (li[span(class_=f"swatch series-{number}"), one.name] for number, one in enumerate(series))
    ]


def _numbers(categories: list[str], series: list[_Series]) -> Node:
    return table[
        thead[tr[th(scope="col"), (th(scope="col")[category] for category in categories)]],
        tbody[(tr[th(scope="row")[one.name], (td[_shown(value)] for value in one.values)] for one in series)],
    ]


def _shown(value: float) -> str:
    return f"{value:,.6g}"


def _shortened(name: str) -> str:
    return name if len(name) <= 10 else f"{name[:9]}…"


def _at(value: float) -> str:
    return f"{value:.1f}"
