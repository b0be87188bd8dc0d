"""The fixed Arrow schemas of the tables that travel between rules.

Times are in seconds from the start of the session's audio; velocities and openness from 0 to 1.
Paths are relative to the source set's root, with forward slashes.
"""

import pyarrow as pa

COMPONENT = pa.struct(
    [
        ("label", pa.string()),
        ("velocity", pa.float64()),
        ("dynamic_bucket", pa.string()),
        ("openness", pa.float64()),
        ("strike_position", pa.string()),
        ("cymbal", pa.int32()),
        ("instance", pa.int32()),
        ("confidence", pa.float64()),
        ("source_label", pa.string()),
    ]
)

ANNOTATION = pa.struct(
    [
        ("annotation_stage", pa.string()),
        ("method", pa.string()),
        ("confidence", pa.float64()),
        ("notes", pa.string()),
    ]
)

# One row per event: one onset of one session with every component struck at it.
EVENTS = pa.schema(
    [
        ("event_id", pa.string()),
        ("source_set", pa.string()),
        ("session_id", pa.string()),
        ("group_id", pa.string()),
        ("split", pa.string()),
        ("onset_time", pa.float64()),
        ("offset_time", pa.float64()),
        ("tempo_bpm", pa.float64()),
        ("meter", pa.string()),
        ("bar", pa.int32()),
        ("beat", pa.float64()),
        ("style", pa.string()),
        ("audio_path", pa.string()),
        ("annotation_path", pa.string()),
        ("is_synthetic", pa.bool_()),
        ("label_method", pa.string()),
        ("drummer_id", pa.string()),
        ("kit_id", pa.string()),
        ("license", pa.string()),
        ("redistributable", pa.bool_()),
        ("context_ms", pa.struct([("pre", pa.float64()), ("post", pa.float64())])),
        ("metadata_ref", pa.string()),
        ("negative_example", pa.bool_()),
        ("techniques", pa.list_(pa.string())),
        ("annotation_history", pa.list_(ANNOTATION)),
        ("components", pa.list_(COMPONENT)),
    ]
)

# One row per raw file of a source set.
INVENTORY = pa.schema(
    [
        ("source_set", pa.string()),
        ("path", pa.string()),
        ("role", pa.string()),  # annotation, audio, index, other
        ("session_id", pa.string()),  # null where the file belongs to no session
        ("bytes", pa.int64()),
        ("sha256", pa.string()),
        ("duration", pa.float64()),  # audio only
        ("sample_rate_hz", pa.int32()),  # audio only, Hz
        ("channels", pa.int32()),  # audio only
    ]
)

# One row per raw file of the inventory: which of the configured roots it lies below. It is a table
# of its own, so that a file that moves to another drive changes no other.
ROOTS = pa.schema(
    [
        ("source_set", pa.string()),
        ("path", pa.string()),
        ("root", pa.string()),  # primary, secondary, root_3 and so on
        ("root_number", pa.int32()),  # from 1, in the order of the config
    ]
)

# One row per session: what the source set says of it, and the raw files it rests on.
SESSIONS = pa.schema(
    [
        ("source_set", pa.string()),
        ("session_id", pa.string()),
        ("group_id", pa.string()),
        ("split", pa.string()),
        ("official_split", pa.bool_()),  # the split is published, not drawn
        ("drummer_id", pa.string()),
        ("kit_id", pa.string()),
        ("style", pa.string()),
        ("tempo_bpm", pa.float64()),
        ("meter", pa.string()),
        ("is_synthetic", pa.bool_()),
        ("label_map", pa.string()),  # null: inventory only, no labels are taken
        ("annotation_path", pa.string()),
        ("audio_path", pa.string()),
        # Where several mono files are one recording, such as a pair of overheads; else null.
        ("channel_paths", pa.list_(pa.string())),
        ("audio_duration", pa.float64()),  # s, of its recording; null without one
        # Of the recording of all instruments, which has the time line of the drums: the file that
        # names it; null where there is none, or no recording of the drums.
        ("mix_path", pa.string()),
        # Where it is a sum: the recordings that are added, each by the file that names it, and
        # their linear gains; else null.
        ("mix_parts", pa.list_(pa.struct([("path", pa.string()), ("gain", pa.float64())]))),
        ("mix_duration", pa.float64()),  # s
        # Whether the channels of its sound cancel when they are mixed to one, so that the loudest
        # is heard instead; null where there is one channel, no sound, or no label.
        ("channels_cancel", pa.bool_()),
        # LUFS, of the audio as measured, or else as the source states it for its own rendering.
        ("integrated_loudness", pa.float64()),
        ("overall_gain", pa.float64()),  # linear, that the source applied to the audio
        ("notes", pa.list_(pa.string())),  # remarks of the reader
        # Known faults, as a reviewed file says; one that is left out has no label map.
        (
            "errata",
            pa.list_(
                pa.struct(
                    [
                        ("action", pa.string()),  # flag, leave_out
                        ("reason", pa.string()),
                        ("status", pa.string()),  # reported, verified
                        ("source", pa.string()),  # who says so, a key of the file of errata
                    ]
                )
            ),
        ),
        # The raw files that it rests on.
        (
            "files",
            pa.list_(
                pa.struct(
                    [
                        ("path", pa.string()),
                        ("role", pa.string()),  # as in the inventory
                        ("bytes", pa.int64()),
                        ("sha256", pa.string()),
                    ]
                )
            ),
        ),
    ]
)

# One row per prediction of a model that becomes a label of a session without labels.
PREDICTED_HITS = pa.schema(
    [
        ("session_id", pa.string()),
        ("onset_time", pa.float64()),  # s from the start of its recording
        ("source_label", pa.string()),  # the word or note as the prediction has it
        ("score", pa.float64()),  # 0 to 1; null where the model gives none
        ("velocity", pa.float64()),  # 0 to 1, likewise
        ("audio_path", pa.string()),  # of its recording; null where it is the session's own
    ]
)

# One row per raw file that is not used, with its reason.
QUARANTINE = pa.schema(
    [
        ("source_set", pa.string()),
        ("session_id", pa.string()),
        ("path", pa.string()),
        ("stage", pa.string()),  # inventory or ingest
        ("reason", pa.string()),
        ("detail", pa.string()),
    ]
)

# What is wrong around what is used: one row per file, or session, and kind.
FLAGS = pa.schema(
    [
        ("source_set", pa.string()),
        ("session_id", pa.string()),
        ("path", pa.string()),  # null where it is said of the session
        ("flag", pa.string()),  # what is wrong, by name
        ("n", pa.int64()),  # how often in the file
        ("detail", pa.string()),
    ]
)

# What became of every hit of the source: the counts add up to the source's own total.
TALLIES = pa.schema(
    [
        ("source_set", pa.string()),
        ("session_id", pa.string()),
        ("source_label", pa.string()),
        ("label", pa.string()),  # null where the source label has none
        ("outcome", pa.string()),  # in_event, or the reason of the drop
        ("n_hits", pa.int64()),
    ]
)

# One row per hit of a family whose cymbals are told apart: its sound, or the reason why it could
# not be described.
CYMBAL_EMBEDDINGS = pa.schema(
    [
        ("event_id", pa.string()),
        ("session_id", pa.string()),
        ("component_index", pa.int32()),
        ("family", pa.string()),
        ("label", pa.string()),  # as the source's label map has it
        ("source_label", pa.string()),
        ("cymbal", pa.int32()),  # as the source numbers it, or null
        ("onset_time", pa.float64()),
        ("velocity", pa.float64()),  # 0 to 1, or null
        ("beside", pa.list_(pa.string())),  # labels of other families struck with it; sorted
        ("reason", pa.string()),  # null where the hit is described
        # Directions in which crash.embedding.companion sounds that were taken out of the embedding:
        # 0 where it does not reach the hit.
        ("n_taken_out", pa.int32()),
        ("embedding", pa.list_(pa.float32())),  # of its sound
    ]
)

# The kit of every session that names one, where sessions of one kit were recorded alike; sorted.
KIT_SESSIONS = pa.schema([("session_id", pa.string()), ("kit_id", pa.string())])

# One row per cymbal of a kit whose sessions were recorded alike: its component of the kit's
# mixture. A kit that has none is one row without a cymbal, with the reason.
KIT_CYMBALS = pa.schema(
    [
        ("kit_id", pa.string()),
        ("family", pa.string()),
        ("label", pa.string()),  # null where the labels of the family number its cymbals
        ("cymbal", pa.int32()),  # from 1; null where the source's numbers contradict the sound
        ("merged", pa.int32()),  # row of the kit, from 0, whose number it has; others: its own
        ("n_hits", pa.int64()),
        ("n_sessions", pa.int64()),
        ("n_cymbals", pa.int32()),  # of the kit, one above what is allowed included, doubtful not
        ("confidence", pa.float64()),  # that their number is right
        ("reason", pa.string()),
        ("order_key", pa.float64()),  # pitch by which cymbals are numbered, from low to high
        ("mean", pa.list_(pa.float64())),  # of the patterns of its hits
        ("discriminant", pa.list_(pa.float64())),  # weights of a hit that is held against it
        ("offset", pa.float64()),  # what is added to that
    ]
)

# One row per such hit: which cymbal it is, and whether that is sure enough to use.
CYMBAL_ASSIGNMENTS = pa.schema(
    [
        ("event_id", pa.string()),
        ("session_id", pa.string()),
        ("component_index", pa.int32()),
        ("family", pa.string()),
        ("source_label", pa.string()),
        # As the source, a cymbal map or a reviewer numbers it, or null; where the label does not
        # tell the cymbal, as it was found by any method.
        ("cymbal", pa.int32()),
        ("label", pa.string()),
        ("method", pa.string()),  # metadata_override, one of the sound's, or review
        ("confidence", pa.float64()),
        ("accepted", pa.bool_()),
        ("undescribed", pa.string()),  # why its sound could not be described; null where it was
    ]
)

# What aliasing did: one row per component that changed its label or has an assignment of a cymbal,
# and one per assignment that has no component.
LABEL_CHANGES = pa.schema(
    [
        ("event_id", pa.string()),
        ("session_id", pa.string()),
        ("component_index", pa.int32()),
        ("family", pa.string()),  # of the assignment; null where there is none
        ("source_label", pa.string()),
        ("before", pa.string()),  # label; null where there is no component, as the two below
        ("after", pa.string()),  # label that it has now
        ("method", pa.string()),  # that decided the label: an alias, or the assignment's
        ("confidence", pa.float64()),  # of that method, or of an assignment without component
        ("accepted", pa.bool_()),  # of the assignment; null where there is none
        ("assigned_by", pa.string()),  # method of the assignment, accepted or not
        # Null where there is a component, else why there is none: no_event, no_component,
        # other_source_label, other_family.
        ("reason", pa.string()),
    ]
)

# Components of one label.
LABEL_COUNT = pa.struct([("label", pa.string()), ("before", pa.int64()), ("after", pa.int64())])

# One row per session: its events, and its components by label before and after aliasing.
SESSION_LABELS = pa.schema(
    [
        ("session_id", pa.string()),
        ("n_events", pa.int64()),
        ("labels", pa.list_(LABEL_COUNT)),  # components of each label, before and after
    ]
)

# One row per session: what is left of its sound and its strokes for finding copies of it.
FINGERPRINTS = pa.schema(
    [
        ("source_set", pa.string()),
        ("session_id", pa.string()),
        ("audio_reason", pa.string()),  # null where there are landmarks, else why there are none
        # Spectral-peak pairs: a hash of two peaks and their distance, at a frame of the audio.
        ("landmark_hashes", pa.list_(pa.uint32())),
        ("landmark_frames", pa.list_(pa.int32())),  # frame of each
        ("silent_files", pa.list_(pa.string())),  # SHA-256 of its files without sound
        # Of its sound files, stems included, that cannot be decoded and have no sound before that.
        ("unreadable_stems", pa.list_(pa.string())),
        # Onsets of the session's events, in order: milliseconds, and one bit per class struck.
        ("stroke_times", pa.list_(pa.int32())),
        ("stroke_classes", pa.list_(pa.uint8())),  # classes struck at each of them
        ("pattern_hashes", pa.list_(pa.uint64())),  # sketch of the patterns of onsets
        ("unreadable_files", pa.list_(pa.string())),  # paths of those looked at, not decodable
    ]
)

# One row per session of a manifest: the split it stands in, and whether it is in the manifest.
SPLITS = pa.schema(
    [
        ("source_set", pa.string()),
        ("session_id", pa.string()),
        ("group_id", pa.string()),
        ("family_id", pa.string()),  # of the sessions that must not stand in two splits
        ("split_before", pa.string()),  # official, or drawn by the group
        ("split", pa.string()),
        ("included", pa.bool_()),  # false: refused or not selected, its events are left out
        ("reason", pa.string()),  # null where nothing was changed
    ]
)

# Level of a session's isolated hits of one family: medians over them, dB re full scale.
HIT_LEVEL = pa.struct(
    [
        ("family", pa.string()),
        ("hits", pa.int32()),  # isolated ones
        ("peak_dbfs", pa.float64()),  # of the sound after the onset
        ("rms_dbfs", pa.float64()),  # the same
    ]
)

# How late the onsets of one family are annotated in a session: the median over those measured.
FAMILY_OFFSET = pa.struct(
    [
        ("family", pa.string()),
        ("onsets", pa.int32()),  # measured, at which no other family is struck; 5 at least
        ("offset_ms", pa.float64()),  # annotated minus measured; above 0: annotated late
    ]
)

# What the sound of a recording is like.
_SOUND_CHECKS = [
    ("reason", pa.string()),  # why a sampled session could not be measured; null if it was
    ("detail", pa.string()),  # of the reason
    ("files", pa.int32()),  # that were decoded
    ("channels", pa.int32()),  # the most, where its files differ
    ("sample_rate_hz", pa.int32()),  # the lowest, where its files differ
    ("duration", pa.float64()),  # s decoded, of all files together
    ("loudness_lufs", pa.float64()),  # BS.1770 integrated; null where all is below its gate
    ("peak_dbfs", pa.float64()),  # -120 is the lowest value
    ("rms_dbfs", pa.float64()),  # of all samples
    ("clipped_runs", pa.int64()),  # runs of samples that stand at the edge of the scale
    ("clipped_share", pa.float64()),  # of the samples, those in such runs
    ("clipped_at", pa.float64()),  # s, where most are; null where none is, or of several recordings
    ("loudest_at", pa.float64()),  # s, middle of the loudest 0.4 s; null for silence, or of several
    ("dc_offset", pa.float64()),  # largest of the channels, share of full scale, with its sign
    ("digital_silence_share", pa.float64()),  # of the time
    ("near_silence_share", pa.float64()),  # of the time; digital silence is in it
]
# How far labels are from what is heard there.
_TIMING_CHECKS = [
    ("timing_reason", pa.string()),  # why no offset is given; null if one is
    ("onsets_measured", pa.int32()),  # annotated onsets with an attack beside them
    ("onsets_unmeasured", pa.int32()),  # of those apart from others, without an attack
    ("offset_ms", pa.float64()),  # median of annotated minus measured; above 0: annotated late
    ("offset_mad_ms", pa.float64()),  # median absolute deviation around the fitted line
    ("drift_ms_per_min", pa.float64()),  # slope of that line; null for less than 30 s
    ("drift_error_ms_per_min", pa.float64()),  # half of its 95 % interval
]
MIX_CHECKS = pa.struct(
    [
        *_SOUND_CHECKS,
        # By how much the mix is later than the drums; null where they are not found in it. Its
        # timing is that of the drums less this lag.
        ("lag_ms", pa.float64()),
        *_TIMING_CHECKS,
    ]
)

# One row per session with audio: what its sound is like, if it is in the sample that is decoded.
AUDIO_CHECKS = pa.schema(
    [
        ("source_set", pa.string()),
        ("session_id", pa.string()),
        ("sampled", pa.bool_()),  # false: all below is null, but for whether there is a mix
        *_SOUND_CHECKS,
        ("hit_levels", pa.list_(HIT_LEVEL)),  # of each family that has such hits
        ("family_offsets", pa.list_(FAMILY_OFFSET)),  # of each family with enough of them
        *_TIMING_CHECKS,
        ("mix", MIX_CHECKS),  # null where the session has none
    ]
)
