"""Small corpora in each source set's true layout, played by a synthesizer."""
