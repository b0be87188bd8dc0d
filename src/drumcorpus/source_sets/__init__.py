"""What is peculiar to each source set: one module of plain functions per set.

A module has two functions. ``survey(files, read, options)`` tells which sessions the raw files
make up; ``read_hits(session, read, label_map, options)`` reads the strokes of one session.
Everything else is common to all sets. `options` holds the settings that the set's card names, and
the reference documents of the card by their names.

``read_hits`` returns arrays of shape (n_hits,) by name. Needed are `source_label` (the note number
or token exactly as in the source) and `onset` (s). What else it knows it says: `velocity` and
`openness` (0 to 1), `tempo_bpm`, `bar`, `beat`, `meter`, `confidence` (0 to 1), `instance` (which
of several equal instruments, from 1); `map_label` (what is looked up in the label map, where that
is not the source label); `audio_path` (the file that the hit was found in, where a session has
several); `extra_technique` (beyond those of the label map); `remark` (what was done to the label:
it enters the history of the event). Empty text means none. Beside these, `refusals` lists files of
the session that could not be used. It raises `UnusableFile` where the session as a whole cannot be
read.
"""

from dataclasses import dataclass, field

from drumcorpus.raw_files import Refusal

SPLITS = ("train", "validation", "test")


@dataclass
class Survey:
    """What a source set's files make up.

    `sessions` are dicts with the keys of the SESSIONS schema that the source set knows: without
    `label_map` the card's only one is taken, and None means that no labels are taken; without
    `group_id` a session is its own group; without `split` one is drawn. Beside these,
    `support_paths` lists further files that the labels rest on, and `measure_loudness` asks for
    the loudness of the audio; `serial_audio` says that its files follow each other and do not sound
    at once. `roles` says what each file is for (annotation, audio, index,
    other), and every file of role audio is probed; `owners` gives the session of each file that
    belongs to one; `refusals` are the files that are not used.
    """

    sessions: list[dict] = field(default_factory=list)
    roles: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
