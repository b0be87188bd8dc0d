"""The health report as one self-contained page: no network, light and dark.

Text is HTML and bars are SVG stretched to the width, so that numbers stay readable on a phone. A
small script sorts and filters the tables; without it the page says the same.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from drumcorpus.ground.pages.charts import (
    COLOURS,
    NO_COLOUR,
    RAMP,
    histogram,
    in_order,
    ranges,
    shaded_places,
    stacked_bars,
)
from drumcorpus.ground.pages.charts import nice_ticks as nice_ticks
from drumcorpus.ground.pages.render import render_page
from drumcorpus.ground.pages.shown import hours as hours
from drumcorpus.ground.pages.shown import number as number
from drumcorpus.ground.pages.shown import short
from drumcorpus.stages.health.audio_limits import SHOWN

# What the page is put together from; named here, the code digest of every user covers them.
TEMPLATES = (
    *("health.html.jinja", "health.css", "tables.js", "health_parts.html.jinja"),
    *("health_gates.html.jinja", "health_short.html.jinja", "health_diff.html.jinja"),
    *("health_classes.html.jinja", "health_playing.html.jinja", "health_sources.html.jinja"),
    *("health_sound.html.jinja", "health_mixes.html.jinja"),
    *("health_splits.html.jinja", "health_faults.html.jinja"),
    "health_examples.html.jinja",
)
SPLITS = ("train", "validation", "test")
FIRST_VERDICTS = ("FAIL", "WAIVED", "PASS")
# The section of the page that shows what a gate looks at, by the beginning of the gate's name.
SECTIONS_OF_GATES = {
    "min_count_per_split": "cells",
    "min_count": "labels",
    "min_real_count": "labels",
    "min_events_per_split": "durations",
    "required_labels": "labels",
    "required_techniques": "techniques",
    "max_unknown_labels": "labels",
    "max_duplicate_rate": "duplicates",
    "max_quarantined": "quarantine",
    "max_unexplained_hits": "drops",
    "max_leak": "leaks",
    "max_synthetic_share": "cells",
    "max_source_set_share": "sources",
    "max_model_label_share": "sources",
    "max_events_without_audio_share": "silent",
    "require_license": "licenses",
    "allowed_licenses": "licenses",
    "require_complete": "whole",
    "max_drifted_classes": "drift",
    "max_lost_classes": "drift",
    "max_hit_span": "sound",
    "max_outlier": "sound",
    "max_loudness": "sound",
    "max_clipped": "sound",
    "max_silent": "sound",
    "max_dc": "sound",
    "max_unmeasured": "sound",
    "max_timing": "sound",
    "max_past_end": "sound",
}
SECTIONS = {
    "gates": "Gates",
    "baseline": "Against the baseline",
    "labels": "Labels",
    "cells": "Class by set and split",
    "playing": "How it is played",
    "sources": "Sources",
    "sound": "Sound",
    "leaks": "Splits",
    "drops": "Left out and wrong",
    "sessions": "Sessions",
}
# Sections of the audio checks that name sessions.
FAULTS = {
    "unmeasured": "Sessions that could not be measured",
    "timing": "Sessions whose labels are not where the sound is",
    "clipped": "Clipped sessions",
    "dc": "Sessions with a DC offset",
    "silent": "Silent sessions",
    "outlier": "Sessions far from the loudness of their source set",
    "past_end": "Sessions annotated past their end, or of unknown end",
}
SESSION = ("source_set", "session_id")
# Titles of the lists of sessions, and what is counted in them.
LISTS = {
    "labels": ("By label", "hits"),
    "techniques": ("By technique", "events"),
    "events": ("With something missing or odd", "events"),
}


def render_health_page(
    report: Mapping,
    title: str,
    *,
    what: str = "manifest",
    diff: Mapping | None = None,
    sessions: Mapping[str, str] | None = None,
) -> str:
    """The page of a health report.

    Parameters
    ----------
    report : mapping
        Report of `measure.measure_health`, as it is or read back from JSON; under
        ``gates`` the verdicts of `gates.check_gates` on it, if any were checked.
    title : str
        Heading of the page, such as the name of the manifest.
    what : str
        ``manifest``, ``source set`` or ``file``; a source set may have no gates, a file has none.
    diff : mapping, optional
        How the report differs from the blessed one.
    sessions : mapping, optional
        Where a session is to be seen and heard, as of `session_links.links_to_sessions`; where
        there is none, no page of sessions is named.

    Returns
    -------
    html : str
        A whole document. All names from the data are escaped.
    """
    verdicts = [
        {**verdict, "section": section_of(verdict["gate"])} for verdict in report.get("gates", ())
    ]
    verdicts.sort(key=lambda verdict: FIRST_VERDICTS.index(verdict["status"]))
    examples, ids = example_lists(report["examples"])
    absent = {name for name, here in {"gates": verdicts, "baseline": diff}.items() if not here}
    return render_page(
        "health.html.jinja",
        title=title,
        what=what,
        report=report,
        verdicts=verdicts,
        n_failed=sum(verdict["status"] == "FAIL" for verdict in verdicts),
        n_waived=sum(verdict["status"] == "WAIVED" for verdict in verdicts),
        charts=health_charts(report),
        cells=cell_rows(report, ids),
        coverage=coverage_rows(report),
        faulty=faulty_sessions(report["audio_checks"]),
        examples=examples,
        ids=ids,
        diff=diff,
        pages_of_sessions=sessions,
        sections=[(id_, name) for id_, name in SECTIONS.items() if id_ not in absent],
    )


def section_of(gate: str) -> str:
    """The id of the section that a gate looks at; empty where it is another page."""
    return next((id_ for name, id_ in SECTIONS_OF_GATES.items() if gate.startswith(name)), "")


def example_lists(examples: Mapping) -> tuple[list[dict], dict]:
    """The lists of sessions, and the id of the list behind each figure; empty where is none.

    Ids are numbered, for names of the data could be anything.
    """
    parts, ids = [], {kind: defaultdict(str) for kind in LISTS} | {"cells": defaultdict(str)}
    for kind, (title, unit) in LISTS.items():
        groups = []
        for number_of, (name, by_set) in enumerate(examples[kind].items()):
            id_ = ids[kind][name] = f"{kind}-{number_of}"
            rows = []
            for set_number, (source_set, sessions) in enumerate(by_set.items()):
                ids["cells"][kind, name, source_set] = f"{id_}-{set_number}"
                rows += [{"source_set": source_set, "id": "", **row} for row in sessions]
                rows[-len(sessions)]["id"] = f"{id_}-{set_number}"
            groups.append({"id": id_, "name": spoken(kind, name), "unit": unit, "rows": rows})
        if groups:
            parts.append({"title": title, "groups": groups})
    extremes = [
        {"id": key, "name": spoken("", key), "unit": "hits"}
        | {"rows": [{"id": "", **row} for row in rows]}
        for key in ("most_hits", "fewest_hits")
        if (rows := examples["sessions"][key])
    ]
    if extremes:
        parts.append({"title": "By number of hits", "groups": extremes})
    names = {group["id"] for group in extremes}
    for key, id_ in (("most", "most_hits"), ("fewest", "fewest_hits")):
        ids[key] = id_ if id_ in names else ""
    return parts, ids


def spoken(kind: str, name: str) -> str:
    """The name of a list; names of the data stay as they are."""
    return name if kind in ("labels", "techniques") else name.replace("_", " ")


def cell_rows(report: Mapping, ids: Mapping) -> list[dict]:
    """One row per label, source set and split, with the id of its sessions."""
    return [
        {"label": label, "source_set": name, "split": split, **counts}
        | {"id": ids["cells"]["labels", label, name]}
        for label, figures in sorted(report["labels"].items())
        for name, splits in figures["by_set_and_split"].items()
        for split, counts in splits.items()
    ]


def coverage_rows(report: Mapping) -> list[dict]:
    """Of every source set the share of events with a tempo and with a meter."""
    rows = []
    for name, counts in report["source_sets"].items():
        shares = {
            key: report[key]["with_by_source_set"].get(name, 0) / counts["events"]
            for key in ("tempo", "meter")
        }
        rows.append({"name": name, "events": counts["events"], **shares})
    return rows


def faulty_sessions(sound: Mapping | None) -> list[tuple[str, list[dict]]]:
    """Titles and examples of the sessions whose sound is beyond a limit, columns in their order."""
    return [
        (title, [{name: row[name] for name in (*SESSION, *SHOWN[key])} for row in rows])
        for key, title in FAULTS.items()
        if sound is not None and (rows := sound.get(key, {}).get("examples"))
    ]


def health_charts(report: Mapping) -> dict:
    """The geometry of all charts of the page, by their names in the template."""
    ranked = sorted(report["labels"].items(), key=lambda item: (-item[1]["total"], item[0]))
    present = {label: counts for label, counts in ranked if counts["total"]}
    by_split = {label: counts["by_split"] for label, counts in present.items()}
    by_source = {label: counts["by_source_set"] for label, counts in present.items()}
    dynamics = {label: counts["dynamics"] for label, counts in present.items()}
    techniques = {name: counts["by_split"] for name, counts in report["techniques"].items()}
    numbers = sorted(report["components_per_event"].items(), key=lambda item: int(item[0]))
    splits = in_order(by_split, report["splits"], first=SPLITS)
    buckets = in_order(dynamics, (), first=report["dynamic_buckets"])
    levels = report["velocity"]["bins"]
    velocities = [(f"{n / len(levels):.2g}", count) for n, count in enumerate(levels)]
    cells, legend = cell_charts(present, splits)
    return {
        "splits": stacked_bars(by_split, splits),
        "source_sets": stacked_bars(by_source, list(report["source_sets"]), of_whole=True),
        "dynamics": stacked_bars(dynamics, buckets, of_whole=True, colours=RAMP),
        "techniques": stacked_bars(techniques, splits),
        "velocity": histogram(velocities, "1"),
        "openness": {
            family: histogram([(f"{b['from']:g}", b["components"]) for b in counts["bins"]], "1")
            for family, counts in report["openness"].items()
        },
        "hits": hits_histogram(report["hits_per_session"]),
        "tempo": histogram([(str(b["from_bpm"]), b["events"]) for b in report["tempo"]["bins"]]),
        "components": histogram(numbers, centred=True),
        "durations": duration_chart(report["durations"], splits),
        "bars": bar_charts(report["bar_places"]),
        "cymbals": cymbal_chart(report["cymbal_variants"]),
        **range_charts(report),
        "cells": cells,
        "cell_legend": legend,
    }


def range_charts(report: Mapping) -> dict:
    """Quantiles of velocity by class, and of loudness and the labels' offset by source set."""
    keys = ("lower_quartile", "lower_quartile", "median", "upper_quartile", "upper_quartile")
    velocities = {
        label: [figures["velocity"][key] for key in keys]
        for label, figures in sorted(report["labels"].items())
        if figures["velocity"]["known"]
    }
    sets = (report["audio_checks"] or {}).get("by_source_set", {})
    levels = {name: figures["loudness"] for name, figures in sets.items()}
    offsets = {name: figures["timing"]["offset_ms"] for name, figures in sets.items()}
    return {
        "velocity_ranges": ranges(velocities, zero=True),
        "loudness_ranges": ranges(_quantiles(levels)),
        "offset_ranges": ranges(_quantiles(offsets), zero=True),
        "family_offsets": family_charts(sets),
    }


def family_charts(sets: Mapping[str, Mapping]) -> dict:
    """Quantiles of the labels' offset by family, a chart of each source set, all of one axis."""
    levels = {
        name: _quantiles({family: of["offset_ms"] for family, of in offsets.items()})
        for name, figures in sets.items()
        if (offsets := figures["timing"]["family_offsets"])
    }
    reach = [level for of in levels.values() for five in of.values() for level in five]
    return {name: ranges(of, zero=True, reach=reach) for name, of in levels.items()}


def bar_charts(bar_places: Mapping) -> dict:
    """Of every meter a strip for each label; meters and labels with most hits come first."""
    charts = {}
    # The order of names is lost in a file.
    by_hits = sorted(bar_places["by_meter"].items(), key=lambda item: (-item[1]["hits"], item[0]))
    for meter, counts in by_hits:
        ranked = sorted(counts["by_label"].items(), key=lambda item: (-sum(item[1]), item[0]))
        beats = [str(beat + 1) for beat in range(counts["beats"])]
        charts[meter] = shaded_places(dict(ranked), beats, bar_places["per_beat"])
    return charts


def cymbal_chart(cymbal_variants: Mapping) -> dict:
    """By what the hits of each label of such cymbals were told apart, or that they were not."""
    rows = {
        label: counts["by_method"] | {"not judged": counts["not_judged"]}
        for label, counts in cymbal_variants.items()
        if counts["total"]
    }
    methods = sorted({name for counts in rows.values() for name in counts} - {"not judged"})
    colours = dict(zip(methods, COLOURS, strict=False)) | {"not judged": NO_COLOUR}
    series = [*methods, "not judged"]
    return stacked_bars(rows, series, of_whole=True, colours=[colours[name] for name in series])


def _quantiles(distributions: Mapping[str, Mapping]) -> dict[str, list[float]]:
    """Those from 5 to 95 % of what has any."""
    levels = ("0.05", "0.25", "0.5", "0.75", "0.95")
    return {
        name: [known_levels[level] for level in levels]
        for name, each in distributions.items()
        if (known_levels := each["quantiles"])
    }


def cell_charts(labels: Mapping[str, Mapping], splits: Sequence[str]) -> tuple[dict, list[dict]]:
    """A small chart for every label: source sets cut into splits.

    All bars of a label have one scale. Synthetic hits are paler where there are real ones too.
    The legend of all charts comes second.
    """
    kinds = [(split, kind) for split in splits for kind in ("real", "synthetic")]
    both = all(any(counts[kind] for counts in labels.values()) for kind in ("real", "synthetic"))
    colours = [
        COLOURS[splits.index(split) % len(COLOURS)]
        + (" syn" if both and kind == "synthetic" else "")
        for split, kind in kinds
    ]
    names = [split if kind == "real" else f"{split}, synthetic" for split, kind in kinds]
    charts = {}
    for label, counts in labels.items():
        rows = {
            source_set: {
                name: cell.get(split, {}).get(kind, 0)
                for (split, kind), name in zip(kinds, names, strict=True)
            }
            for source_set, cell in counts["by_set_and_split"].items()
        }
        chart = charts[label] = stacked_bars(rows, names, colours=colours)
        chart["ticks"] = [chart["ticks"][0], chart["ticks"][-1]]  # more would touch
    there = {
        s["series"] for chart in charts.values() for row in chart["rows"] for s in row["segments"]
    }
    legend = [
        {"name": name, "colour": colour}
        for name, colour in zip(names, colours, strict=True)
        if name in there
    ]
    return charts, legend


def duration_chart(durations: Mapping | None, splits: Sequence[str]) -> dict | None:
    """Length of the sessions of every label by split, longest first, in a fitting ``unit``."""
    if durations is None:
        return None
    ranked = sorted(
        durations["by_label"].items(), key=lambda item: (-item[1]["audio_duration"], item[0])
    )
    longest = max((lengths["audio_duration"] for _, lengths in ranked), default=0)
    unit, size = ("hours", 3600) if longest >= 2 * 3600 else ("minutes", 60)
    rows = {
        label: {split: round(seconds / size, 2) for split, seconds in lengths["by_split"].items()}
        for label, lengths in ranked
    }
    return stacked_bars(rows, in_order(rows, splits, first=SPLITS)) | {"unit": unit}


def hits_histogram(hits: Mapping | None) -> dict | None:
    """Histogram of hits per session by area, without the empty bins at both ends."""
    if hits is None:
        return None
    bins = [(short(b["from"]), b["sessions"]) for b in hits["bins"]]
    edges = [b["from"] for b in hits["bins"]]
    edges.append(max(hits["max"], edges[-1]) * 2)  # the last bin is open
    filled = [index for index, (_, n) in enumerate(bins) if n]
    if not filled:
        return None
    first, last = filled[0], filled[-1] + 1
    return histogram(bins[first:last], edges=edges[first : last + 1])
