"""The pages of sessions: one of each source set, and one that leads to all sessions by reason.

What is heard and drawn stands in the page itself; a small script plays it, moves the cursor and
mixes in clicks. Without the script the pictures, the labels and the browser's own player are there.
"""

import itertools
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from drumcorpus.ground.files.natural_order import natural_key
from drumcorpus.ground.pages.charts import COLOURS
from drumcorpus.ground.pages.render import render_page
from drumcorpus.ground.pages.session_links import session_anchor
from drumcorpus.stages.listening.settings import ListeningSettings
from drumcorpus.stages.listening.words import ENDS_BEFORE, KINDS, N_COLUMNS, PAGE_IS_FULL, SWING
from drumcorpus.vocabulary import NO_AUDIO

TEMPLATES = ("sessions.html.jinja", "sessions.css", "sessions.js", "sessions_index.html.jinja")
LANE = 18  # height of a label's lane in the units of its picture
LEAST, LARGEST = 4, 16  # height of a stroke of velocity 0, and of 1 or none
N_TICKS = 10  # most steps of the time axis
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60)  # s, between two of its ticks
NOT_PASSED_ON = "not_passed_on"
SENTENCES = {
    NO_AUDIO: "There is no sound here",
    PAGE_IS_FULL: "Shown without sound: the page has as much as listening.page_mb allows",
    ENDS_BEFORE: "The sound ends before the excerpt does",
    NOT_PASSED_ON: "Shown without sound: its licence does not allow to pass it on",
}


def render_sessions(
    source_set: str,
    card: Mapping,
    shown: Sequence[Mapping],
    not_shown: Sequence[str],
    settings: ListeningSettings,
    *,
    to_be_passed_on: bool = False,
) -> str:
    """The page of a source set.

    Parameters
    ----------
    source_set : str
    card : mapping
        Of the source set.
    shown : sequence of mapping
        As of `cut.cut_sessions`.
    not_shown : sequence of str
        Sessions that are named elsewhere and found no room.
    settings : ListeningSettings
    to_be_passed_on : bool
        Leave out the sound that its licence does not allow to pass on.

    Returns
    -------
    html : str
        A whole document.
    """
    labels = sorted({lane["label"] for row in shown for lane in row["lanes"]})
    colours = dict(zip(labels, itertools.cycle(COLOURS), strict=False))
    sessions = [_session(row, colours, to_be_passed_on) for row in shown]
    return render_page(
        "sessions.html.jinja",
        title=source_set,
        set_title=card["title"],
        license=card["license"],
        redistributable=card["redistributable"],
        to_be_passed_on=to_be_passed_on,
        sessions=sessions,
        not_shown=[(name, session_anchor(source_set, name)) for name in not_shown],
        kinds=KINDS,
        excerpt_s=settings.excerpt_s,
        max_sessions=settings.max_sessions,
        n_columns=N_COLUMNS,
        swing=SWING,
    )


def render_index(documents: Mapping[str, Mapping]) -> str:
    """The page that leads to the sessions of all source sets, by the reason why they are shown.

    Parameters
    ----------
    documents : mapping
        By source set what `choose.choose_sessions` gave.
    """
    groups: dict[str, list[dict]] = {kind: [] for kind in KINDS}
    for name, document in documents.items():
        for row in document["sessions"]:
            for reason in row["reasons"]:
                link = f"{quote(name)}.html#{row['anchor']}"
                entry = {key: row[key] for key in ("session_id", "split")}
                groups[reason["kind"]].append(
                    entry | {"source_set": name, "link": link, "says": reason["says"]}
                )
    sets = [
        {
            "name": name,
            "shown": len(document["sessions"]),
            "not_shown": len(document["not_shown"]),
        }
        for name, document in sorted(documents.items(), key=lambda item: natural_key(item[0]))
    ]
    return render_page(
        "sessions_index.html.jinja",
        title="Sessions to hear and see",
        groups=[(KINDS[kind], kind, rows) for kind, rows in groups.items() if rows],
        sets=sets,
    )


def _session(row: Mapping, colours: Mapping[str, str], to_be_passed_on: bool) -> dict:
    is_silent = to_be_passed_on and not row["redistributable"]
    recordings = []
    for one in row["recordings"]:
        problem = NOT_PASSED_ON if is_silent and one["sound"] else one["problem"]
        says = SENTENCES.get(problem, (problem or "").replace("_", " "))
        recordings.append(
            one
            | {"sound": None if is_silent else one["sound"], "outline": outline(one)}
            | {"says": says + (f": {one['detail']}" if one["detail"] and problem else "")}
        )
    return row | {
        "recordings": recordings,
        "says": SENTENCES[NO_AUDIO] if row["problem"] else "",
        "lanes": [
            {
                "label": lane["label"],
                "colour": colours[lane["label"]],
                "hits": [_stroke(hit, number) for hit in lane["hits"]],
                "base": (number + 1) * LANE,
            }
            for number, lane in enumerate(row["lanes"])
        ],
        "height": LANE * len(row["lanes"]),
        "n_shown": sum(len(lane["hits"]) for lane in row["lanes"]),
        "n_doubtful": sum(hit["in_doubt"] for lane in row["lanes"] for hit in lane["hits"]),
        "ticks": time_ticks(row["start"], row["seconds"]),
    }


def _stroke(hit: Mapping, lane: int) -> dict:
    velocity = hit["velocity"]
    share = 1.0 if velocity is None else min(max(velocity, 0.0), 1.0)
    return hit | {
        "x": round(1000 * hit["time"], 1),
        "y": (lane + 1) * LANE - 1,
        "height": round(LEAST + share * (LARGEST - LEAST), 1),
    }


def outline(picture: Mapping) -> str:
    """A waveform as the points of a polygon, a column per unit of x; empty where there is none."""
    upper = [f"{x},{-y}" for x, y in enumerate(picture["high"])]
    lower = [f"{x},{-y}" for x, y in enumerate(picture["low"])]
    return " ".join([*upper, *reversed(lower)])


def time_ticks(start: float, length: float) -> list[dict]:
    """Ticks of the time axis: percent of its length, and the time in the session as m:ss."""
    if length <= 0:
        return []
    step = next((s for s in STEPS if length / s <= N_TICKS), STEPS[-1])
    first, last = -int(-start // step), int((start + length) // step)
    return [
        {"at": round(100 * (n * step - start) / length, 3), "text": clock(n * step, step)}
        for n in range(first, last + 1)
    ]


def clock(seconds: float, step: float = 1) -> str:
    """A time as minutes and seconds, with tenths where the `step` has them.

    Examples
    --------
    >>> clock(83.0), clock(0.4, 0.2)
    ('1:23', '0:00.4')
    """
    tenths = round(10 * seconds)
    text = f"{tenths // 600}:{tenths // 10 % 60:02d}"
    return text if step >= 1 else f"{text}.{tenths % 10}"
