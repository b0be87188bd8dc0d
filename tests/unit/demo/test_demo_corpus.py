"""The demo corpus: the layout of the Groove MIDI Dataset, and its traps."""

import csv
import itertools

import mido
import numpy as np
import pytest
import soundfile
from checkout import REPO

from drumcorpus.demo.groove_mididataset import INDEX_COLUMNS, write_corpus
from drumcorpus.demo.grooves import Score, play, read_bars, seconds_of_ticks
from drumcorpus.demo.kits import read_kits
from drumcorpus.demo.midi_files import write_midi
from drumcorpus.demo.performances import perform, read_performances

KITS_FILE = REPO / "resources" / "demo" / "kits.yaml"
KITS, BARS = read_kits(KITS_FILE), read_bars(KITS_FILE)
PERFORMANCES = read_performances(KITS_FILE)
SEED = 7
NOTE_GROUPS = {
    "kick": {36},
    "snare": {38},
    "rim shot": {40},
    "cross stick": {37},
    "hat closed": {42, 22},
    "hat open": {46, 26},
    "hat pedal": {44},
    "tom 1": {48, 50},
    "tom 2": {45, 47},
    "tom 3": {43, 58},
    "ride": {51, 59},
    "ride bell": {53},
    "crash 1": {49, 55},
    "crash 2": {57, 52},
}
SPLITS = {"train", "validation", "test"}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    root = tmp_path_factory.mktemp("demo") / "groove"
    write_corpus(root, KITS_FILE, seed=SEED)
    return root


@pytest.fixture(scope="module")
def rows(corpus):
    with (corpus / "info.csv").open(encoding="utf-8", newline="") as index:
        return list(csv.DictReader(index))


@pytest.fixture(scope="module")
def scores():
    return [
        perform(performance, BARS, KITS, seed=[SEED, index, 0])
        for index, performance in enumerate(PERFORMANCES)
    ]


def timed_messages(path):
    messages = mido.MidiFile(path)
    return list(zip(itertools.accumulate(m.time for m in messages), messages, strict=True))


def hits_of(path):
    return [
        (seconds, message.note, message.velocity)
        for seconds, message in timed_messages(path)
        if message.type == "note_on" and message.velocity > 0
    ]


def crash_counts(score):
    notes = score.notes[:, 1]
    return tuple(int(np.isin(notes, list(NOTE_GROUPS[f"crash {n}"])).sum()) for n in (1, 2))


def contents(root):
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@pytest.mark.long  # writes three corpora
def test_the_same_seed_writes_the_same_bytes_and_another_seed_does_not(corpus, tmp_path):
    write_corpus(tmp_path / "again", KITS_FILE, seed=SEED, n_performances=3)
    write_corpus(tmp_path / "other", KITS_FILE, seed=SEED + 1, n_performances=3)
    all_of, again, other = (contents(r) for r in (corpus, tmp_path / "again", tmp_path / "other"))
    written = [name for name in again if name.endswith((".mid", ".wav"))]
    assert len(written) == 6
    assert all(again[name] == all_of[name] for name in written)
    assert all(again[name] != other[name] for name in written)


def test_the_index_has_the_header_of_the_groove_midi_dataset(corpus):
    header = (corpus / "info.csv").read_text(encoding="utf-8").split("\n")[0]
    assert header == (
        "drummer,session,id,style,bpm,beat_type,time_signature,"
        "midi_filename,audio_filename,duration,split"
    )
    assert header == ",".join(INDEX_COLUMNS)


def test_every_file_is_named_in_the_index_and_every_name_has_a_file(corpus, rows):
    named = {row[key] for row in rows for key in ("midi_filename", "audio_filename")} - {""}
    assert set(contents(corpus)) == named | {"info.csv", "LICENSE", "README"}


def test_a_file_name_says_what_the_index_says(rows):
    assert len({row["id"] for row in rows}) == len(rows) == 12
    for row in rows:
        style = row["style"].replace("/", "-")
        assert row["midi_filename"] == (
            f"{row['id']}_{style}_{row['bpm']}_{row['beat_type']}_{row['time_signature']}.mid"
        )
        assert row["id"].startswith(f"{row['session']}/")
        assert row["session"].startswith(f"{row['drummer']}/")
    assert {row["beat_type"] for row in rows} == {"beat", "fill"}


def test_three_drummers_play_four_to_five_minutes(corpus, rows):
    assert len({row["drummer"] for row in rows}) == 3
    files = [corpus / row["audio_filename"] for row in rows if row["audio_filename"]]
    assert len(files) == 11
    assert 240 < sum(soundfile.info(file).duration for file in files) < 300


def test_the_sound_is_mono_16_bit_does_not_clip_and_outlasts_the_music(corpus, rows):
    rates = []
    for row in rows:
        if not row["audio_filename"]:
            continue
        info = soundfile.info(corpus / row["audio_filename"])
        audio, _ = soundfile.read(corpus / row["audio_filename"])
        assert (info.channels, info.subtype) == (1, "PCM_16")
        assert 0.2 < np.abs(audio).max() < 0.98
        assert info.duration == pytest.approx(float(row["duration"]) + 1.5, abs=1e-3)
        rates.append(info.samplerate)
    assert sorted(rates) == [44100] * 10 + [48000]


def test_the_hits_of_the_midi_files_are_those_that_were_played(corpus, rows, scores):
    for row, score in zip(rows, scores, strict=True):
        hits = hits_of(corpus / row["midi_filename"])
        assert [[note, velocity] for _, note, velocity in hits] == score.notes[:, 1:].tolist()
        assert np.allclose([seconds for seconds, _, _ in hits], score.onsets, atol=1e-6)


def test_a_midi_file_is_type_0_of_480_ticks_on_channel_9_with_an_instrument_name(corpus, rows):
    for row in rows:
        midi = mido.MidiFile(corpus / row["midi_filename"])
        assert (midi.type, midi.ticks_per_beat, len(midi.tracks)) == (0, 480, 1)
        assert {m.channel for m in midi.tracks[0] if not m.is_meta} == {9}
        assert any(m.type == "instrument_name" for m in midi.tracks[0])


def test_every_note_ends_before_it_is_struck_again(corpus, rows):
    for row in rows:
        sounding = set()
        for message in mido.MidiFile(corpus / row["midi_filename"]):
            if message.type == "note_on" and message.velocity > 0:
                assert message.note not in sounding
                sounding.add(message.note)
            elif message.type in {"note_on", "note_off"}:
                sounding.remove(message.note)
        assert not sounding


@pytest.mark.parametrize("group", sorted(NOTE_GROUPS))
def test_every_split_holds_the_note_group_with_sound(scores, group):
    heard = {
        performance.split
        for performance, score in zip(PERFORMANCES, scores, strict=True)
        if performance.audio and set(score.notes[:, 1].tolist()) & NOTE_GROUPS[group]
    }
    assert heard == SPLITS


def test_the_first_three_performances_cover_the_splits(scores):
    assert {performance.split for performance in PERFORMANCES[:3]} == SPLITS
    for score in scores[:3]:
        notes = set(score.notes[:, 1].tolist())
        assert [group for group, members in NOTE_GROUPS.items() if not notes & members] == []


def test_performances_strike_two_crashes_often_or_one_or_hardly_any(scores):
    counts = [crash_counts(score) for score in scores]
    two_crashes = [index for index, count in enumerate(counts) if min(count) >= 8]
    assert len(two_crashes) >= 5
    assert {PERFORMANCES[index].split for index in two_crashes} == SPLITS
    assert [count for count in counts if count[0] >= 8 and count[1] == 0]
    assert (1, 1) in counts


def test_two_crashes_are_struck_at_once_somewhere(scores):
    n_pairs = 0
    for score in scores:
        first, second = (
            score.onsets[np.isin(score.notes[:, 1], list(NOTE_GROUPS[f"crash {n}"]))]
            for n in (1, 2)
        )
        n_pairs += int((np.abs(np.subtract.outer(first, second)) < 0.03).sum())
    assert n_pairs == 4


def test_one_performance_has_no_sound(rows):
    assert [row["midi_filename"] for row in rows if not row["audio_filename"]] == [
        "drummer2/session1/2_hiphop_90_beat_4-4.mid"
    ]


def test_one_midi_file_ends_long_after_the_music(corpus, rows):
    padded = [
        mido.MidiFile(corpus / row["midi_filename"]).length - float(row["duration"]) for row in rows
    ]
    assert sorted(padded)[:-1] == pytest.approx([0.0] * 11, abs=1e-4)
    assert max(padded) == pytest.approx(45.0, abs=0.01)


def test_some_performances_start_at_once_and_some_after_a_silence(scores):
    firsts = [float(score.onsets[0]) for score in scores]
    assert min(firsts) < 0.02
    assert max(firsts) > 1.0


def test_flams_and_ghost_notes_are_played(scores):
    snare = [score.notes[score.notes[:, 1] == 38] for score in scores]
    onsets = [score.onsets[score.notes[:, 1] == 38] for score in scores]
    flams = sum(int((np.diff(times) < 0.04).sum()) for times in onsets)
    assert flams >= 5
    assert sum(int((hits[:, 2] < 40).sum()) for hits in snare) > 50


def test_the_pedal_is_closed_before_closed_hats_and_lower_before_open_ones(corpus, rows):
    positions = {note: [] for note in (42, 22, 44, 46, 26)}
    for row in rows:
        pedal = None
        for message in mido.MidiFile(corpus / row["midi_filename"]):
            if message.type == "control_change" and message.control == 4:
                pedal = message.value
            elif message.type == "note_on" and message.velocity and message.note in positions:
                positions[message.note].append(pedal)
    assert all(values and None not in values for values in positions.values())
    assert min(positions[42] + positions[22]) >= 82
    assert max(positions[46] + positions[26]) <= 70
    assert 32 <= min(positions[44]) <= max(positions[44]) <= 80


def test_a_tempo_map_with_changes_comes_back_from_the_midi_file(tmp_path):
    bars = [BARS["rock"], BARS["waltz_crash"], BARS["lilt"]]
    score = play(
        bars,
        KITS["birch"],
        tempos_bpm={0: 120, 1: 75, 2: 160},
        turns={"hat": ["hat_closed_edge"], "crash": ["crash_1_edge"]},
        rng=np.random.default_rng(3),
    )
    write_midi(tmp_path / "three.mid", score, instrument="birch")
    tempos, meters, tick = [], [], 0
    for message in mido.MidiFile(tmp_path / "three.mid").tracks[0]:
        tick += message.time
        if message.type == "set_tempo":
            tempos.append((tick, message.tempo))
        if message.type == "time_signature":
            meters.append((tick, message.numerator, message.denominator))
    assert tempos == [(0, 500_000), (1920, 800_000), (3360, 375_000)] == list(score.tempos)
    assert meters == [(0, 4, 4), (1920, 3, 4), (3360, 6, 8)] == list(score.meters)
    # Four quarters of 0.5 s, three of 0.8 s, then one of 0.375 s.
    assert seconds_of_ticks(np.array([0, 1920, 3360, 3840]), score.tempos).tolist() == (
        pytest.approx([0.0, 2.0, 4.4, 4.775])
    )


def test_the_corpus_changes_tempo_and_meter_within_performances(scores):
    assert sum(len(score.tempos) > 1 for score in scores) >= 3
    meters = [[meter[1:] for meter in score.meters] for score in scores]
    assert [(4, 4), (3, 4), (6, 8)] in meters


def test_hits_stand_on_the_grid_but_for_the_drummers_15_ms():
    score = play(
        [BARS["rock"]] * 8,
        KITS["birch"],
        tempos_bpm={0: 125},
        turns={"hat": ["hat_closed_edge"]},
        rng=np.random.default_rng(1),
    )
    step = 0.12  # a sixteenth at 125 quarter notes a minute
    off_grid = score.onsets - np.round(score.onsets / step) * step
    assert np.abs(off_grid).max() <= 0.0155
    assert 0.003 < off_grid.std() < 0.007
    assert isinstance(score, Score)


def test_the_sound_starts_where_the_midi_file_says(corpus, rows):
    for row, performance in zip(rows, PERFORMANCES, strict=True):
        if performance.audio and performance.bars[0] == "silence":
            audio, rate = soundfile.read(corpus / row["audio_filename"])
            first = hits_of(corpus / row["midi_filename"])[0][0]
            assert np.flatnonzero(np.abs(audio) > 1e-3)[0] / rate == pytest.approx(first, abs=1e-3)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "hat:   X-x-X-x-X-x-X-x-",
            "hat:   X-x-",
            r"patterns\.rock\.hat is 'X-x-'; allowed are 16",
        ),
        ("hat:   X-x-X-x-X-x-X-x-", "hat:   Q-x-X-x-X-x-X-x-", r"patterns\.rock\.hat is 'Q"),
        ("meter: 6/8", "meter: 6/7", r"patterns\.lilt\.meter is '6/7'"),
        ("kit: birch,", "kit: oak,", r"performances\[0\]\.kit is 'oak'"),
        ("bars: silence", "bars: silense", r"performances\[0\]\.bars holds 'silense'"),
        ("split: train,", "", r"performances\[0\] lacks \['split'\]"),
    ],
)
def test_a_bad_bar_or_performance_is_refused_before_anything_is_written(
    tmp_path, old, new, message
):
    text = KITS_FILE.read_text(encoding="utf-8")
    assert old in text
    bad = tmp_path / "kits.yaml"
    bad.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=message) as caught:
        write_corpus(tmp_path / "groove", bad, seed=1)
    assert str(bad) in str(caught.value)
    assert not (tmp_path / "groove").exists()
