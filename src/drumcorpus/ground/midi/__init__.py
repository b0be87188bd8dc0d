"""MIDI files: hits, controllers, clocks, beats."""
