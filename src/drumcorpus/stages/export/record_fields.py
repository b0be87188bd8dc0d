"""What every field of a record means, in words: for the dataset card and for Croissant."""

from drumcorpus.event_columns import COMPONENT_COLUMNS

RECORD_FIELDS = {
    "sample_id": "name of the sample within the export",
    "source_set": "published data set that it comes from",
    "session_id": "performance or recording within the source set",
    "group_id": "what must stand in one split: sessions of one group never differ in it",
    "split": "train, validation or test",
    "event_id": "of a clip, the event that it was cut around; else null",
    "recording": "whose sound it is: drums, or mix, that of all instruments",
    "file": "path of its audio in the export; null where it stands in shards",
    "shard": "path of the tar or Parquet file that it stands in; null where it is a file",
    "parquet_shard": "path of its Parquet shard, where there are tar shards too",
    "sha256": "of the encoded audio",
    "bytes": "size of the encoded audio",
    "start": "where it begins on the session's time line, seconds; below 0 where padded in front",
    "duration": "length, seconds",
    "sample_rate_hz": "sample rate, Hz",
    "channels": "number of channels",
    "n_samples": "length, samples of each channel",
    "onset_sample": "of a clip, the sample at which its own event begins; else null",
    "n_padded_front": "zeros before the recording, samples",
    "n_padded_back": "zeros after the recording, samples",
    "n_clipped": "numbers beyond full scale",
    "gain_db": "gain that was applied, dB",
    "strokes": "every stroke inside, in order of onset",
    "ringing": "strokes before the start that still sound in it",
    "class_ids": "by class map, the sorted class ids of all that is struck inside",
    "event_class_ids": "the same of a clip's own event; else null",
    "techniques": "how it was played: a clip's own event, else all that is struck inside",
    "negative_example": "whether its own event stands for the absence of a stroke",
    "components": "of a clip, what its own event consists of; else null",
    "is_synthetic": "whether the sound was made by a program",
    "label_method": "how the labels came about: midi, annotation, rendering, onset_detector, "
    "file_name, or model (predictions of a system that nobody has checked)",
    "license": "licence of the source set",
    "redistributable": "whether sound cut from it may be passed on",
    "kit_id": "drum set or sound set that was played",
    "drummer_id": "who played",
    "style": "style as the source set names it",
    "weight": "relative chance to be drawn in training; null outside of the weighted split",
}
STROKE_FIELDS = {
    "onset": "seconds from the start of the sample's sound",
    "event_id": "the event in the manifest",
    "label": "what was struck, a label of the taxonomy",
    "velocity": "strength from 0 to 1; null where not known",
    "openness": "hi-hat pedal from 0, closed, to 1, open; null where not known",
    "cymbal": "which cymbal of the session it is; null where not known",
    "confidence": "of the label, from 0 to 1; null where not known",
    "techniques": "how it was played",
}
NESTED_FIELDS = {
    "strokes": STROKE_FIELDS,
    "ringing": STROKE_FIELDS,
    "components": COMPONENT_COLUMNS,
}
