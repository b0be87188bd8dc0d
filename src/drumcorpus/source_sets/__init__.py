"""What is peculiar to each source set: one module of plain functions per set.

A module has two functions. ``survey(files, read)`` tells which sessions the raw files make up;
``read_hits(session, read, label_map)`` reads the strokes of one session. Everything else is
common to all sets.
"""

from dataclasses import dataclass, field

from drumcorpus.raw_files import Refusal

SPLITS = ("train", "validation", "test")


@dataclass
class Survey:
    """What a source set's files make up.

    `sessions` are dicts with the keys of the SESSIONS schema that the source set knows;
    `roles` says what each file is for (annotation, audio, index, other); `owners` gives the
    session of each file that belongs to one; `refusals` are the files that are not used.
    """

    sessions: list[dict] = field(default_factory=list)
    roles: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
