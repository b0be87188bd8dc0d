"""Predictions of a system as staged labels of a source set that has none, held against its sound.

The words of this stage: a *prediction* is one onset of one label that a model gives a session; it
is *staged* once it is known to be of a session and its recording; an *onset* is what the project's
own detector finds in that recording.
"""
