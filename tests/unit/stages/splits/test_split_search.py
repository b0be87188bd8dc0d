"""Every way in which sessions may leak into another split is seen, and stopped."""

import json
import logging
import runpy
import sys
import types

import numpy as np
import pyarrow as pa
import pytest
import yaml

from drumcorpus.ground.files.settings import read_settings
from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.ground.sound.landmarks import SAMPLE_RATE_HZ, find_landmarks
from drumcorpus.schemas import FINGERPRINTS, INVENTORY, SESSIONS, SPLITS
from drumcorpus.stages.splits.decide import decide_splits, families_across_splits
from drumcorpus.stages.splits.onset_patterns import pattern_hashes
from drumcorpus.stages.splits.page import render_splits_page
from drumcorpus.stages.splits.search import (
    count_audio_reasons,
    find_edges,
    find_unreadable,
    read_sessions,
)
from drumcorpus.stages.splits.settings import SearchSettings

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
SECONDS = 40


@pytest.fixture(scope="module")
def search(repo):
    return yaml.safe_load((repo / "config/config.yaml").read_text())["splits"]["search"]


def onsets(seed):
    """Onsets in ms of somebody's playing, and the classes struck."""
    rng = np.random.default_rng(seed)
    gaps = rng.choice([125, 250, 250, 375, 500], 4 * SECONDS) + rng.normal(0, 8, 4 * SECONDS)
    times = np.cumsum(gaps)
    times = times[times < 1000 * (SECONDS - 1)]
    return np.round(times).astype(np.int64), rng.integers(1, 6, len(times))


def sound(seed):
    """Short bursts of tones at some times."""
    rng = np.random.default_rng(seed)
    samples = np.zeros(SECONDS * SAMPLE_RATE_HZ, np.float32)
    time = np.arange(1600) / SAMPLE_RATE_HZ
    for start in rng.integers(0, len(samples) - 1600, 5 * SECONDS):
        tones = np.sin(2 * np.pi * rng.uniform(100, 3500, (4, 1)) * time).sum(axis=0)
        samples[start : start + 1600] += (0.1 * tones * np.exp(-20 * time)).astype(np.float32)
    return samples


class Corpus:
    """Tables of some sessions that have nothing in common, but for what a test plants."""

    def __init__(self, folder):
        self.folder = folder
        self.sessions, self.files, self.prints = [], [], []

    def add(
        self,
        name,
        split,
        *,
        source_set="one",
        group=None,
        files=(),
        samples=None,
        strokes=None,
        silent=(),
        unreadable=(),
        **more,
    ):
        number = len(self.sessions)
        hashes, frames = find_landmarks(
            sound(number) if samples is None else samples, max_landmarks=1500
        )
        times, classes = onsets(number) if strokes is None else strokes
        key = {"source_set": source_set, "session_id": name}
        row = key | {"group_id": group or f"{source_set}/{name}", "split": split}
        self.sessions.append(row | {"official_split": True} | more)
        for path, role, digest in files:
            self.files.append(key | {"path": path, "role": role, "bytes": 100, "sha256": digest})
        self.prints.append(
            key
            | {"landmark_hashes": hashes, "landmark_frames": frames, "silent_files": list(silent)}
            | {"unreadable_stems": list(unreadable)}
            | {"stroke_times": times, "stroke_classes": classes, "audio_reason": None}
            | {"pattern_hashes": pattern_hashes(times, classes, max_patterns=2000)}
        )

    def kinds(self, search, isolate=()):
        """What joins the sessions, and what `refuse` makes of their splits."""
        tables = {"s": (self.sessions, SESSIONS), "f": (self.files, INVENTORY)}
        tables["p"] = (self.prints, FINGERPRINTS)
        paths = {name: str(self.folder / f"{name}.parquet") for name in tables}
        for name, (rows, schema) in tables.items():
            write_table(paths[name], pa.Table.from_pylist(rows, schema))
        sessions = read_sessions([paths["s"]])
        edges = find_edges(
            sessions,
            [paths["f"]],
            [paths["p"]],
            read_settings(SearchSettings, search),
            isolate=isolate,
            threads=2,
            memory_limit="500MB",
            spill_dir=self.folder,
        )
        families, decisions = decide_splits(sessions, edges, policy="refuse", seed=0, shares=SHARES)
        assert families_across_splits(families, decisions) == []
        refused = [
            row["session_id"] for row, d in zip(sessions, decisions, strict=True) if not d.included
        ]
        return sorted({edge.kind for edge in edges}), refused


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "a[1]*"  # a name, and no pattern, which would find the file beside it
    folder.mkdir()
    (tmp_path / "a1").mkdir()
    for name in "sfp":
        (tmp_path / f"a1/{name}.parquet").write_bytes(b"no table")
    made = Corpus(folder)
    for number, split in enumerate(("train", "train", "validation", "test")):
        files = [(f"{number}.mid", "annotation", f"m{number}"), ("index.csv", "index", "i")]
        made.add(f"other{number}", split, files=files)
    return made


def test_sessions_that_share_nothing_are_not_joined(corpus, search):
    assert corpus.kinds(search) == ([], [])


def test_equal_midi_is_found(corpus, search):
    for name, split in (("a", "train"), ("b", "test")):
        corpus.add(name, split, files=[(f"{name}.mid", "annotation", "same")])
    assert corpus.kinds(search) == (["equal_annotation"], ["a"])


def test_equal_audio_is_found(corpus, search):
    for name, split in (("a", "train"), ("b", "validation")):
        corpus.add(name, split, files=[(f"{name}.wav", "audio", "same")])
    assert corpus.kinds(search) == (["equal_audio"], ["a"])


def test_an_equal_backing_track_is_found_by_its_file(corpus, search):
    for name, split in (("a", "train"), ("b", "test")):
        corpus.add(name, split, files=[(f"accompaniment/{name}.wav", "other", "same")])
    assert corpus.kinds(search) == (["equal_audio"], ["a"])


def test_a_silent_stem_in_common_joins_nothing_and_another_does(corpus, search):
    for name, split in (("a", "train"), ("b", "test")):
        files = [(f"{name}/vocals.wav", "other", "silence"), (f"{name}.wav", "audio", name)]
        corpus.add(name, split, files=files, silent=["silence"])
    for name, split in (("c", "train"), ("d", "test")):
        corpus.add(name, split, files=[(f"{name}/bass.flac", "other", "bass")])
    assert corpus.kinds(search) == (["equal_audio"], ["c"])


def test_a_backing_track_and_a_song_of_two_sets_are_found_by_their_group(corpus, search):
    corpus.add("a", "train", group="enst/backing/celtic-rock")
    corpus.add("b", "test", group="enst/backing/celtic-rock")
    corpus.add("song", "train", group="work/artist/title")
    corpus.add("Song", "validation", source_set="two", group="work/artist/title")
    assert corpus.kinds(search) == (["group"], ["a", "song"])


def test_nearly_equal_audio_is_found(corpus, search):
    samples = sound(99)
    corpus.add("a", "train", samples=samples)
    corpus.add("b", "test", samples=0.4 * samples[3 * SAMPLE_RATE_HZ :])
    assert corpus.kinds(search) == (["near_audio"], ["a"])


def test_nearly_equal_strokes_are_found(corpus, search):
    times, classes = onsets(99)
    corpus.add("a", "train", strokes=(times, classes))
    corpus.add("b", "test", source_set="two", strokes=(times[20:] - 500, classes[20:]))
    assert corpus.kinds(search) == (["near_strokes"], ["a"])


def test_what_is_joined_already_is_not_searched_again(corpus, search):
    strokes = onsets(99)
    corpus.add("a", "test", strokes=strokes, group="g")
    corpus.add("b", "test", strokes=strokes, group="g")
    assert corpus.kinds(search) == (["group"], [])


def test_unheard_sound_texts_indexes_and_nearly_empty_annotations_join_nothing(corpus, search):
    few = np.arange(5) * 300, np.ones(5, np.int64)
    for name, split in (("a", "train"), ("b", "test")):
        files = [
            (f"{name}.wav", "audio", "silence"),
            ("readme.txt", "other", "text"),
            ("list.csv", "index", "list"),
            (f"{name}.flac", "other", "broken"),
            (f"{name}.txt", "annotation", "short"),
        ]
        unheard = {"silent": ["silence"], "unreadable": ["broken"]}
        corpus.add(name, split, files=files, strokes=few, **unheard)
    assert corpus.kinds(search) == ([], [])


def test_a_drummer_is_kept_in_one_split_where_the_config_asks_for_it(corpus, search):
    corpus.add("a", "train", drummer_id="d")
    corpus.add("b", "test", drummer_id="d")
    assert corpus.kinds(search) == ([], [])
    assert corpus.kinds(search, isolate=["drummer"]) == (["drummer"], [])


def test_tables_without_a_session_have_no_edge(tmp_path, search):
    assert Corpus(tmp_path).kinds(search, isolate=["drummer", "kit"]) == ([], [])


class Named(types.SimpleNamespace):
    """What snakemake gives a script: values by name."""

    def items(self):
        return vars(self).items()


def test_the_script_makes_its_products_of_tables_without_a_session(
    tmp_path, search, repo, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(logging, "captureWarnings", lambda capture: None)
    Corpus(tmp_path).kinds(search)
    tables = {"sessions": "s", "inventory": "f", "fingerprints": "p"}
    job = Named(
        rule="decide_splits",
        input=Named(
            **{name: [str(tmp_path / f"{n}.parquet")] for name, n in tables.items()}, lists=[]
        ),
        output=Named(splits="m.parquet", report="m.json"),
        params=Named(
            code={"digest": "0", "software": {}},
            splits={
                **{"seed": 0, "shares": SHARES, "leaks": "refuse", "isolate": ["drummer"]},
                "search": search,
            },
            select={},
            model_labels={},
            local={"memory_limit": "500MB"},
        ),
        wildcards=Named(manifest="m"),
        log=["m.log"],
        threads=1,
        scriptdir=str(repo / "workflow/scripts"),
    )
    runpy.run_path(str(repo / "workflow/scripts/decide_splits.py"), {"snakemake": job})
    table = read_table(tmp_path / "m.parquet")
    assert (table.num_rows, table.schema.names) == (0, SPLITS.names)
    report = json.loads((tmp_path / "m.json").read_text())
    assert (report["sessions"], report["leaks"]["families"], report["splits"]) == (0, 0, {})
    assert "No source set has a session." in render_splits_page(report, "m")


def test_a_session_that_two_tables_list_is_an_error(tmp_path):
    row = {"source_set": "s", "session_id": "a", "group_id": "g", "split": "train"}
    path = tmp_path / "s.parquet"
    write_table(path, pa.Table.from_pylist([row], SESSIONS))
    with pytest.raises(ValueError, match="listed twice: s/a"):
        read_sessions([str(path), str(path)])


def test_sessions_without_landmarks_are_counted_by_reason(tmp_path):
    rows = [
        {"source_set": source_set, "session_id": str(number), "audio_reason": reason}
        for number, (source_set, reason) in enumerate(
            [("a", "no_audio"), ("a", "no_audio"), ("b", "unreadable_audio"), ("b", None)]
        )
    ]
    path = tmp_path / "f.parquet"
    write_table(path, pa.Table.from_pylist(rows, FINGERPRINTS))
    assert count_audio_reasons([str(path)]) == {"a": {"no_audio": 2}, "b": {"unreadable_audio": 1}}


def test_sessions_with_a_damaged_file_are_named_by_set_and_in_order(tmp_path):
    rows = [
        {"source_set": source_set, "session_id": name, "unreadable_files": files}
        for source_set, name, files in [
            *(("b", "2", ["x.wav", "y.wav"]), ("b", "1", ["z.wav"])),
            *(("a", "1", []), ("c", "1", ["x.wav"])),
        ]
    ]
    paths = [tmp_path / f"{number}.parquet" for number in range(2)]
    for path, part in zip(paths, (rows[:1], rows[1:]), strict=True):
        write_table(path, pa.Table.from_pylist(part, FINGERPRINTS))
    assert find_unreadable([str(path) for path in paths]) == {"b": ["1", "2"], "c": ["1"]}
