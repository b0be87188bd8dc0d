"""Rendered kits: what the records of a root make up, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from checkout import REPO

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.files.raw_files import RawFile, UnusableFile
from drumcorpus.ground.files.taxonomy_files import load_label_map, load_taxonomy
from drumcorpus.ground.kits.written import COLUMNS
from drumcorpus.source_sets.rendered_kits import CHOKE, read_hits, survey

FOLDER = REPO / "resources/taxonomy"
TAXONOMY = load_taxonomy(*(FOLDER / f"{n}.yaml" for n in ("components", "techniques", "dynamics")))
MAP = load_label_map(FOLDER / "note_maps/rendered_kits.yaml", TAXONOMY)
BASE = "mine/drummer1/take"
KIT = b"name: Mine\nlicence: CC BY 4.0, a maker\ninstruments: []\n"
ROWS = (
    "0,0.000000,36,127,kick,Kick,a.wav,120,1,1,4/4",
    "22050,0.500000,57,64,crash2,Crash B,b.wav|c.wav,120,1,2,4/4",
    "44100,1.000000,40,90,unanswered,,,120,1,3,4/4",
)


def record(**changed):
    fields = {
        "performance": "drummer1/take",
        "group": "gmd/drummer1/session1/1",
        "split": "test",
        "drummer": "drummer1",
        "style": "rock",
        "tempo_bpm": 120.0,
        "meter": "4/4",
        "kit": sha256_bytes(KIT),
        "n_strokes": 3,
    } | changed
    return "".join(
        f"{key}: {'null' if value is None else value}\n" for key, value in fields.items()
    ).encode()


def table(*rows):
    return "\n".join([",".join(COLUMNS), *rows, ""]).encode()


def root(**changed):
    return {
        "mine/kit.yaml": KIT,
        "mine/kit_map.yaml": b"",
        f"{BASE}.flac": b"fLaC",
        f"{BASE}.csv": table(*ROWS),
        f"{BASE}.yaml": record(**changed),
    }


def surveyed(contents):
    files = {path: RawFile(path, Path(path), (1, 0, 0, 0)) for path in contents}
    return survey(files, contents.__getitem__, {})


def refused(survey):
    return [(refusal.path, refusal.reason) for refusal in survey.refusals]


def hits_of(*rows, **changed):
    contents = root(**changed) | {f"{BASE}.csv": table(*rows)}
    (session,) = surveyed(contents).sessions
    return read_hits(session, contents.__getitem__, MAP, {})


def test_a_session_is_kit_and_performance_in_the_group_of_the_performance():
    made = surveyed(root())
    assert made.refusals == []
    (session,) = made.sessions
    assert session == {
        "session_id": BASE,
        "group_id": "gmd/drummer1/session1/1",
        "split": "test",
        "drummer_id": "drummer1",
        "kit_id": "mine",
        "style": "rock",
        "tempo_bpm": 120.0,
        "meter": "4/4",
        "annotation_path": f"{BASE}.csv",
        "audio_path": f"{BASE}.flac",
        "support_paths": ["mine/kit.yaml", f"{BASE}.yaml"],
        "notes": ["licence: CC BY 4.0, a maker"],
    }
    assert made.roles == {
        "mine/kit.yaml": "index",
        "mine/kit_map.yaml": "other",
        f"{BASE}.flac": "audio",
        f"{BASE}.csv": "annotation",
        f"{BASE}.yaml": "annotation",
    }


def test_a_stroke_that_a_hand_stopped_is_a_choke_and_older_tables_do_not_say_it():
    rows = [row + end for row, end in zip(ROWS, (",", ",30000", ","), strict=True)]
    assert hits_of(*rows)["extra_technique"].tolist() == ["", "choke", ""]
    contents = root() | {f"{BASE}.csv": table(*ROWS).replace(b",grabbed_samples", b"")}
    (session,) = surveyed(contents).sessions
    hits = read_hits(session, contents.__getitem__, MAP, {})
    assert hits["extra_technique"].tolist() == ["", "", ""]
    assert CHOKE in TAXONOMY.techniques
    with pytest.raises(UnusableFile, match=r"take\.csv:3: grabbed_samples: .*-3"):
        hits_of(rows[0], ROWS[1] + ",-3", rows[2])
    with pytest.raises(UnusableFile, match=r"take\.csv:3: grabbed_samples: got 22050"):
        hits_of(rows[0], ROWS[1] + ",22050", rows[2])


def test_strokes_are_those_of_the_table_with_the_licence_of_the_kit():
    hits = hits_of(*ROWS)
    assert hits["source_label"].tolist() == ["kick", "crash2", "unanswered"]
    assert hits["onset"].tolist() == [0.0, 0.5, 1.0]
    np.testing.assert_allclose(hits["velocity"], [1, 64 / 127, 90 / 127])
    assert hits["beat"].tolist() == [1, 2, 3]
    assert hits["license"] == "CC BY 4.0, a maker"
    assert (MAP.strokes["crash2"].label, MAP.strokes["crash2"].cymbal) == ("crash", 2)
    assert MAP.drops == {"unanswered": "not_on_the_kit"}
    assert MAP.strokes.keys() == set(TAXONOMY.labels)


def test_a_performance_of_ones_own_has_no_split_and_may_have_no_music():
    changed = {"split": None, "drummer": None, "style": None, "tempo_bpm": None, "meter": None}
    (session,) = surveyed(root(group="midi/0123", **changed)).sessions
    assert (session["group_id"], session["split"], session["tempo_bpm"]) == (
        "midi/0123",
        None,
        None,
    )
    hits = hits_of("5,0.000113,36,1,kick,Kick,a.wav,,,,", n_strokes=1)
    assert "tempo_bpm" not in hits
    assert hits["onset"].tolist() == [5 / 44_100]


@pytest.mark.parametrize(
    ("changed", "reason", "path"),
    [
        ({"kit": "f" * 64}, "annotations_disagree", f"{BASE}.yaml"),
        ({"split": "dev"}, "unreadable_metadata", f"{BASE}.yaml"),
        ({"group": ""}, "unreadable_metadata", f"{BASE}.yaml"),
        ({"tempo_bpm": -1}, "unreadable_metadata", f"{BASE}.yaml"),
        ({"meter": "4"}, "unreadable_metadata", f"{BASE}.yaml"),
        ({"n_strokes": "many"}, "unreadable_metadata", f"{BASE}.yaml"),
        ({"drummer": 7}, "unreadable_metadata", f"{BASE}.yaml"),
    ],
    ids=["another kit", "split", "group", "tempo", "meter", "strokes", "drummer"],
)
def test_a_record_that_does_not_fit_is_refused(changed, reason, path):
    made = surveyed(root(**changed))
    assert made.sessions == []
    assert refused(made) == [(path, reason)]


@pytest.mark.parametrize(
    ("lacking", "refusals"),
    [
        (f"{BASE}.csv", [(f"{BASE}.csv", "missing_annotation")]),
        (
            f"{BASE}.yaml",
            [(f"{BASE}.csv", "missing_metadata"), (f"{BASE}.flac", "missing_metadata")],
        ),
    ],
    ids=["table", "record"],
)
def test_a_file_that_is_not_there_is_named(lacking, refusals):
    contents = root()
    del contents[lacking]
    assert refused(surveyed(contents)) == refusals


def test_a_sound_that_is_not_there_is_missed_where_others_are():
    contents = root()
    del contents[f"{BASE}.flac"]
    made = surveyed(contents)
    assert refused(made) == []
    assert made.sessions[0]["audio_path"] is None
    others = {
        f"mine/b{end}": contents.get(f"{BASE}{end}", b"") for end in (".flac", ".csv", ".yaml")
    }
    assert refused(surveyed(contents | others)) == [(f"{BASE}.flac", "missing_audio")]


def test_a_performance_below_the_top_may_be_called_as_a_file_of_the_kit():
    contents = root() | {f"mine/a/kit{suffix}": b"" for suffix in (".flac", ".csv")}
    contents["mine/a/kit.yaml"] = record(performance="a/kit")
    contents["mine/a/kit_map.yaml"] = record(performance="a/kit_map")
    made = surveyed(contents)
    assert [session["session_id"] for session in made.sessions] == ["mine/a/kit", BASE]
    assert refused(made) == [("mine/a/kit_map.csv", "missing_annotation")]


def test_a_kit_that_cannot_be_read_costs_its_sessions_and_no_others():
    contents = root() | {"bad/kit.yaml": b"- 1", "bad/a.yaml": b"", "bad/a.csv": b""}
    made = surveyed(contents)
    assert refused(made) == [("bad/kit.yaml", "unreadable_metadata")]
    assert [session["session_id"] for session in made.sessions] == [BASE]


def test_a_root_without_a_kit_is_none():
    with pytest.raises(ValueError, match=r"no file such as muldjord/kit\.yaml"):
        surveyed({"info.csv": b""})


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x,0,36,1,kick,K,a.wav,,,,", "wanted: digits alone, an onset from 0"),
        ("1,0,36,0,kick,K,a.wav,,,,", "wanted: digits alone, a velocity from 1 to 127"),
        ("1,0,36,1,,K,a.wav,,,,", "no label"),
        ("1,0,36,1,kick,K,a.wav,120,0,1,4/4", "a bar from 1"),
    ],
    ids=["onset", "velocity", "label", "bar"],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_line(row, said):
    with pytest.raises(UnusableFile, match=rf"{BASE}\.csv:2: .*{said}") as refusal:
        hits_of(row, n_strokes=1)
    assert refusal.value.reason == "unreadable_annotation"


def test_a_table_that_is_cut_short_is_refused():
    with pytest.raises(UnusableFile, match="2 strokes; its record has 3"):
        hits_of(*ROWS[:2])
    with pytest.raises(UnusableFile, match="the table holds no stroke"):
        hits_of(n_strokes=0)
