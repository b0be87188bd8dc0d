"""From the counts of the one pass to small tables: what each section of the report rests on."""

from dataclasses import dataclass

import numpy as np

from drumcorpus.stages.health.one_pass import (
    OUTSIDE,
    TEMPO_NONE,
    VELOCITY_NONE,
    Counts,
    meter_place,
)
from drumcorpus.stages.health.tally import as_rows, sum_equal

PLACES = ("source_set", "session_id", "group_id", "split", "license", "meter", "label_method")


@dataclass
class Rows:
    """Lists of dicts, each with its number ``n``; null names are ``(none)``."""

    events: list[dict]  # cell
    by_session: list[dict]  # cell, n_components
    components: list[dict]  # source_set, split, is_synthetic, label_method, label
    tempi: list[dict]  # source_set, tempo_bin, None where there is no tempo
    places: list[dict]  # meter, label, place
    dynamics: list[dict]  # source_set, label, dynamic_bucket
    velocities: list[dict]  # source_set, label, level
    openness: list[dict]  # label, openness_bin
    techniques: list[dict]  # source_set, split, technique
    variants: list[dict]  # label, stage, method
    variant_sessions: list[dict]  # the same, of which n is the number of sessions


def cell_columns(counts: Counts) -> dict[str, np.ndarray]:
    """Global codes of every cell by column, shape (n_cells,) each."""
    keys = np.array(list(counts.cells), dtype=np.int64).reshape(len(counts.cells), len(PLACES) + 2)
    return dict(zip((*PLACES, "has_audio", "is_synthetic"), keys.T, strict=True))


def make_rows(counts: Counts) -> Rows:
    """All small tables."""
    cells = cell_columns(counts)
    names = {key: counts.names[key].shown() for key in counts.names}
    sets, labels, kinds = names["source_set"], names["label"], (False, True)
    cell_names = [
        {
            **{name: names[name][codes[name]] for name in PLACES},
            **{name: bool(codes[name]) for name in ("has_audio", "is_synthetic")},
        }
        for codes in (
            dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)
        )
    ]
    counted = counts.events.counted()
    by_session = [
        {**cell_names[cell], "n_components": number, "n": n}
        for cell, number, n in counted.T.tolist()
    ]
    of_cell = np.stack(sum_equal([counted[0]], counted[2]))
    variants = counts.variants.counted()
    session = [cells[key][variants[0]] for key in ("source_set", "session_id")]
    judged = sum_equal([*session, *variants[1:4]], variants[4])
    verdict = {"label": labels, "stage": names["stage"], "method": names["method"]}
    events = [{**cell_names[cell], "n": n} for cell, n in of_cell.T.tolist()]
    return Rows(
        events=events,
        by_session=by_session,
        components=as_rows(
            regrouped(
                counts.components.counted(),
                cells,
                *("source_set", "split", "is_synthetic", "label_method"),
            ),
            source_set=sets,
            split=names["split"],
            is_synthetic=kinds,
            label_method=names["label_method"],
            label=labels,
        ),
        tempi=as_rows(
            regrouped(counts.tempi.counted(), cells, "source_set"),
            source_set=sets,
            tempo_bin=[*range(TEMPO_NONE), None],
        ),
        places=[
            {"label": labels[label], "meter": names["meter"][meter], "place": place, "n": n}
            for label, code, n in counts.places.counted().T.tolist()
            for meter, place in (meter_place(code),)
        ],
        dynamics=as_rows(
            counts.dynamics.counted(), source_set=sets, label=labels, dynamic_bucket=names["bucket"]
        ),
        velocities=as_rows(
            counts.velocities.counted(),
            source_set=sets,
            label=labels,
            level=range(VELOCITY_NONE + 1),
        ),
        openness=as_rows(counts.openness.counted(), label=labels, openness_bin=range(OUTSIDE + 1)),
        techniques=as_rows(
            regrouped(counts.techniques.counted(), cells, "source_set", "split"),
            source_set=sets,
            split=names["split"],
            technique=names["technique"],
        ),
        variants=as_rows(np.stack(sum_equal(variants[1:4], variants[4])), **verdict),
        variant_sessions=as_rows(
            np.stack(sum_equal(judged[2:5], np.ones_like(judged[5]))), **verdict
        ),
    )


def regrouped(counted: np.ndarray, cells: dict[str, np.ndarray], *keys: str) -> np.ndarray:
    """Counts of (cell, value) by `keys` of the cell and by the value."""
    columns = [cells[key][counted[0]] for key in keys]
    return np.stack(sum_equal([*columns, counted[1]], counted[2]))
