"""The page of crash sessions in doubt: what it shows of them, and that it leaves nothing unsaid."""

import base64
import io
import re
import struct
import zlib

import numpy as np
import pyarrow as pa
import pytest
import soundfile
from cymbal_families import CRASH
from page_links import without_page_links

from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.pages.session_links import session_anchor
from drumcorpus.schemas import CYMBAL_ASSIGNMENTS, CYMBAL_EMBEDDINGS, EVENTS
from drumcorpus.stages.crash.agreement import compare_session, summarise_agreement
from drumcorpus.stages.crash.candidates import CANDIDATES, OTHERS
from drumcorpus.stages.crash.embeddings import feature_names
from drumcorpus.stages.crash.pictures import (
    HEIGHT,
    PREROLL,
    RATE_HZ,
    WIDTH,
    cut_snippet,
    draw_spectrogram,
    encode_sound,
)
from drumcorpus.stages.crash.review import (
    choose_hits,
    choose_sessions,
    illustrate_session,
    plot_hits,
    project,
    read_hits,
)
from drumcorpus.stages.crash.review_file import COLUMNS, read_decisions
from drumcorpus.stages.crash.review_page import (
    MAY_HOLD_SEVERAL,
    N_DIFFERING,
    count_undescribed,
    describe_decisions,
    describe_review,
    render_review_page,
)
from drumcorpus.stages.crash.settings import AgreementSettings
from drumcorpus.vocabulary import NO_HIT

LABELS = CRASH.labels
N_FEATURES = len(feature_names())
NO_DECISIONS = {"total": 0, "obeyed": 0, "unused": []}
NOTHING_NUMBERED = summarise_agreement({})


def review_row(session_id="s", n_hits=3, n_accepted=0, **more):
    row = {"session_id": session_id, "family": "crash", "n_hits": n_hits}
    row |= {"n_accepted": n_accepted}
    row |= {"reason": "doubtful", "session_confidence": 0.25, "silhouette": 0.5}
    return row | {"undescribed": {}} | more


def hit(number, **more):
    rng = np.random.default_rng(number)
    row = {"event_id": f"e{number}", "session_id": "s", "component_index": 0, "family": "crash"}
    row |= {"source_label": "49", "cymbal": None, "onset_time": 0.5 + number, "reason": None}
    row |= {"embedding": list(rng.standard_normal(N_FEATURES)), "label": LABELS[0]}
    row |= {"method": "spectral_cluster", "confidence": 0.25, "accepted": False}
    return row | {"audio_path": "a.wav", "velocity": 0.5} | more


def noise(seconds=6.0, seed=0):
    return np.random.default_rng(seed).standard_normal(round(seconds * RATE_HZ)) * 0.1


def illustrate(hits, row=None, read_audio=lambda path: noise(), max_hits=24, snippet_s=0.8):
    row = row or review_row(n_hits=len(hits))
    return illustrate_session(
        row, hits, read_audio, [CRASH], max_hits=max_hits, snippet_s=snippet_s
    )


def page(
    shown,
    rows=None,
    name="egmd",
    decisions=NO_DECISIONS,
    max_sessions=40,
    agreement=NOTHING_NUMBERED,
    undescribed=(),
):
    rows = rows or [review_row(row["session_id"], row["n_hits"]) for row in shown]
    known = ({name: value} for value in (rows, shown, decisions, dict(undescribed)))
    sets = describe_review(*known, max_sessions=max_sessions)
    files = {name: f"resources/source_sets/{name}_review.csv"}
    counts = dict.fromkeys(MAY_HOLD_SEVERAL, 0) | {"candidates": 1_234, "one_by_metadata": 56}
    return render_review_page(sets, files, agreement, {key: {"crash": counts} for key in files})


def test_sessions_with_most_doubt_come_first_and_source_sets_take_turns():
    reviews = {
        "b": [review_row(f"s{n}", n_hits=n) for n in range(1, 9)],
        "a": [review_row("y", 3), review_row("x", 3), review_row("z", 9, n_accepted=8)],
    }
    chosen = choose_sessions(reviews, 7)
    assert list(chosen) == ["a", "b"]
    assert [row["session_id"] for row in chosen["a"]] == ["x", "y", "z"]
    assert [row["session_id"] for row in chosen["b"]] == ["s8", "s7", "s6", "s5"]
    assert choose_sessions({}, 7) == {}
    assert choose_sessions(reviews, 0) == {"a": [], "b": []}


def test_what_a_source_set_shows_alone_holds_what_it_shows_among_others():
    reviews = {name: [review_row(f"{name}{n}", n) for n in range(1, 30)] for name in "abc"}
    for name, rows in choose_sessions(reviews, 40).items():
        assert choose_sessions({name: reviews[name]}, 40)[name][: len(rows)] == rows


def test_hits_in_doubt_are_shown_first():
    accepted = [True, False, True, True, False, True]
    assert choose_hits(accepted, 6) == [0, 1, 2, 3, 4, 5]
    assert choose_hits(accepted, 4) == [0, 1, 3, 4]
    assert choose_hits([False] * 10, 5) == [0, 2, 4, 6, 8]


def test_two_cymbals_lie_apart_in_the_plot():
    rng = np.random.default_rng(0)
    patterns = rng.standard_normal((2, N_FEATURES))
    vectors = np.repeat(patterns, 10, axis=0) + 0.1 * rng.standard_normal((20, N_FEATURES))
    scores, shares = project(vectors)
    first = scores[:, 0]
    assert (first[:10].max() < first[10:].min()) or (first[:10].min() > first[10:].max())
    assert shares[0] > 0.9 and shares[1] < shares[0]
    again, _ = project(vectors[::-1])
    assert np.allclose(again[::-1], scores)


@pytest.mark.parametrize("n_hits", [1, 2])
def test_few_or_equal_hits_have_a_place(n_hits):
    hits = [hit(0) | {"guess": None} for _ in range(n_hits)]
    points = plot_hits(hits, [0])["points"]
    assert {(p["x"], p["y"]) for p in points} == {(210.0, 130.0)}
    assert plot_hits([hit(0, embedding=None) | {"guess": None}], [0]) is None


def test_a_plot_counts_what_it_does_not_draw():
    hits = [hit(n) | {"guess": 1} for n in range(450)]
    hits.append(hit(451, embedding=None, reason="silent_window") | {"guess": None})
    plot = plot_hits(hits, [3, 7])
    assert len(plot["points"]) == 400 and plot["n_left_out"] == 50 and plot["n_undescribed"] == 1
    assert [p["place"] for p in plot["points"] if p["place"]] == [1, 2]
    assert all(0 <= p["x"] <= 420 and 0 <= p["y"] <= 260 for p in plot["points"])


def png_pixels(data):
    """The palette index of each pixel of a 4-bit PNG, checked chunk by chunk."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, chunks = 8, {}
    while at < len(data):
        size, name = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0] == zlib.crc32(
            name + body
        )
        chunks[name], at = body, at + 12 + size
    width, height, bits, kind = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (bits, kind, len(chunks[b"PLTE"])) == (4, 3, 48)
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, -1)
    assert not rows[:, 0].any()
    return np.stack([rows[:, 1:] >> 4, rows[:, 1:] & 15], axis=2).reshape(height, width)


def test_a_spectrogram_shows_pitch_and_onset():
    times = np.arange(round(0.8 * RATE_HZ)) / RATE_HZ
    tone = np.where(times >= 0.4, np.sin(2 * np.pi * 4000 * times), 0.0)
    pixels = png_pixels(draw_spectrogram(tone))
    assert pixels.shape == (HEIGHT, WIDTH)
    row = int(pixels[:, 80].argmax())
    at_hz = 10_000 * (200 / 10_000) ** ((row + 0.5) / HEIGHT)
    assert at_hz == pytest.approx(4000, rel=0.06)
    assert pixels[:, : WIDTH // 2 - 6].max() == 0 and pixels[row, 60:-4].min() == 15


def test_a_snippet_begins_before_the_onset_and_is_padded_with_silence():
    samples = np.arange(1, RATE_HZ + 1) / RATE_HZ
    n_preroll = round(PREROLL * RATE_HZ)
    snippet = cut_snippet(samples, 0.5, 0.6)
    assert len(snippet) == round(0.6 * RATE_HZ)
    assert snippet[n_preroll] == samples[RATE_HZ // 2]
    early, late = cut_snippet(samples, 0.0, 0.6), cut_snippet(samples, 0.9, 0.6)
    assert not early[:n_preroll].any() and early[n_preroll] == samples[0]
    assert late[n_preroll] == samples[round(0.9 * RATE_HZ)] and late[-1] == 0


def test_a_sound_plays_and_equal_samples_give_equal_bytes():
    snippet = noise(0.8)
    data = encode_sound(snippet)
    assert data == encode_sound(snippet.copy()) and len(data) < 8_000
    decoded, rate = soundfile.read(io.BytesIO(data))
    assert rate == RATE_HZ and len(decoded) / rate == pytest.approx(0.8, abs=0.1)
    assert 0.4 < np.abs(decoded).max() <= 1.0
    assert draw_spectrogram(snippet) == draw_spectrogram(snippet.copy())


def test_each_file_is_decoded_once_and_only_for_hits_that_are_shown():
    asked = []

    def read_audio(path):
        asked.append(path)
        return noise(30.0)

    hits = [hit(n, audio_path="ab"[n % 2]) for n in range(10)] + [hit(20, audio_path="c")]
    hits[10]["accepted"] = True
    doc = illustrate(hits, read_audio=read_audio, max_hits=10)
    assert sorted(asked) == ["a", "b"]
    assert len(doc["hits"]) == 10 and doc["rest"] == [
        {"source_label": "49", "cymbal": None, "guess": 1, "hits": 1}
    ]


@pytest.mark.parametrize(
    ("more", "samples", "problem"),
    [
        ({"audio_path": None, "reason": "no_audio"}, None, "no_audio"),
        ({"audio_path": None}, None, "no_audio"),
        ({}, ValueError("no audio"), "unreadable_audio"),
        ({}, noise(0.5), "onset_past_end"),
        ({}, np.full(RATE_HZ * 2, np.nan), "not_finite"),
        ({}, np.zeros(RATE_HZ * 2), "silent_window"),
    ],
    ids=["reason known", "no audio", "unreadable", "too short", "not finite", "silent"],
)
def test_a_hit_without_sound_is_shown_with_its_reason(more, samples, problem):
    def read_audio(path):
        if isinstance(samples, Exception):
            raise samples
        return samples

    doc = illustrate([hit(0, embedding=None, **more)], read_audio=read_audio)
    shown = doc["hits"][0]
    assert (shown["picture"], shown["sound"], shown["problem"]) == (None, None, problem)
    text = page([doc])
    assert problem.replace("_", " ") in text and "<audio" not in text
    assert "No hit of this session could be described" in text


def test_a_hit_that_can_be_heard_and_not_described_has_both():
    doc = illustrate([hit(0, embedding=None, reason="too_short_after_onset")])
    assert doc["hits"][0]["sound"] and doc["hits"][0]["problem"] == "too_short_after_onset"


def test_guesses_come_from_the_review_or_from_what_is_accepted():
    guesses = [{"event_id": "e0", "component_index": 0, "cymbal": 2, "confidence": 0.75}]
    hits = [hit(0), hit(1, accepted=True, label=LABELS[2], confidence=0.9), hit(2)]
    doc = illustrate(hits, row=review_row(guesses=guesses))
    assert [(h["guess"], h["confidence"]) for h in doc["hits"]] == [
        (2, 0.75),
        (3, 0.9),
        (None, 0.25),
    ]


def test_read_hits_joins_the_tables(tmp_path):
    component = dict.fromkeys(field.name for field in EVENTS.field("components").type.value_type)
    components = [component | {"label": "kick"}, component | {"label": "crash", "velocity": 0.75}]
    events = [
        dict.fromkeys(EVENTS.names)
        | {"event_id": f"e{n}", "session_id": s, "audio_path": "a.wav", "components": components}
        for n, s in enumerate("sst")
    ]
    keys = [(f"e{n}", s) for n, s in enumerate("sst")]
    embeddings = [
        dict.fromkeys(CYMBAL_EMBEDDINGS.names)
        | {"event_id": e, "session_id": s, "component_index": 1, "onset_time": 9.0 - n}
        for n, (e, s) in enumerate(keys)
    ]
    assigned = [
        dict.fromkeys(CYMBAL_ASSIGNMENTS.names)
        | {"event_id": e, "session_id": s, "component_index": 1, "accepted": False}
        for e, s in keys
    ]
    for name, rows, schema in (
        ("events", events, EVENTS),
        ("embeddings", embeddings, CYMBAL_EMBEDDINGS),
        ("assigned", assigned, CYMBAL_ASSIGNMENTS),
    ):
        write_table(tmp_path / name, pa.Table.from_pylist(rows, schema))
    hits = read_hits(
        ["s"],
        embeddings=[tmp_path / "embeddings"],
        assignments=[tmp_path / "assigned"],
        events=[tmp_path / "events"],
    )
    assert [(h["event_id"], h["velocity"], h["accepted"]) for h in hits["s"]] == [
        ("e1", 0.75, False),
        ("e0", 0.75, False),
    ]


def test_the_page_has_pictures_sounds_and_lines_and_nothing_from_outside():
    doc = illustrate([hit(n, cymbal=n % 2 + 1) for n in range(3)])
    text = page([doc])
    assert text.count("<audio controls preload=") == text.count("data:image/png;base64,") == 3
    assert "s,as_metadata,seen:" in text and "s,one,seen:" in text
    assert "resources/source_sets/egmd_review.csv" in text and ",".join(COLUMNS) in text
    apart = without_page_links(text)
    assert not re.search(r'(?:src|href)="(?!data:)|https?://|<script', apart)
    sound = re.search(r"data:audio/mpeg;base64,([^\"]+)", text)[1]
    assert base64.b64decode(sound) == base64.b64decode(doc["hits"][0]["sound"])
    assert text == page([illustrate([hit(n, cymbal=n % 2 + 1) for n in range(3)])])


def test_everything_from_the_data_is_escaped():
    evil = '<script>alert("x")</script>'
    hits = [hit(n, source_label=evil, audio_path=f"{evil}{n}", session_id=evil) for n in range(2)]
    row = review_row(evil, 2, reason=evil, undescribed={evil: 1})
    row["decision"] = {"line": 2, "decision": evil, "problem": evil}
    unused = [{"session_id": evil, "family": evil, "line": 2, "decision": evil, "problem": evil}]
    text = page(
        [illustrate(hits, row=row)],
        rows=[row, review_row(evil * 2, 1, reason=evil)],
        max_sessions=1,
        decisions={"total": 1, "obeyed": 0, "unused": unused},
    )
    assert "<script" not in text and text.count("&lt;script&gt;") > 10


def test_sessions_that_do_not_fit_are_counted():
    rows = [review_row(f"s{n:02d}", 3) for n in range(15)] + [review_row("t", 9, reason="other")]
    text = page([illustrate([hit(0)], row=rows[-1])], rows=rows, max_sessions=1)
    assert re.search(r">doubtful</td><td class=\"num\">15</td><td class=\"num\">45</td>", text)
    assert "s09" in text and "s10" not in text and "and 5 more" in text


def test_hits_that_do_not_fit_are_counted():
    text = page([illustrate([hit(n) for n in range(9)], max_hits=2)])
    assert "Not shown: 7 more hits" in text and text.count("<audio") == 2


def test_without_doubt_the_page_says_so():
    assert "No session is in doubt." in page([], rows=[])
    assert "No session is in doubt." in render_review_page([], {}, NOTHING_NUMBERED, {})


def test_the_page_counts_the_sessions_that_may_hold_several_crashes():
    section = page([], rows=[]).partition('id="candidates"')[2].partition("</section>")[0]
    assert "1,234" in section and "56" in section
    assert all(title in section for title in MAY_HOLD_SEVERAL.values())


def test_every_reason_of_the_candidates_has_a_column():
    assert set(MAY_HOLD_SEVERAL) == {"candidates", *CANDIDATES, *OTHERS, NO_HIT}


def test_what_became_of_every_decision_is_told(tmp_path):
    lines = [f"{name},one,,mara,2026-03-01," for name in ("done", "stale", "gone", "quiet")]
    decisions = read_decisions("\n".join([",".join(COLUMNS), *lines]).encode(), "x.csv", [CRASH])
    assigned = [
        dict.fromkeys(CYMBAL_ASSIGNMENTS.names)
        | {"session_id": name, "family": "crash", "method": method}
        for name, method in (("done", "review"), ("stale", "spectral_cluster"))
    ]
    path = tmp_path / "assignments"
    write_table(path, pa.Table.from_pylist(assigned, CYMBAL_ASSIGNMENTS))
    note = {"line": 3, "decision": "one", "problem": "hits_have_changed"}
    review = [review_row("stale", decision=note)]
    found = describe_decisions(decisions, [decisions[2]], review, path)
    assert (found["total"], found["obeyed"]) == (4, 1)
    assert [(row["session_id"], row["problem"]) for row in found["unused"]] == [
        ("stale", "hits_have_changed"),
        ("gone", "session_is_gone"),
        ("quiet", "session_has_no_hit"),
    ]
    text = page([illustrate([hit(0)], row=review[0])], rows=review, decisions=found)
    assert "session is gone" in text and "was not obeyed: hits have changed" in text


AGREEMENT = AgreementSettings(min_hits=3, min_accepted=0.8, min_adjusted_rand=0.5)


def numbered(session_id, numbers, sound):
    return {"session_id": session_id, "family": "crash", "label": None} | compare_session(
        numbers, sound, [True] * len(sound), AGREEMENT
    )


def test_sessions_that_sound_otherwise_than_they_are_numbered_are_told_with_their_figures():
    rows = [numbered(f"s<{n}>", [1, 2] * 4, [0] * 8) for n in range(N_DIFFERING + 2)]
    rows += [numbered("alike", [1, 2] * 4, [0, 1] * 4), numbered("few", [1], [0])]
    text = page([], rows=[], agreement=summarise_agreement({"groove": rows}))
    assert "The source numbers several cymbals, and they sound as one." in text
    cells = re.search(r"s&lt;0&gt;</code></td>(.*?)</tr>", text).group(1)
    assert re.findall(r'num">([^<]+)<', cells) == ["8", "2", "1", "0.00"]
    assert text.count("s&lt;") == N_DIFFERING and "and 2 more" in text
    (totals,) = re.findall(r"<tr><td>groove</td>(.*?)</tr>", text)
    assert re.findall(r'num">([^<]+)<', totals) == [str(N_DIFFERING + 4), "1", "52", "0", "1"]
    assert "The source numbers the cymbals of no session." in page([], rows=[])


def test_hits_that_could_not_be_described_are_counted_also_where_none_is_in_doubt(tmp_path):
    reasons = [None, "silent_window", "onset_past_end", None, "silent_window"]
    blank = dict.fromkeys(CYMBAL_ASSIGNMENTS.names) | {"family": "crash"}
    rows = [blank | {"undescribed": name} for name in reasons]
    write_table(tmp_path / "assignments", pa.Table.from_pylist(rows, CYMBAL_ASSIGNMENTS))
    counts = count_undescribed(tmp_path / "assignments")
    assert counts == {"crash": {"onset_past_end": 1, "silent_window": 2}}
    text = page([], rows=[], undescribed=counts)
    assert re.search(r"crash: onset past end . 1; silent window . 2\.", text)


def test_the_page_stays_below_20_mb_at_the_defaults():
    doc = illustrate([hit(n) for n in range(24)], read_audio=lambda path: noise(30.0))
    rows = [review_row(f"s{n}", 24) for n in range(40)]
    text = page([doc | {"session_id": row["session_id"]} for row in rows], rows=rows)
    assert text.count("<audio") == 960 and len(text.encode()) < 20e6


def test_a_session_leads_to_where_it_is_heard_with_all_its_labels():
    text = page([illustrate([hit(0)], row=review_row("take 1/a"))], name="groove")
    assert f'<a href="../sessions/groove.html#{session_anchor("groove", "take 1/a")}">' in text


def test_agreement_of_source_and_sound_is_drawn_by_set_and_family():
    rows = [numbered("alike", [1, 2] * 10, [1, 2] * 10), numbered("one", [1, 2] * 10, [1] * 20)]
    text = page([], rows=[], agreement=summarise_agreement({"groove": rows}))
    assert 'aria-label="groove: sound alike 1, sound as one 1"' in text
    rows.append(rows[0] | {"family": "ride"})
    text = page([], rows=[], agreement=summarise_agreement({"groove": rows}))
    assert 'aria-label="groove: ride: sound alike 1"' in text
