# SPDX-License-Identifier: Apache-2.0
"""A small SVG of some curves over a logarithmic x axis, readable on light and dark pages."""
import html
import math

LICENCE = "SPDX-License-Identifier: Apache-2.0"
WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 40, 44
COLOURS = ["#0b6bcb", "#c2410c", "#15803d", "#7e22ce"]
STYLE = ("text{font:12px system-ui,sans-serif;fill:#555}"
         "@media(prefers-color-scheme:dark){text{fill:#bbb}}")


def nice_ceiling(value):
    """The next of 1, 2, 2.5, 5 times a power of ten."""
    power = 10 ** math.floor(math.log10(value)) if value > 0 else 1
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value)


def power_text(value):
    exponent = math.log10(value)
    if exponent == int(exponent):
        return "10" + "".join("⁰¹²³⁴⁵⁶⁷⁸⁹"[int(digit)] for digit in str(int(exponent)))
    return f"{value:g}"


def text(x, y, content, anchor="start"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
            f'{html.escape(content)}</text>')


class Plot:
    def __init__(self, xs, top):
        self.low, self.high = math.log10(min(xs)), math.log10(max(xs))
        self.top = nice_ceiling(top)

    def x(self, value):
        part = (math.log10(value) - self.low) / ((self.high - self.low) or 1)
        return LEFT + part * (WIDTH - LEFT - RIGHT)

    def y(self, value):
        return HEIGHT - BOTTOM - value / self.top * (HEIGHT - TOP - BOTTOM)

    def axes(self, xs, x_label):
        for step in range(5):
            value = self.top * step / 4
            yield (f'<path d="M{LEFT} {self.y(value):.1f}H{WIDTH - RIGHT}" stroke="#888" '
                   f'stroke-opacity=".3"/>')
            yield text(LEFT - 8, self.y(value) + 4, f"{value:g}", "end")
        for value in xs:
            yield text(self.x(value), HEIGHT - BOTTOM + 18, power_text(value), "middle")
        yield text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, x_label, "middle")

    def curve(self, name, points, colour):
        """@points: x to (low, middle, high), the bar between the quartiles."""
        path = " ".join(f"{self.x(x):.1f},{self.y(middle):.1f}"
                        for x, (_, middle, _) in sorted(points.items()))
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for x, (low, middle, high) in sorted(points.items()):
            yield (f'<path d="M{self.x(x):.1f} {self.y(low):.1f}V{self.y(min(high, self.top)):.1f}"'
                   f' stroke="{colour}"/><circle cx="{self.x(x):.1f}" cy="{self.y(middle):.1f}" '
                   f'r="3" fill="{colour}"/>')
        last = max(points)
        yield text(self.x(last) + 10, self.y(points[last][1]) + 4, name)


def draw(title, x_label, curves):
    """The SVG of {name: {x: (low, middle, high)}}."""
    xs = sorted({x for points in curves.values() for x in points})
    plot = Plot(xs, 1.2 * max(middle for points in curves.values()
                              for _, middle, _ in points.values()))
    parts = [f"<!-- {LICENCE} -->",
             f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
             f'role="img" aria-label="{html.escape(title)}"><style>{STYLE}</style>',
             text(LEFT, 22, title), *plot.axes(xs, x_label)]
    for colour, (name, points) in zip(COLOURS, curves.items()):
        parts += plot.curve(name, points, colour)
    return "\n".join(parts) + "\n</svg>\n"
