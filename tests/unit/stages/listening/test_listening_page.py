"""The page holds all of it, escapes what it is given, and leaves out sound that stays here."""

import re

import pytest

from drumcorpus.ground.pages.session_links import links_to_sessions, session_anchor
from drumcorpus.stages.listening.page import (
    clock,
    outline,
    render_index,
    render_sessions,
    time_ticks,
)
from drumcorpus.stages.listening.settings import ListeningSettings

SETTINGS = ListeningSettings(12, 1, 20.0, 22_050, 12.0)
CARD = {"title": "A set", "license": "CC-BY-4.0", "redistributable": True}


def recording(name="drums", **more):
    return {
        **{"recording": name, "path": "a.wav", "problem": None, "detail": None},
        **{
            "peak_dbfs": -3.0,
            "low": [-100, 0],
            "high": [0, 50],
            "picture": "UElD",
            "sound": "U05E",
        },
    } | more


def hit(time, velocity=0.5, in_doubt=False):
    return {"time": time, "velocity": velocity, "cymbal": None, "in_doubt": in_doubt}


def session(**more):
    return {
        **{"session_id": "one", "anchor": "s-1", "split": "train", "kit_id": None, "style": None},
        **{"drummer_id": None, "tempo_bpm": None, "meter": None, "is_synthetic": False},
        "reasons": [{"kind": "timing", "of": "mine", "says": "offset ms 35"}],
        **{"license": "CC-BY-4.0", "redistributable": True, "start": 10.0, "seconds": 4.0},
        **{"duration": 60.0, "problem": None, "recordings": [recording()], "n_strokes": 9},
        "lanes": [{"label": "kick", "hits": [hit(0.5), hit(1.0, None), hit(2.0, 1.0, True)]}],
    } | more


def page_of(*sessions, not_shown=(), card=CARD, **options):
    return render_sessions("a", card, sessions, not_shown, SETTINGS, **options)


def test_a_session_has_picture_sound_and_labels_with_velocity():
    page = page_of(session())
    assert '<section class="card session" id="s-1" data-seconds="4.0" data-start="10.0">' in page
    assert "Labels are not where the sound is: offset ms 35" in page
    assert 'src="data:audio/flac;base64,U05E"' in page
    assert 'src="data:image/png;base64,UElD"' in page
    assert '<polygon points="0,0 1,-50 1,0 0,100">' in page
    strokes = re.findall(r"<path(.*?) d=\"M([\d.]+) [\d.]+v-([\d.]+)\">", page)
    assert strokes == [
        (' data-t="0.5" data-v="0.5"', "500.0", "10.0"),
        (' class="unknown" data-t="1.0"', "1000.0", "16.0"),
        (' class="doubt" data-t="2.0" data-v="1.0"', "2000.0", "16.0"),
    ]
    assert "3 of 9 strokes, 1 of them in doubt" in page
    assert "<title>kick, in doubt, 12.0 s, velocity 1.0</title>" in page


def test_drums_and_mix_can_be_changed_where_both_are_there():
    both = page_of(session(recordings=[recording(), recording("mix")]))
    assert 'class="which"' in both and both.count("<audio") == 2
    assert 'class="which"' not in page_of(session())


def test_names_from_the_data_are_escaped():
    page = page_of(session(session_id="<script>x</script>", kit_id="<b>"), not_shown=["<i>"])
    for raw in ("<script>x", "<b>", "<i>"):
        assert raw not in page
    assert "&lt;script&gt;x&lt;/script&gt;" in page


def test_nothing_is_fetched():
    page = page_of(session())
    assert not re.search(r"(src|href)=\"(https?:)?//", page)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (session(recordings=[], problem="no_audio"), "There is no sound here."),
        (
            session(
                recordings=[recording(sound=None, picture=None, problem="cut_short", detail="x")]
            ),
            "drums: cut short: x.",
        ),
        (session(lanes=[], n_strokes=0), "The session has no labels."),
        (session(lanes=[]), "The excerpt has no labels."),
        (
            session(recordings=[recording(sound=None, problem="page_is_full")]),
            "drums: Shown without sound: the page has as much as listening.page_mb allows.",
        ),
    ],
    ids=["no sound", "corrupt", "no labels", "none here", "full"],
)
def test_what_is_missing_is_said_in_a_sentence(row, words):
    assert words in page_of(row)
    assert ("<audio" in page_of(row)) == any(one["sound"] for one in row["recordings"])


def test_a_page_without_sessions_says_so():
    page = page_of(not_shown=["x", "y"])
    assert "The set has no session to show." in page
    assert "2 more are named on other pages and have no room here" in page


def test_what_is_passed_on_lacks_the_sound_that_must_stay():
    kept, free = session(redistributable=False), session(anchor="s-2")
    here, passed_on = page_of(kept, free), page_of(kept, free, to_be_passed_on=True)
    assert (here.count("<audio"), passed_on.count("<audio")) == (2, 1)
    assert "its licence does not allow to pass it on" in passed_on
    assert passed_on.count("data:image/png") == 2
    assert here.count('<span class="badge warn">not to be passed on</span>') == 1
    closed = CARD | {"redistributable": False}
    assert "this page holds its sound" in page_of(kept, card=closed)
    assert "here without sound" in page_of(kept, card=closed, to_be_passed_on=True)


def test_the_index_leads_to_every_session_by_its_reasons():
    reasons = [
        {"kind": "sample", "of": "b", "says": "train"},
        {"kind": "timing", "of": "m", "says": "offset ms 35"},
    ]
    row = {"session_id": "one", "anchor": "s-1", "split": "train", "reasons": reasons}
    documents = {
        name: {"source_set": name, "sessions": rows, "not_shown": ["x"] * n}
        for name, rows, n in (("b", [row], 0), ("a 1", [], 3))
    }
    page = render_index(documents)
    assert re.findall(r'<h2 id="(\w+)">', page) == ["timing", "sample"]
    assert page.count('href="b.html#s-1"') == 2
    assert 'href="a%201.html"' in page
    links = links_to_sessions(documents.values(), "../sessions")
    assert links == {"b: one": "../sessions/b.html#s-1"}


def test_the_time_axis_has_round_times_of_the_session():
    assert [(tick["at"], tick["text"]) for tick in time_ticks(59.0, 4.0)][:3] == [
        (0.0, "0:59.0"),
        (12.5, "0:59.5"),
        (25.0, "1:00.0"),
    ]
    assert [tick["text"] for tick in time_ticks(9.5, 20.0)][:2] == ["0:10", "0:12"]
    assert time_ticks(0.0, 0.0) == []
    assert clock(3599.96, 0.1) == "60:00.0"


def test_a_waveform_is_one_closed_line():
    assert outline({"high": [1, 2], "low": [-1, -2]}) == "0,-1 1,-2 1,2 0,1"
    assert outline({"high": [], "low": []}) == ""


def test_a_session_without_room_has_a_place_to_which_other_pages_lead():
    page = page_of(session(), not_shown=["take <1>"])
    anchor = session_anchor("a", "take <1>")
    assert f'<li id="{anchor}"><code>take &lt;1&gt;</code></li>' in page
