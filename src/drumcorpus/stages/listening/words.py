"""What the documents of this stage say: reasons, problems, and how waveforms are written."""

# Why a session is shown, in the order of the pages, as `reasons[].kind` has it.
KINDS = {
    "timing": "Labels are not where the sound is",
    "unmeasured": "Sound could not be measured",
    "past_end": "Annotated past its end",
    "clipped": "Clipped",
    "dc": "DC offset",
    "silent": "Silent",
    "outlier": "Far from the loudness of its source set",
    "doubt": "Cymbals in doubt",
    "left_out": "Left out",
    "sample": "Drawn from its split",
    "label": "Has most strokes of a label",
}
# Why an excerpt lacks sound or a part of it, beside the reasons of the decoder.
ENDS_BEFORE, PAGE_IS_FULL = "ends_before", "page_is_full"
N_COLUMNS = 800  # of the waveform and the spectrogram
SWING = 100  # what a sample at the excerpt's peak is in a waveform
