"""MUSDB18-HQ: 150 songs as stems of drums, bass, vocals and other; listed, without labels.

Layout: ``{train,test}/{Artist} - {Title}/{mixture,drums,bass,other,vocals}.wav``. Of the training
songs 14 are set aside for validation by the publisher's tools. ``drums.wav`` is a mix of the whole
drum set, and nothing says when which of its parts is struck: no events are made of it, unless of
the predictions of a model (``docs/predictions.md``).
"""

from collections.abc import Callable

from drumcorpus.ground.files.raw_files import RawFile
from drumcorpus.sessions import Refusal, Survey
from drumcorpus.source_sets.shared.groups import work_group
from drumcorpus.taxonomy import LabelMap
from drumcorpus.vocabulary import (
    AUDIO,
    DUPLICATE_SESSION,
    MISSING_AUDIO,
    OTHER_FILE,
    UNSUPPORTED_FORMAT,
)

FOLDERS = ("train", "test")
DRUMS = "drums.wav"
MIXTURE = "mixture.wav"
STEMS = (DRUMS, MIXTURE, "bass.wav", "other.wav", "vocals.wav")
NOTE = "the drum stem is a mix of the whole kit, without labels of its own"


def survey(files: dict[str, RawFile], read: Callable[[str], bytes], options: dict) -> Survey:
    """Which songs there are, by their folders.

    Refused are: a song without its drum stem (`missing_audio`), a song that stands in both
    folders (`duplicate_session`), and songs of the compressed edition (`unsupported_format`).

    Raises
    ------
    ValueError
        If there is neither of the two folders, or the list of validation songs is none.
    """
    validation = _validation_songs(options["validation"])
    if not any(path.startswith(("train/", "test/")) for path in files):
        raise ValueError(
            "no folder train or test; the root of musdb18_hq is the folder that holds them"
        )
    survey = Survey(roles=dict.fromkeys(files, OTHER_FILE))
    songs: dict[str, list[str]] = {}  # song -> its folders, that of test first
    for path in sorted(files):
        folder, _, name = path.rpartition("/")
        split, _, song = folder.partition("/")
        if split in FOLDERS and path.lower().endswith(".stem.mp4"):
            detail = "the compressed edition of MUSDB18; get MUSDB18-HQ, whose stems are WAV files"
            survey.refusals.append(Refusal(path, UNSUPPORTED_FORMAT, detail))
        elif split in FOLDERS and song and "/" not in song and name in STEMS:
            folders = songs.setdefault(song, [])
            folders += [] if folder in folders else [folder]
    for song, (folder, *others) in sorted(songs.items()):
        for other in others:
            detail = f"the song stands in {folder} too, which is taken"
            survey.refusals.append(Refusal(other, DUPLICATE_SESSION, detail, song))
        _add_song(survey, files, song, folder, validation)
    return survey


def read_hits(
    session: dict, read: Callable[[str], bytes], label_map: LabelMap, options: dict
) -> dict:
    """No song has labels.

    Raises
    ------
    ValueError
        Always.
    """
    raise ValueError(f"{session['session_id']}: MUSDB18-HQ has no labels: {NOTE}")


def _add_song(
    survey: Survey, files: dict[str, RawFile], song: str, folder: str, validation: set[str]
) -> None:
    drums = f"{folder}/{DRUMS}"
    if drums not in files:
        detail = f"the song has other stems, and no {DRUMS}"
        survey.refusals.append(Refusal(drums, MISSING_AUDIO, detail, song))
        return
    split = folder.partition("/")[0]
    stems = [f"{folder}/{stem}" for stem in STEMS if f"{folder}/{stem}" in files]
    mixture = f"{folder}/{MIXTURE}" if f"{folder}/{MIXTURE}" in files else None
    survey.roles |= {path: AUDIO for path in (drums, mixture) if path}
    survey.owners |= dict.fromkeys(stems, song)
    artist, _, title = song.partition(" - ")
    group_id = work_group(artist, title)
    survey.sessions.append(
        {
            "session_id": song,
            "group_id": group_id,
            "split": "validation" if split == "train" and group_id in validation else split,
            "audio_path": drums,
            "mix_path": mixture,
            "label_map": None,
            "measure_loudness": True,
            "notes": [NOTE],
        }
    )


def _validation_songs(document) -> set[str]:
    """Groups of the songs, so that signs and accents of the folders' names do not matter."""
    tracks = document.get("tracks") if isinstance(document, dict) else None
    if not isinstance(tracks, list) or not all(isinstance(track, str) for track in tracks):
        raise ValueError(f"validation: tracks: got {tracks!r}; wanted a list of folder names")
    pairs = (track.partition(" - ") for track in tracks)
    return {work_group(artist, title) for artist, _, title in pairs}
