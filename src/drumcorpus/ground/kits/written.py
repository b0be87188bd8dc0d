"""The files of a rendered root: what stands in them, so that one writes and another reads them.

``{kit}/kit.yaml``
    The kit: its form, its licence as its files have it, who answers to which notes, and the digest
    of every sample that is used.
``{kit}/kit_map.yaml``
    The part of that which the user may edit.
``{kit}/{performance}.flac``, ``.csv``, ``.yaml``
    The sound, its strokes, and what the performance is. The last is written last: a performance
    that has it is finished.
"""

RATE_HZ = 44_100
KIT, KIT_MAP = "kit.yaml", "kit_map.yaml"
SOUND, STROKES, RECORD = ".flac", ".csv", ".yaml"
GRABBED = "grabbed_samples"
"""The column that tables of earlier versions lack."""
COLUMNS = (
    "onset_samples",  # at RATE_HZ
    "onset",  # s
    "note",
    "velocity",  # MIDI, 1 to 127
    "label",
    "instrument",
    "samples",  # paths in the kit, divided by |
    "tempo_bpm",
    "bar",
    "beat",
    "meter",
    GRABBED,  # at RATE_HZ, where a hand stopped the cymbal; else empty
)
UNANSWERED = "unanswered"
"""In the place of a label: the kit has no answer to the note, and nothing sounded."""
