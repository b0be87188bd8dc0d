"""Ground that every stage stands on: files, sound, MIDI, pages, and what surrounds a job."""
