"""The same questions to every source set, on its demo corpus in the set's true layout."""

import io
import json
import shutil
from collections import Counter, defaultdict
from importlib import import_module
from pathlib import PurePosixPath

import mido
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from source_set_runs import REPO, RESOURCES, Run

from drumcorpus.ground.files.jsonl import row_problems
from drumcorpus.ground.files.missing_files import missing_files
from drumcorpus.ground.files.schema_check import document_problems
from drumcorpus.ground.files.table_lines import write_table_as_lines
from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.schemas import EVENTS, FLAGS, INVENTORY, QUARANTINE, SESSIONS, TALLIES
from drumcorpus.sessions import mix_files
from drumcorpus.stages.ingest.provenance import provenance_rows

# Sessions of the demo with a recording of all instruments.
MIXES = {"slakh2100": 7, "enst_drums": 4, "mdb_drums": 1, "musdb18_hq": 3, "star_drums": 5}
SOURCE_SETS = read_yaml(REPO / "config/config.yaml")["use"]
# Sets whose recordings have no onsets that could be labels: what they hold is listed only.
WITHOUT_EVENTS = {"musdb18_hq"}
# Sets whose sessions have licences of their own: those of the demo's events.
OWN_LICENCES = {"star_drums": {"CC-BY-3.0", "CC-BY-SA-3.0"}, "rendered_kits": {"MIT"}}
# Sets whose card says so.
RECORDED_ALIKE = {
    *("groove_mididataset", "egmd", "stemgmd", "enst_drums", "slakh2100", "rendered_kits")
}
# Strokes of the demo that are choked, by session: label and cymbal.
CHOKED = {"rendered_kits": [[("crash", 1), ("crash", 2)]] * 2}
MAX_BYTES = 25_000_000


@pytest.fixture(scope="module", params=SOURCE_SETS)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def root(name, tmp_path_factory):
    """The demo corpus of one set."""
    folder = tmp_path_factory.mktemp(name) / "raw"
    module = import_module(f"drumcorpus.demo.{name}")
    module.write_corpus(folder, RESOURCES / "demo/kits.yaml", seed=7, n_performances=12)
    return folder


@pytest.fixture(scope="module")
def run(name, root, tmp_path_factory):
    return Run(name, [root], tmp_path_factory.mktemp("cache") / "facts.json")


@pytest.fixture(scope="module")
def inventory(run):
    return run.inventory()


@pytest.fixture(scope="module")
def ingested(run, inventory):
    return run.ingest(inventory.sessions)


def paths_below(root):
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def test_a_clean_corpus_has_nothing_in_quarantine(inventory, ingested):
    assert inventory.quarantine.to_pylist() == []
    assert ingested.refusals == []


def test_every_file_is_accounted_for(root, inventory):
    rows = inventory.files.to_pylist()
    assert {row["path"] for row in rows} == paths_below(root)
    assert {row["role"] for row in rows} <= {"annotation", "audio", "index", "other"}
    sessions = set(inventory.sessions["session_id"].to_pylist())
    assert {row["session_id"] for row in rows} - {None} <= sessions
    assert all(row["duration"] > 0 for row in rows if row["role"] == "audio")
    assert sum(path.stat().st_size for path in root.rglob("*") if path.is_file()) < MAX_BYTES


def test_what_systems_and_tools_leave_changes_nothing_and_is_counted(root, run, inventory):
    """As a Mac leaves it on a foreign disk, a server beside it, and editors and programs."""
    names = sorted(paths_below(root))
    folders = sorted({PurePosixPath(name).parent for name in names})
    beside = (".DS_Store", "Thumbs.db", "@eaDir/a", ".~lock.x#", ".nfs0001", "take.wav.part")
    shadows = [PurePosixPath(name).parent / f"._{PurePosixPath(name).name}" for name in names]
    others = [folder / name for folder in folders for name in beside]
    others += [PurePosixPath("__MACOSX") / name for name in names]
    others += [PurePosixPath(f"{name}.reapeaks") for name in names if name.endswith(".wav")]
    others += [PurePosixPath(f"{names[0]}~"), PurePosixPath(".git/config")]
    try:
        for path in [*shadows, *others]:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(b"\0\5\x16\7")
        found = run.inventory()
    finally:
        for path in [*shadows, *others]:
            (root / path).unlink()
    assert found.sessions.equals(inventory.sessions)
    assert found.files.equals(inventory.files)
    assert found.quarantine.num_rows == 0
    counted = {kind: row["files"] for kind, row in found.not_of_the_set["by_kind"].items()}
    assert counted["apple_double"] == len(names)
    assert (
        counted["macos_archive"] == counted["version_control"] == counted["editor"] - len(folders)
    )
    assert counted["server_index"] == counted["nfs_deleted"] == len(folders)
    assert found.not_of_the_set["files"] == sum(counted.values())
    assert inventory.not_of_the_set["files"] == 0


def test_sound_on_a_second_drive_changes_what_the_provenance_says_and_nothing_else(
    name, root, run, inventory, ingested, tmp_path
):
    first, second = tmp_path / "first", tmp_path / "second"
    shutil.copytree(root, first)
    sounds = {row["path"] for row in inventory.files.to_pylist() if row["role"] == "audio"}
    for path in sounds:
        (second / path).parent.mkdir(parents=True, exist_ok=True)
        (first / path).rename(second / path)
    both = Run(name, [first, second], tmp_path / "facts.json")
    found = both.inventory()
    assert found.sessions.equals(inventory.sessions)
    assert found.files.equals(inventory.files)
    again = both.ingest(found.sessions)
    assert again.events.equals(ingested.events)
    write_table(tmp_path / "events.parquet", again.events)
    tables = (again.tallies, QUARANTINE.empty_table(), FLAGS.empty_table(), found.roots, [])
    rows = list(
        provenance_rows(
            *(found.sessions, tmp_path / "events.parquet", *tables, both.card),
            license_ref="card.yaml",
            ingestion="0",
        )
    )
    assert len(rows) == found.sessions.num_rows
    files = [file for row in rows for file in row["hashes"]]
    assert {f["path"] for f in files if f["role"] == "audio"} <= sounds
    for file in files:
        expected = ("secondary", 2) if file["path"] in sounds else ("primary", 1)
        assert (file["root"], file["root_number"]) == expected
    for row in rows:
        n_sounds = sum(file["path"] in sounds for file in row["hashes"])
        counts = {"primary": len(row["hashes"]) - n_sounds, "secondary": n_sounds}
        assert {root["root"]: root["n_files"] for root in row["roots"]} == {
            root: n for root, n in counts.items() if n
        }
    assert str(tmp_path) not in str(rows)


def test_a_session_whose_sound_is_taken_away_is_named(name, root, run, inventory, tmp_path):
    """Where a session has a recording of its own; tracks and packs are what their files make up."""
    assert missing_files(inventory.sessions, inventory.quarantine) == [
        {**lacking, "paths": []} for lacking in without_sound(inventory)
    ]
    recorded = [row for row in inventory.sessions.to_pylist() if row["audio_path"]]
    if not recorded:
        return
    session = recorded[-1]
    place = root / session["audio_path"]
    place.rename(tmp_path / "away")
    try:
        found = run.inventory()
    finally:
        (tmp_path / "away").rename(place)
    lacking = missing_files(found.sessions, found.quarantine)
    named = [row for row in lacking if row["session_id"] == session["session_id"]]
    # Nothing in MDB Drums says which of its tracks have sound.
    is_promised = name != "mdb_drums"
    reason = "missing_audio" if is_promised else "no_audio"
    assert [(row["kind"], row["reason"]) for row in named] == [("audio", reason)]
    assert named[0]["paths"] == ([session["audio_path"]] if is_promised else [])
    assert named[0]["detail"]
    assert len(lacking) == len(list(without_sound(inventory))) + 1


def without_sound(inventory):
    """What is said of the sessions of a demo that have no sound, for their index says so."""
    for row in inventory.sessions.to_pylist():
        if row["audio_duration"] is None:
            notes = "; ".join(row["notes"]) or None
            yield {
                **{"kind": "audio", "session_id": row["session_id"], "reason": "no_audio"},
                "detail": notes,
            }


def test_every_session_with_audio_says_how_long_it_is(inventory):
    owners = {row["session_id"] for row in inventory.files.to_pylist() if row["role"] == "audio"}
    for session in inventory.sessions.to_pylist():
        assert (session["audio_duration"] is not None) == (session["session_id"] in owners)
        assert session["audio_duration"] is None or session["audio_duration"] > 0


def test_sessions_rest_on_files_that_are_there(inventory):
    known = {row["path"]: row["sha256"] for row in inventory.files.to_pylist()}
    assert inventory.sessions.num_rows > 0
    for session in inventory.sessions.to_pylist():
        files = {file["path"]: file["sha256"] for file in session["files"]}
        assert files.items() <= known.items()
        named = [session["annotation_path"], session["audio_path"]]
        assert {path for path in named if path} <= files.keys()
        assert set(session["channel_paths"] or []) <= files.keys()
        assert set(mix_files(session)) <= files.keys()


def test_where_a_card_says_that_kits_are_recorded_alike_sessions_name_their_kit(name, inventory):
    cards = {
        folder: read_yaml(RESOURCES / folder / f"{name}.yaml")
        for folder in ("source_sets", "demo/source_sets")
    }
    alike = {folder: card.get("recorded_alike") for folder, card in cards.items()}
    assert bool(alike["source_sets"]) == (name in RECORDED_ALIKE)
    # The demo of Groove plays two kits by the name of one, and that of StemGMD has few crashes.
    assert bool(alike["demo/source_sets"]) == (name in {"egmd", "enst_drums", "rendered_kits"})
    if name in RECORDED_ALIKE:
        assert alike["source_sets"].keys() == {"by", "reason", "source"}
        labelled = inventory.sessions.filter(pc.is_valid(inventory.sessions["label_map"]))
        kits = labelled["kit_id"].to_pylist()
        assert None not in kits
        assert len(set(kits)) < len(kits)


def test_a_mix_is_as_long_as_the_drums_and_another_file(name, inventory):
    mixed = [row for row in inventory.sessions.to_pylist() if row["mix_path"]]
    assert len(mixed) == MIXES.get(name, 0)
    for row in mixed:
        assert row["mix_path"] != row["audio_path"]
        assert row["mix_duration"] == pytest.approx(row["audio_duration"], abs=0.001)


def test_the_tables_have_their_schemas(inventory, ingested):
    assert inventory.files.schema.equals(INVENTORY)
    assert inventory.sessions.schema.equals(SESSIONS)
    assert inventory.quarantine.schema.equals(QUARANTINE)
    assert ingested.events.schema.equals(EVENTS)
    assert ingested.tallies.schema.equals(TALLIES)
    ingested.events.validate(full=True)


def test_totals_add_up(name, inventory, ingested):
    in_events = Counter()
    for event in ingested.events.select(["session_id", "components"]).to_pylist():
        in_events[event["session_id"]] += len(event["components"])
    tallied = Counter()
    for row in ingested.tallies.to_pylist():
        assert row["source_set"] == name
        if row["outcome"] == "in_event":
            tallied[row["session_id"]] += row["n_hits"]
    assert in_events == tallied
    labelled = {s["session_id"] for s in inventory.sessions.to_pylist() if s["label_map"]}
    assert set(ingested.tallies["session_id"].to_pylist()) <= labelled
    assert bool(in_events) == (name not in WITHOUT_EVENTS)


def test_the_strokes_that_a_hand_stops_are_chokes(name, ingested):
    choked = defaultdict(list)
    for event in ingested.events.to_pylist():
        if "choke" in event["techniques"]:
            choked[event["session_id"]] += [
                (each["label"], each["cymbal"]) for each in event["components"] if each["cymbal"]
            ]
    assert sorted(map(sorted, choked.values())) == CHOKED.get(name, [])


def strokes_in(path, data):
    """The strokes of an annotation, counted without the library; None of another format."""
    if path.endswith((".mid", ".midi")):
        messages = mido.merge_tracks(mido.MidiFile(file=io.BytesIO(data)).tracks)
        return sum(m.type == "note_on" and m.velocity > 0 for m in messages)
    if path.endswith(".txt"):
        return sum(bool(line.strip()) for line in data.splitlines())
    return data.count(b"<event>") if path.endswith(".xml") else None


def test_every_stroke_of_an_annotation_is_in_an_event_or_dropped_by_reason(
    root, inventory, ingested
):
    counted = Counter()
    for row in ingested.tallies.to_pylist():
        assert row["outcome"]
        counted[row["session_id"]] += row["n_hits"]
    for session in inventory.sessions.to_pylist():
        path = session["annotation_path"]
        if session["label_map"] is None or path is None:
            continue
        n_strokes = strokes_in(path, (root / path).read_bytes())
        if n_strokes is not None:
            assert counted[session["session_id"]] == n_strokes, session["session_id"]


def test_every_source_label_of_the_demo_is_mapped(ingested):
    """What a map lacks is counted; the demo is to show the labels that a set really has."""
    outcomes = set(ingested.tallies["outcome"].to_pylist())
    assert "unmapped_label" not in outcomes


def test_ids_are_unique(ingested):
    ids = ingested.events["event_id"].to_pylist()
    assert len(set(ids)) == len(ids)


def test_the_order_of_the_files_leaves_no_trace(run, inventory, ingested):
    other = run.inventory(backwards=True)
    assert other.sessions.equals(inventory.sessions)
    assert other.files.equals(inventory.files)
    assert run.ingest(other.sessions).events.equals(ingested.events)


def test_events_stand_in_order_of_session_and_onset(ingested):
    rows = ingested.events.select(["session_id", "onset_time"]).to_pylist()
    keys = [(row["session_id"], row["onset_time"]) for row in rows]
    assert keys == sorted(keys)


def test_onsets_lie_inside_their_audio(inventory, ingested):
    lengths = {row["path"]: row["duration"] for row in inventory.files.to_pylist()}
    for event in ingested.events.to_pylist():
        assert event["onset_time"] >= 0
        if event["audio_path"] is not None:
            assert event["onset_time"] <= lengths[event["audio_path"]]


def test_events_are_valid_rows(name, run, ingested, workflow_schema):
    schema = workflow_schema("event")
    families, techniques = run.taxonomy.families, run.taxonomy.techniques
    for event in ingested.events.to_pylist()[::7]:
        assert document_problems(event, schema) == []
    for event in ingested.events.to_pylist():
        assert {part["label"] for part in event["components"]} <= families.keys()
        assert set(event["techniques"]) <= set(techniques)
        assert event["license"] in OWN_LICENCES.get(name, {run.card["license"]})
        assert event["label_method"] == run.card["label_method"]


def test_events_as_lines_are_the_rows_of_the_table_and_valid(ingested, tmp_path, workflow_schema):
    some = ingested.events.take(pa.array(range(0, ingested.events.num_rows, 7), pa.int64()))
    write_table(tmp_path / "events.parquet", some)
    lines = tmp_path / "events.jsonl"
    assert write_table_as_lines(tmp_path / "events.parquet", lines) == some.num_rows
    assert [json.loads(line) for line in lines.read_text().splitlines()] == some.to_pylist()
    assert row_problems(lines, workflow_schema("event")) == []


def test_no_group_stands_in_two_splits(inventory):
    splits = defaultdict(set)
    for session in inventory.sessions.to_pylist():
        splits[session["group_id"]].add(session["split"])
    assert {group for group, members in splits.items() if len(members) > 1} == set()


def test_two_ingests_give_equal_bytes(run, inventory, ingested, tmp_path):
    again = run.ingest(inventory.sessions)
    for number, table in enumerate([ingested.events, again.events]):
        write_table(tmp_path / f"{number}.parquet", table)
    assert (tmp_path / "0.parquet").read_bytes() == (tmp_path / "1.parquet").read_bytes()
    assert again.tallies.equals(ingested.tallies)


def test_a_session_is_ingested_alone_as_among_all(run, inventory, ingested):
    for number in range(0, inventory.sessions.num_rows, 3):
        alone = run.ingest(inventory.sessions.slice(number, 1)).events
        session_id = inventory.sessions["session_id"][number]
        among_all = ingested.events.filter(pc.equal(ingested.events["session_id"], session_id))
        assert alone.equals(pa.Table.from_batches(among_all.to_batches(), EVENTS))


LINES = (".txt", ".csv", ".beats", ".yaml")
HOSTILE = {
    "empty": lambda data: b"",
    "one_byte": lambda data: b"\x00",
    "cut": lambda data: data[: len(data) // 2],
    "noise": lambda data: bytes((7 * n + 13) % 251 for n in range(len(data) or 64)),
    "text": lambda data: "Ünsinn\n<a>&b;\n- [".encode(),
}


def files_of_each_kind(inventory):
    """The first file of each role and extension, by path.

    The annotation of a session that is left out is not read.
    """
    rows = inventory.sessions.to_pylist()
    left_out = {row["annotation_path"] for row in rows if row["label_map"] is None}
    kinds = {}
    for row in inventory.files.to_pylist():
        if row["path"] in left_out:
            continue
        kinds.setdefault((row["role"], row["path"].rsplit(".", 1)[-1]), row["path"])
    return kinds


@pytest.mark.parametrize("how", HOSTILE)
def test_a_hostile_file_of_each_kind_is_refused_by_name(name, root, inventory, tmp_path, how):
    """It goes to quarantine, and everything else goes on; only a broken index stops the set."""
    for (role, _), path in files_of_each_kind(inventory).items():
        folder = tmp_path / f"{role}-{path.rsplit('.', 1)[-1]}"
        shutil.copytree(root, folder)
        damaged = HOSTILE[how]((folder / path).read_bytes())
        (folder / path).write_bytes(damaged)
        run = Run(name, [folder], tmp_path / "facts.json")
        try:
            found = run.inventory()
            ingested = run.ingest(found.sessions)
        except ValueError as error:
            assert role == "index", error
            assert path in str(error)
            continue
        named = {row["path"] for row in found.quarantine.to_pylist()}
        named |= {refusal.path for refusal in ingested.refusals}
        shutil.rmtree(folder)
        # Of lines, one by one, the half may be a whole; and what is not used may be anything. A
        # text beside the sounds is a note only where it names cymbals.
        is_prose = path.endswith("README") and how in ("empty", "cut", "text")
        if role == "other" or is_prose or (how == "cut" and path.endswith(LINES)):
            continue
        assert path in named, f"{path} ({role}), {how}: {sorted(named)}"


def test_a_broken_note_on_a_kit_is_refused_with_its_line_and_no_stroke_is_lost(
    name, root, run, inventory, ingested, tmp_path
):
    """Where the card has notes read: nothing else changes, and no note leads out of the roots."""
    if "cymbal_words" not in run.card.get("references", {}):
        return
    shutil.copytree(root, tmp_path / "raw")
    session = inventory.sessions.to_pylist()[0]
    folder = tmp_path / "raw" / PurePosixPath(session["files"][0]["path"]).parts[0]
    (tmp_path / "secret.csv").write_text("file,cymbal\n*,1\n")
    (folder / "kit.csv").write_text("file,cymbal\n../../secret.csv,1\n")
    (folder / "linked.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "kit.yaml").write_text("cymbals:\n  - {maker: Sabian, kind: crash, diameter: 16}\n")
    found = Run(name, [tmp_path / "raw"], tmp_path / "facts.json").inventory()
    where = f"{folder.name}/kit.csv"
    refused = {row["path"]: row for row in found.quarantine.to_pylist()}
    assert {path: row["reason"] for path, row in refused.items()} == {
        where: "unreadable_notes",
        f"{folder.name}/linked.csv": "outside_root",
    }
    assert refused[where]["detail"].startswith(f"{where}:2: '../../secret.csv' is no sound")
    assert refused[where]["session_id"] == session["session_id"]
    (after,) = [
        row for row in found.sessions.to_pylist() if row["session_id"] == session["session_id"]
    ]
    used = {file["path"]: file for file in after["files"]}
    listed = {row["path"]: row for row in found.files.to_pylist()}
    note = f"{folder.name}/kit.yaml"
    assert used.keys() - {file["path"] for file in session["files"]} == {note}
    assert (used[note]["role"], used[note]["sha256"]) == ("annotation", listed[note]["sha256"])
    assert "kit.yaml: on the kit: Sabian crash, 16 in" in after["notes"]
    again = Run(name, [tmp_path / "raw"], tmp_path / "facts.json").ingest(found.sessions)
    assert again.events.equals(ingested.events)
    assert again.tallies.equals(ingested.tallies)


def test_a_work_stands_in_one_split_over_all_source_sets(tmp_path):
    splits = defaultdict(set)
    for name in SOURCE_SETS:
        module = import_module(f"drumcorpus.demo.{name}")
        module.write_corpus(tmp_path / name, RESOURCES / "demo/kits.yaml", seed=7, n_performances=3)
        run = Run(name, [tmp_path / name], tmp_path / f"{name}.json")
        for session in run.inventory().sessions.to_pylist():
            splits[session["group_id"]].add((name, session["split"]))
    over_sets = {group: members for group, members in splits.items() if len(members) > 1}
    assert {len({name for name, _ in members}) for members in over_sets.values()} >= {2}
    leaks = {group for group, members in over_sets.items() if len({s for _, s in members}) > 1}
    assert leaks == set()
