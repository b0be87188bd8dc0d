"""The figures of a run, kept as JSON, and the tables that are printed of them."""

import json
import math
import statistics
from collections.abc import Mapping
from pathlib import Path

COLUMNS = (
    *("stage", "work", "CPU, s", "memory, MB", "read, MB", "written, MB"),
    *("peer", "limit", "growth"),
)
PEERS = ("beside the peer", "wall, s", "CPU, s", "memory, MB", "its wall, s", "its CPU, s")
PEERS += ("its memory, MB", "times the wall", "times the CPU", "its share of the events")
SIZES = ("stage", "events", "CPU, s", "CPU per event", "memory, MB", "written, MB")
PLANS = ("trees", "jobs", "seconds to plan", "seconds to find nothing to do")
# The stages on tables, in the order in which they are shown.
ON_TABLES = ("alias", "merge", "JSON Lines", "audit", "health", "weights")
ON_TABLES += ("deduplicated weights", "export records", "export assembly")
DAG_SECONDS = ("seconds", "nothing_to_do")
NOT_RUN = "not run"
NONE = ""


class Store:
    """Figures by place, in a file that is written after each, so that none is measured twice."""

    def __init__(self, path: Path):
        self.path = path
        self.rows = json.loads(path.read_text()) if path.is_file() else {}

    def has(self, *place: str) -> bool:
        """Whether something stands there."""
        return self.get(*place) is not None

    def get(self, *place: str):
        """What stands there, or None."""
        row = self.rows
        for name in place:
            row = row.get(name) if isinstance(row, Mapping) else None
        return row

    def put(self, value, *place: str) -> None:
        """Keep a value, and write the file, with what another run has put there meanwhile."""
        if self.path.is_file():
            self.rows = json.loads(self.path.read_text())
        row = self.rows
        for name in place[:-1]:
            row = row.setdefault(name, {})
        row[place[-1]] = rounded(value)
        part = self.path.with_name(f"{self.path.name}.part")
        part.write_text(json.dumps(self.rows, indent=1) + "\n")
        part.replace(self.path)


def rounded(value):
    """Floats to the millisecond; they are no better."""
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, Mapping):
        return {name: rounded(each) for name, each in value.items()}
    return value


def exponent(pairs: list[tuple[float, float]]) -> float | None:
    """By which power of the amount the CPU time grows: the slope of their logarithms.

    Parameters
    ----------
    pairs : list of (amount, seconds)
        Of different amounts; those of 0 are left out.

    Returns
    -------
    exponent : float or None
        1 is linear; None where fewer than two amounts are left.
    """
    points = [(math.log(n), math.log(cpu)) for n, cpu in pairs if n > 0 and cpu > 0]
    if len({x for x, _ in points}) < 2:
        return None
    mean_x, mean_y = (statistics.fmean(column) for column in zip(*points, strict=True))
    over = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return over / sum((x - mean_x) ** 2 for x, _ in points)


def median_of(turns: list[dict]) -> dict:
    """Medians over turns.

    Those of the ratio of a limit are of ratios within a turn. A peer runs in some turns alone, and
    is held against the medians of all.
    """
    row = {name: statistics.median(turn[name] for turn in turns) for name in turns[0]["numbers"]}
    limits = [turn for turn in turns if turn.get("limit")]
    if limits:
        row["limit"] = statistics.median(turn["limit"] for turn in limits)
        row["limit_ratio"] = statistics.median(turn["limit"] / turn["cpu"] for turn in limits)
    beside = [turn for turn in turns if "peer" in turn]
    if beside:
        names = [name for name in beside[0] if name.startswith("peer")]
        row |= {name: statistics.median(turn[name] for turn in beside) for name in names}
        row["peer_ratio"] = row["peer"] / row["cpu"]
        row["peer_wall_ratio"] = row["peer_wall"] / row["wall"]
    return row


def stage_rows(figures: Mapping, reference: str) -> list[list[str]]:
    """A row for each stage, as `COLUMNS`: of the reference size, and of the largest trees."""
    rows = []
    sizes = figures.get("tables", {})
    for stage, row in in_order(sizes.get(reference, {})):
        growth = exponent(
            [(sizes[n][stage]["n"], sizes[n][stage]["cpu"]) for n in sizes if stage in sizes[n]]
        )
        rows.append(one_row(stage, row, growth))
    shares = figures.get("trees", {})
    if shares:
        largest = max(shares, key=float)
        for stage, row in shares[largest]["stages"].items():
            parts = [shares[share]["stages"].get(stage) for share in shares]
            growth = exponent([(part["n"], part["cpu"]) for part in parts if part])
            rows.append(one_row(stage, row, growth))
    return rows


def in_order(rows: Mapping[str, Mapping]) -> list[tuple[str, Mapping]]:
    """Stages on tables with their figures, whichever was measured first."""
    return [(stage, rows[stage]) for stage in ON_TABLES if stage in rows]


def one_row(stage: str, row: Mapping, growth: float | None) -> list[str]:
    """The row of one stage: the peer in times as long, the limit in per cent."""
    limit = row.get("limit_ratio")
    return [
        stage,
        amount(row["n"], row["unit"]),
        f"{row['cpu']:,.1f}",
        f"{row['peak_mb']:,.0f}",
        f"{row['read_bytes'] / 1e6:,.0f}",
        f"{row['written_bytes'] / 1e6:,.0f}",
        times_of_peer(row),
        NONE if limit is None else f"{limit:.0%}",
        NONE if growth is None else f"{growth:.2f}",
    ]


def times_of_peer(row: Mapping) -> str:
    """How many times as long the peer took, and of how much where it left something out."""
    if "peer_ratio" not in row:
        return NOT_RUN
    share = row.get("peer_share", 1.0)
    left_out = "" if share == 1.0 else f", {share:.1%} of the events"
    return f"{row['peer_ratio']:.1f} times{left_out}"


def peer_rows(figures: Mapping, reference: str) -> list[list[str]]:
    """A row for each stage that ran beside a peer, as `PEERS`."""
    stages = in_order(figures.get("tables", {}).get(reference, {}))
    shares = figures.get("trees", {})
    if shares:
        stages += shares[max(shares, key=float)]["stages"].items()
    rows = []
    for stage, row in stages:
        if "peer_wall" not in row:
            continue
        own = [row.get("own_wall", row["wall"]), row.get("own_cpu", row["cpu"])]
        seconds = [f"{value:,.1f}" for value in (*own, row["peer_wall"], row["peer"])]
        times = [f"{row[name]:.1f}" for name in ("peer_wall_ratio", "peer_ratio")]
        memory = [f"{row[name]:,.0f}" for name in ("peak_mb", "peer_mb")]
        rows.append(
            [
                *(f"{stage}, {amount(row['n'], row['unit'])}", *seconds[:2], memory[0]),
                *(*seconds[2:], memory[1], *times, f"{row['peer_share']:.1%}"),
            ]
        )
    return rows


def amount(n: float, unit: str) -> str:
    """A number and its unit."""
    return f"{n:,.1f} {unit}" if unit in ("hours", "GB") else f"{n:,.0f} {unit}"


def size_rows(figures: Mapping, reference: str) -> list[list[str]]:
    """A row for each larger size of each stage on tables, as `SIZES`."""
    sizes = figures.get("tables", {})
    rows = []
    for stage, first in in_order(sizes.get(reference, {})):
        for size in sorted(sizes, key=int):
            row = sizes[size].get(stage)
            if row is None or size == reference:
                continue
            change = row["cpu"] / row["n"] / (first["cpu"] / first["n"]) - 1
            written = f"{row['written_bytes'] / 1e6:,.0f}"
            numbers = [f"{row['n']:,.0f}", f"{row['cpu']:,.1f}", f"{change:+.0%}"]
            rows.append([stage, *numbers, f"{row['peak_mb']:,.0f}", written])
    return rows


def plan_rows(figures: Mapping) -> list[list[str]]:
    """A row for each share of the trees, as `PLANS`."""
    rows = []
    for share, row in sorted(figures.get("trees", {}).items(), key=lambda pair: float(pair[0])):
        dag = row["dag"]
        seconds = [f"{dag[name]:.1f}" if name in dag else NONE for name in DAG_SECONDS]
        rows.append([f"{float(share):.3g} of production", f"{dag['jobs']:,}", *seconds])
    return rows


def markdown(columns: tuple[str, ...], rows: list[list[str]]) -> str:
    """A table, numbers to the right."""
    lines = [columns, ["---", *["---:"] * (len(columns) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def report(figures: Mapping, reference: str) -> str:
    """All that is printed."""
    return "\n\n".join(
        markdown(columns, rows)
        for columns, rows in (
            (COLUMNS, stage_rows(figures, reference)),
            (PEERS, peer_rows(figures, reference)),
            (SIZES, size_rows(figures, reference)),
            (PLANS, plan_rows(figures)),
        )
        if rows
    )


def put_tables(page: Path, tables: str) -> None:
    """Put tables in the place of those below the heading ``## Figures`` of a page.

    The text before and after them stays.

    Raises
    ------
    ValueError
        If the page has no such heading, or no table below it.
    """
    text = page.read_text(encoding="utf-8")
    head, found, rest = text.partition("\n## Figures\n")
    section, next_heading, after = rest.partition("\n## ")
    lines = section.splitlines()
    of_tables = [number for number, line in enumerate(lines) if line.startswith("|")]
    if not of_tables:
        raise ValueError(f"{page}: no table below a heading '## Figures'")
    lines[of_tables[0] : of_tables[-1] + 1] = tables.splitlines()
    page.write_text(head + found + "\n".join(lines) + "\n" + next_heading + after, encoding="utf-8")
