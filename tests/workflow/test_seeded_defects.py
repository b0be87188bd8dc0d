"""A defect of every kind, planted into a healthy corpus: its own gate fails, and no other.

The corpus is made by the real workflow and held to a file that has every gate there is, with
limits that it just keeps. A defect that was there when somebody blessed the figures names the kinds
of baselines that are blessed with it: only a gate on what is bad can catch it then, none on what
has changed.
"""

import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import mido
import numpy as np
import pytest
import soundfile
import yaml
from seeded_corpus import (
    EGMD,
    GROOVE,
    IN_TEST,
    IN_VALIDATION,
    LONG,
    MIDI_COPY,
    SHORT,
    SOUND_COPY,
    STROKES_COPY,
    write_corpus,
)
from seeded_runs import (
    AUDIT,
    DISTRIBUTION,
    FIGURES,
    MANIFEST,
    MERGED,
    OVERLAY,
    Copy,
    card_of,
    figures_of,
    write_published,
)
from small_project import new_project

from drumcorpus.ground.files.table_lines import write_table_as_lines
from drumcorpus.ground.files.tables import read_table
from drumcorpus.stages.gates.gates import EXPORT_GATES, GATES

pytestmark = [pytest.mark.workflow, pytest.mark.long]  # builds and measures a corpus of its own

HEALTH = f"reports/health/{MANIFEST}.json"
N_SESSIONS = 7  # of Groove MIDI


def strict_gates(report):
    """Every gate there is, at a limit that the report of the healthy corpus keeps, but hardly.

    Room is left only where one defect shows in two figures: sessions that move or go, for the sake
    of leaks or of the largest set, take their hits with them; an event without licence is a finding
    of the audit, too; a group in two splits is a family in two; a recording that cannot be measured
    cannot be fingerprinted; another recording moves the loudness of its set. E-GMD loses sessions
    there, so Groove MIDI alone must be whole.
    """
    labels = report["labels"]
    return {
        "min_count": {"ride_bell": labels["ride_bell"]["total"]},
        "min_real_count": {"hihat_open": labels["hihat_open"]["real"]},
        "min_count_per_split": {
            "validation": {"tom_mid": labels["tom_mid"]["by_split"]["validation"] // 2}
        },
        "min_events_per_split": {split: n // 3 for split, n in report["splits"].items()},
        "required_labels": ["crash2", "kick", "snare"],
        "required_techniques": ["bell", "ghost_note"],
        "max_unknown_labels": 0,
        "max_duplicate_rate": 0,
        "max_quarantined": 0,
        "max_unexplained_hits": 0,
        "max_leaked_groups": 1,
        "max_leak_families": 0,
        "max_synthetic_share": 0.01,
        "max_model_label_share": 0,
        "max_source_set_share": 0.08 + report["composition"]["largest_source_set_share"],
        "max_loudness_span_lu": 3 + report["audio_checks"]["loudness_span_lu"],
        "max_loudness_drift_lu": 1.0,
        "max_hit_span_db": 10,
        "max_outlier_share": 0,
        "max_clipped_share": 0,
        "max_silent_share": 0,
        "max_dc_share": 0,
        "max_channels_cancel": 0,
        "max_unmeasured_share": 0,
        "max_unreadable_sessions": 1,
        "max_timing_beyond_share": 0,
        "max_past_end_events": 0,
        "max_events_without_audio_share": 0,
        "require_license": True,
        "allowed_licenses": ["CC-BY-4.0"],
        "max_audit_findings": 1,
        "max_audit_differences": 0,
        "max_drifted_classes": 0,
        "max_lost_classes": 0,
        "require_baselines": True,
        "require_complete": [GROOVE],
    }


def n_notes(folder):
    """The note-ons of Groove MIDI, counted without the library."""
    files = (folder / "raw" / GROOVE).rglob("*.mid")
    messages = [m for path in files for track in mido.MidiFile(path).tracks for m in track]
    return sum(m.type == "note_on" and m.velocity > 0 for m in messages)


# Planting: each takes a copy of the corpus and changes what the defect would change.


def of(session_id, rows):
    return [row for row in rows if row["session_id"] == session_id]


def hits(rows, label):
    return [hit for row in rows for hit in row["components"] if hit["label"] == label]


def relabel(source_set, session_id, old, new, every=1):
    """Other labels for some hits, of one session or of all."""

    def change(rows):
        for hit in hits(of(session_id, rows) if session_id else rows, old)[::every]:
            hit["label"] = new

    return lambda corpus: corpus.edit_events(source_set, change)


def on_event(number, *, of_sets=(GROOVE,), **values):
    """Other values for one event of each of some source sets."""

    def plant(corpus):
        for name in of_sets:
            corpus.edit_events(name, lambda rows: rows[number].update(values))

    return plant


def on_session(session_id, **values):
    """Other values for all events of a session of Groove MIDI."""
    return lambda corpus: corpus.edit_events(
        GROOVE, lambda rows: [row.update(values) for row in of(session_id, rows)]
    )


def on_provenance(change):
    """Something done to the first provenance row of every merged set."""

    def plant(corpus):
        for name in MERGED:
            corpus.edit("results/provenance/*.jsonl", name, lambda rows: change(rows, rows[0]))

    return plant


def move_onsets(session_id, moved):
    """Onsets of a session of Groove MIDI, as a function of theirs."""

    def change(rows):
        for row in of(session_id, rows):
            row["onset_time"] = moved(row["onset_time"])

    return lambda corpus: corpus.edit_events(GROOVE, change)


def sound(session_id, change, **more):
    """Another recording of a session of Groove MIDI."""
    return lambda corpus: corpus.edit_sound(GROOVE, session_id, change, **more)


def publish(split, *session_ids, source_set=GROOVE):
    """Sessions that their publisher has put into another split."""

    def change(rows):
        for row in rows:
            row["split"] = split if row["session_id"] in session_ids else row["split"]

    return lambda corpus: corpus.edit_sessions(source_set, change)


def egmd_session(kit):
    return f"{SHORT}_rock_138_beat_4-4_{kit}"


def lose_crash2_everywhere(corpus):
    for name in MERGED:
        relabel(name, None, "crash2", "crash")(corpus)


def lose_bells(corpus):
    def change(rows):
        for row in rows:
            row["techniques"] = [name for name in row["techniques"] if name != "bell"]

    corpus.edit_events(GROOVE, change)


def take_a_hit_for_synthetic(corpus):
    def change(rows):
        row = next(r for r in of(IN_VALIDATION, rows) if hits([r], "hihat_open"))
        row["is_synthetic"] = True

    corpus.edit_events(GROOVE, change)


def repeat_event_id(corpus):
    corpus.edit_events(GROOVE, lambda rows: rows[1].update(event_id=rows[0]["event_id"]))


def repeat_hit(corpus):
    """An event in the place of its neighbour, which had as many hits."""

    def change(rows):
        pairs = pairwise(rows)
        one, other = next(p for p in pairs if len(p[0]["components"]) == len(p[1]["components"]))
        other |= {key: one[key] for key in ("onset_time", "components")}

    corpus.edit_events(GROOVE, change)


def lose_hit(corpus):
    def change(rows):
        next(row for row in rows if len(row["components"]) > 1)["components"].pop()

    corpus.edit_events(GROOVE, change)


def double_hit(corpus):
    corpus.edit_events(GROOVE, lambda rows: rows[0]["components"].append(rows[0]["components"][0]))


def quarantine_file(corpus):
    damaged = {"source_set": GROOVE, "path": "drummer9/1.wav", "stage": "inventory"}
    damaged |= {"session_id": None, "reason": "unreadable_audio", "detail": "cut off"}
    corpus.edit("results/quarantine/*.parquet", GROOVE, lambda rows: rows.append(damaged))


def confuse_groups(corpus):
    """Events that name the groups of sessions in other splits."""
    on_session(LONG, group_id=f"gmd/{IN_TEST}")(corpus)
    on_session(SHORT, group_id=f"gmd/{IN_VALIDATION}")(corpus)


def leave_out_most_of_egmd(corpus):
    gone = [egmd_session(kit) for kit in (1, 8)]

    def change(rows):
        rows[:] = [row for row in rows if row["session_id"] not in gone]

    corpus.edit_events(EGMD, change)
    corpus.edit_sessions(EGMD, change)
    for table in ("tallies/*.parquet", "inventory/*.parquet", "provenance/*.jsonl"):
        corpus.edit(f"results/{table}", EGMD, change)


def record_egmd_softer(corpus):
    for kit in (1, 8, 36):
        corpus.edit_sound(EGMD, egmd_session(kit), lambda samples: samples / 10)


def record_egmd_softer_and_look_closer(corpus):
    """Its hits follow each other so closely that none of them is isolated by as much as usual."""
    corpus.config["checks"]["measure"]["isolation_ms"] = 90
    record_egmd_softer(corpus)


def record_egmd_a_little_softer(corpus):
    for kit in (1, 8, 36):
        corpus.edit_sound(EGMD, egmd_session(kit), lambda samples: 0.85 * samples)


def swap_recording(corpus):
    """The recording of another session, of the same length."""
    [other] = (corpus.run / "raw" / GROOVE / "drummer1/session1").glob("1_*.wav")
    samples, _ = soundfile.read(other)
    corpus.edit_sound(GROOVE, SHORT, lambda own: samples[: len(own)])


def record_few_strokes(corpus):
    """The recording of another session, in which hardly anything but noise is heard."""
    [other] = (corpus.run / "raw" / GROOVE / "drummer1/session1").glob("1_*.wav")
    samples, rate = soundfile.read(other)

    def change(own):
        noise = np.random.default_rng(1).normal(scale=0.01, size=own.shape)
        noise[: rate // 2] += samples[: rate // 2]
        return noise

    corpus.edit_sound(GROOVE, SHORT, change)


def with_a_gap(samples):
    """One sample in the middle that is no number."""
    samples[len(samples) // 2] = np.nan
    return samples


def in_opposite_channels(samples):
    """The recording in two channels that cancel."""
    return np.stack([samples, -samples], axis=1)


def damage_the_middle(content):
    middle = len(content) // 2
    return content[:middle] + bytes(20_000) + content[middle + 20_000 :]


def damage(*sessions):
    """Recordings of Groove MIDI that cannot be decoded, and are not in the sample of the sound."""

    def plant(corpus):
        corpus.config["checks"]["measure"]["sessions_per_set"] = 0
        for name in sessions:
            corpus.edit_sound(
                GROOVE, name, np.copy, written={"format": "FLAC"}, damage=damage_the_middle
            )

    return plant


def lose_length_of_audio(corpus):
    def change(files):
        for file in of(SHORT, files):
            file["duration"] = None

    corpus.edit("results/inventory/*.parquet", GROOVE, change)


def let_events_run_past_the_end(corpus):
    def change(rows):
        of(SHORT, rows)[-1]["onset_time"] = 1000.0

    corpus.edit_events(GROOVE, change)


def license_egmd_otherwise(corpus):
    other = {"license": "CC-BY-NC-SA-4.0"}
    corpus.edit_events(EGMD, lambda rows: [row.update(other) for row in rows])
    corpus.edit(
        "results/provenance/*.jsonl", EGMD, lambda rows: [row.update(other) for row in rows]
    )


def name_audio_of_no_session(corpus):
    """In one event of each set: audio of a known length, but of no provenance."""

    def change(files):
        audio = next(file for file in files if file["role"] == "audio")
        files.append(audio | {"path": "elsewhere.wav", "session_id": None})

    for name in MERGED:
        corpus.edit("results/inventory/*.parquet", name, change)
    on_event(0, of_sets=MERGED, audio_path="elsewhere.wav")(corpus)


def stage_all(corpus):
    corpus.tiers = dict.fromkeys(corpus.tiers, "staged")


def merge_into_another_split(corpus):
    """A whole group, which is of both sets; the table of splits says otherwise."""

    def change(rows):
        for row in rows:
            if row["group_id"] == f"gmd/{SHORT}":
                row["split"] = "validation"

    corpus.edit(f"results/manifests/{MANIFEST}.parquet", "", change)


def halve_hits(corpus):
    """Ingestion drops every second event of E-GMD, and says so."""
    kept, dropped = Counter(), Counter()

    def change(rows):
        for row in rows[1::2]:
            dropped[row["session_id"]] += len(row["components"])
        rows[:] = rows[::2]
        kept.update(Counter(row["session_id"] for row in rows))

    corpus.edit("results/events/*/000.parquet", EGMD, change)
    kept.clear(), dropped.clear()
    corpus.edit("results/aliased/*/000.parquet", EGMD, change)

    def tally(rows):
        missing = dict(dropped)
        for row in list(rows):
            n = min(row["n_hits"], missing[row["session_id"]])
            missing[row["session_id"]] -= n
            row["n_hits"] -= n
            rows.append(row | {"outcome": "double_trigger", "n_hits": n})

    def account(rows):
        for row in rows:
            row["n_events"] = kept[row["session_id"]]
            row["drops"] = {"double_trigger": dropped[row["session_id"]]}

    corpus.edit("results/tallies/*.parquet", EGMD, tally)
    corpus.edit("results/provenance/*.jsonl", EGMD, account)


def even_out_velocities(corpus):
    def change(rows):
        for row in rows:
            for hit in row["components"]:
                hit["velocity"] = 0.5

    corpus.edit_events(EGMD, change)


def bless_nothing(corpus):
    shutil.rmtree(corpus.path("blessed"))


def bless_egmd_never(corpus):
    corpus.path(f"blessed/{EGMD}.{DISTRIBUTION}.json").unlink()


@dataclass(frozen=True)
class Defect:
    """What is planted, the one gate that must fail, and what its report must say.

    Attributes
    ----------
    gate : str
        Name of its verdict.
    plant : callable
        Changes a copy of the corpus.
    blessed : tuple of str
        Kinds of baselines that are blessed with the defect.
    kind : str, optional
        Finding of the audit, or what joins the family that leaks.
    says : str
        Part of the verdict's sentence.
    also : tuple of str
        Gates that cannot but fail with it.
    """

    gate: str
    plant: Callable[[Copy], None]
    blessed: tuple[str, ...] = ()
    kind: str | None = None
    says: str = ""
    also: tuple[str, ...] = ()


FINDINGS = "max_audit_findings"
LEAKS = "max_leak_families"
TIMING = "max_timing_beyond_share"
UNMEASURED = "max_unmeasured_share"
PAST_END = "max_past_end_events"
DRIFT = "max_drifted_classes"
DIFFERENCES = "max_audit_differences"
UNEXPLAINED = "max_unexplained_hits"

DEFECTS = {
    # What is in the corpus.
    "too few hits of a class": Defect(
        "min_count.ride_bell", relabel(GROOVE, IN_TEST, "ride_bell", "ride_bow", every=4)
    ),
    "too few real hits of a class": Defect("min_real_count.hihat_open", take_a_hit_for_synthetic),
    "a class missing from a split": Defect(
        "min_count_per_split.validation.tom_mid",
        lambda corpus: [
            relabel(GROOVE, session, "tom_mid", "tom_low")(corpus)
            for session in (IN_VALIDATION, SOUND_COPY)
        ],
        says="has 0 hits of tom_mid",
    ),
    "a split without events": Defect(
        "min_events_per_split.test", publish("train", IN_TEST, STROKES_COPY), says="has 0 events"
    ),
    "a required label is gone": Defect(
        "required_labels", lose_crash2_everywhere, (DISTRIBUTION,), says="Missing: crash2"
    ),
    "a required technique is gone": Defect("required_techniques", lose_bells, says="Missing: bell"),
    "an unknown label": Defect(
        "max_unknown_labels",
        relabel(GROOVE, SHORT, "tom_mid", "tom_5", every=9),
        (DISTRIBUTION,),
        says="(tom_5)",
    ),
    "too synthetic": Defect("max_synthetic_share", on_session(SHORT, is_synthetic=True)),
    "labels that a model made": Defect(
        "max_model_label_share", on_session(SHORT, label_method="model")
    ),
    "one set too large": Defect(
        "max_source_set_share",
        leave_out_most_of_egmd,
        (AUDIT, DISTRIBUTION),
        says=f"{GROOVE} gives",
    ),
    # What stands twice, and what was lost.
    "an event id twice": Defect("max_duplicate_rate", repeat_event_id),
    "a hit twice": Defect("max_duplicate_rate", repeat_hit),
    "a file in quarantine": Defect("max_quarantined", quarantine_file),
    "a hit lost on the way": Defect(UNEXPLAINED, lose_hit, says="without a named reason: 1"),
    "a hit doubled on the way": Defect(UNEXPLAINED, double_hit, says="without a named reason: 1"),
    # Leaks.
    "groups of the events in two splits": Defect("max_leaked_groups", confuse_groups),
    "the same sound in two splits": Defect(LEAKS, publish("train", SOUND_COPY), kind="near_audio"),
    "the same strokes in two splits": Defect(
        LEAKS, publish("train", STROKES_COPY), kind="near_strokes"
    ),
    "the same MIDI file in two splits": Defect(
        LEAKS, publish("test", MIDI_COPY), kind="equal_annotation"
    ),
    "the same performance in two sets and splits": Defect(
        LEAKS, publish("test", egmd_session(8), source_set=EGMD), kind="group"
    ),
    # The sound.
    "a set 20 LU softer": Defect("max_loudness_span_lu", record_egmd_softer, (AUDIT, FIGURES)),
    "a set 1 LU softer than blessed": Defect(
        "max_loudness_drift_lu", record_egmd_a_little_softer, (AUDIT,), says="(egmd -1.4"
    ),
    "strokes of one set at another level": Defect(
        "max_hit_span_db",
        record_egmd_softer_and_look_closer,
        (AUDIT, FIGURES),
        says="(snare)",
        also=("max_loudness_span_lu",),
    ),
    "a session 14 LU softer": Defect(
        "max_outlier_share", sound(SHORT, lambda x: x / 5), (AUDIT, FIGURES)
    ),
    "a clipped session": Defect(
        "max_clipped_share", sound(SHORT, lambda x: np.clip(2.5 * x, -1, 1)), (AUDIT,)
    ),
    "a silent session": Defect("max_silent_share", sound(SHORT, lambda x: 0 * x), (AUDIT,)),
    "an offset from zero": Defect("max_dc_share", sound(SHORT, lambda x: 0.9 * x + 0.05), (AUDIT,)),
    "channels of opposite polarity": Defect(
        "max_channels_cancel", sound(SHORT, in_opposite_channels), (AUDIT,)
    ),
    "labels 200 ms late": Defect(TIMING, move_onsets(SHORT, lambda t: t + 0.2)),
    "labels that drift": Defect(TIMING, move_onsets(LONG, lambda t: 1.0007 * t)),
    "the recording of another session": Defect(TIMING, swap_recording, (AUDIT,)),
    "a recording without the strokes": Defect(TIMING, record_few_strokes, (AUDIT,)),
    "sound that is not a number": Defect(
        UNMEASURED, sound(SHORT, with_a_gap, written={"subtype": "FLOAT"}), (AUDIT,)
    ),
    "sound that is damaged in the middle": Defect(
        UNMEASURED,
        sound(SHORT, np.copy, written={"format": "FLAC"}, damage=damage_the_middle),
        (AUDIT,),
    ),
    "recordings that are damaged outside the sample": Defect(
        "max_unreadable_sessions", damage(SHORT, IN_TEST), (AUDIT,), says=f"({GROOVE}/{SHORT}, "
    ),
    "an event past the end of its audio": Defect(PAST_END, let_events_run_past_the_end),
    "audio whose length nobody knows": Defect(PAST_END, lose_length_of_audio),
    "events without audio": Defect(
        "max_events_without_audio_share", on_session(SHORT, audio_path=None)
    ),
    # Licences and provenance; the audit names one kind of each set.
    "an event without licence": Defect(
        "require_license", on_event(0, license=None), (AUDIT,), kind="license_missing"
    ),
    "a licence that is not allowed": Defect(
        "allowed_licenses", license_egmd_otherwise, (AUDIT,), says="(CC-BY-NC-SA-4.0)"
    ),
    "a broken metadata_ref": Defect(
        FINDINGS,
        on_event(0, of_sets=MERGED, metadata_ref="provenance:?"),
        (AUDIT,),
        kind="broken_metadata_ref",
    ),
    "a session without provenance": Defect(
        FINDINGS,
        on_provenance(lambda rows, row: rows.remove(row)),
        (AUDIT,),
        kind="session_without_provenance",
    ),
    "events of a staged set": Defect(FINDINGS, stage_all, (AUDIT,), kind="tier_not_production"),
    "audio that the provenance does not have": Defect(
        FINDINGS,
        name_audio_of_no_session,
        (AUDIT,),
        kind="audio_not_in_provenance",
    ),
    "an annotation that the provenance does not have": Defect(
        FINDINGS,
        on_event(0, of_sets=MERGED, annotation_path="elsewhere.mid"),
        (AUDIT,),
        kind="annotation_not_in_provenance",
    ),
    "an event passed on against its provenance": Defect(
        FINDINGS,
        on_event(0, of_sets=MERGED, redistributable=False),
        (AUDIT,),
        kind="redistributable_differs",
    ),
    "a group merged into another split": Defect(
        FINDINGS, merge_into_another_split, (AUDIT,), kind="split_differs"
    ),
    "a file of unknown hash": Defect(
        FINDINGS,
        on_provenance(lambda rows, row: row["hashes"][0].update(sha256=None)),
        (AUDIT,),
        kind="hash_unknown",
    ),
    "a file of another hash": Defect(
        FINDINGS,
        on_provenance(lambda rows, row: row["hashes"][0].update(sha256="0" * 64)),
        (AUDIT,),
        kind="hash_differs_from_inventory",
    ),
    "another number of events than ingested": Defect(
        FINDINGS,
        on_provenance(lambda rows, row: row.update(n_events=row["n_events"] + 1)),
        (AUDIT,),
        kind="event_count_differs",
    ),
    "another licence than in the provenance": Defect(
        FINDINGS,
        on_provenance(lambda rows, row: row.update(license="MIT")),
        (AUDIT,),
        kind="license_differs",
    ),
    # What has changed since somebody looked.
    "raw audio that is not as blessed": Defect(
        DIFFERENCES,
        sound(SHORT, lambda x: 0.99 * x),
        says="blessed one: 1 (sets.groove_mididataset.files_sha256",
    ),
    "a class that has drifted in one set": Defect(
        DRIFT, relabel(EGMD, None, "crash", "crash2", every=2), says="egmd: crash has changed"
    ),
    "a class that is gone from one set": Defect(
        "max_lost_classes",
        relabel(EGMD, None, "crash2", "crash"),
        says="(egmd: crash2, ",
        also=(DRIFT,),
    ),
    "half of the hits": Defect(
        DRIFT, halve_hits, (AUDIT,), says="egmd: the hits per session have changed"
    ),
    "velocities evened out": Defect(
        DRIFT, even_out_velocities, says="egmd: the velocities have changed"
    ),
    "nothing is blessed": Defect("require_baselines", bless_nothing, says="2 of 2"),
    # What was published and is not here.
    "a session that was never fetched": Defect(
        "require_complete",
        lambda corpus: corpus.publish(GROOVE, sessions=N_SESSIONS + 1),
        says=f"{GROOVE} partial: sessions {N_SESSIONS} of {N_SESSIONS + 1}",
    ),
    "recordings that nobody published": Defect(
        "require_complete",
        lambda corpus: corpus.publish(GROOVE, recordings=N_SESSIONS - 1),
        says=f"{GROOVE} larger: recordings {N_SESSIONS} of {N_SESSIONS - 1} published",
    ),
    "notes that were not read": Defect(
        "require_complete",
        lambda corpus: corpus.publish(GROOVE, notes=1 + n_notes(corpus.run)),
        says=f"{GROOVE} partial: notes ",
    ),
    "a set of which nothing is published": Defect(
        "require_complete", lambda corpus: corpus.publish(GROOVE), says=f"{GROOVE} unknown"
    ),
    "a set is not blessed": Defect("require_baselines", bless_egmd_never, says="1 of 2"),
}


# On the export, whose clips are cut of the corpus with the defect. The longest session has more
# events than what the other defects leave without a clip.
EXPORT_DEFECTS = {
    "a session without audio": Defect(
        "max_dropped_share", on_session(LONG, audio_path=None), says="(no_audio "
    ),
    "a split without audio": Defect(
        "max_empty_splits",
        lambda corpus: [
            on_session(name, audio_path=None)(corpus) for name in (IN_VALIDATION, SOUND_COPY)
        ],
        says="(validation)",
    ),
    "a recording that is damaged outside the sample": Defect(
        "max_unreadable_events", damage(SHORT), says=f"({GROOVE}/{SHORT})"
    ),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory, repo):
    """A folder in which the workflow has measured the healthy corpus, whose figures are blessed."""
    project = new_project(tmp_path_factory.mktemp("seeded") / "run", repo)
    write_corpus(project.path("raw"), repo / "resources/demo/kits.yaml")
    project.path("mine.yaml").write_text(yaml.safe_dump(OVERLAY))
    counts = {"sessions": N_SESSIONS, "recordings": N_SESSIONS, "notes": n_notes(project.folder)}
    write_published(project.path(card_of(GROOVE)), counts)
    project.snakemake(HEALTH, f"results/baselines/{MANIFEST}.{FIGURES}.json")
    blessed = shutil.ignore_patterns("*.manifest.json")
    shutil.copytree(project.path("results/baselines"), project.path("blessed"), ignore=blessed)
    return project


@pytest.fixture(scope="module")
def gates(run):
    return strict_gates(figures_of(run.path(HEALTH)))


@pytest.fixture
def corpus(run, tmp_path):
    return Copy(run.folder, tmp_path / "copy")


def test_the_stages_as_run_here_give_what_the_workflow_gives(run, corpus):
    shutil.rmtree(corpus.path("blessed"))
    corpus.measure(anew=True)
    assert corpus.compare() == figures_of(run.path(HEALTH))
    for product in (
        f"reports/splits/{MANIFEST}.json",
        f"reports/provenance/{MANIFEST}.json",
        f"results/manifests/{MANIFEST}.parquet",
        f"results/baselines/{MANIFEST}.{AUDIT}.json",
        *(f"results/baselines/{name}.{DISTRIBUTION}.json" for name in MERGED),
    ):
        assert corpus.path(product).read_bytes() == run.path(product).read_bytes(), product


def test_the_healthy_corpus_passes_all_gates_there_are(corpus, gates):
    assert set(gates) == set(GATES)
    assert corpus.failing(gates) == []


def test_every_gate_has_a_defect_that_it_must_catch():
    assert {defect.gate.partition(".")[0] for defect in DEFECTS.values()} == set(GATES)
    assert {defect.gate for defect in EXPORT_DEFECTS.values()} == set(EXPORT_GATES)


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_fails_its_own_gate_and_no_other(corpus, gates, name):
    defect = DEFECTS[name]
    defect.plant(corpus)
    failing = corpus.failing(gates, bless=defect.blessed)
    sentences = {verdict["gate"]: verdict["sentence"] for verdict in failing}
    assert set(sentences) == {defect.gate, *defect.also}, sentences
    assert defect.says in sentences[defect.gate]
    assert defect.kind in {None, *corpus.kinds_found()}


@pytest.fixture
def export_gates(run):
    events = read_table(run.path(f"results/aliased/{GROOVE}/000.parquet"), ["session_id"])
    n_lost = events["session_id"].to_pylist().count(LONG)
    n_events = sum(figures_of(run.path(HEALTH))["splits"].values())
    return {
        "max_dropped_share": 0.99 * n_lost / n_events,
        "max_empty_splits": 0,
        "max_unreadable_events": 0,
    }


def test_the_export_of_the_healthy_corpus_passes_all_gates_there_are(corpus, export_gates):
    assert set(export_gates) == set(EXPORT_GATES)
    assert corpus.failing_of_export(export_gates) == []
    assert corpus.exported["exported"] == corpus.exported["events"]


@pytest.mark.parametrize("name", EXPORT_DEFECTS)
def test_a_defect_fails_its_own_gate_of_the_export_and_no_other(corpus, export_gates, name):
    defect = EXPORT_DEFECTS[name]
    defect.plant(corpus)
    sentences = {
        verdict["gate"]: verdict["sentence"] for verdict in corpus.failing_of_export(export_gates)
    }
    assert set(sentences) == {defect.gate}, sentences
    assert defect.says in sentences[defect.gate]


def test_a_waiver_covers_its_own_gate_until_it_expires(corpus, gates):
    quarantine_file(corpus)
    waiver = {"gate": "max_quarantined", "reason": "the file is known", "expires": "2027-01-31"}
    waived = gates | {"waivers": [waiver]}
    assert corpus.failing(waived) == []
    [verdict] = corpus.failing(waived, expired=["max_quarantined"])
    assert verdict["gate"] == "max_quarantined"
    assert "Its waiver expired on 2027-01-31: the file is known" in verdict["sentence"]
    [verdict] = corpus.failing(gates | {"waivers": [waiver | {"gate": "max_dc_share"}]})
    assert verdict["gate"] == "max_quarantined"


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        (lambda row: "{", "column "),
        (lambda row: json.dumps(row | {"onset_time": "early"}), 'onset_time: got "early"'),
        (lambda row: json.dumps(row | {"velocity": 1}), "(line): unknown key 'velocity'"),
        (
            lambda row: json.dumps(row | {"components": [{"label": 36}]}),
            "components.0.label: got 36",
        ),
    ],
    ids=["not JSON", "wrong type", "unknown key", "wrong type within"],
)
def test_a_manifest_line_that_cannot_be_stops_the_audit(run, corpus, damage, place):
    manifest = corpus.folder / "mine.jsonl"
    write_table_as_lines(run.path(f"results/manifests/{MANIFEST}.parquet"), manifest)
    lines = manifest.read_text().splitlines()
    lines[6] = damage(json.loads(lines[6]))
    manifest.write_text("\n".join(lines) + "\n")
    with pytest.raises(ValueError) as error:
        corpus.audit_of(manifest)
    assert f"{manifest}:7: {place}" in str(error.value)


def test_a_report_gives_way_where_its_manifest_cannot_be_read_any_more(run):
    manifest = run.path("mine.jsonl")
    write_table_as_lines(run.path(f"results/manifests/{MANIFEST}.parquet"), manifest)
    targets = ("--config", f"manifest_file={manifest}", "--keep-going", "--", "health_of")
    run.snakemake(*targets)
    reports = run.path("reports/health/files")
    assert {path.name for path in reports.glob("mine.*")} >= {"mine.json", "mine.html"}
    with manifest.open("a") as lines:
        lines.write('{"event_id": 1}\n')
    n_lines = len(manifest.read_text().splitlines())
    done = run.snakemake(*targets, "audit_of", check=False)
    assert done.returncode == 1
    assert done.said.count(f"{manifest}:{n_lines}: event_id: got 1; wanted: a string") == 2
    left = {path.name for path in run.path("reports").rglob("mine.*")}
    assert {name for name in left if not name.endswith(".manifest.json")} == set()
