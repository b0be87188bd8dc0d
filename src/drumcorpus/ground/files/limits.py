"""What one raw file may have and cost: the most of everything that a reader counts.

A file of a few megabytes can stand for gigabytes in memory: running status of MIDI, elements
within elements, one long label in a table of fixed width. So every reader counts while it reads,
and a file with more than its limit is not used; the message has the number and the limit. Limits
lie far above the largest file of the published sets: ``docs/limits.md`` has them in one table.
Those of sound are in `ground.sound.sound_limits`.
"""

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True)
class Limit:
    """The most that one file may have of something.

    `unit` completes the number in a message, `reason` says why it is limited, and `largest` what
    the largest file has that was measured or that the publisher states.
    """

    most: int
    unit: str
    reason: str
    largest: str

    def check(self, value: int, where: str) -> None:
        """Refuse a value above the limit.

        Raises
        ------
        ValueError
            Naming `where`, the value and the limit.
        """
        if value > self.most:
            raise ValueError(f"{where}: {value:,} {self.unit}; allowed: {self.most:,} at most")


MEBIBYTE = 1 << 20

MIDI_BYTES = Limit(
    4 * MEBIBYTE,
    "bytes of MIDI",
    "a byte of running status can stand for a third of an event",
    "155,615 (Groove MIDI)",
)
MIDI_EVENTS = Limit(
    400_000,
    "MIDI events",
    "an event takes some 200 bytes while a track is read",
    "30,722 (Groove MIDI)",
)
MIDI_TICK = Limit(
    2**31 - 1,
    "ticks",
    "sequencers count ticks with 31 bits; more are a damaged time",
    "1,226,784 (Groove MIDI)",
)
XML_BYTES = Limit(
    4 * MEBIBYTE,
    "bytes of XML",
    "an element of seven bytes takes 50 times as many in memory",
    "not measured; 83 strokes in a file on average (IDMT-SMT-Drums)",
)
XML_ELEMENTS = Limit(
    50_000,
    "XML elements",
    "every element is held until the file has been read",
    "not measured; 83 strokes in a file on average (IDMT-SMT-Drums)",
)
XML_DEPTH = Limit(
    50,
    "levels of XML",
    "annotations are flat; what is nested deeper is made to cost",
    "4 (Sonic Visualiser)",
)
YAML_BYTES = Limit(
    MEBIBYTE,
    "bytes of YAML",
    "metadata is short, and a byte of it can be a value",
    "2,844 (Slakh2100)",
)
METADATA_BYTES = Limit(
    32_768,
    "bytes of metadata of one track",
    "what is larger is no metadata of Slakh2100",
    "2,844 (Slakh2100)",
)
YAML_VALUES = Limit(
    50_000,
    "YAML values",
    "a value of two bytes takes a thousand while it is read",
    "215 (Slakh2100)",
)
YAML_DEPTH = Limit(
    100,
    "levels of YAML",
    "the parser itself fails at some ten thousand",
    "4 (Slakh2100)",
)
CSV_BYTES = Limit(
    32 * MEBIBYTE,
    "bytes of CSV",
    "the text is held once, the rows beside it",
    "205,326 (Groove MIDI); an index of E-GMD has 40 times as many rows",
)
CSV_ROWS = Limit(
    200_000,
    "rows of CSV",
    "a row takes 1.5 kB while the sessions are told",
    "45,537 (E-GMD)",
)
CSV_LINE = Limit(
    10_000,
    "characters in a line of CSV",
    "fields go into tables, notes and pages",
    "239 (Groove MIDI)",
)
TEXT_BYTES = Limit(
    2 * MEBIBYTE,
    "bytes of annotation",
    "an annotation is read whole",
    "16,739 (MDB Drums)",
)
TEXT_LINES = Limit(
    50_000,
    "lines",
    "every line becomes a stroke; 14 a second for an hour",
    "993 (MDB Drums)",
)
TEXT_LINE = Limit(
    1_000,
    "characters in a line",
    "a line is a time and a label",
    "17 (MDB Drums)",
)
LABEL = Limit(
    64,
    "characters in a label",
    "tables of labels are as wide as the longest: one of 10 MB would ask for terabytes",
    "4 (MDB Drums)",
)
KIT_NOTES_BYTES = Limit(
    262_144,
    "bytes of notes on a kit",
    "a few lines on each cymbal; what is larger is no such note",
    "8,498 (README of the Colombo drum kit)",
)
KIT_NOTES_STATEMENTS = Limit(
    2_000,
    "cymbals and sounds in notes on a kit",
    "each is held against all others",
    "3 (README of the Colombo drum kit)",
)
CHECKSUM_BYTES = Limit(
    256 * MEBIBYTE,
    "bytes of checksum list",
    "a line takes three times its length in memory",
    "some 12 million (Slakh2100 has 150,000 files)",
)
CHECKSUM_LINES = Limit(
    2_000_000,
    "lines of checksum list",
    "every file listed is held with its digest",
    "some 150,000 (Slakh2100)",
)
CHECKSUM_LINE = Limit(
    20_000,
    "bytes in a line of checksum list",
    "a path has 4,096 bytes at most, four times as many where they are escaped",
    "some 120 (Slakh2100)",
)
REVIEWED_BYTES = Limit(
    16 * MEBIBYTE,
    "bytes in a file that people keep",
    "cards, maps, decisions and settings are read whole",
    "below 20,000 (a map of this project)",
)
REVIEWED_LINE = Limit(
    131_072,
    "characters in a line of decisions",
    "a decision may name every hit of a session; Python's csv reads no longer field",
    "some 23 for each hit of a cymbal",
)
JSON_ROW_BYTES = Limit(
    1_000_000,
    "bytes in a row of JSON Lines",
    "a row is held whole; one that is longer is a file without line ends",
    "below 2,000 (an event of a manifest)",
)
JSON_ROW_DEPTH = Limit(
    64,
    "levels of JSON in a row",
    "what is nested deeper is made to cost",
    "3 (an event of a manifest)",
)
WHOLE_FILE_BYTES = Limit(
    64 * MEBIBYTE,
    "bytes of a file that is read whole",
    "of a kind that has no limit of its own; sound is read in blocks",
    "155,615 (Groove MIDI)",
)

_BYTES_BY_ENDING = {
    **dict.fromkeys((".mid", ".midi"), MIDI_BYTES),
    **dict.fromkeys((".xml", ".svl"), XML_BYTES),
    **dict.fromkeys((".yaml", ".yml"), YAML_BYTES),
    **dict.fromkeys((".txt", ".beats", ".md"), TEXT_BYTES),
    ".csv": CSV_BYTES,
}


def bytes_limit(path: str) -> Limit:
    """How many bytes a raw file may have that is read whole, by the ending of its name."""
    return _BYTES_BY_ENDING.get(PurePosixPath(path).suffix.lower(), WHOLE_FILE_BYTES)


def read_reviewed(path: str | os.PathLike) -> bytes:
    """The content of a file that people keep, such as a card, a map or a list of decisions.

    Raises
    ------
    ValueError
        If it has more than REVIEWED_BYTES; nothing of it is read then.
    """
    path = Path(path)
    REVIEWED_BYTES.check(path.stat().st_size, str(path))
    return path.read_bytes()
