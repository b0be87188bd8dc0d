"""A hundred hostile files, small on disk, by the source set that they are put into.

Each is one session more of its set. It has the reasons under which it must be named, of which one
is enough, or none where it must be read as any other file. The bytes depend on the seed alone.
"""

import random
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sounds import sound_bytes

from drumcorpus.ground.sound.stated_lengths import crc

RATE_HZ = 44_100
END = b"\x00\xff\x2f\x00"
ANNOTATION, MIDI, AUDIO = ("unreadable_annotation",), ("unreadable_midi",), ("unreadable_audio",)
EMPTY, CUT = ("empty_audio",), ("cut_short",)
READ = ()


@dataclass(frozen=True)
class Hostile:
    """One file, and the session that it makes."""

    source_set: str
    name: str
    path: str
    content: bytes
    reasons: tuple[str, ...]
    session_id: str


def track(body, stated=None):
    return b"MTrk" + struct.pack(">I", len(body) if stated is None else stated) + body


def midi(*tracks, midi_type=1, division=480):
    return b"MThd" + struct.pack(">IHHH", 6, midi_type, len(tracks), division) + b"".join(tracks)


def strokes(n_notes):
    return b"".join(b"\x81\x70\x99" + bytes([36 + n % 3 * 2, 90]) for n in range(n_notes))


def noise(seconds=2.0, channels=1):
    samples = np.random.default_rng(5).standard_normal((round(seconds * RATE_HZ), channels))
    return 0.1 * samples.clip(-4, 4)


def wav(samples=None, rate_hz=RATE_HZ, **options):
    return sound_bytes(noise() if samples is None else samples, rate_hz, **options)


def patched(data, place, fields, value):
    data = bytearray(data)
    struct.pack_into(fields, data, place, value)
    return bytes(data)


def stating(n_bytes):
    data = wav()
    return patched(data, data.index(b"data") + 4, "<I", n_bytes)


def at_rate(rate_hz):
    return patched(wav(), 24, "<I", rate_hz)


def floats(value):
    samples = noise()
    samples[len(samples) // 2] = value
    return wav(samples, subtype="FLOAT")


def silent_flac(seconds, channels):
    """Silence, in some forty bytes a second whatever its channels, as the format can say it."""
    head = struct.pack(">HH", RATE_HZ, RATE_HZ) + bytes(6)  # a second a frame
    head += (RATE_HZ << 44 | channels - 1 << 41 | 15 << 36 | seconds * RATE_HZ).to_bytes(8)
    frames = []
    for second in range(seconds):
        number = second.to_bytes(1) if second < 0x80 else chr(second).encode()
        frame = b"\xff\xf8\x79" + bytes([(channels - 1) << 4 | 0x08]) + number
        frame += struct.pack(">H", RATE_HZ - 1)
        frame += crc(frame, 8, 0x07).to_bytes(1) + bytes(3 * channels)
        frames.append(frame + crc(frame, 16, 0x8005).to_bytes(2))
    return b"fLaC\x80\x00\x00\x22" + head + bytes(16) + b"".join(frames)


def flac_of(n_samples):
    data = wav(format="FLAC")
    fields = int.from_bytes(data[18:26])
    return patched(data, 18, ">Q", fields >> 36 << 36 | n_samples)


def midi_files(rng):
    far = b"\xff\xff\xff\x7f\xff\x01\x00"
    notes = strokes(12)
    whole = midi(track(notes + END))
    return {
        "running status without end": (midi(track(b"\x00\x99" + b"$@\x00" * 450_000 + END)), MIDI),
        "more bytes than allowed": (bytes(4 * 2**20 + 1), ("too_large",)),
        "ticks past all": (midi(track(far * 9 + notes + END)), MIDI),
        "a note after a day": (midi(track(far * 7 + notes + END), division=1), MIDI),
        "no byte": (b"", MIDI),
        "no MIDI": (b"RIFF" + bytes(100), MIDI),
        "type 2": (midi(track(notes + END), midi_type=2), MIDI),
        "frames a second": (midi(track(notes + END), division=0xE728), READ),
        "cut": (whole[: len(whole) // 2], MIDI),
        "a text of gigabytes": (midi(track(b"\x00\xff\x01\xff\xff\xff\x7f" + notes)), MIDI),
        "a delta without end": (midi(track(b"\xff" * 50_000)), MIDI),
        "no note": (midi(track(END)), ("no_notes",)),
        "a chunk that states 0": (midi(track(notes + END, 0)), READ),
        "a chunk that states too much": (midi(track(notes + END, 0xFFFFFFFF)), READ),
        "a chunk that states too little": (midi(track(notes + END, 7)), READ),
        "a chunk that states two tracks": (
            midi(track(notes + END, len(notes) + 12), track(notes + END)),
            READ,
        ),
        **{
            f"random bytes {n}": (midi(track(rng.randbytes(400))), (*MIDI, "no_notes"))
            for n in range(5)
        },
    }


def sound_files(rng):
    return {
        **{f"{rate} Hz": (at_rate(rate), AUDIO) for rate in (1, 10, 100, 3_999, 2**31)},
        "65 channels": (wav(noise(0.1, 65)), AUDIO),
        "no byte": (b"", EMPTY),
        "random bytes": (rng.randbytes(5_000), AUDIO),
        "cut": (wav()[:60_000], CUT),
        "an hour that is not there": (stating(3600 * RATE_HZ * 2), CUT),
        "FLAC that promises an hour": (flac_of(3600 * RATE_HZ), CUT),
        "two hours of silence": (silent_flac(7200, 1), AUDIO),
        "a NaN": (floats(np.nan), ("not_finite",)),
        "an infinity": (floats(-np.inf), ("not_finite",)),
        "1e19": (floats(1e19), ("not_finite",)),
        "3e38": (floats(3e38), ("not_finite",)),
        "half an hour of silence in 8 channels": (silent_flac(1800, 8), READ),
        "WAV by sox": (stating(0x7FFFF000), READ),
        "WAV by ffmpeg": (stating(0xFFFFFFFF), READ),
        "WAV that states 0": (stating(0), READ),
        "FLAC by flac": (flac_of(0), READ),
        "FLAC of 2**31 samples": (flac_of(2**31), READ),
    }


def annotations(rng):
    """Of ENST-Drums: a time and a label a line."""
    start = b"0.1 bd\n0.2 sd\n"
    return {
        **{
            f"a time {time[:8]}": (start + time.encode() + b" bd\n", ANNOTATION)
            for time in ("1e308", "nan", "inf", "0x10", "1_0", "\u0661", "86401", "9" * 500, "")
        },
        "a label of 10 MB": (start + b"0.3 " + b"k" * 10**7, ("too_large",)),
        "a label of 1 MB": (start + b"0.3 " + b"k" * 10**6, ANNOTATION),
        "a label of 65": (start + b"0.3 " + b"k" * 65, ANNOTATION),
        "lines without end": (start + b"0.3 bd\n" * 60_000, ANNOTATION),
        "nothing": (b"", ("empty_annotation",)),
        "NUL": (start + b"\0" * 500, ANNOTATION),
        "random bytes": (rng.randbytes(300), ANNOTATION),
        "UTF-16": ("0.1 bd\n".encode("utf-16"), READ),
        "UTF-16 without its mark": ("0.1 bd\n".encode("utf-16-le"), ANNOTATION),
        "time that goes back": (b"0.5 bd\n0.1 sd\n", ANNOTATION),
        "only before the start": (b"-3 bd\n-2.5 sd\n", READ),
        "line ends of three systems": (b"0.1 bd\r\n0.2 sd\r0.3 bd\n", READ),
    }


def xml_files(rng):
    """Of IDMT-SMT-Drums."""

    def xml(onset, label="KD"):
        event = f"<event><onsetSec>{onset}</onsetSec><instrument>{label}</instrument></event>"
        return f"<instrumentRecording><transcription>{event}</transcription></instrumentRecording>"

    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    return {
        **{
            f"a time {time[:8]}": (xml(time).encode(), ANNOTATION)
            for time in ("1e308", "nan", "-inf", "1_0", "\u0661", "86400.1", "9" * 500, "")
        },
        "elements within elements": (b"<a>" * 1_300_000, ANNOTATION),
        "a hundred levels": (b"<a>" * 100 + b"</a>" * 100, ANNOTATION),
        "elements without end": (b"<a>" + b"<b/>" * 100_000 + b"</a>", ANNOTATION),
        "more bytes than allowed": (b"<a>" + b" " * 2**23 + b"</a>", ("too_large",)),
        "entities": ((bomb + xml("&b;")).encode(), ANNOTATION),
        "a label of 1 MB": (xml(0.1, "K" * 10**6).encode(), ANNOTATION),
        "random bytes": (rng.randbytes(300), ANNOTATION),
        "nothing": (b"", ANNOTATION),
        "no stroke": (
            b"<instrumentRecording><transcription/></instrumentRecording>",
            ("no_onsets",),
        ),
        "one stroke": (xml(0.25).encode(), READ),
    }


def subclasses(rng):
    """Of MDB Drums."""
    return {
        **{
            f"a time {time[:8]}": (f"0.1\tKD\n{time}\tKD\n".encode(), ANNOTATION)
            for time in ("1e308", "nan", "infinity", "0x1p4", "1_0", "\u0661", "-86401")
        },
        "a label of 65": (b"0.1\t" + b"K" * 65, ANNOTATION),
        "a label of 10 MB": (b"0.1\t" + b"K" * 10**7, ("too_large",)),
        "lines without end": (b"0.1\tKD\n" * 60_000, ANNOTATION),
        "nothing": (b"\n\n", ("no_onsets",)),
        "random bytes": (rng.randbytes(200), ANNOTATION),
        "one stroke": (b"0.1 \t KD \n", READ),
    }


def metadata(rng):
    """Of Slakh2100."""
    wrong = ("unreadable_metadata",)
    return {
        "aliases": (b"a: &a [x, x]\nb: &b [*a, *a]\nstems: *b\n", wrong),
        "depth": (b"[" * 16_000 + b"]" * 16_000, wrong),
        "values": (b"- a\n" * 8_000, wrong),
        "more bytes than allowed": (b"a: " + b"b" * 2**21, wrong),
        "tags": (b"!!python/object/apply:os.system ['true']\n", wrong),
        "random bytes": (rng.randbytes(200), wrong),
    }


def hostile_files(seed=0):
    """All of them, in one order."""
    rng = random.Random(seed)
    files = []
    for n, (name, (content, reasons)) in enumerate(midi_files(rng).items(), start=900):
        path = f"drummer9/session1/{n}_rock_120_beat_4-4.mid"
        key = f"drummer9/session1/{n}"
        files.append(Hostile("groove_mididataset", f"MIDI: {name}", path, content, reasons, key))
    for n, (name, (content, reasons)) in enumerate(sound_files(rng).items(), start=950):
        path = f"drummer9/session2/{n}_rock_120_beat_4-4.wav"
        key = f"drummer9/session2/{n}"
        files.append(Hostile("groove_mididataset", f"sound: {name}", path, content, reasons, key))
    for n, (name, (content, reasons)) in enumerate(annotations(rng).items(), start=700):
        key = f"drummer_2/{n}_phrase_rock_simple_slow_sticks"
        path = key.replace("/", "/annotation/") + ".txt"
        files.append(Hostile("enst_drums", f"ENST: {name}", path, content, reasons, key))
    for n, (name, (content, reasons)) in enumerate(xml_files(rng).items(), start=70):
        path = f"annotation_xml/RealDrum09_{n}#MIX.xml"
        key = f"RealDrum09_{n}"
        files.append(Hostile("idmt_smt_drums_v2", f"IDMT: {name}", path, content, reasons, key))
    for n, (name, (content, reasons)) in enumerate(subclasses(rng).items(), start=1):
        key = f"MusicDelta_Hostile{n}"
        path = f"annotations/subclass/{key}_subclass.txt"
        files.append(Hostile("mdb_drums", f"MDB: {name}", path, content, reasons, key))
    for n, (name, (content, reasons)) in enumerate(metadata(rng).items(), start=402):
        key = f"train/Track{n:05}"
        path = f"{key}/metadata.yaml"
        files.append(Hostile("slakh2100", f"Slakh: {name}", path, content, reasons, key))
    return files


def put(files, raw):
    """Write them below `raw`, one root a source set, with rows in the index of Groove MIDI."""
    raw = Path(raw)
    index = raw / "groove_mididataset/info.csv"
    rows = index.read_text()
    for file in files:
        path = raw / file.source_set / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        if file.source_set == "groove_mididataset":
            other = path.with_suffix(".mid" if path.suffix == ".wav" else ".wav")
            is_sound = path.suffix == ".wav"
            if is_sound:
                other.write_bytes(midi(track(strokes(3) + END)))
            named = [Path(file.path).with_suffix(ending).as_posix() for ending in (".mid", ".wav")]
            audio = named[1] if is_sound else ""
            session = file.session_id.rpartition("/")[0]
            music = "rock,120,beat,4-4"
            key = f"drummer9,{session},{file.session_id}"
            rows += f"{key},{music},{named[0]},{audio},2.0,train\n"
    index.write_text(rows)
