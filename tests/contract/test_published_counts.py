"""The counts that cards publish: with sources, adding up, and those of the real data at hand."""

import shutil
from collections import Counter, defaultdict

import pyarrow as pa
import pytest
from source_set_runs import REPO, RESOURCES, Run

from drumcorpus.ground.files.schema_check import document_problems
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.completeness import (
    AT_INGEST,
    AT_INVENTORY,
    SESSION_COLUMNS,
    count_files,
    describe_completeness,
)
from drumcorpus.schemas import SESSIONS

SOURCE_SETS = read_yaml(REPO / "config/config.yaml")["use"]
FIGURES = (*AT_INVENTORY, *AT_INGEST)
CARDS = {name: read_yaml(RESOURCES / f"source_sets/{name}.yaml") for name in SOURCE_SETS}
RELEASES = [
    pytest.param(release, id=f"{name} {number}")
    for name, card in CARDS.items()
    for number, release in enumerate(card.get("published", []))
]
# Sets that grow by the week, of which nobody publishes a total.
WITHOUT_TOTAL = {"cambridge", "rendered_kits", "signaturesounds", "telefunken_sessions"}


@pytest.mark.parametrize("name", SOURCE_SETS)
def test_every_card_has_published_counts_and_no_demo_has(name):
    releases = CARDS[name]["published"]
    assert len({release["release"] for release in releases}) == len(releases) > 0
    assert any(release["figures"] for release in releases) == (name not in WITHOUT_TOTAL)
    assert "published" not in read_yaml(RESOURCES / f"demo/source_sets/{name}.yaml")


@pytest.mark.parametrize("release", RELEASES)
def test_every_figure_is_published_once_with_its_source_or_its_lack_has_a_reason(release):
    keys = [
        (f["figure"], f.get("kind"), *sorted(f.get("part", {}).items())) for f in release["figures"]
    ]
    assert len(set(keys)) == len(keys)
    published = {f["figure"] for f in release["figures"] if "part" not in f}
    assert published | release.get("unknown", {}).keys() == set(FIGURES)
    assert not published & release.get("unknown", {}).keys()
    assert all(figure["source"] and figure["where"] for figure in release["figures"])


@pytest.mark.parametrize("release", RELEASES)
def test_the_parts_of_a_figure_add_up_to_the_whole(release):
    wholes = {f["figure"]: f["count"] for f in release["figures"] if "part" not in f}
    sums = defaultdict(Counter)
    for figure in release["figures"]:
        for column in figure.get("part", {}):
            sums[figure["figure"]][column] += figure["count"]
    for figure, by_column in sums.items():
        # BabySlakh has no splits: none of its tracks is in one.
        unparted = {0} if release["release"] == "BabySlakh" else {wholes[figure]}
        assert set(by_column.values()) == unparted, figure


@pytest.mark.parametrize("release", RELEASES)
def test_no_release_has_more_recordings_than_sessions(release):
    counts = {f["figure"]: f["count"] for f in release["figures"] if "part" not in f}
    assert counts.get("recordings", 0) <= counts.get("sessions", 0)


@pytest.mark.parametrize(
    ("figure", "problem"),
    [
        ({"figure": "sessions", "count": 3, "where": "x"}, "missing source"),
        ({"figure": "sessions", "count": 3, "source": "hearsay", "where": "x"}, "'hearsay'"),
        ({"figure": "songs", "count": 3, "source": "paper", "where": "x"}, "'songs'"),
        ({"figure": "sessions", "count": -1, "source": "paper", "where": "x"}, "-1"),
        ({"figure": "files", "count": 3, "source": "paper", "where": "x"}, "missing kind"),
        (
            {
                **{"figure": "notes", "count": 3, "source": "paper", "where": "x"},
                "part": {"session_id": "a"},
            },
            "unknown key 'session_id'",
        ),
    ],
    ids=["no source", "odd source", "odd figure", "below 0", "files of no kind", "odd part"],
)
def test_a_card_with_a_count_that_cannot_be_is_refused(workflow_schema, figure, problem):
    card = CARDS["mdb_drums"] | {"published": [{"release": "1", "figures": [figure]}]}
    problems = document_problems(card, workflow_schema("card"))
    assert problems != []
    assert problem in " ".join(problems)


def listed(**by_split):
    """Rows of sessions with audio, so many in each published split; `drawn` are in none."""
    return [
        {"session_id": f"{split}{i}", "split": split, "official_split": split != "drawn"}
        | {"audio_duration": 200.0, "errata": None}
        for split, n in by_split.items()
        for i in range(n)
    ]


REDUX = "Slakh2100-redux"


@pytest.mark.parametrize(
    ("by_split", "release", "state"),
    [
        ({"train": 1289, "validation": 270, "test": 151}, REDUX, "complete"),
        ({"train": 1}, REDUX, "partial"),
        ({"train": 25}, REDUX, "partial"),
        ({"train": 1288, "validation": 270, "test": 151}, REDUX, "partial"),
        ({"drawn": 20}, "BabySlakh", "complete"),
        ({"drawn": 2}, "BabySlakh", "partial"),
        (
            {"train": 1500, "validation": 375, "test": 225},
            "Slakh2100, original partition or split2",
            "complete",
        ),
        (
            {"train": 1500, "validation": 375},
            "Slakh2100, original partition or split2",
            "partial",
        ),
        (
            {"train": 1679, "validation": 270, "test": 151},
            f"{REDUX} with its folder omitted",
            "complete",
        ),
        (
            {"train": 1289, "validation": 270, "test": 151, "drawn": 20},
            f"{REDUX} and BabySlakh",
            "complete",
        ),
        ({"train": 3000}, f"{REDUX} with its folder omitted, and BabySlakh", "larger"),
    ],
    ids=[
        *("redux", "one of redux", "some of redux", "redux less one", "BabySlakh", "two of it"),
        *("original", "original without test", "redux and omitted", "redux and BabySlakh"),
        "more than all",
    ],
)
def test_the_releases_of_slakh_are_told_apart(by_split, release, state):
    sessions = pa.Table.from_pylist(listed(**by_split), SESSIONS).select(SESSION_COLUMNS)
    found = describe_completeness(CARDS["slakh2100"], sessions, figures=AT_INVENTORY)
    assert (found["release"], found["state"]) == (release, state)


def described(name, roots, folder, *, notes=False, **settings):
    """What is said of real data below some roots; their notes, too, if asked for."""
    run = Run(name, roots, folder / "facts.json", settings)
    inventory = run.inventory()
    counts = None
    if notes:
        counts = Counter()
        for row in run.ingest(inventory.sessions).tallies.to_pylist():
            counts[row["session_id"]] += row["n_hits"]
    return describe_completeness(
        run.card,
        inventory.sessions.select(SESSION_COLUMNS),
        figures=FIGURES if notes else AT_INVENTORY,
        files=count_files(inventory.files),
        notes=counts,
    )


def real(shared, *path):
    folder = shared.joinpath(*path)
    if not folder.is_dir():
        pytest.skip(f"no real data: {'/'.join(path)} is not there")
    return folder


def test_the_midi_of_groove_midi_is_the_whole_release_without_audio(shared, tmp_path):
    root = real(shared, "groove_midi", "groove")
    found = described("groove_mididataset", [root], tmp_path, notes=True)
    assert (found["state"], found["release"]) == ("complete", "groove-v1.0.0-midionly.zip")
    assert {row["state"] for row in found["figures"]} == {"complete"}
    [notes] = [row for row in found["figures"] if row["figure"] == "notes"]
    assert notes["here"] == 446_312


def test_groove_midi_without_one_drummer_lacks_his_sessions(shared, tmp_path):
    root = real(shared, "groove_midi", "groove")
    copy = tmp_path / "groove"
    without = shutil.ignore_patterns("drummer9")
    shutil.copytree(root, copy, ignore=without, copy_function=shutil.copyfile)
    lost = len(list((root / "drummer9").rglob("*.mid")))
    found = described("groove_mididataset", [copy], tmp_path)
    assert lost > 0
    assert found["says"].startswith(f"partial: sessions {1150 - lost:,} of 1,150; ")
    assert f"files .mid {1150 - lost:,} of 1,150" in found["says"]


def test_the_18_tracks_of_mdb_drums_are_a_part_of_23(shared, tmp_path):
    found = described("mdb_drums", [real(shared, "mdb_drums")], tmp_path, notes=True)
    assert found["says"] == (
        "partial: sessions 18 of 23; recordings 8 of 23; files audio 9 of 46; notes 7,031 of 7,994"
    )


def test_a_track_of_slakh2100_is_a_part_of_redux_and_not_of_babyslakh(shared, tmp_path):
    root = real(shared, "slakh", "slakh2100_flac_redux")
    found = described("slakh2100", [root], tmp_path)
    assert (found["release"], found["state"]) == (REDUX, "partial")


def test_a_track_of_babyslakh_is_a_part_of_20(shared, tmp_path):
    root = real(shared, "slakh", "babyslakh_16k")
    found = described("slakh2100", [root], tmp_path)
    assert (found["release"], found["state"]) == ("BabySlakh", "partial")
    assert found["says"] == "partial: sessions 1 of 20"
