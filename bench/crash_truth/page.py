"""A page of one run: per kit what the hits of each cymbal were named as, in pictures."""

from pathlib import Path

import jinja2

from drumcorpus.ground.pages.render import FILTERS

HERE = Path(__file__).parent
TEMPLATE = "confusions.html.jinja"
CELL = 72  # of a picture, in units of its view box
NAMES_OF_ROWS, NAMES_OF_COLUMNS = 60, 36  # room for them
KINDS = {1: "one cymbal", 2: "two cymbals", 3: "three cymbals", 4: "four cymbals"}


def write_page(path: Path, record: dict) -> None:
    """Write the page of a run.

    Parameters
    ----------
    path : Path
        HTML file, made with its folder; it needs nothing beside it.
    record : dict
        Of `run.py`, as in ``crash_truth.json``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(record), encoding="utf-8")


def render(record: dict) -> str:
    """The page as one HTML document; every value is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [
                jinja2.FileSystemLoader(HERE),
                jinja2.PackageLoader("drumcorpus", "ground/pages/templates"),
            ]
        ),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= FILTERS
    kits: dict[str, list[dict]] = {}
    for row in record["rows"]:
        kits.setdefault(row["kit"], []).append(describe(row))
    return environment.get_template(TEMPLATE).render(
        title="Crash cymbals where the truth is known",
        kits=kits,
        chosen=record["chosen_on"],
        skipped=record["skipped"],
        pools=record["all_kits"],
    )


def describe(row: dict) -> dict:
    """What the page shows of one kit, condition and method."""
    divided = [
        (KINDS[2], row["two_cymbals"]),
        ("three cymbals and more", row["more_cymbals"]),
    ]
    return {
        "audio": row["audio"],
        "method": row["method"],
        "divided": [(words, scores) for words, scores in divided if scores["sessions"]],
        "one": row["one_cymbal"],
        "pictures": [draw(confusion) for confusion in row["confusions"]],
    }


def draw(confusion: dict) -> dict:
    """Geometry of the picture of one confusion.

    Parameters
    ----------
    confusion : dict
        Of `score.confuse`.

    Returns
    -------
    picture : dict
        `title`, `width`, `height`, `said` (in words, for who does not see it), `rows` and `columns`
        (names with their places), and `cells`: x, y, n, share of the row's hits, `right`, and the
        `title` of each.
    """
    names = [f"cymbal {cymbal}" for cymbal in confusion["cymbals"]]
    columns = [*names, "another name", "in doubt"]
    cells = []
    for y, (row, counts) in enumerate(zip(names, confusion["counts"], strict=True)):
        total = sum(counts)
        for x, (column, n) in enumerate(zip(columns, counts, strict=True)):
            cells.append(
                {
                    "x": NAMES_OF_ROWS + x * CELL,
                    "y": NAMES_OF_COLUMNS + y * CELL,
                    "n": n,
                    "share": round(n / total, 4) if total else 0.0,
                    "right": x == y,
                    "title": f"{row} named as {column}: {n:,} of {total:,} hits",
                }
            )
    return {
        "title": f"Sessions of {KINDS.get(confusion['n_cymbals'], str(confusion['n_cymbals']))}",
        "width": NAMES_OF_ROWS + CELL * len(columns),
        "height": NAMES_OF_COLUMNS + CELL * len(names),
        "cell": CELL,
        "said": "; ".join(cell["title"] for cell in cells if cell["n"]),
        "rows": [
            {"name": name, "y": NAMES_OF_COLUMNS + (y + 0.5) * CELL} for y, name in enumerate(names)
        ],
        "columns": [
            {"name": name, "x": NAMES_OF_ROWS + (x + 0.5) * CELL} for x, name in enumerate(columns)
        ],
        "cells": cells,
    }
