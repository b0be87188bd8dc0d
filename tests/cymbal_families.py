"""The families of the committed taxonomy whose cymbals are told apart in tests."""

from drumcorpus.taxonomy import CymbalFamily

CRASH = CymbalFamily("crash", ("crash", "crash2", "crash3"), is_numbered=True)
RIDE = CymbalFamily("ride", ("ride_bow", "ride_bell", "ride_edge"), is_numbered=False)
SPLASH = CymbalFamily("splash", ("splash",), is_numbered=False)
