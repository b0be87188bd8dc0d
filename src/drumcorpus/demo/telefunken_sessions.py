"""Writes the demo corpus in the layout of the Telefunken session multitracks."""

from pathlib import Path

from drumcorpus.demo.microphones import Microphone, left_overhead, right_overhead
from drumcorpus.demo.multitrack import Part, Session, sessions_truth, write_sessions
from drumcorpus.demo.songs import HATS, KICK, RIDE, SNARE, TOM_1, TOM_2, Song
from drumcorpus.demo.tones import BASS, GUITAR, ORGAN, VOICE

_README = """\
Synthetic multitracks in the layout of the Telefunken session multitracks.

No musician was recorded and no microphone was used: a program wrote the hits and notes and
rendered the sound. Artists and songs are invented, and the names of microphones say nothing
of the sound. The real sessions are at https://www.telefunken-elektroakustik.com/multitracks
"""

# Tracks are named by hand, each session in its own way: separators vary, "BOTTOM" holds "TOM",
# the song "Slow Drizzle" puts its initials SD in front of everything, and one drum has two
# microphones.
_SESSIONS = (
    Session(
        "Gable+%26+Fern-+Complete+Session",
        Song(10, "Gable & Fern", "Tin Harbour", 1, "rock_crash fill_toms funk", 150, 5.6),
        {
            "DRUMS - Kick In - M81-SH": Microphone(KICK),
            "DRUMS - Kick Out - M82": Microphone(KICK, distance=0.35, leak_db=3.0),
            "DRUM SNARE T-M80-SSL DUALITY": Microphone(SNARE),
            "DRUM SNARE BOTTOM - M81 - API 1608": Microphone(SNARE, distance=0.1, polarity=-1),
            "DRUM HI HAT - M60 FET hypercardioid - API 1608": Microphone(HATS, distance=0.1),
            "TOM 1 - M80 - API 1608": Microphone(TOM_1),
            "TOM 2 - M80 - API 1608": Microphone(TOM_2),
            "DRUMS - OH L - ELA M 260": left_overhead,
            "DRUMS - OH R - ELA M 260": right_overhead,
            "ORGAN LESLIE BOTTOM_M82": Part(ORGAN, ends=2.0),
        },
    ),
    Session(
        "Harrow+Lane+Trio-+Complete+Session",
        Song(11, "Harrow Lane Trio", "Slow Drizzle", 0, "rock fill_toms", 138, 4.4),
        {
            "SD BASS-AMP-CU29-LACHAPELL": Part(BASS, ends=2.0),
            "SD DRUMS-HAT-M60-API": Microphone(HATS, distance=0.1),
            "SD DRUMS-KICK-M82": Microphone(KICK),
            "SD DRUMS-SNARE TOP-M80-1081": Microphone(SNARE),
            "SD DRUMS-TOM1-M81-SH-API": Microphone(TOM_1),
            "SD GUITAR-M81-1081": Part(GUITAR, ends=2.0),
            "SD VOX-LEAD-M80-1081": Part(VOICE, ends=2.0),
        },
        sample_rate_hz=48000,
    ),
    Session(
        "Petrel+Tin+Lamp+Menders-+Complete+Session",
        Song(12, "Petrel Tin Lamp Menders", "Wharf Song", 1, "side ride", 140, 4.2),
        {
            "PTLM - KICK - M80 (stock version)": Microphone(KICK),
            "PTLM - KICK - SENN 421  {our M82 died _( }": Microphone(KICK, distance=0.2),
            "PTLM - OH Ride - ELA M 260": Microphone(RIDE, distance=0.3, leak_db=3.0),
        },
    ),
)


def write_corpus(root: Path, kits_file: Path, *, seed: int, n_performances: int = 12) -> None:
    """Write a small synthetic corpus as the Telefunken sessions unpack.

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
        How many sessions are written at most; there are three.

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
