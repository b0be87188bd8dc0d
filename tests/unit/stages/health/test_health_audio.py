"""Each defect of the sound is found by its own figure, and moves no other beyond its limit."""

import re
from dataclasses import asdict
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pytest
from sounds import write_sound

from drumcorpus.ground.files.database import open_database, open_tables
from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.files.settings import read_settings
from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.sound.audio import probe_audio
from drumcorpus.ground.sound.check_settings import AudioCheckSettings
from drumcorpus.schemas import AUDIO_CHECKS, EVENTS, INVENTORY, SESSIONS, SPLITS
from drumcorpus.stages.checks.session_checks import check_sessions
from drumcorpus.stages.gates.gates import check_gates
from drumcorpus.stages.health.audio_checks import audio_section
from drumcorpus.stages.health.audio_files import find_past_end
from drumcorpus.stages.health.audio_limits import is_mistimed, is_timing_known, is_unfound
from drumcorpus.stages.health.measure import Around, measure_health
from drumcorpus.stages.health.page import render_health_page, section_of
from drumcorpus.stages.health.scans import open_events

RATE_HZ = 44_100
SECONDS = 40
SOURCE_SETS = ("a", "b")
N_SESSIONS = 5  # of each source set
VICTIM = ("a", "take 2")
LABEL = "kick"


def names():
    return [(name, f"take {n}") for name in SOURCE_SETS for n in range(N_SESSIONS)]


def play(seed):
    """Onsets and the samples of a recording of them, (n_samples,)."""
    rng = np.random.default_rng(seed)
    onsets = 0.3 + np.cumsum(rng.choice([0.12, 0.18, 0.25, 0.37, 0.55], 200))
    onsets = onsets[onsets < SECONDS - 0.5]
    samples = rng.normal(0, 3e-3, SECONDS * RATE_HZ)
    shape = np.exp(-np.arange(round(0.12 * RATE_HZ)) / (0.02 * RATE_HZ))
    for onset in onsets:
        start = round(onset * RATE_HZ)
        gain = rng.uniform(0.02, 0.05)
        samples[start : start + len(shape)] += gain * shape * rng.normal(0, 1, len(shape))
    return onsets, samples


class Corpus:
    """Ten sessions in two source sets, one of which can be made faulty."""

    def __init__(self, folder, settings):
        self.folder, self.settings = folder, settings
        self.played = {key: play(seed) for seed, key in enumerate(names())}
        for key, (_, samples) in self.played.items():
            self.write(key, samples)
        self.checks = {key: self.check(key, self.played[key][0]) for key in names()}

    def write(self, key, samples, rate_hz=RATE_HZ, name="sound"):
        write_sound(self.path(key, name), samples, rate_hz, subtype="PCM_16")

    def path(self, key, name="sound"):
        return self.folder / f"{key[0]} {key[1]} {name}.wav"

    def check(self, key, onsets, name="sound"):
        row = dict.fromkeys(SESSIONS.names) | {"source_set": key[0], "session_id": key[1]}
        row |= {"audio_path": "x", "annotation_path": "x", "files": []}
        return check_sessions(
            pa.Table.from_pylist([row], SESSIONS),
            pa.Table.from_pylist(self.events(key, onsets), EVENTS),
            lambda _: self.path(key, name),
            {LABEL: LABEL},
            asdict(self.settings.measure),
            n_shards=1,
        ).to_pylist()[0]

    def events(self, key, onsets):
        blank = dict.fromkeys(EVENTS.names) | {"audio_path": "x", "components": [{"label": LABEL}]}
        row = blank | {"source_set": key[0], "session_id": key[1]}
        return [row | {"onset_time": float(onset)} for onset in onsets]

    def section(self, tmp_path, changed=None, unsampled=()):
        """The section, with `changed` sessions: their onsets, and the name of their sound."""
        changed = changed or {}
        checks, events, inventory = [], [], []
        for key in names():
            onsets, name = changed.get(key, (self.played[key][0], "sound"))
            checks.append(self.check(key, onsets, name) if key in changed else self.checks[key])
            events += [event | {"audio_path": str(key)} for event in self.events(key, onsets)]
            file = {"source_set": key[0], "session_id": key[1], "path": str(key), "role": "audio"}
            try:
                inventory.append(file | probe_audio(self.path(key, name)))
            except ValueError:
                inventory.append(file)
        for key in unsampled:
            blank = dict.fromkeys(AUDIO_CHECKS.names) | {"sampled": False}
            checks.append(blank | {"source_set": key[0], "session_id": key[1]})
        for name, rows, schema in (
            ("checks", checks, AUDIO_CHECKS),
            ("events", events, EVENTS),
            ("inventory", inventory, INVENTORY),
        ):
            write_table(tmp_path / name, pa.Table.from_pylist(rows, schema))
        with open_database(1, "500MB", Path(tmp_path)) as database:
            open_events(database, [tmp_path / "events"])
            paths = [tmp_path / "checks"], [tmp_path / "inventory"]
            return audio_section(database, *paths, self.settings)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, repo):
    section = read_yaml(repo / "config/config.yaml")["checks"]
    settings = read_settings(AudioCheckSettings, section)
    return Corpus(tmp_path_factory.mktemp("sound"), settings)


def figures(section):
    """The figures that say that something is wrong: 0 where nothing is."""
    return {
        "span": int(section["loudness_span_lu"] > 6),
        "not_measured": sum(section["sampling"]["not_measured"].values()),
        **{name: section[name]["sessions"] for name in ("outlier", "clipped", "dc", "silent")},
        "timing": section["timing"]["beyond_limit"],
        "unmeasured": section["unmeasured"]["sessions"],
        "past_end": section["past_end"]["events_past_or_unknown"],
        "rates": section["sample_rates"]["other_files"],
    }


CLEAN = dict.fromkeys(
    [
        *("span", "not_measured", "outlier", "clipped", "dc", "silent", "unmeasured"),
        *("timing", "past_end", "rates"),
    ],
    0,
)


def louder(onsets, samples):
    return onsets, samples * 10 ** (12 / 20)


def clipped(onsets, samples):
    return onsets, np.clip(samples, -0.06, 0.06)


def with_dc(onsets, samples):
    return onsets, samples + 0.05


def silent(onsets, samples):
    return onsets, np.zeros_like(samples)


def late(onsets, samples):
    return onsets + 0.2, samples


def drifting(onsets, samples):
    return onsets * (1 + 50 / 60_000), samples


def past_the_end(onsets, samples):
    return np.append(onsets, [SECONDS + 0.5, SECONDS + 1.0]), samples


DEFECTS = {
    "outlier": (louder, 1),
    "clipped": (clipped, 1),
    "dc": (with_dc, 1),
    "silent": (silent, 1),
    "timing": (late, 1),
    "past_end": (past_the_end, 2),
}


def test_a_clean_corpus_has_no_fault(corpus, tmp_path):
    section = corpus.section(tmp_path)
    assert figures(section) == CLEAN
    assert section["sampling"]["measured_sessions"] == len(names())
    assert section["timing"]["sessions"] == len(names())
    assert section["timing"]["median_abs_offset_ms"] < 1
    assert section["timing"]["not_in_sound"] == 0
    assert section["by_source_set"]["a"]["hit_levels"][LABEL]["hits"] > 20
    shares = [section[f"{name}_share"] for name in ("outlier", "clipped", "dc", "silent")]
    assert [*shares, section["unmeasured_share"], section["timing"]["share_beyond"]] == [0.0] * 6


@pytest.mark.parametrize("figure", DEFECTS)
def test_a_defect_is_found_by_its_own_figure_and_no_other(corpus, tmp_path, figure):
    spoil, n = DEFECTS[figure]
    onsets, samples = spoil(*corpus.played[VICTIM])
    corpus.write(VICTIM, samples, name=figure)
    section = corpus.section(tmp_path, {VICTIM: (onsets, figure)})
    assert figures(section) == CLEAN | {figure: n}
    [example] = section[figure]["examples"]
    assert (example["source_set"], example["session_id"]) == VICTIM


def test_a_drift_is_found_and_told_in_ms_per_minute(corpus, tmp_path):
    onsets, _ = drifting(*corpus.played[VICTIM])
    section = corpus.section(tmp_path, {VICTIM: (onsets, "sound")})
    assert figures(section) == CLEAN | {"timing": 1}
    [example] = section["timing"]["examples"]
    assert example["drift_ms_per_min"] == pytest.approx(50, abs=2)


def test_a_late_session_is_told_with_its_offset(corpus, tmp_path):
    onsets, _ = late(*corpus.played[VICTIM])
    [example] = corpus.section(tmp_path, {VICTIM: (onsets, "sound")})["timing"]["examples"]
    assert example["offset_ms"] == pytest.approx(200, abs=1)


def test_a_lower_sample_rate_shows_in_the_census_alone(corpus, tmp_path):
    onsets, samples = corpus.played[VICTIM]
    n = len(samples) * 8000 // RATE_HZ
    rough = np.interp(np.arange(n) / 8000, np.arange(len(samples)) / RATE_HZ, samples)
    corpus.write(VICTIM, rough, 8000, name="rough")
    section = corpus.section(tmp_path, {VICTIM: (onsets, "rough")})
    assert figures(section) == CLEAN | {"rates": 1}
    census = section["sample_rates"]
    assert census["files"] == {"8000": 1, "44100": 9}
    assert [row["session_id"] for row in census["examples"]] == [VICTIM[1]]
    assert census["by_source_set"]["b"]["other_files"] == 0


def test_a_louder_source_set_widens_the_span(corpus, tmp_path):
    changed = {}
    for key in names():
        if key[0] == "b":
            onsets, samples = louder(*corpus.played[key])
            corpus.write(key, samples, name="louder")
            changed[key] = (onsets, "louder")
    section = corpus.section(tmp_path, changed)
    assert figures(section) == CLEAN | {"span": 1}
    assert section["loudness_span_lu"] == pytest.approx(12, abs=1)
    assert section["hit_levels"][LABEL]["rms_span_db"] == pytest.approx(12, abs=1)


def test_a_broken_file_is_counted_with_its_reason(corpus, tmp_path):
    corpus.path(VICTIM, "broken").write_bytes(b"no audio")
    section = corpus.section(tmp_path, {VICTIM: (corpus.played[VICTIM][0], "broken")})
    n_events = len(corpus.played[VICTIM][0])
    assert figures(section) == CLEAN | {"not_measured": 1, "unmeasured": 1, "past_end": n_events}
    assert section["sampling"]["not_measured"] == {"unreadable_audio": 1}
    [example] = section["unmeasured"]["examples"]
    assert (example["source_set"], example["session_id"]) == VICTIM
    # Whether its labels are past the end cannot be told, and that is told.
    past_end = section["past_end"]
    assert (past_end["events"], past_end["events_of_unknown_end"]) == (0, n_events)
    key = dict(zip(("source_set", "session_id"), VICTIM, strict=True))
    counts = {"events": 0, "events_of_unknown_end": n_events, "seconds": None}
    assert past_end["examples"] == [key | counts]


def write_with_a_gap(path, samples):
    samples = samples.copy()
    samples[len(samples) // 2] = np.nan
    write_sound(path, samples, RATE_HZ, subtype="FLOAT")


def write_damaged(path, samples):
    write_sound(path, samples, RATE_HZ, format="FLAC")
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(content[:middle] + bytes(50_000) + content[middle + 50_000 :])


BREAKAGES = {
    "a gap": (write_with_a_gap, {"not_finite"}),
    "damage": (write_damaged, {"unreadable_audio", "cut_short"}),
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_a_session_that_cannot_be_measured_has_a_share_of_its_own(corpus, tmp_path, breakage):
    write, reasons = BREAKAGES[breakage]
    onsets, samples = corpus.played[VICTIM]
    write(corpus.path(VICTIM, breakage), samples)
    section = corpus.section(tmp_path, {VICTIM: (onsets, breakage)})
    assert figures(section) == CLEAN | {"not_measured": 1, "unmeasured": 1}
    assert section["unmeasured_share"] == section["unmeasured"]["share"] == 0.1
    assert section["unmeasured"]["ci95"] == [0.1, 0.1]
    assert section["by_source_set"]["a"]["unmeasured"]["share"] == 0.2
    assert section["by_source_set"]["b"]["unmeasured"]["share"] == 0.0
    [example] = section["unmeasured"]["examples"]
    assert (example["source_set"], example["session_id"]) == VICTIM
    assert example["reason"] in reasons
    # The others of its source set can still be told about.
    assert (section["clipped_share"], section["timing"]["share_beyond"]) == (0.0, 0.0)


def test_the_unmeasured_share_of_a_sample_has_the_weights_of_the_source_sets(corpus, tmp_path):
    onsets, samples = corpus.played[VICTIM]
    write_with_a_gap(corpus.path(VICTIM, "a gap"), samples)
    unsampled = [("a", f"further take {n}") for n in range(35)]
    section = corpus.section(tmp_path, {VICTIM: (onsets, "a gap")}, unsampled)
    assert section["unmeasured_share"] == pytest.approx((40 * 0.2 + 5 * 0.0) / 45)
    low, high = section["unmeasured"]["ci95"]
    assert 0 < low < section["unmeasured_share"] < high < 1


def test_no_share_is_told_where_nothing_of_a_source_set_could_be_measured(corpus, tmp_path):
    changed = {}
    for key in names():
        if key[0] == "a":
            write_with_a_gap(corpus.path(key, "a gap"), corpus.played[key][1])
            changed[key] = (corpus.played[key][0], "a gap")
    _, samples = corpus.played["b", "take 1"]
    corpus.write(("b", "take 1"), samples + 0.05, name="dc")
    changed["b", "take 1"] = (corpus.played["b", "take 1"][0], "dc")
    section = corpus.section(tmp_path, changed)
    assert section["unmeasured_share"] == 0.5
    assert [section[f"{name}_share"] for name in ("clipped", "dc", "silent")] == [None] * 3
    assert section["timing"]["share_beyond"] is None
    # What was found in the other is told all the same.
    assert section["by_source_set"]["b"]["dc"]["share"] == 0.2
    assert [row["session_id"] for row in section["dc"]["examples"]] == ["take 1"]
    gates = {"max_dc_share": 1, "max_timing_beyond_share": 1, "max_unmeasured_share": 0.5}
    verdicts = check_gates({"audio_checks": section}, gates)
    assert [verdict["passed"] for verdict in verdicts] == [False, False, True]


def test_a_source_set_whose_timing_is_not_asked_for_leaves_that_of_the_others(corpus, tmp_path):
    late_of_b = ("b", "take 1")
    changed = {key: (np.zeros(0), "sound") for key in names() if key[0] == "a"}
    changed[late_of_b] = (corpus.played[late_of_b][0] + 0.2, "sound")
    section = corpus.section(tmp_path, changed)
    assert section["by_source_set"]["a"]["timing"]["not_timed"] == {"no_onsets": 5}
    assert section["timing"]["share_beyond"] == 0.2


def test_labels_whose_strokes_are_not_in_the_sound_are_beyond_the_limit(corpus, tmp_path):
    onsets, samples = corpus.played[VICTIM]
    kept = round((onsets[2] - 0.02) * RATE_HZ)
    noise = np.random.default_rng(1).normal(0, 3e-3, len(samples))
    noise[:kept] = samples[:kept]
    corpus.write(VICTIM, noise, name="few strokes")
    late_one = ("b", "take 1")
    changed = {VICTIM: (onsets, "few strokes")}
    changed[late_one] = (corpus.played[late_one][0] + 0.2, "sound")
    section = corpus.section(tmp_path, changed)
    timing = section["timing"]
    assert figures(section) == CLEAN | {"timing": 2}
    assert (timing["sessions"], timing["not_in_sound"], timing["share_beyond"]) == (9, 1, 0.2)
    of_a = section["by_source_set"]["a"]["timing"]
    assert (of_a["sessions"], of_a["not_in_sound"], of_a["share_beyond"]) == (4, 1, 0.2)
    # Where no offset can be told, that is worse than any.
    first, second = timing["examples"]
    assert (first["source_set"], first["session_id"], first["offset_ms"]) == (*VICTIM, None)
    assert first["onsets_measured"] < 5 < 50 < first["onsets_unmeasured"]
    assert second["offset_ms"] == pytest.approx(200, abs=1)


@pytest.mark.parametrize(
    ("reason", "n_measured", "n_unmeasured", "is_beyond"),
    [
        ("too_few_measured", 0, 5, True),
        ("too_few_measured", 2, 3, True),
        ("too_few_measured", 4, 5, True),
        ("too_few_measured", 4, 4, False),
        ("too_few_measured", 3, 2, False),
        ("too_few_measured", 0, 4, False),
        ("too_few_measured", 0, 0, False),
        ("no_sound", 0, 0, False),
        ("no_onsets", None, None, False),
    ],
)
def test_too_few_found_onsets_tell_a_wrong_file_only_where_enough_were_tried(
    reason, n_measured, n_unmeasured, is_beyond
):
    row = dict.fromkeys(AUDIO_CHECKS.names) | {"sampled": True, "timing_reason": reason}
    row |= {"onsets_measured": n_measured, "onsets_unmeasured": n_unmeasured}
    assert (is_unfound(row), is_timing_known(row)) == (is_beyond, is_beyond)
    assert is_unfound(row | {"reason": "not_finite"}) is False
    assert not is_beyond or is_mistimed(row, None)


def test_an_event_that_names_no_audio_is_of_no_unknown_end(tmp_path):
    blank = dict.fromkeys(EVENTS.names) | {"source_set": "a", "session_id": "take"}
    paths = [None, "listed", "listed", "listed", "no duration", "not listed"]
    onsets = [1.0, 9.9, 10.0, 11.5, 1.0, 1.0]
    events = [
        blank | {"audio_path": path, "onset_time": onset}
        for path, onset in zip(paths, onsets, strict=True)
    ]
    file = dict.fromkeys(INVENTORY.names) | {"source_set": "a", "role": "audio"}
    inventory = [file | {"path": "listed", "duration": 10.0}, file | {"path": "no duration"}]
    write_table(tmp_path / "events", pa.Table.from_pylist(events, EVENTS))
    write_table(tmp_path / "inventory", pa.Table.from_pylist(inventory, INVENTORY))
    with open_database(1, "500MB", Path(tmp_path)) as database:
        open_events(database, [tmp_path / "events"])
        open_tables(database, "audio_files", [tmp_path / "inventory"], INVENTORY)
        found = find_past_end(database)
    assert (found["events"], found["events_of_unknown_end"]) == (2, 2)
    assert found["events_past_or_unknown"] == 4
    assert (found["sessions"], found["by_source_set"]) == (1, {"a": 2})
    assert [row["seconds"] for row in found["examples"]] == [1.5]


def test_the_page_shows_what_could_not_be_measured_and_what_is_not_in_the_sound(corpus, tmp_path):
    onsets, samples = corpus.played[VICTIM]
    write_with_a_gap(corpus.path(VICTIM, "a gap"), samples)
    wrong = ("b", "take 1")
    noise = np.random.default_rng(1).normal(0, 3e-3, len(samples))
    corpus.write(wrong, noise, name="noise")
    changed = {VICTIM: (onsets, "a gap"), wrong: (corpus.played[wrong][0], "noise")}
    corpus.section(tmp_path, changed)
    around = Around(
        audio_checks=[tmp_path / "checks"],
        audio_settings=corpus.settings,
        inventory=[tmp_path / "inventory"],
    )
    report = measure_health(
        [tmp_path / "events"],
        around,
        taxonomy_labels={LABEL: LABEL},
        cymbal_families=["crash"],
        dynamic_buckets=[],
        **DATABASE,
    )
    page = render_health_page(report, "mine")
    assert page == render_health_page(orjson.loads(canonical_json(report)), "mine")
    [listed] = re.findall("<h3>Sessions whose labels are not where.*?</section>", page, re.S)
    heads = ["Session", "offset ms", "offset mad ms", "drift ms per min"]
    heads += ["onsets measured", "onsets unmeasured"]
    assert re.findall("<th(?: [^>]*)?>(.*?)</th>", listed) == heads
    assert "9 could be measured, 10 % could not." in page
    assert "8 sessions were timed, and of 1 more most strokes are not in the sound; 1 are" in page
    [listed] = re.findall("<h3>Sessions that could not be measured</h3>.*?</section>", page, re.S)
    assert "a: take 2" in listed
    assert "not_finite" in listed
    assert section_of("max_unmeasured_share") == "sound"


DATABASE = {"threads": 2, "memory_limit": "1GB"}


def level(family, peak):
    return {"family": family, "hits": 3, "peak_dbfs": peak, "rms_dbfs": peak - 20}


def page_of(folder, settings, rows):
    """The page on sessions with these columns beside those of a measured one, as plain cells."""
    measured = {"sampled": True, "duration": 1.0, "clipped_runs": 0, "clipped_share": 0.0}
    measured |= {"dc_offset": 0.0, "near_silence_share": 0.0, "digital_silence_share": 0.0}
    rows = [dict.fromkeys(AUDIO_CHECKS.names) | measured | row for row in rows]
    write_table(folder / "checks", pa.Table.from_pylist(rows, AUDIO_CHECKS))
    write_table(folder / "inventory", pa.Table.from_pylist([], INVENTORY))
    write_table(folder / "events", pa.Table.from_pylist([], EVENTS))
    around = Around(
        audio_checks=[folder / "checks"],
        inventory=[folder / "inventory"],
        audio_settings=settings,
    )
    report = measure_health(
        [folder / "events"],
        around,
        taxonomy_labels={LABEL: LABEL},
        cymbal_families=["crash"],
        dynamic_buckets=[],
        **DATABASE,
    )
    return render_health_page(report, "mine")


def cells_under(page, heading):
    """The cells of the tables below a heading, as text."""
    [part] = re.findall(f"<h3>{heading}</h3>.*?</section>", page, re.S)
    rows = re.findall("<tr><td.*?</tr>", part, re.S)
    return part, [re.findall("<td[^>]*>(.*?)</td>", row, re.S) for row in rows]


def test_the_page_shows_levels_of_each_set_and_compares_no_set_with_itself(corpus, tmp_path):
    rows = [
        {"source_set": "a", "session_id": "1", "hit_levels": [level("kick", -6.0)]},
        {"source_set": "a", "session_id": "2", "hit_levels": [level("kick", -8.0)]},
        {"source_set": "b", "session_id": "1"}
        | {"hit_levels": [level("kick", -10.5), level("percussion", -12.0)]},
        {"source_set": "c", "session_id": "1"},
    ]
    part, cells = cells_under(page_of(tmp_path, corpus.settings, rows), "Isolated hits")
    assert cells == [
        ["kick", "2", "3.5", "3.5"],
        ["percussion", "1", "—", "—"],
        ["kick", "a", "2", "6", "-7", "-27"],
        ["kick", "b", "1", "3", "-10.5", "-30.5"],
        ["percussion", "b", "1", "3", "-12", "-32"],
    ]
    assert "a dash where one set alone has the family: there is nothing to compare" in part


def test_the_page_draws_the_offsets_of_every_family_on_one_axis(corpus, tmp_path):
    def offsets(**of_family):
        return [{"family": name, "onsets": 9, "offset_ms": ms} for name, ms in of_family.items()]

    timed = {"offset_ms": 1.0, "offset_mad_ms": 1.0}
    timed |= {"onsets_measured": 9, "onsets_unmeasured": 0}
    rows = [
        {"source_set": name, "session_id": name, "family_offsets": of} | timed
        for name, of in (("a", offsets(kick=-2.0, snare=4.0)), ("b", offsets(kick=20.0)))
    ]
    page = page_of(tmp_path, corpus.settings, rows)
    [part] = re.findall(r"<h4>By family</h4>.*?</table>", page, re.S)
    said = re.findall(r'aria-label="(\w+): median (\S+), quartiles', part)
    assert said == [("kick", "-2"), ("snare", "4"), ("kick", "20")]
    axes = re.findall(r'<div class="ticks">(.*?)</div>', part, re.S)
    assert len(axes) == 2
    assert axes[0] == axes[1]


def test_the_page_says_why_sessions_were_not_timed_and_of_how_many_sets_the_span_is(
    corpus, tmp_path
):
    timed = {"offset_ms": 1.0, "offset_mad_ms": 1.0, "onsets_measured": 9, "onsets_unmeasured": 0}
    untimed = {"onsets_measured": 1, "onsets_unmeasured": 0}
    rows = [{"source_set": "a", "session_id": "0", "loudness_lufs": -20.0, **timed}]
    rows += [
        {"source_set": "b", "session_id": f"{n}", "timing_reason": reason, **untimed}
        for n, reason in enumerate(["too_few_measured", "too_few_measured", "no_onsets"])
    ]
    page = page_of(tmp_path, corpus.settings, rows)
    _, cells = cells_under(page, "Label timing")
    assert [(row[0], row[1], row[2]) for row in cells] == [
        ("a", "1", "—"),
        ("b", "0", "1 no onsets, 2 too few measured"),
    ]
    assert "The loudness of one source set is known: there is nothing to compare." in page
    assert "LU apart" not in page


def test_a_sample_has_an_interval_and_its_source_set_its_weight(corpus, tmp_path):
    _, samples = with_dc(*corpus.played[VICTIM])
    corpus.write(VICTIM, samples, name="dc")
    changed = {VICTIM: (corpus.played[VICTIM][0], "dc")}
    whole = corpus.section(tmp_path, changed)
    assert whole["dc"]["ci95"] == [whole["dc_share"]] * 2 == [0.1, 0.1]
    unsampled = [("a", f"further take {n}") for n in range(35)]
    section = corpus.section(tmp_path, changed, unsampled)
    assert section["sampling"]["eligible_sessions"] == 45
    assert section["by_source_set"]["a"]["dc"]["share"] == 0.2
    assert section["dc_share"] == pytest.approx((40 * 0.2 + 5 * 0.0) / 45)
    low, high = section["dc"]["ci95"]
    assert 0 < low < section["dc_share"] < high < 1
    low, high = section["by_source_set"]["a"]["loudness"]["median_ci95"]
    assert low < section["by_source_set"]["a"]["loudness"]["median"] < high


def test_without_checks_there_is_no_section(corpus):
    assert audio_section(None, [], [], corpus.settings) is None


MIX = {
    **{"files": 1, "channels": 2, "sample_rate_hz": RATE_HZ, "duration": 40.0, "peak_dbfs": -1.0},
    **{"rms_dbfs": -20.0, "clipped_runs": 0, "clipped_share": 0.0, "dc_offset": 0.0},
    **{"digital_silence_share": 0.0, "near_silence_share": 0.0, "loudness_lufs": -14.0},
    **{"onsets_measured": 50, "onsets_unmeasured": 5, "offset_ms": 1.0, "offset_mad_ms": 2.0},
}


@pytest.mark.parametrize(
    ("left_out", "reason", "sessions"),
    [
        ([VICTIM], "not_selected", [4, 5]),
        ([VICTIM], "official_split_leaks", [5, 5]),
        ([("a", f"take {n}") for n in range(N_SESSIONS)], "not_selected", [0, 5]),
    ],
    ids=["one", "refused", "a whole set"],
)
def test_the_sound_is_that_of_the_sessions_that_are_selected(
    corpus, tmp_path, left_out, reason, sessions
):
    onsets, samples = clipped(*corpus.played[VICTIM])
    corpus.write(VICTIM, samples, name="loud")
    whole = corpus.section(tmp_path, {VICTIM: (onsets, "loud")})
    found = section_without(corpus, tmp_path, left_out, reason)
    of_sets = found["by_source_set"]
    assert [of_sets.get(n, {}).get("measured_sessions", 0) for n in SOURCE_SETS] == sessions
    assert whole["clipped"]["sessions"] == 1
    assert found["clipped"]["sessions"] == (1 if reason != "not_selected" else 0)
    assert found["sampling"]["eligible_sessions"] == sum(sessions)


def test_of_a_selection_that_the_sample_missed_its_whole_set_is_shown(corpus, tmp_path):
    corpus.section(tmp_path, unsampled=[("a", "take 9")])
    all_sampled = [("a", f"take {n}") for n in range(N_SESSIONS)]
    found = section_without(corpus, tmp_path, all_sampled, "not_selected")
    of_set = found["by_source_set"]["a"]
    assert (of_set["eligible_sessions"], of_set["measured_sessions"]) == (6, 5)
    assert found["clipped"]["share"] == 0.0


def section_without(corpus, tmp_path, left_out, reason):
    """The section of a manifest whose split table leaves some sessions out."""
    rows = [
        dict.fromkeys(SPLITS.names)
        | {"source_set": name, "session_id": take, "included": (name, take) not in left_out}
        | {"reason": reason if (name, take) in left_out else None}
        for name, take in names()
    ]
    write_table(tmp_path / "splits", pa.Table.from_pylist(rows, SPLITS))
    around = Around(
        audio_checks=[tmp_path / "checks"],
        audio_settings=corpus.settings,
        inventory=[tmp_path / "inventory"],
        splits=[tmp_path / "splits"],
    )
    words = {"taxonomy_labels": {LABEL: LABEL}, "cymbal_families": ["crash"], "dynamic_buckets": []}
    return measure_health([tmp_path / "events"], around, **words, **DATABASE)["audio_checks"]


def report_with_mixes(corpus, tmp_path, mixes):
    """The health report of the corpus, of which some sessions have a mix."""
    drums = corpus.section(tmp_path)
    rows = read_table(tmp_path / "checks").to_pylist()
    for row in rows:
        row["mix"] = mixes.get((row["source_set"], row["session_id"]))
    write_table(tmp_path / "checks", pa.Table.from_pylist(rows, AUDIO_CHECKS))
    sessions = [
        dict.fromkeys(SESSIONS.names)
        | {"source_set": name, "session_id": take, "audio_path": "x", "audio_duration": 3600.0}
        | {"mix_duration": 1800.0 if (name, take) in mixes else None}
        for name, take in names()
    ]
    write_table(tmp_path / "sessions", pa.Table.from_pylist(sessions, SESSIONS))
    around = Around(
        audio_checks=[tmp_path / "checks"],
        audio_settings=corpus.settings,
        inventory=[tmp_path / "inventory"],
        sessions=[tmp_path / "sessions"],
    )
    words = {"taxonomy_labels": {LABEL: LABEL}, "cymbal_families": ["crash"], "dynamic_buckets": []}
    return drums, measure_health([tmp_path / "events"], around, **words, **DATABASE)


def test_limits_count_faulty_mixes_and_the_figures_of_the_drums_stay(corpus, tmp_path):
    mixes = {
        ("a", "take 0"): MIX,
        ("a", "take 1"): MIX | {"clipped_runs": 900, "clipped_share": 0.01},
        ("a", "take 2"): MIX | {"offset_ms": -60.0},
        ("a", "take 3"): {"reason": "cut_short", "detail": "at its end"},
        ("b", "take 0"): MIX | {"offset_ms": None, "timing_reason": "drums_not_in_mix"},
    }
    drums, report = report_with_mixes(corpus, tmp_path, mixes)
    found = dict(report["audio_checks"])
    mix = found.pop("mix")
    assert drums.pop("mix") is None
    assert found == drums
    assert set(mix["by_source_set"]) == {"a", "b"}
    of_set = mix["by_source_set"]["a"]
    counts = ("eligible_sessions", "sampled_sessions", "measured_sessions")
    assert [of_set[name] for name in counts] == [4, 4, 3]
    assert of_set["not_measured"] == {"cut_short": 1}
    assert of_set["loudness"]["median"] == -14.0
    assert (mix["clipped"]["sessions"], mix["unmeasured"]["sessions"]) == (1, 1)
    examples = [(row["source_set"], row["session_id"]) for row in mix["timing"]["examples"]]
    assert examples == [("b", "take 0"), ("a", "take 2")]
    timing = [mix["timing"][name] for name in ("sessions", "not_in_sound", "beyond_limit")]
    assert timing == [3, 1, 2]


def test_the_page_tells_hours_of_drums_and_mixes_and_faults_of_mixes(corpus, tmp_path):
    mixes = {("a", "take 0"): MIX, ("a", "take 1"): MIX | {"offset_ms": -60.0}}
    _, report = report_with_mixes(corpus, tmp_path, mixes)
    page = render_health_page(report, "mine")
    [hours] = re.findall("<h3>Drums and full mixes</h3>.*?</section>", page, re.S)
    cells = [re.sub("<.*?>", "", cell) for cell in re.findall("<td.*?</td>", hours)]
    # 5 sessions of an hour of each set, and two mixes of half an hour.
    assert cells[:2] == ["a", "5 (5)"] and cells[3] == "2 (2)"
    assert cells[5:7] == ["b", "5 (5)"] and cells[8] == "0 (0)"
    assert "1 are beyond the limits, 50 %" in page
    [faults] = re.findall("<h3>Sound and label timing of full mixes</h3>.*?</section>", page, re.S)
    assert "2 of 2" in faults
