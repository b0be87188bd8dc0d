"""Sound: decoding, resampling, loudness, landmarks, onsets."""
