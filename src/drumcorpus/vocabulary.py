"""Words that travel in tables, each spelled once: a renamed one is renamed everywhere."""

# Which split a session stands in.
SPLITS = ("train", "validation", "test")

# Where a table, a report or a page has no value.
NO_VALUE = "(none)"

# The root that a raw file lies below, by its place in the config (column `root`); those after the
# second have their number.
PRIMARY, SECONDARY = "primary", "secondary"

# What a raw file is for (column `role`).
ANNOTATION = "annotation"
AUDIO = "audio"
INDEX = "index"
OTHER_FILE = "other"

# How far a source set is let into the corpus (`tier` of the config).
PRODUCTION = "production"
STAGED = "staged"
INVENTORY_ONLY = "inventory"

# How labels came about (`label_method`), where code asks.
ONSET_DETECTOR = "onset_detector"
FILE_NAME = "file_name"
MODEL = "model"

# Where a file was refused (column `stage` of the quarantine).
AT_INVENTORY = "inventory"
AT_INGEST = "ingest"

# What became of a hit (column `outcome` of the tallies); a label map gives further reasons.
IN_EVENT = "in_event"
DOUBLE_TRIGGER = "double_trigger"
BEFORE_START = "before_start"
UNMAPPED_LABEL = "unmapped_label"
# Of a prediction of a model whose class means no single label.
CLASS_OF_SEVERAL_LABELS = "class_of_several_labels"

# What became of an event in an export (column `outcome`), where it has no other reason below.
CLIP = "clip"
ONSET_BEFORE_START = "onset_before_start"
ONSET_PAST_END = "onset_past_end"

# Why there is no sound to work on.
NO_AUDIO = "no_audio"
NO_MIX = "no_mix"
UNREADABLE_AUDIO = "unreadable_audio"
EMPTY_AUDIO = "empty_audio"
CUT_SHORT = "cut_short"
NOT_FINITE = "not_finite"
SILENT_AUDIO = "silent_audio"
NO_LANDMARK = "no_landmark"
TOO_SHORT = "too_short"
TOO_SHORT_AFTER_ONSET = "too_short_after_onset"
SILENT_WINDOW = "silent_window"
ANOTHER_AT_ONCE = "another_of_family_at_once"

# A file below a root that no publisher has put there; it is counted, and not in the quarantine.
NOT_OF_THE_SET = "not_of_the_set"

# Why a raw file is not used (column `reason` of the quarantine).
OUTSIDE_ROOT = "outside_root"
BROKEN_LINK = "broken_link"
LINK_LOOP = "link_loop"
NAME_NOT_UTF8 = "name_not_utf8"
NOT_A_REGULAR_FILE = "not_a_regular_file"
UNREADABLE_FILE = "unreadable_file"
TOO_LARGE = "too_large"
UNREADABLE_FOLDER = "unreadable_folder"
UNREADABLE_MIDI = "unreadable_midi"
UNREADABLE_ANNOTATION = "unreadable_annotation"
UNREADABLE_METADATA = "unreadable_metadata"
UNREADABLE_NOTES = "unreadable_notes"
UNREADABLE_BEATS = "unreadable_beats"
EMPTY_ANNOTATION = "empty_annotation"
NO_NOTES = "no_notes"
NO_ONSETS = "no_onsets"
MISSING_ANNOTATION = "missing_annotation"
MISSING_AUDIO = "missing_audio"
MISSING_METADATA = "missing_metadata"
UNLISTED_FILE = "unlisted_file"
STRAY_FILE = "stray_file"
DUPLICATE_FILE = "duplicate_file"
DUPLICATE_SESSION = "duplicate_session"
SPLIT_CONFLICT = "split_conflict"
BAD_INDEX_ROW = "bad_index_row"
UNKNOWN_FORMAT = "unknown_format"
UNSUPPORTED_FORMAT = "unsupported_format"
UNKNOWN_PLUGIN = "unknown_plugin"
ANNOTATIONS_DISAGREE = "annotations_disagree"

# What is wrong around a file or a session that is used all the same (column `flag` of the flags);
# errata of a source set give further ones.
BAD_METER = "bad_meter"
BAD_TEMPO = "bad_tempo"
BAD_KEY_SIGNATURE = "bad_key_signature"
BAD_TEXT = "text_not_utf8"
SMPTE_TIME = "smpte_time"
UNKNOWN_CHUNK = "unknown_chunk"
TRACKS_NOT_AS_STATED = "tracks_not_as_stated"
TRACK_LENGTH_NOT_AS_STATED = "track_length_not_as_stated"
BYTES_AFTER_TRACKS = "bytes_after_tracks"
END_OF_TRACK_MISSING = "end_of_track_missing"
EVENTS_AFTER_END_OF_TRACK = "events_after_end_of_track"
NOTE_OFF_MISSING = "note_off_missing"
STATUS_CANCELLED = "running_status_after_meta"
SYSTEM_MESSAGE = "system_message"

# Why labels are not held against the sound, or the detector not against labels.
LABELS_FROM_SOUND = "labels_from_sound"
SEVERAL_RECORDINGS = "several_recordings"
TOO_FEW_MEASURED = "too_few_measured"
NO_SOUND = "no_sound"
NO_EVENTS = "no_events"
DRUMS_NOT_IN_MIX = "drums_not_in_mix"
LABELS_FROM_THIS_DETECTOR = "labels_from_this_detector"
LABELS_FROM_A_MODEL = "labels_from_a_model"

# Stages of the annotation history of an event.
INGEST = "ingest"
ALIAS_LABELS = "alias_labels"

# Those of the stage that tells cymbals apart have the family before them, as in crash_dual_label:
# an assignment gave the label; or a number, where the label does not tell the cymbal; it was not
# accepted; a cymbal map or a reviewer gave another number than the source.
DUAL_LABEL, CYMBAL_NUMBER, IN_DOUBT, OTHER_CYMBAL = "dual_label", "number", "in_doubt", "cymbal"

# What decided a label (column `method`): a number of the source or of a cymbal map; the sound, by
# likeness, by a mixture of the session or by one of its kit; a reviewer; an alias of the taxonomy;
# of a cymbal's number, a cymbal map.
BY_METADATA = "metadata_override"
BY_SOUND, BY_MIXTURE, BY_KIT = "spectral_cluster", "gaussian_mixture", "kit_mixture"
SOUND_METHODS = (BY_SOUND, BY_MIXTURE, BY_KIT)
BY_REVIEW = "review"
TAXONOMY_ALIAS = "taxonomy_alias"
CYMBAL_MAP = "cymbal_map"

# Why an assignment has no component: its event or its place in the event is gone, or another stroke
# stands there, or the stroke is of another family now.
NO_EVENT = "no_event"
NO_COMPONENT = "no_component"
OTHER_SOURCE_LABEL = "other_source_label"
OTHER_FAMILY = "other_family"

# What the sound of a session says of its cymbals.
ONE_CYMBAL = "one_cymbal"
SEPARATED = "separated"
TOO_FEW_HITS = "too_few_hits"
DOUBTFUL = "doubtful"
FOLLOWS_ACCOMPANIMENT = "follows_accompaniment"
MORE_CYMBALS = "more_cymbals_than_allowed"
UNLIKE_ITS_KIT = "unlike_its_kit"
SHARED_KIT_ID = "shared_kit_id"
NUMBERS_DIFFER = "numbers_differ"
LABELS_NOT_JOINED = "labels_not_joined"
DECISION_OUTDATED = "decision_outdated"

# Whether a session sounds as its source numbers it.
AGREES = "agrees"
DIVIDED_OTHERWISE = "divided_otherwise"
SOUNDS_AS_ONE = "sounds_as_one"
SOUNDS_AS_SEVERAL = "sounds_as_several"
SOUND_UNDECIDED = "sound_undecided"

# Why a session may hold two cymbals of a family, where names of files or notes say so.
CYMBAL_NAMES = "cymbal_names"
# Why a session cannot hold two cymbals of a family.
NO_HIT = "no_hit"
ONE_BY_METADATA = "one_by_metadata"
ONE_BY_KIT_CARD = "one_by_kit_card"

# Why two sessions are of one family.
EQUAL_ANNOTATION = "equal_annotation"
EQUAL_AUDIO = "equal_audio"
NEAR_AUDIO = "near_audio"
NEAR_STROKES = "near_strokes"

# Why the split of a session is another than before (column `reason` of the splits).
FOLLOWS_OFFICIAL_SPLIT = "follows_official_split"
DRAWN_WITH_ITS_FAMILY = "drawn_with_its_family"
OFFICIAL_SPLIT_LEAKS = "official_split_leaks"
ISOLATED = "isolated"
# Why a session is not in a manifest that does not take all of its source set.
NOT_SELECTED = "not_selected"
# Why a session whose labels a model made is not in a manifest: its split may not have such.
MODEL_LABELS_HERE = "model_labels_not_for_this_split"
