"""The section on places in the bar: where in it each label is struck, by meter."""

import re
from collections import Counter

from drumcorpus.stages.health.figures import group_by, total
from drumcorpus.stages.health.one_pass import PLACE_NONE, PLACES, PLACES_PER_BEAT
from drumcorpus.vocabulary import NO_VALUE

MOST_METERS = 4  # that are told place by place, those with most hits
BEATS = re.compile(r"([1-9][0-9]?)/[0-9]+")  # a meter; a beat is its note value


def bar_places(rows: list[dict]) -> dict:
    """Hits by label and place in the bar, of the meters with most hits that have a place.

    Parameters
    ----------
    rows : list of dict
        ``meter``, ``label``, ``place`` as of `one_pass.bar_places`, and their number ``n``.

    Returns
    -------
    dict
        ``hits`` that have meter and beat, ``without`` one of them, ``outside`` the bar of their
        meter, which no list has; ``by_meter``, most hits first: ``beats`` of the bar, ``hits``, and
        ``by_label`` the hits at each of ``per_beat`` places of every beat, from beat 1.
        ``other_meters``: hits of all others, and of bars that are too long to be told by place.
    """
    without = total(
        row for row in rows if row["place"] == PLACE_NONE or BEATS.fullmatch(row["meter"]) is None
    )
    counts: dict[str, dict[str, Counter]] = {}
    outside = in_long_bars = 0
    for meter, of_meter in group_by(rows, "meter").items():
        if meter == NO_VALUE or BEATS.fullmatch(meter) is None:
            continue
        n_places = int(BEATS.fullmatch(meter)[1]) * PLACES_PER_BEAT
        for row in of_meter:
            if row["place"] == PLACE_NONE:
                continue
            # Of a later beat the pass says no place: it may be of this bar or outside of it.
            if n_places >= PLACES:
                in_long_bars += row["n"]
                continue
            # The last half of a place belongs to beat 1 of the next bar.
            if row["place"] > n_places:
                outside += row["n"]
                continue
            by_label = counts.setdefault(meter, {})
            by_label.setdefault(row["label"], Counter())[row["place"] % n_places] += row["n"]
    hits = {meter: sum(map(Counter.total, of.values())) for meter, of in counts.items()}
    ranked = sorted(hits, key=lambda meter: (-hits[meter], meter))
    return {
        "per_beat": PLACES_PER_BEAT,
        "hits": sum(hits.values()) + in_long_bars,
        "without": without,
        "outside": outside,
        "by_meter": {
            meter: {
                "beats": (n_beats := int(BEATS.fullmatch(meter)[1])),
                "hits": hits[meter],
                "by_label": {
                    label: [places[n] for n in range(n_beats * PLACES_PER_BEAT)]
                    for label, places in sorted(counts[meter].items())
                },
            }
            for meter in ranked[:MOST_METERS]
        },
        "other_meters": sum(hits[meter] for meter in ranked[MOST_METERS:]) + in_long_bars,
    }
