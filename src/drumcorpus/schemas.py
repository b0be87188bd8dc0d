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
        ("sample_rate_hz", pa.int32()),
        ("channels", pa.int32()),
    ]
)

# One row per session: what the source set says of it, and the raw files it rests on.
SESSIONS = pa.schema(
    [
        ("source_set", pa.string()),
        ("session_id", pa.string()),
        ("group_id", pa.string()),
        ("split", pa.string()),
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
        ("audio_duration", pa.float64()),
        # LUFS, of the audio as measured, or else as the source states it for its own rendering.
        ("integrated_loudness", pa.float64()),
        ("overall_gain", pa.float64()),  # linear, that the source applied to the audio
        ("notes", pa.list_(pa.string())),
        (
            "files",
            pa.list_(
                pa.struct(
                    [
                        ("path", pa.string()),
                        ("role", pa.string()),
                        ("bytes", pa.int64()),
                        ("sha256", pa.string()),
                    ]
                )
            ),
        ),
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

# One row per crash hit: its sound, or the reason why it could not be described.
CRASH_EMBEDDINGS = pa.schema(
    [
        ("event_id", pa.string()),
        ("session_id", pa.string()),
        ("component_index", pa.int32()),
        ("source_label", pa.string()),
        ("cymbal", pa.int32()),  # as the source numbers it, or null
        ("onset_time", pa.float64()),
        ("reason", pa.string()),  # null where the hit is described
        ("embedding", pa.list_(pa.float32())),
    ]
)

# One row per crash hit: which cymbal it is, and whether that is sure enough to use.
CRASH_ASSIGNMENTS = pa.schema(
    [
        ("event_id", pa.string()),
        ("session_id", pa.string()),
        ("component_index", pa.int32()),
        ("source_label", pa.string()),
        ("label", pa.string()),
        ("method", pa.string()),
        ("confidence", pa.float64()),
        ("accepted", pa.bool_()),
    ]
)
