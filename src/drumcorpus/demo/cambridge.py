"""Writes the demo corpus in the layout of the Cambridge multitracks."""

from pathlib import Path

from drumcorpus.demo.microphones import Microphone, overheads, room
from drumcorpus.demo.multitrack import Part, Session, sessions_truth, write_sessions
from drumcorpus.demo.songs import (
    CRASH_1,
    HATS,
    KICK,
    RIDE,
    SHAKER,
    SHARED_SONG,
    SNARE,
    TOM_1,
    TOM_2,
    Song,
)
from drumcorpus.demo.tones import BASS, ORGAN, VOICE

_README = """\
Synthetic multitracks in the layout of the Cambridge "Mixing Secrets" multitracks.

No musician was recorded: a program wrote the hits and notes and rendered the sound. Artists
and songs are invented. The real multitracks are at https://www.cambridge-mt.com/ms/mtk/
"""

# Songs in the words that a classifier by substrings stumbles over: an artist that starts with
# "Act", a title that holds "ride" and "car", and folders within folders, of one name or two.
_SESSIONS = (
    Session(
        "QuillbackParade_ItsOnlyWinter_Full/QuillbackParade_ItsOnlyWinter_Full",
        SHARED_SONG,
        {
            "01_KickIn": Microphone(KICK),
            "02_KickOut": Microphone(KICK, distance=0.35, leak_db=3.0),
            "03_SnareUp": Microphone(SNARE),
            "04_SnareDown": Microphone(SNARE, distance=0.1, polarity=-1),
            "05_HiHat": Microphone(HATS, distance=0.1),
            "06_Ride": Microphone(RIDE, distance=0.1),
            "07_Tom1": Microphone(TOM_1),
            "08_Tom2": Microphone(TOM_2),
            "09_Overheads": overheads,
            "10_Room": room,
            "11_Bass": Part(BASS, ends=1.7),
            "12_Organ": Part(ORGAN, ends=1.7),
            "13_LeadVox": Part(VOICE, ends=1.7),
            "14_Shaker": Microphone(SHAKER, distance=0.2, leak_db=None, ends=2.1),
        },
    ),
    Session(
        "ActuarialOwls_BrideOfTheCartographer_Full/ActuarialOwls_BrideOfTheCartographer_Full",
        Song(1, "Actuarial Owls", "Bride Of The Cartographer", 1, "rock_crash ride", 152, 3.8),
        {
            "01_Kick": Microphone(KICK),
            "02_KickSample": Microphone(KICK, distance=0.0, leak_db=None),
            "03_Snare": Microphone(SNARE),
            "04_Tom1": Microphone(TOM_1),  # no tom is struck in this song
            "05_OverheadsStereo": overheads,
            "09_RIde": Microphone(RIDE, distance=0.1),
            "10_Cymbal1": Microphone(CRASH_1, distance=0.2),
        },
    ),
    Session(
        "PocketMeridian_LowTide_Full/PocketMeridian_Low Tide",
        Song(2, "Pocket Meridian", "Low Tide", 0, "rock rock_crash", 160, 3.5),
        {
            "Drums-Hat-M60": Microphone(HATS, distance=0.1),
            "Drums-Kick-M82": Microphone(KICK),
            "Drums-Snare Top-M80": Microphone(SNARE),
        },
        subtype="PCM_16",
    ),
)


def write_corpus(root: Path, kits_file: Path, *, seed: int, n_performances: int = 12) -> None:
    """Write a small synthetic corpus as the Cambridge multitracks unpack.

    The bytes depend on the arguments alone.

    Parameters
    ----------
    root : Path
        The folder that the archives are unpacked in; made if it is missing.
    kits_file : Path
        Kits, bars and performances; `resources/demo/kits.yaml` explains the fields.
    seed : int
        At least 0.
    n_performances : int
        How many songs are written at most; there are three.

    Raises
    ------
    ValueError
        If the file does not describe what the songs are played with.
    """
    write_sessions(root, _SESSIONS[:n_performances], kits_file, seed=seed)
    (Path(root) / "README").write_text(_README, encoding="utf-8")


def truth(kits_file: Path, *, seed: int, n_performances: int = 12) -> dict[str, list[float]]:
    """The onsets of the hits that are a track's own, of every close microphone.

    Parameters
    ----------
    kits_file, seed, n_performances
        As for `write_corpus`.

    Returns
    -------
    onsets : dict of str to list of float
        Seconds from the start of the track, by the path below the corpus.
    """
    return sessions_truth(_SESSIONS[:n_performances], kits_file, seed=seed)
