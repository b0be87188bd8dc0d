"""What the columns of an event mean, in words: for pages, for Croissant, and for whoever reads it.

Times are seconds from the start of the session's audio; velocities and openness from 0 to 1.
"""

EVENT_COLUMNS = {
    "event_id": "name of the event, which joins all tables of events",
    "source_set": "published data set that it comes from",
    "session_id": "performance or recording within the source set",
    "group_id": "what must stand in one split: sessions of one group never differ in it",
    "split": "train, validation or test",
    "onset_time": "when it was struck, seconds",
    "offset_time": "when it ends, seconds; null where the source does not say",
    "tempo_bpm": "tempo at the onset, quarter notes a minute; null where not known",
    "meter": "time signature at the onset, such as 4/4; null where not known",
    "bar": "bar of the onset, from 1; null where not known",
    "beat": "place in the bar, beats from 1; null where not known",
    "style": "style as the source set names it",
    "audio_path": "recording of the drums, below the root of the source set; null without one",
    "annotation_path": "file of the labels, below the root of the source set",
    "is_synthetic": "whether the sound was made by a program",
    "label_method": "how the label came about, such as midi or annotation, or a model",
    "drummer_id": "who played; null where not known",
    "kit_id": "drum set or sound set that was played; null where not known",
    "license": "licence of the session",
    "redistributable": "whether sound cut from it may be passed on",
    "context_ms": "sound around the onset that a clip takes",
    "metadata_ref": "row of the provenance that the event rests on",
    "negative_example": "whether it stands for the absence of a stroke",
    "techniques": "how it was played",
    "annotation_history": "what was done to its labels, in order",
    "components": "what was struck at the onset, one each",
}
COMPONENT_COLUMNS = {
    "label": "what was struck, a label of the taxonomy",
    "velocity": "strength from 0 to 1; null where not known",
    "dynamic_bucket": "strength as a word",
    "openness": "hi-hat pedal from 0, closed, to 1, open; null where not known",
    "strike_position": "where it was struck",
    "cymbal": "which cymbal of the session it is; null where not known",
    "instance": "number among equal components of one event",
    "confidence": "of the label, from 0 to 1; null where not known",
    "source_label": "note number or token as the source set has it",
}
HISTORY_COLUMNS = {
    "annotation_stage": "what was done",
    "method": "how",
    "confidence": "of what was decided, from 0 to 1; null where not known",
    "notes": "remarks of the reader or the rule",
}
CONTEXT_COLUMNS = {"pre": "before the onset, ms", "post": "after the onset, ms"}
PARTS_OF_COLUMNS = {
    "components": COMPONENT_COLUMNS,
    "annotation_history": HISTORY_COLUMNS,
    "context_ms": CONTEXT_COLUMNS,
}
