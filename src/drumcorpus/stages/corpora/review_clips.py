"""The clips of the review of crashes, one row a clip, for people who rate them."""

import base64
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from drumcorpus.ground.files.digests import sha256_bytes

# Of a hit as the review shows it, what a rater or a model may want beside the sound.
HIT_KEYS = ("source_label", "cymbal", "guess", "confidence", "accepted", "onset_time")
COUNTERS = ("sessions", "hits", "clips", "without_sound")


def review_clips(doubts: Mapping[str, Iterable[Mapping]]) -> tuple[list[dict], dict[str, int]]:
    """The clips that the review of crashes holds.

    Parameters
    ----------
    doubts : mapping
        By source set, what the review shows of its sessions in doubt:
        ``results/crash/doubts/<set>.json``.

    Returns
    -------
    clips : list of dict
        In order of `src`, which names the clip: source set, session, family of cymbals and place
        among the hits shown. `src_sha256` is the digest of its sound, an MP3; `audio_path` the file
        below the root of the source set that it was cut from, `onset_time` the seconds from its
        start.
    counters : dict
        Sessions and hits that the review shows, clips, and hits `without_sound`.
    """
    counters = dict.fromkeys(COUNTERS, 0)
    clips = []
    for source_set, sessions in doubts.items():
        for session in sessions:
            counters["sessions"] += 1
            counters["hits"] += len(session["hits"])
            heard = [hit for hit in session["hits"] if hit["sound"] is not None]
            clips += [_clip(source_set, session, hit) for hit in heard]
    counters["clips"] = len(clips)
    counters["without_sound"] = counters["hits"] - len(clips)
    return sorted(clips, key=lambda clip: clip["src"]), counters


def _clip(source_set: str, session: Mapping, hit: Mapping) -> dict:
    place = f"{hit['number']:04d}.mp3"
    name = PurePosixPath(source_set, session["session_id"], session["family"], place)
    return {
        "src": str(name),
        "src_sha256": sha256_bytes(base64.b64decode(hit["sound"])),
        "source_set": source_set,
        "session_id": session["session_id"],
        "family": session["family"],
        "reason": session["reason"],
        **{key: hit[key] for key in HIT_KEYS},
        "audio_path": hit["file"],
    }
