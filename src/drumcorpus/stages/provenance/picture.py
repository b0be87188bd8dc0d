"""The chain of a product as a picture: boxes in rows, the product on top, raw data at the bottom.

What a picture holds is decided by rule, and equal chains give equal bytes. Products of one rule are
one box, if there are as many as are folded; a box's row is that of its longest way to the top, so
that every line leads down, and a line that follows from others is not drawn. Resources and files
from elsewhere are left out, for they end where they begin; their number stands in the box.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.pages.shown import number
from drumcorpus.ground.run.lineage import Record, Source
from drumcorpus.stages.provenance.text import TIMES
from drumcorpus.stages.provenance.tree import PRODUCT, RAW, Upstream, pattern_of

# Pixels.
BOX_WIDTH, BOX_HEIGHT = 220, 58
GAP, ROW_GAP, MARGIN = 20, 46, 24
MOST_REDUCED = 500  # boxes among which links that follow from others are looked for
PER_LINE = 5  # boxes side by side; a row of more goes on below
N_LETTERS = 34  # of a path that fit into a box
STYLE = """
  text { font: 11px sans-serif; fill: #1f2933 }
  .rule { font-weight: bold } .what { fill: #52606d }
  .box { fill: #ffffff; stroke: #9aa5b1 } .first { fill: #e3f0ff; stroke: #2f6fb0 }
  .raw { fill: #e9f5e9; stroke: #4d8f4d } .lost { fill: #fdecea; stroke: #c0392b }
  .link { fill: none; stroke: #b8c2cc }
"""


@dataclass
class Box:
    """One box: like members in one row; `below` are the keys of the boxes it was made of.

    `others` are the paths of resources and of files from elsewhere.
    """

    key: tuple
    title: str
    members: list[str]
    kind: str = "box"
    rows: int | None = None
    row: int = 0
    others: set[str] = field(default_factory=set)
    below: dict[tuple, None] = field(default_factory=dict)


def picture_of(chain: Upstream, *, fold: int) -> str:
    """The picture as SVG."""
    boxes = boxes_of(chain, fold=fold)
    places = _places(boxes)
    right = max(x for x, _ in places.values()) + BOX_WIDTH + MARGIN
    bottom = max(y for _, y in places.values()) + BOX_HEIGHT + MARGIN
    title = escape(f"What {visible(chain.product)} was made of")
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {right} {bottom}" '
        f'width="{right}" height="{bottom}" role="img">',
        f"<title>{title}</title>",
        f"<style>{STYLE}</style>",
        f'<rect width="{right}" height="{bottom}" fill="#f7f9fb"/>',
    ]
    for box in boxes:
        lines += [_link(places[box.key], places[key]) for key in box.below]
    for box in boxes:
        lines += _drawn(box, places[box.key])
    return "\n".join([*lines, "</svg>", ""])


def boxes_of(chain: Upstream, *, fold: int) -> list[Box]:
    """The boxes of a picture, from the top, each with the boxes that it was made of."""
    boxes = _folded(chain, lambda record: record.rule, fold)
    rows = _rows_of({key: list(box.below) for key, box in boxes.items()})
    if rows is None:  # rules that rest on one another: products are alike within one row alone
        inputs = {record.path: record.products for record in chain.records}
        deep = _rows_of(inputs) or dict.fromkeys(inputs, 0)
        boxes = _folded(chain, lambda record: f"{record.rule} {deep[record.path]}", fold)
        rows = _rows_of({key: list(box.below) for key, box in boxes.items()})
    for number_of_box, (key, box) in enumerate(boxes.items()):
        box.row = rows[key] if rows else number_of_box  # a circle, which lying records make
    if len(boxes) <= MOST_REDUCED and rows:
        _reduce(boxes)
    return sorted(boxes.values(), key=lambda box: box.row)


def _folded(chain: Upstream, alike: Callable[[Record], str], fold: int) -> dict[tuple, Box]:
    """The boxes by key, linked; records that are `alike` are in one if there are enough of them."""
    groups: dict[str, list[Record]] = {}
    for record in chain.records:
        groups.setdefault(alike(record), []).append(record)
    boxes: dict[tuple, Box] = {}
    key_of: dict[str, tuple] = {}
    for group in groups.values():
        for part in [group] if fold and len(group) >= fold else [[record] for record in group]:
            key = (PRODUCT, part[0].path)
            n_rows = [record.rows for record in part if record.rows is not None]
            members = [record.path for record in part]
            boxes[key] = Box(key, part[0].rule, members, rows=sum(n_rows) if n_rows else None)
            key_of |= dict.fromkeys(members, key)
    for path in chain.lost:
        key_of[path] = (PRODUCT, path)
        boxes[key_of[path]] = Box(key_of[path], "no run manifest", [path], "lost")
    stale = {(link.path, link.recorded) for link in chain.stale}
    for path, sha256 in sorted(stale):
        key = (PRODUCT, path, sha256)
        boxes[key] = Box(key, "another version stands", [path], "lost")
    for record in chain.records:
        box = boxes[key_of[record.path]]
        for source in record.inputs:
            if (source.path, source.sha256) in stale:
                box.below.setdefault((PRODUCT, source.path, source.sha256))
            elif source.kind == PRODUCT:
                box.below.setdefault(key_of[source.path])
            elif source.kind == RAW:
                _add_raw(boxes, box, source)
            else:
                box.others.add(source.path)
    top = boxes[key_of[chain.product]]
    top.kind = "first" if top.kind == "box" else top.kind
    return boxes


def _add_raw(boxes: dict[tuple, Box], user: Box, source: Source) -> None:
    """Note down raw data below a box: those of all source sets that it was made of are one."""
    key = (RAW, *user.key)
    box = boxes.setdefault(key, Box(key, "raw files", [], "raw", 0))
    if source.path not in box.members:
        box.members.append(source.path)
        box.rows += source.rows or 0
    user.below.setdefault(key)


def _rows_of(below: dict) -> dict | None:
    """The row of each node: the most links between it and the top; None where there is a circle."""
    n_users = dict.fromkeys(below, 0)
    for sources in below.values():
        for source in sources:
            if source in n_users:
                n_users[source] += 1
    rows = dict.fromkeys(below, 0)
    pending = [node for node, n in n_users.items() if n == 0]
    for node in pending:  # which grows meanwhile
        for source in below[node]:
            if source in rows:
                rows[source] = max(rows[source], rows[node] + 1)
                n_users[source] -= 1
                if n_users[source] == 0:
                    pending.append(source)
    return rows if len(pending) == len(below) else None


def _reduce(boxes: dict[tuple, Box]) -> None:
    """Take away each link that follows from others, so that what is drawn can be followed."""
    reached: dict[tuple, set[tuple]] = {}
    for box in sorted(boxes.values(), key=lambda box: -box.row):  # what lies below comes first
        reached[box.key] = set(box.below).union(*(reached[key] for key in box.below))
    for box in boxes.values():
        implied = set().union(*(reached[key] for key in box.below))
        box.below = {key: None for key in box.below if key not in implied}


def _places(boxes: list[Box]) -> dict[tuple, tuple[float, float]]:
    """Upper left corner of each box: a row's boxes stand below the middle of those they are for."""
    rows: dict[int, list[Box]] = {}
    for box in boxes:
        rows.setdefault(box.row, []).append(box)
    widest = max(min(len(row), PER_LINE) for row in rows.values())
    centres: dict[tuple, float] = {}
    places: dict[tuple, tuple[float, float]] = {}
    users = _users_of(boxes)
    y = float(MARGIN)
    for row in sorted(rows):
        wanted = {
            box.key: _mean(centres[user] for user in users.get(box.key, ()) if user in centres)
            for box in rows[row]
        }
        in_order = sorted(rows[row], key=lambda box: (wanted[box.key], box.title, box.members))
        for first in range(0, len(in_order), PER_LINE):
            line = in_order[first : first + PER_LINE]
            taken = len(line) * BOX_WIDTH + (len(line) - 1) * GAP
            x = MARGIN + (widest * (BOX_WIDTH + GAP) - GAP - taken) / 2
            for box in line:
                places[box.key] = (x, y)
                centres[box.key] = x + BOX_WIDTH / 2
                x += BOX_WIDTH + GAP
            y += BOX_HEIGHT + ROW_GAP
    return places


def _users_of(boxes: list[Box]) -> dict[tuple, list[tuple]]:
    users: dict[tuple, list[tuple]] = {}
    for box in boxes:
        for key in box.below:
            users.setdefault(key, []).append(box.key)
    return users


def _mean(values: Iterable[float]) -> float:
    values = list(values)
    return sum(values) / len(values) if values else 0.0


def _link(user: tuple[float, float], source: tuple[float, float]) -> str:
    """A line from the lower edge of a box to the upper edge of one that it was made of."""
    x1, y1 = user[0] + BOX_WIDTH / 2, user[1] + BOX_HEIGHT
    x2, y2 = source[0] + BOX_WIDTH / 2, source[1]
    middle = (y1 + y2) / 2
    curve = f"M{x1:g} {y1:g} C{x1:g} {middle:g} {x2:g} {middle:g} {x2:g} {y2:g}"
    return f'<path class="link" d="{curve}"/>'


def _drawn(box: Box, place: tuple[float, float]) -> list[str]:
    """A box with three lines of text; the whole paths show where the pointer rests."""
    x, y = place
    is_raw = box.kind == "raw"
    shown = pattern_of(box.members)
    if is_raw and len(box.members) > 1:
        shown = f"{len(box.members)} source sets"
    n_members = f"{len(box.members):,} {TIMES} " if len(box.members) > 1 and not is_raw else ""
    details = []
    if box.rows is not None:
        details.append(f"{number(box.rows)} {'files' if is_raw else 'rows'}")
    if box.others:
        details.append(f"{number(len(box.others))} other input{'s' if len(box.others) > 1 else ''}")
    lines = (
        ("rule", box.title),
        ("path", n_members + _shortened(visible(shown), N_LETTERS - len(n_members))),
        ("what", ", ".join(details)),
    )
    tip = escape("\n".join(visible(member) for member in box.members[:20]))
    return [
        f"<g><title>{tip}</title>",
        f'<rect class="{box.kind}" x="{x:g}" y="{y:g}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" '
        'rx="5"/>',
        *(
            f'<text class={quoteattr(kind)} x="{x + 9:g}" y="{y + 17 + 16 * n:g}">'
            f"{escape(text)}</text>"
            for n, (kind, text) in enumerate(lines)
            if text
        ),
        "</g>",
    ]


def _shortened(path: str, n_letters: int) -> str:
    """A path of at most so many letters: its end says more than its beginning."""
    return path if len(path) <= n_letters else f"…{path[len(path) - n_letters + 1 :]}"
