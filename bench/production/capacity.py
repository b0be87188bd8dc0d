"""What a corpus needs, by the rates that were measured: cores, hours, disk, memory.

    python bench/production/capacity.py [--figures bench/production/figures.json] [--write]

prints the CPU hours of each step of the work for three corpora (Groove MIDI alone, the seven sets
of `SETS`, ten times these), and below them hours on some numbers of cores, disk and memory. A rate
is that of the largest size at which the stage was measured. --write puts the tables into
docs/capacity.md.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from kept_figures import markdown, put_tables

REPO = Path(__file__).resolve().parents[2]
FIGURES = REPO / "bench/production/figures.json"
PAGE = REPO / "docs/capacity.md"
CORES = (2, 16, 64)
CHECKED_SESSIONS = 200  # of each set: checks.measure.sessions_per_set
HEARD_H = 240.0 / 3600  # of each session, at most: splits.fingerprints.max_seconds
EVENTS_PER_STROKE = 0.9  # strokes within 5 ms are one event; of E-GMD 12.9 of 14.3 million
CRASH_SHARE = 5_877 / 446_312  # of the strokes of Groove MIDI
SHARD_EVENTS = 100_000


@dataclass(frozen=True)
class Corpus:
    """What a source set, or several, have.

    Attributes
    ----------
    sessions, files, strokes
        Their numbers.
    hours
        Of the recordings that the labels are set on.
    gb
        Gigabytes (10^9) of all raw files.
    checked_hours, heard_hours
        Of what the checks and the fingerprints decode.
    """

    sessions: int
    files: int
    strokes: int
    hours: float
    gb: float
    checked_hours: float
    heard_hours: float

    def times(self, factor: int) -> "Corpus":
        """So many such sets."""
        return Corpus(*(value * factor for value in vars(self).values()))


def source_set(sessions: int, files: int, strokes: int, hours: float, gb: float) -> Corpus:
    """One set, with what is decoded of it."""
    checked = hours * min(1.0, CHECKED_SESSIONS / sessions)
    heard = min(hours, sessions * HEARD_H)
    return Corpus(sessions, files, strokes, hours, gb, checked, heard)


# As they are published; hours of ENST-Drums and MDB Drums, and the size of ENST-Drums, are rough.
SETS = {
    "slakh2100": source_set(1_710, 41_000, 2_543_000, 145.0, 105.0),
    "groove_mididataset": source_set(1_150, 2_243, 446_312, 13.6, 4.8),
    "egmd": source_set(45_537, 91_077, 14_341_145, 444.0, 141.3),
    "enst_drums": source_set(318, 3_300, 45_704, 3.7, 12.0),
    "idmt_smt_drums_v2": source_set(95, 950, 7_891, 0.4, 0.7),
    "mdb_drums": source_set(23, 92, 7_994, 0.4, 0.6),
    "musdb18_hq": source_set(150, 750, 0, 10.0, 23.0),
}


def total(sets: Iterable[Corpus]) -> Corpus:
    """Several sets as one."""
    return Corpus(*map(sum, zip(*(vars(each).values() for each in sets), strict=True)))


CORPORA = {
    "Groove MIDI": {"groove_mididataset": SETS["groove_mididataset"]},
    "seven sets": SETS,
    "ten times these": {name: each.times(10) for name, each in SETS.items()},
}

# Steps in the cheapest order, each with its stages, and which of these are one job and one core.
STEPS = {
    "`inventory`": ["inventory", "integrity"],
    "`ingest`": ["ingestion", "gathering", "provenance"],
    "`crash`": ["crash candidates", "crash embeddings", "crash clustering"],
    "`manifest`": ["alias", "fingerprints", "splits", "merge", "JSON Lines"],
    "`audit`, `health`": ["checks", "audit", "health"],
    "`weights`": ["weights"],
    "`export`": ["export records", "clips, shards", "export assembly"],
    "`verify`": ["verify"],
}
# What reads a set; of one that was not measured, the MIDI files of Groove MIDI have to do.
INGESTION, OTHER_INGESTION = "ingestion", "ingestion, Groove MIDI"
INGESTION_OF = {
    "slakh2100": "ingestion, Slakh",
    "egmd": "ingestion, E-GMD",
    "enst_drums": "ingestion, ENST",
    "idmt_smt_drums_v2": "ingestion, IDMT",
}
ONE_CORE = {"merge", "JSON Lines", "splits", "weights", "audit", "health", "export assembly"}
# Of what a rate is, where the stage measured another unit than the corpus is told in.
AMOUNTS = {
    "GB": lambda corpus: corpus.gb,
    "files": lambda corpus: corpus.files,
    "sessions": lambda corpus: corpus.sessions,
    "events": lambda corpus: corpus.strokes * EVENTS_PER_STROKE,
    "clips": lambda corpus: corpus.strokes * EVENTS_PER_STROKE,
    "hits": lambda corpus: corpus.strokes * CRASH_SHARE,
}
HOURS = {"checks": "checked_hours", "fingerprints": "heard_hours"}


def amount(stage: str, unit: str, corpus: Corpus) -> float:
    """How much of a unit a stage works on in a corpus.

    Raises
    ------
    ValueError
        If the unit is none that a corpus is told in.
    """
    if unit == "hours":
        return getattr(corpus, HOURS[stage])
    if unit == "products":  # some forty of each shard, and some hundred besides
        return 100 + 40 * corpus.strokes / SHARD_EVENTS
    if unit not in AMOUNTS:
        raise ValueError(
            f"{stage}: measured in {unit}; known: hours, products, {', '.join(AMOUNTS)}"
        )
    return AMOUNTS[unit](corpus)


def stages_of(figures: Mapping) -> dict[str, dict]:
    """The figures of every stage at the largest size at which it was measured."""
    found = {}
    for size in sorted(figures.get("tables", {}), key=int):
        found |= figures["tables"][size]
    shares = figures.get("trees", {})
    if shares:
        found |= shares[max(shares, key=float)]["stages"]
    return found


def parts_of(stage: str, sets: Mapping[str, Corpus]) -> list[tuple[str, Corpus]]:
    """What was measured, and for which part of the sets it stands."""
    if stage != INGESTION:
        return [(stage, total(sets.values()))]
    return [(INGESTION_OF.get(name, OTHER_INGESTION), each) for name, each in sets.items()]


def in_proportion(
    figures: Mapping[str, Mapping], name: str, stage: str, sets: Mapping[str, Corpus]
) -> float:
    """A figure of a stage, such as ``cpu``, by what the sets have of that which was measured."""
    return sum(
        figures[part][name] / figures[part]["n"] * amount(part, figures[part]["unit"], corpus)
        for part, corpus in parts_of(stage, sets)
    )


def needs(figures: Mapping, sets: Mapping[str, Corpus]) -> dict:
    """What a corpus of some sets needs.

    Returns
    -------
    needs : dict
        ``steps``: CPU hours by step; ``one_core``: those of jobs that no second core helps;
        ``gb``: of products; ``memory_mb``: of the largest job.

    Raises
    ------
    ValueError
        If a stage of a step was not measured.
    """
    measured = stages_of(figures)
    stages = [stage for each in STEPS.values() for stage in each]
    used = {part for stage in stages for part, _ in parts_of(stage, sets)}
    if missing := sorted(used - measured.keys()):
        raise ValueError(f"not measured: {', '.join(missing)}; run bench/production/run.py")
    hours = {stage: in_proportion(measured, "cpu", stage, sets) / 3600 for stage in stages}
    written = (in_proportion(measured, "written_bytes", stage, sets) for stage in stages)
    return {
        "steps": {step: sum(hours[stage] for stage in of) for step, of in STEPS.items()},
        "one_core": sum(hours[stage] for stage in stages if stage in ONE_CORE),
        "gb": sum(written) / 1e9,
        "memory_mb": max(measured[part]["peak_mb"] for part in used),
    }


def hours_on(need: Mapping, cores: int) -> float:
    """Hours on the clock: jobs of one core after one another, the others on all of them."""
    return need["one_core"] + (sum(need["steps"].values()) - need["one_core"]) / cores


def shown(hours: float) -> str:
    """Hours, or minutes of less than two."""
    return f"{hours:,.1f} h" if hours >= 2 else f"{hours * 60:,.1f} min"


def report(figures: Mapping) -> str:
    """The two tables."""
    of_corpus = {name: needs(figures, sets) for name, sets in CORPORA.items()}
    wholes = {name: total(sets.values()) for name, sets in CORPORA.items()}
    steps = [[step, *(shown(need["steps"][step]) for need in of_corpus.values())] for step in STEPS]
    steps.append(["all", *(shown(sum(need["steps"].values())) for need in of_corpus.values())])
    rows = [
        [f"on {cores} cores", *(shown(hours_on(need, cores)) for need in of_corpus.values())]
        for cores in CORES
    ]
    rows.append(["raw files", *(f"{corpus.gb:,.0f} GB" for corpus in wholes.values())])
    rows.append(["products", *(f"{need['gb']:,.0f} GB" for need in of_corpus.values())])
    rows.append(["largest job", *(f"{need['memory_mb']:,.0f} MB" for need in of_corpus.values())])
    sizes = [
        ["sessions", *(f"{corpus.sessions:,}" for corpus in wholes.values())],
        ["strokes", *(f"{corpus.strokes:,}" for corpus in wholes.values())],
        ["recordings", *(f"{corpus.hours:,.0f} h" for corpus in wholes.values())],
    ]
    return "\n\n".join(
        (
            markdown(("CPU time of", *CORPORA), steps),
            markdown(("needed", *CORPORA), [*sizes, *rows]),
        )
    )


def main() -> None:
    """Read the command line, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--figures", type=Path, default=FIGURES)
    parser.add_argument("--write", action="store_true", help="into docs/capacity.md")
    args = parser.parse_args()
    said = report(json.loads(args.figures.read_text()))
    if args.write:
        put_tables(PAGE, said)
    print(said)


if __name__ == "__main__":
    main()
