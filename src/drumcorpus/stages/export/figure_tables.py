"""The figures of an export as tables: for the terminal, for a log, and as CSV.

All take what `statistics.measure_samples` or `forecast.forecast_export` gives, which have one form.
"""

import csv
import io
from collections.abc import Mapping

from drumcorpus.stages.export.amounts import amounts_in_words, text_table
from drumcorpus.stages.export.layout import COMPONENTS_MAP
from drumcorpus.stages.export.limits import limit_in_words
from drumcorpus.vocabulary import SPLITS

_COLUMNS = ("source_set", "split", "sessions", "records", "strokes", "seconds", "bytes")
_SHOWN = {"records": "records", "strokes": "strokes", "duration": "sound", "size": "size"}


def amounts_table(figures: Mapping) -> str:
    """Sessions, samples, strokes, sound and size by source set and split, with the sums."""
    names = {"sessions": "sessions", **_SHOWN}
    rows = [
        [source_set, split, *_words(part, names)] for source_set, split, part in _parts(figures)
    ]
    statistics = figures["statistics"]
    for split in SPLITS:
        rows.append(["all", split, *_words(statistics["by_split"][split], names)])
    rows.append(["all", "all", *_words(statistics, names)])
    return text_table(["source set", "split", *names.values()], rows, n_names=2)


def durations_csv(figures: Mapping) -> str:
    """The same as CSV, without the sums: one line per source set and split that has samples.

    Columns: source_set, split, sessions, records, strokes, seconds, bytes.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for source_set, split, part in _parts(figures):
        writer.writerow([source_set, split, *(part[name] for name in _COLUMNS[2:])])
    return text.getvalue()


def contribution_table(run: Mapping, whole: Mapping) -> str:
    """The table *Run contribution*, for terminal and log: what a run made, and of how much.

    Parameters
    ----------
    run, whole : mapping
        The figures of the shards that the run made, and of all.
    """
    made, all_made = run["statistics"], whole["statistics"]
    if not made["records"] and not run["without_sound"]["records"]:
        return "Run contribution: nothing was made; the export stands as it was"
    rows = [
        [
            split,
            *_words(made["by_split"][split], _SHOWN),
            *_words(all_made["by_split"][split], _SHOWN),
        ]
        for split in SPLITS
    ]
    rows.append(["all", *_words(made, _SHOWN), *_words(all_made, _SHOWN)])
    header = ["split", *_SHOWN.values(), *(f"{name} in all" for name in _SHOWN.values())]
    return "\n".join(["Run contribution", text_table(header, rows), *_without_sound(run)])


def forecast_text(forecast: Mapping) -> str:
    """What an export will hold and what it will lack, for the terminal.

    Parameters
    ----------
    forecast : mapping
        As `forecast.forecast_export` gives it.
    """
    lines = [f"Estimated, unit {forecast['unit']}, without decoding:", amounts_table(forecast)]
    if forecast["limit"] is not None:
        lines.append(f"  {limit_in_words(forecast['limit'], forecast['unit'])}")
    lines += _without_sound(forecast)
    lines += ["Strokes by label:", label_table(forecast)]
    for row in forecast["events_without_sound"]:
        lines.append(
            f"  {row['source_set']}: {row['events']:,} events {row['reason']}, e.g. "
            f"{', '.join(row['examples'])}"
        )
    for source_set, found in forecast["missing_files"].items():
        lines.append(
            f"  {source_set}: {found['files']:,} audio files are missing or changed, e.g. "
            f"{', '.join(found['examples'])}"
        )
    for row in forecast["unknown_labels"]:
        lines.append(
            f"  {row['source_set']}: {row['strokes']:,} strokes have the label {row['label']}, "
            f"which is not in the taxonomy, e.g. {', '.join(row['examples'])}"
        )
    decoded = forecast["decoded_sessions"]
    lines.append(
        f"  decoded before, by the audio checks: {decoded['decoded']:,} of {decoded['sessions']:,} "
        "sessions with sound; damage within the others is not known"
    )
    return "\n".join(lines)


def label_table(figures: Mapping) -> str:
    """Strokes by label and split, with the share of each label; those without any are named."""
    counts = {split: figures["label_counts"][split][COMPONENTS_MAP] for split in SPLITS}
    sums = {label: sum(counts[split][label] for split in SPLITS) for label in counts[SPLITS[0]]}
    total = max(1, sum(sums.values()))
    rows = [
        [
            label,
            *(f"{counts[split][label]:,}" for split in SPLITS),
            f"{n:,}",
            f"{100 * n / total:.1f} %",
        ]
        for label, n in sums.items()
        if n
    ]
    lines = [text_table(["label", *SPLITS, "all", "share"], rows)]
    absent = ", ".join(label for label, n in sums.items() if not n)
    return "\n".join([*lines, *([f"  without a stroke: {absent}"] if absent else [])])


def _parts(figures: Mapping):
    """(source set, split, amounts), by set and in the order of the splits."""
    of_splits = figures["statistics"]["by_split_and_source_set"]
    for source_set in figures["statistics"]["by_source_set"]:
        for split in SPLITS:
            if source_set in of_splits[split]:
                yield source_set, split, of_splits[split][source_set]


def _words(amounts: Mapping, names: Mapping) -> list[str]:
    words = amounts_in_words(amounts)
    return [words[name] for name in names]


def _without_sound(figures: Mapping) -> list[str]:
    found = figures["without_sound"]
    reasons = ", ".join(f"{why} {n:,}" for why, n in found["by_reason"].items())
    return [f"  without sound: {found['records']:,} ({reasons})"] if found["records"] else []
