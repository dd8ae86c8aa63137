"""A bar chart as inline SVG: labels and numbers in, nothing else asked.

Places along it are shares of its width, so that it is as wide as its page and no letter shrinks.
"""

from collections.abc import Iterator, Sequence
from itertools import count

from spacedevs.pages.rendering import part

HEIGHT = 200  # pixels, of the bars
MOST_LINES = 4  # across
MOST_LABELS = 7  # along it, at 390 pixels
NICE = (1, 2, 5)
EDGE = 4  # percent: a label nearer to the end than that would be cut


def bar_chart(title: str, values: Sequence[tuple[str, int]], *, along: str, up: str) -> str:
    """`values`: labels and numbers, none negative. `along` and `up`: what they are, in words."""
    most = max((number for _, number in values), default=0)
    step = nice_step(most, MOST_LINES)
    top = max(-(-most // step) * step, 1)
    slot = 100 / max(len(values), 1)
    every = nice_step(len(values), MOST_LABELS)
    bars = [
        {
            "label": label,
            "number": number,
            "x": f"{place * slot + slot * 0.1:.3f}%",
            "width": f"{slot * 0.8:.3f}%",
            "y": f"{HEIGHT * (1 - number / top):.1f}",
            "height": f"{HEIGHT * number / top:.1f}",
        }
        for place, (label, number) in enumerate(values)
    ]
    return part(
        "parts/bars.html",
        title=title,
        along=along,
        up=up,
        most=max(values, key=lambda each: each[1], default=None),
        last=values[-1][0] if values else "",
        bars=bars,
        lines=[(f"{HEIGHT * (1 - at / top):.1f}", at) for at in range(step, top + 1, step)],
        labels=[
            along_axis(place * slot + slot / 2, label)
            for place, (label, _) in enumerate(values)
            if is_named(place, label, every)
        ],
        height=HEIGHT,
        baseline=HEIGHT + 20,
        whole=HEIGHT + 26,
    )


def along_axis(x: float, label: str) -> tuple[str, str, str]:
    """Place, anchor and text of a label below the bars."""
    anchor = "start" if x < EDGE else "end" if x > 100 - EDGE else "middle"
    return f"{x:.3f}%", anchor, label


def is_named(place: int, label: str, every: int) -> bool:
    """Numbers are named where they are round, and other labels in equal steps."""
    return (int(label) if label.isdecimal() else place) % every == 0


def nice_step(length: float, most: int) -> int:
    """The least of 1, 2, 5, 10, 20 … of which `length` has at most `most`."""
    steps: Iterator[int] = (nice * 10**power for power in count() for nice in NICE)
    return next(step for step in steps if length <= step * most)
