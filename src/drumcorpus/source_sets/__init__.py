"""What is peculiar to each source set: one module of plain functions per set.

A module has two functions. ``survey(files, read, options)`` tells which sessions the raw files
make up, as a `sessions.Survey`; ``read_hits(session, read, label_map, options)`` reads the strokes
of one session. Everything else is common to all sets. `options` holds the settings that the set's
card names, and the reference documents of the card by their names.

``read_hits`` returns arrays of shape (n_hits,) by name. Needed are `source_label` (the note number
or token exactly as in the source) and `onset` (s). What else it knows it says: `velocity` and
`openness` (0 to 1), `tempo_bpm`, `bar`, `beat`, `meter`, `confidence` (0 to 1), `instance` (which
of several equal instruments, from 1); `map_label` (what is looked up in the label map, where that
is not the source label); `audio_path` (the file that the hit was found in, where a session has
several); `extra_technique` (beyond those of the label map); `remark` (what was done to the label:
it enters the history of the event). Empty text means none. Beside these, `refusals` lists files of
the session that could not be used, and `license` is that of the session, where the sessions of a
set have licences of their own. It raises `UnusableFile` where the session as a whole cannot be
read.
"""
