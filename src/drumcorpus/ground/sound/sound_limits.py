"""What one file of sound may have and cost; see `ground.files.limits` for files of other kinds.

Sound is decoded in blocks, so that neither length nor channels take memory: of all channels one is
kept, four bytes a sample. A file within the limits takes 700 MB that way, and the largest block of
it 17 MB.
"""

from drumcorpus.ground.files.limits import Limit

CHANNELS = Limit(
    64,
    "channels",
    "they are decoded side by side, a block at once",
    "2 (all published sets)",
)
FRAMES = Limit(
    60 * 60 * 48_000,
    "samples of each channel",
    "an hour at 48 kHz; one channel of it is held in four bytes a sample",
    "1,622,386 of those measured (MDB Drums); takes of Groove MIDI last some ten minutes",
)
SECONDS = Limit(
    4 * 60 * 60,
    "seconds of sound",
    "at a low rate few samples last long, and the checks keep 2,000 frames of each second",
    "some 600 (Groove MIDI)",
)
RATES_HZ = (4_000, 400_000)  # what a recording can have; a damaged header says anything
# Full scale is 1. Floats of 120 dB above are no sound, and their squares over an hour would leave
# the range of single precision.
LARGEST_SAMPLE = 1e6
BLOCK = 1 << 16  # samples of each channel that are decoded at once
# Samples of each channel, six hours at 48 kHz. Who states more, and has not got them, states
# nothing: a recorder could not go back, or the header is damaged.
UNBELIEVABLE = 1 << 30
