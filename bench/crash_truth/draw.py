r"""Draw how cymbals are told apart: the pictures of docs/mixture.md.

    python bench/crash_truth/draw.py --midi GMD_ROOT --renderer FILE --cache CACHE \
        --kits KIT_DIR... --kit muldjord --model MODEL --rows ROWS --out PICTURES

`--rows` is what ``leave_kits_out.py --out`` wrote. Draws ``mixture_likeness.svg``, how alike groups
of one and of two cymbals are over all kits; ``mixture_hits.svg``, where each hit of one kit lies
between two cymbals; and ``mixture_confidence.svg``, stated confidence against what is right.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from kit_hits import AS_PLAYED, DescribedKit
from train_model import add_arguments, describe_kits

from drumcorpus.stages.crash.cymbal_model import CymbalModel, read_cymbal_model
from drumcorpus.stages.crash.groups import group_hits, sum_groups
from drumcorpus.stages.crash.membership import name_hits
from drumcorpus.stages.crash.mixture import fit_mixture
from drumcorpus.stages.crash.strokes import make_patterns
from drumcorpus.stages.crash.training import SETTINGS

WIDTH, HEIGHT, MARGIN = 640, 300, 48
COLOURS = ("#1f6f8b", "#c2571a")  # told apart by people who see no red as well
LEAST_HITS = 5  # of a group whose likeness is drawn
N_BINS = 40
LIKENESS = (-0.4, 1.6)
MOST_DOTS = 1_000


def main() -> None:
    """Draw the three pictures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_arguments(parser)
    parser.add_argument("--kit", required=True, help="of which every hit is drawn")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    model = read_cymbal_model(args.model)
    kits = [each for each in describe_kits(args) if each.condition == AS_PLAYED]
    [one] = [each for each in kits if each.kit == args.kit]
    rows = json.loads(args.rows.read_text(encoding="utf-8"))
    pictures = {
        "likeness": draw_likeness(kits, model),
        "hits": draw_hits(one, model),
        "confidence": draw_confidence(rows),
    }
    for name, picture in pictures.items():
        (args.out / f"mixture_{name}.svg").write_text(picture, encoding="utf-8")


def draw_likeness(kits: Sequence[DescribedKit], model: CymbalModel) -> str:
    """Histograms of the likeness of groups of one cymbal and of two."""
    same, different = [], []
    for described in kits:
        known = described.known
        patterns = make_patterns(known.strokes, model.quality)
        groups = group_hits(patterns, known.strokes.sessions)
        enough = groups.n_hits >= LEAST_HITS
        sets = np.where(enough, np.cumsum(enough) - 1, -1)
        likeness = sum_groups(groups, sets, int(enough.sum())).likeness()
        struck = np.array(
            [
                np.bincount(known.cymbals[groups.of_hit == number]).argmax()
                for number in np.flatnonzero(enough)
            ]
        )
        upper = np.triu_indices(len(struck), 1)
        alike = (struck[:, None] == struck)[upper]
        same.append(likeness[upper][alike])
        different.append(likeness[upper][~alike])
    edges = np.linspace(*LIKENESS, N_BINS + 1)
    columns = [
        np.histogram(np.clip(np.concatenate(each), *LIKENESS), edges)[0]
        for each in (different, same)
    ]
    shares = [column / max(column.sum(), 1) for column in columns]
    parts = []
    for colour, share in zip(COLOURS, shares, strict=True):
        for low, high, value in zip(edges, edges[1:], share, strict=False):
            x, right = _x(low, *LIKENESS), _x(high, *LIKENESS)
            y = _y(value, 0, max(*map(max, shares), 1e-9))
            parts.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{right - x:.1f}" '
                f'height="{HEIGHT - MARGIN - y:.1f}" fill="{colour}" fill-opacity="0.6"/>'
            )
    ticks = [(_x(value, *LIKENESS), f"{value:g}") for value in (-0.4, 0, 0.4, 0.8, 1.2, 1.6)]
    return _picture(
        parts, ticks, "likeness of two groups of hits", "share of pairs", ("two cymbals", "one")
    )


def draw_hits(described: DescribedKit, model: CymbalModel) -> str:
    """Every hit of a kit by its place between two cymbals and its reliability."""
    known = described.known
    mixture = fit_mixture(known.strokes, model, SETTINGS)
    patterns = make_patterns(known.strokes, model.quality)
    membership = name_hits(known.strokes, mixture, model)
    scores = mixture.scores(patterns.unit)
    place = (scores[:, 1] - scores[:, 0]) / mixture.distance(np.array(0), np.array(1))
    reliability = np.log10(np.maximum(patterns.reliability, 0.1))
    parts = []
    order = np.argsort(known.cymbals, kind="stable")
    order = order[membership.named[order] >= 0]
    for row in order[:: -(-len(order) // MOST_DOTS)]:
        colour = COLOURS[(known.cymbals[row] - known.cymbals.min()) % 2]
        x = _x(np.clip(place[row], -1, 1), -1, 1)
        y = _y(reliability[row], -1, 1.5)
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.6" fill="{colour}"/>')
    ticks = [(_x(value, -1, 1), name) for value, name in ((-0.5, "one"), (0, "0"), (0.5, "other"))]
    return _picture(
        parts,
        ticks,
        "place between the means of two cymbals",
        "reliability, soft to loud",
        ("strikes the first", "strikes the second"),
    )


def draw_confidence(record: dict) -> str:
    """Stated confidence of hits against the share that is right, of two methods."""
    parts = [
        f'<line x1="{_x(0.9, 0.9, 1):.1f}" y1="{_y(0.9, 0.9, 1):.1f}" x2="{_x(1, 0.9, 1):.1f}" '
        f'y2="{_y(1, 0.9, 1):.1f}" stroke="#888" stroke-dasharray="4 4"/>'
    ]
    for colour, method in zip(COLOURS, ("mixture", "linkage"), strict=True):
        bins = [each for each in record["reliability"][method]["confidence"] if each["many"]]
        for each in bins:
            right = each["right"]
            x = _x(max(each["mean_confidence"], 0.9), 0.9, 1)
            low, high = (_y(max(right[name], 0.9), 0.9, 1) for name in ("low", "high"))
            y = _y(max(right["value"], 0.9), 0.9, 1)
            parts.append(
                f'<line x1="{x:.1f}" y1="{low:.1f}" x2="{x:.1f}" y2="{high:.1f}" '
                f'stroke="{colour}"/><circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
            )
    ticks = [(_x(value, 0.9, 1), f"{value:g}") for value in (0.9, 0.92, 0.94, 0.96, 0.98, 1)]
    return _picture(
        parts, ticks, "stated confidence", "share right, from 0.9", ("mixture", "linkage")
    )


def _x(value: float, low: float, high: float) -> float:
    return MARGIN + (value - low) / (high - low) * (WIDTH - 2 * MARGIN)


def _y(value: float, low: float, high: float) -> float:
    return HEIGHT - MARGIN - (value - low) / (high - low) * (HEIGHT - 2 * MARGIN)


def _picture(parts: list[str], ticks: list[tuple], below: str, beside: str, names: tuple) -> str:
    bottom = HEIGHT - MARGIN
    frame = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<line x1="{MARGIN}" y1="{bottom}" x2="{WIDTH - MARGIN}" y2="{bottom}" stroke="#444"/>',
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 10}" text-anchor="middle">{below}</text>',
        f'<text x="16" y="{HEIGHT / 2}" text-anchor="middle" '
        f'transform="rotate(-90 16 {HEIGHT / 2})">{beside}</text>',
    ]
    frame += [
        f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{name}</text>'
        for x, name in ticks
    ]
    for number, (colour, name) in enumerate(zip(COLOURS, names, strict=True)):
        x = MARGIN + 160 * number
        frame.append(f'<rect x="{x}" y="18" width="12" height="12" fill="{colour}"/>')
        frame.append(f'<text x="{x + 18}" y="28">{name}</text>')
    return "\n".join([*frame, *parts, "</svg>", ""])


if __name__ == "__main__":
    main()
