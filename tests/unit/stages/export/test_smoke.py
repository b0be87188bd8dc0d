"""A smoke run: what it makes and measures, what is not healthy, and what it leaves."""

from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from checkout import REPO
from shard_of_events import FOLDER, RATE, TAXONOMY_FILES, event, noise, session, settings_of

from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.load.checks import check_samples
from drumcorpus.load.exports import open_export
from drumcorpus.schemas import EVENTS, INVENTORY, SESSIONS, SPLITS
from drumcorpus.stages.export.smoke import Surroundings, smoke_exports, stop_if_sick
from drumcorpus.stages.export.smoke_health import label_shares
from drumcorpus.stages.export.smoke_report import full_run, smoke_in_words

VOCABULARY = {
    "taxonomy": TAXONOMY_FILES,
    "class_maps": FOLDER / "class_maps.yaml",
    "general_midi": FOLDER / "general_midi.yaml",
}
SPLIT_OF = {"s1": "train", "s2": "validation", "s3": "test"}
BLOCKS = [
    {},
    {"unit": "segment", "form": ["webdataset", "parquet"], "seconds": 1.0, "encoding": "flac"},
    {"unit": "session", "form": "files"},
]
IDS = ["clips", "segments", "sessions"]
FILES = [
    {"source_set": "egmd", "path": f"{name}.wav", "bytes": 1, "duration": 3.0} for name in SPLIT_OF
]


class Corpus:
    """Three recordings of 3 s, one for each split, with a stroke every tenth of a second."""

    def __init__(self, folder):
        self.folder, self.audio, self.judged = folder, noise(), []
        rows = [
            event(f"{name}x{n:02d}", 0.2 + n / 10, name, split=split, labels=(label,))
            for name, split in SPLIT_OF.items()
            for n in range(20)
            for label in ["snare" if n % 4 == 2 else "kick"]
        ]
        sessions = [session(name, split) for name, split in SPLIT_OF.items()]
        splits = [
            {"source_set": "egmd", "session_id": name, "split": split, "included": True}
            for name, split in SPLIT_OF.items()
        ]
        (folder / "raw").mkdir()
        for row in FILES:
            (folder / "raw" / row["path"]).write_bytes(b"x")
        path = {
            name: self.write(name, content, schema)
            for name, content, schema in [
                ("events", rows, EVENTS),
                ("sessions", sessions, SESSIONS),
                ("splits", splits, SPLITS),
                ("inventory", FILES, INVENTORY),
            ]
        }
        weights = folder / "weights.parquet"
        of = {"event_id": [rows[0]["event_id"]], "session_id": ["s1"], "weight": [0.5]}
        write_table(weights, pa.table(of))
        shard = {"source_set": "egmd", "shard": "000"}
        self.tables = {
            "manifest": path["events"],
            "sessions": [path["sessions"]],
            "inventories": [path["inventory"]],
            "audio_checks": [],
            "roots": {"egmd": [folder / "raw"]},
            "weights": {"mine": weights},
            "cards": {"egmd": REPO / "resources/source_sets/egmd.yaml"},
            "shards": [shard | {name: path[name] for name in ("events", "sessions", "splits")}],
        }

    def write(self, name, rows, schema):
        path = self.folder / f"{name}.parquet"
        write_table(path, pa.Table.from_pylist(rows, schema))
        return path

    def open(self, path):
        if self.audio is None:
            raise FileNotFoundError(path)
        return self.audio, RATE

    def smoke(self, *, events=30, keep=False, check=check_samples, failed=(), **block):
        around = Surroundings(
            open_sound=lambda *of: {"open_audio": self.open, "read_raw": lambda path: None},
            progress=lambda totals, unit: nullcontext(lambda split, n_samples: None),
            check_samples=check,
            judge=lambda manifest, report: list(failed),
            threads=2,
            memory_limit="500MB",
        )
        made = smoke_exports(
            {"mine": settings_of(**block)},
            {"m": self.tables},
            VOCABULARY,
            around,
            events=events,
            keep=keep,
            scratch=self.folder / "scratch",
            kept=self.folder / "smoke",
        )
        return dict(made)["m/mine"]


@pytest.fixture
def corpus(tmp_path):
    return Corpus(tmp_path)


@pytest.mark.parametrize("block", BLOCKS[:2], ids=IDS[:2])
def test_a_part_is_made_measured_and_taken_away(corpus, block):
    figures = corpus.smoke(**block)
    assert figures["sick"] == []
    taken = 60 if block else 30
    assert (figures["metadata"]["limit"]["taken"], figures["report"]["events"]) == (taken, taken)
    assert figures["metadata"]["settings"]["limit"] == 30
    n_samples = 9 if block else 30
    forms = ["webdataset", "parquet"] if block else ["files"]
    assert figures["checked"]["read"] == dict.fromkeys(forms, n_samples)
    assert figures["report"]["samples"] == n_samples
    assert figures["listing"] == []
    assert not (corpus.folder / "scratch").exists() and not (corpus.folder / "smoke").exists()


def test_what_is_kept_is_a_whole_export_and_takes_the_place_of_the_last(corpus):
    corpus.smoke(keep=True, events=6)
    corpus.smoke(keep=True)
    kept = open_export(corpus.folder / "smoke/m/mine")
    assert [len(kept.split(split)) for split in SPLIT_OF.values()] == [10, 10, 10]
    assert (kept.root / "train/train_labels.json").is_file()
    assert not (corpus.folder / "scratch").exists()


def test_nothing_else_is_taken_away_for_what_is_kept(corpus):
    theirs = corpus.folder / "smoke/m/mine"
    theirs.mkdir(parents=True)
    (theirs / "notes.txt").write_text("of a person")
    with pytest.raises(ValueError, match=r"smoke/m/mine is there and is no export"):
        corpus.smoke(keep=True)
    assert (theirs / "notes.txt").read_text() == "of a person"


def test_what_a_killed_run_has_left_is_in_the_way_of_none(corpus):
    left = corpus.folder / "scratch/m/mine/export/train"
    left.mkdir(parents=True)
    (left / "train-egmd-000-000000.tar").write_bytes(b"half")
    assert corpus.smoke()["sick"] == []


def test_the_full_run_is_expected_by_the_rates_of_the_part(corpus):
    figures = corpus.smoke()
    figures |= {"cutting_seconds": {"egmd": 2.0}, "assembling_seconds": 0.5, "cores": 4}
    figures |= {"written_bytes": {"egmd": 30_000}, "n_shards": 1}
    estimate = full_run(figures)
    assert estimate["by_source_set"]["egmd"]["bytes"] == 60_000
    assert estimate["by_source_set"]["egmd"]["records"] == 60
    assert estimate["work_seconds"] == pytest.approx(4.0)
    assert estimate["run_seconds"] == pytest.approx(4.0 + 1.0)  # one shard, whatever the cores
    assert full_run(figures | {"n_shards": 8})["run_seconds"] == pytest.approx(1.0 + 1.0)


def test_the_words_have_rates_health_and_the_full_run(corpus):
    figures = corpus.smoke()
    figures |= {"cutting_seconds": {"egmd": 2.0}, "assembling_seconds": 0.5, "cores": 4}
    text = smoke_in_words(figures)
    assert "limited to 30 events, spread over all source sets and splits: 30 of 60" in text
    row = next(line for line in text.splitlines() if line.startswith("  egmd  "))
    assert row.split()[1:4] == ["30", "8.4", "s"]  # 30 clips of 0.28 s
    assert "15" in row.split() and "4" in row.split()  # clips and seconds of sound a second
    assert "events: in clips 30" in text
    assert "held against the records: files 30" in text
    assert "egmd: 0 silent of 30 clips in which something is struck, 0 clipped of 30" in text
    assert "The full run, about, on 4 cores: " in text and "1 shard at a time" in text
    assert text.endswith("  healthy")


# --- what is not healthy


def test_nothing_made_is_no_success(corpus):
    corpus.audio = None
    sick = corpus.smoke()["sick"]
    assert sick == ["not one clip was made: no_audio 30"]
    with pytest.raises(ValueError, match="m/mine: not one clip was made: no_audio 30") as error:
        stop_if_sick({"m/mine": sick, "m/other": []})
    assert '--config "smoke={keep: true}"' in str(error.value)
    stop_if_sick({"m/mine": []})


def of_manifest(corpus, **changed):
    """Put other recordings to the events of some sessions."""
    rows = read_table(corpus.tables["manifest"]).to_pylist()
    for row in rows:
        row["audio_path"] = changed.get(row["session_id"], row["audio_path"])
    corpus.write("events", rows, EVENTS)


def with_mix(corpus):
    """The sessions of the corpus, each with its full mix."""
    (corpus.folder / "raw/mix.wav").write_bytes(b"x")
    corpus.write("inventory", [*FILES, FILES[0] | {"path": "mix.wav"}], INVENTORY)
    rows = [
        session(name, split, mix_path="mix.wav", mix_duration=3.0)
        for name, split in SPLIT_OF.items()
    ]
    for row in rows:
        row["files"].append(row["files"][0] | {"path": "mix.wav"})
    return rows


@pytest.mark.parametrize("block", BLOCKS[:2], ids=IDS[:2])
def test_a_part_of_mixes_is_of_sessions_that_have_one(corpus, block):
    rows = with_mix(corpus)
    more = [session(f"x{n}", "train") for n in range(9)]
    corpus.write("sessions", [*rows, *more], SESSIONS)
    names = ("source_set", "session_id", "split")
    splits = [{name: row[name] for name in names} | {"included": True} for row in [*rows, *more]]
    corpus.write("splits", splits, SPLITS)
    events = read_table(corpus.tables["manifest"]).to_pylist()
    events += [event(f"{row['session_id']}x00", 0.2, row["session_id"]) for row in more]
    corpus.write("events", events, EVENTS)
    figures = corpus.smoke(audio="mix", **block)
    assert figures["sick"] == []
    assert figures["report"]["not_exported"] == {}
    assert (figures["metadata"]["limit"]["of"], figures["report"]["events"]) == (
        60,
        60 if block else 30,
    )


@pytest.mark.parametrize("block", BLOCKS, ids=IDS)
def test_events_without_a_recording_are_not_taken(corpus, block):
    of_manifest(corpus, s1=None)
    figures = corpus.smoke(events=40, **block)
    assert figures["sick"] == []
    assert (figures["metadata"]["limit"]["taken"], figures["metadata"]["limit"]["of"]) == (40, 40)


@pytest.mark.parametrize("block", [{}, {"audio": "mix"}], ids=["drums", "mix"])
def test_a_part_without_any_recording_is_no_success(corpus, block):
    of_manifest(corpus, s1=None, s2=None, s3=None)
    assert corpus.smoke(**block)["sick"] == [
        "not one clip was made: no event has a recording that it could be cut from"
    ]


@pytest.mark.parametrize(("audio", "n_sick"), [("drums", 1), ("mix", 0)], ids=["drums", "mix"])
def test_a_source_set_without_any_recording_is_told(corpus, audio, n_sick):
    rows = with_mix(corpus)
    corpus.write("sessions", rows, SESSIONS)
    events = read_table(corpus.tables["manifest"]).to_pylist()
    events.append(event("silent", 0.2, source_set="other", audio_path=None))
    corpus.tables["manifest"] = corpus.write("manifest", events, EVENTS)
    sentence = "not one clip of other was made: no event has a recording that it could be cut from"
    assert corpus.smoke(audio=audio)["sick"] == [sentence] * n_sick


def test_a_manifest_without_an_event_is_refused_by_the_key_of_the_export(corpus):
    corpus.write("events", [], EVENTS)
    with pytest.raises(ValueError, match=r"^exports\.mine: m has no event that can be tried$"):
        corpus.smoke(unit="clip")
    assert not (corpus.folder / "smoke").exists()


def test_no_export_at_all_is_refused():
    with pytest.raises(ValueError, match="config: exports: there is none"):
        list(smoke_exports({}, {}, VOCABULARY, None, events=1, keep=False, scratch="s", kept="k"))


def test_silence_where_strokes_should_be_is_told(corpus):
    corpus.audio = np.zeros(3 * RATE, np.float32)
    figures = corpus.smoke()
    assert figures["sick"] == ["all 30 clips of egmd in which something is struck are silent"]
    assert "  NOT HEALTHY: all 30 clips of egmd" in smoke_in_words(figures)


def test_a_gate_that_fails_is_told(corpus):
    verdict = {"gate": "max_dropped_share", "sentence": "Too many."}
    assert corpus.smoke(failed=[verdict])["sick"] == ["gate max_dropped_share: Too many."]


def test_damage_is_told_by_those_who_read_it_back(corpus):
    def check(root):
        path = sorted(Path(root).glob("train/clips/**/*.wav"))[0]
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
        return check_samples(root)

    sick = corpus.smoke(check=check)["sick"]
    assert len(sick) == 2
    assert sick[0].startswith("1 clip(s) with another digest than in the record, e.g. es1x")
    assert sick[1].startswith("1 file(s) not as SHA256SUMS has them, e.g. train/clips/egmd/")


def test_labels_are_compared_by_the_share_of_each(corpus, tmp_path):
    index = pa.table(
        {
            "source_set": ["egmd"] * 4,
            "session_id": ["s1"] * 4,
            "outcome": ["clip", "clip", "clip", "no_audio"],
            "components": [[{"label": "kick"}], [{"label": "snare"}], [{"label": "snare"}], None],
        }
    )
    write_table(tmp_path / "index.parquet", index)
    settings = {"threads": 1, "memory_limit": "500MB"}
    shares = label_shares(
        corpus.tables["manifest"], [tmp_path / "index.parquet"], "clip", **settings
    )
    assert shares["egmd"]["part"] == {"kick": 1, "snare": 2}
    assert shares["egmd"]["whole"] == {"kick": 45, "snare": 15}
    assert shares["egmd"]["label"] in ("kick", "snare")
    assert shares["egmd"]["difference"] == pytest.approx(2 / 3 - 1 / 4)
    assert label_shares(corpus.tables["manifest"], [], "clip", **settings)["egmd"]["label"] is None
