"""Predictions of a transcription system held against a split of a corpus: how well, how sure, and
where it fails.

The words of this stage: the *reference* are the hits of a corpus, *predictions* those of a system;
a *match* is one of each, of one class and within the window; *counts* are hits matched (TP),
predictions that are not (FP) and reference hits that are not (FN); a *group* is a family of
sessions, of which an interval draws; a *slice* is a part of the sessions or of the hits.
"""
