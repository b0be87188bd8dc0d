"""Predictions are read as they are written, or refused with file and line."""

import codecs
import os

import numpy as np
import pytest

from drumcorpus.ground.midi.midi_writing import empty_clock, midi_bytes, nearest_ticks
from drumcorpus.ground.predictions import prediction_files
from drumcorpus.ground.predictions.class_maps import ClassMap, Vocabulary
from drumcorpus.ground.predictions.prediction_files import read_midi, read_tsv
from drumcorpus.ground.predictions.prediction_listing import files_below
from drumcorpus.taxonomy import LabelMap, Stroke

WORDS = Vocabulary("two", {"BD": 0, "SD": 1, "TB": -1})


def columns(hits):
    return hits.label.tolist(), hits.onset.tolist(), hits.velocity.tolist()


def test_lines_of_time_and_label():
    hits, labels = read_tsv("a.tsv", b"0.5\tBD\n1\tSD\n1\tTB\n", WORDS)
    assert columns(hits) == ([0, 1, -1], [500_000, 1_000_000, 1_000_000], [-1, -1, -1])
    assert labels == ["BD", "SD", "TB"]


def test_a_score_comes_before_a_velocity_unless_a_header_says_otherwise():
    plain, _ = read_tsv("a.tsv", b"0.5\tBD\t7.5\t0.25\n", WORDS)
    named, _ = read_tsv("a.tsv", b"onset_time\tlabel\tvelocity\r\n0.5\tBD\t0.25\r\n", WORDS)
    assert columns(plain) == columns(named) == ([0], [500_000], [2_500])


@pytest.mark.parametrize("data", [b"", b"onset_time\tlabel\n"], ids=["empty", "header alone"])
def test_a_file_without_lines_predicts_nothing(data):
    assert len(read_tsv("a.tsv", data, WORDS)[0]) == 0


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE], ids=["UTF-8", "UTF-16"])
def test_a_byte_order_mark_is_called_so(mark):
    with pytest.raises(ValueError, match=r"a\.tsv:1: begins with a byte order mark; write it as"):
        read_tsv("a.tsv", mark + b"0.5\tBD\n", WORDS)


def test_scores_are_read_where_they_are_asked_for():
    data = b"0.5\tBD\t7.5\n1\tSD\t-2\n"
    assert read_tsv("a.tsv", data, WORDS)[0].score is None
    assert read_tsv("a.tsv", data, WORDS, with_scores=True)[0].score.tolist() == [7.5, -2]


def test_lines_are_read_a_block_at_a_time_and_hold_together(monkeypatch):
    monkeypatch.setattr(prediction_files, "_BLOCK", 2)
    data = "onset_time\tlabel\n" + "".join(f"{n}\tBD\n" for n in range(5))
    hits, labels = read_tsv("a.tsv", data.encode(), WORDS)
    assert (hits.onset / 1e6).tolist() == [0, 1, 2, 3, 4]
    assert labels == ["BD"] * 5
    for last, words in (
        ("3.5\tBD", r"a\.tsv:7: onset_time 3\.5 is before that of the line above \(4\.0\)"),
        ("5\tBD\t1", r"a\.tsv:7: 3 fields"),
    ):
        with pytest.raises(ValueError, match=words):
            read_tsv("a.tsv", f"{data}{last}\n".encode(), WORDS)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("0.1\tBD\nnan\tBD", r"a.tsv:2: onset_time: got 'nan'; wanted: a number, a time from 0"),
        ("0.1\tBD\ninf\tBD", r"a.tsv:2: onset_time: got 'inf'"),
        ("-0.1\tBD", r"a.tsv:1: onset_time: got '-0.1'; wanted: a number, a time from 0 to 86,400"),
        ("1_0\tBD", r"a.tsv:1: onset_time: got '1_0'"),
        ("0.2\tBD\n0.1\tBD", r"a.tsv:2: onset_time 0.1 is before that of the line above \(0.2\)"),
        ("0.1\tHH", r"a.tsv:1: label 'HH'; allowed in vocabulary two: BD, SD, TB"),
        ("0.1\tbd", r"a.tsv:1: label 'bd' \(did you mean 'BD'\?\); allowed"),
        ("0.1 BD", r"a.tsv:1: 1 fields; wanted: onset_time, label"),
        ("0.1\tBD\n\n0.2\tBD", r"a.tsv:2: 1 fields"),
        ("0.1\tBD\n0.2\tBD\t1", r"a.tsv:2: 3 fields; .* as many on every line"),
        ("0.1\tBD\t1\t1\t1", r"a.tsv:1: 5 fields"),
        (
            "0.1\tBD\t1\t90",
            r"a.tsv:1: velocity: got '90'; wanted: a number, a velocity from 0 to 1",
        ),
        ("0.1\tBD\tnan", r"a.tsv:1: score: got 'nan'"),
        ("onset_time\tpitch\n0.1\tBD", r"a.tsv:1: header 'onset_time pitch'; allowed: onset_time"),
        ("onset_time\tlabel\n0.1\tBD\n0.05\tBD", r"a.tsv:3: onset_time 0.05 is before"),
    ],
    ids=range(15),
)
def test_a_line_that_is_wrong_is_named(lines, words):
    with pytest.raises(ValueError, match=words):
        read_tsv("a.tsv", lines.encode(), WORDS)


def test_bytes_that_are_no_text_are_refused_by_their_line():
    with pytest.raises(ValueError, match=r"a\.tsv:2: is not UTF-8"):
        read_tsv("a.tsv", b"0.1\tBD\n0.2\t\xff\n", WORDS)


NOTES = LabelMap("pads", {"36": Stroke("kick"), "38": Stroke("snare")}, drops={"99": "metronome"})
CLASSES = ClassMap("one", ("BD",), {"kick": 0, "snare": -1})


def midi_of(*notes):
    clock = empty_clock(480, [(0, 500_000)], [(0, 4, 4)])
    ticks = nearest_ticks(clock, np.array([time for time, _, _ in notes]))
    rows = [
        (t, t + 10, note, velocity) for t, (_, note, velocity) in zip(ticks, notes, strict=True)
    ]
    return midi_bytes(clock, np.array(rows), ["x"], np.zeros(len(rows), int), name="drums")


def test_notes_are_read_by_the_map_that_is_named():
    hits, labels = read_midi(
        "a.mid", midi_of((0.5, 36, 127), (1, 38, 64), (2, 99, 1)), NOTES, CLASSES
    )
    assert labels == ["kick", "snare", "note 99 (metronome)"]
    assert hits.label.tolist() == [0, -1, -1]
    assert hits.onset.tolist() == [500_000, 1_000_000, 2_000_000]
    assert hits.velocity.tolist()[0] == 10_000


def test_a_note_that_the_map_does_not_know_is_refused():
    with pytest.raises(
        ValueError, match=r"a.mid: note 40 at 0.500 s; allowed by note map pads: 36, 38, 99"
    ):
        read_midi("a.mid", midi_of((0.5, 40, 127)), NOTES, CLASSES)


def test_what_is_no_midi_file_is_refused():
    with pytest.raises(ValueError, match=r"a\.mid: "):
        read_midi("a.mid", b"no MIDI", NOTES, CLASSES)


@pytest.mark.parametrize(
    "digits",
    ["\uff11.0", "\u0663", "1_0", "\u00a01.0"],
    ids=["wide", "Arabic", "parted", "after an odd blank"],
)
def test_a_number_that_only_python_takes_is_refused(digits):
    with pytest.raises(ValueError, match=r"s\.tsv:1: onset_time: got "):
        read_tsv("s.tsv", f"{digits}\tBD\n".encode(), WORDS)


def test_a_folder_that_cannot_be_read_is_not_passed_over(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir()
    (tmp_path / "a.tsv").write_text("")
    (tmp_path / "closed/b.tsv").write_text("")
    assert files_below(tmp_path) == ["a.tsv", "closed/b.tsv"]
    scan = os.scandir

    def refuse(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(ValueError, match=r"closed: cannot be read: Permission denied"):
        files_below(tmp_path)
