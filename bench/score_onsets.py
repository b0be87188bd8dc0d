"""Measure the onset detector on recorded drums, and beside it librosa's own, as that comes.

    python bench/score_onsets.py ROOT [--stem-seconds 300]

ROOT is the folder of MDB Drums that holds annotations and audio. Then five minutes of stereo at
192 kHz, the largest stem that is to be expected, are decoded and analysed: for its memory.
"""

import argparse
import tempfile
from pathlib import Path

from measured import print_figures, run_fresh

CONFIG = Path(__file__).parent.parent / "config/config.yaml"
RATE_HZ = 192_000
COLUMNS = ("precision", "recall", "f_measure", "median_offset_ms")


def main() -> None:
    """Read the command line, score and time both detectors, time the large stem."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("root", type=Path)
    parser.add_argument("--stem-seconds", type=int, default=300, help="of the large stem")
    args = parser.parse_args()
    for name, function in (("drumcorpus", detect), ("librosa", detect_with_librosa)):
        figures = run_fresh(score, args.root, function)
        duration, scores = figures.result
        print_figures(f"{name}, {duration:.0f} s of music", figures)
        for scope, values in scores.items():
            print(f"    {scope:6}", *(f"{column} {values[column]:.3f}" for column in COLUMNS))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "stem.wav")
        run_fresh(write_stem, path, args.stem_seconds)
        figures = run_fresh(analyse, path)
        name = f"{args.stem_seconds} s of stereo at 192 kHz"
        print_figures(name, figures, f"{figures.result} onsets")


def score(root: Path, function) -> tuple[float, dict]:
    """Seconds of music and figures by scope, over all takes that have audio."""
    import numpy as np
    import soundfile

    from drumcorpus.hits import group_onsets
    from drumcorpus.stages.onsets.scores import figures, reference_levels_db, score_onsets

    duration, matches = 0.0, []
    for path in sorted((root / "audio/drum_only").glob("*_Drum.wav")):
        name = path.name.removesuffix("_Drum.wav")
        lines = (root / f"annotations/class/{name}_class.txt").read_text().splitlines()
        onset = np.sort([float(line.split()[0]) for line in lines if line.strip()])
        onset = onset[group_onsets(np.zeros(len(onset), dtype=int), onset, 0.005)]
        samples, rate = soundfile.read(path, dtype="float32")
        duration += len(samples) / rate
        level_db = reference_levels_db(samples, rate, onset)
        matches.append(score_onsets(onset, function(samples, rate), level_db))
    return duration, {scope: figures([m[scope] for m in matches]) for scope in matches[0]}


def onset_settings():
    """The section ``onsets`` as it is committed."""
    from drumcorpus.ground.files.settings import read_settings
    from drumcorpus.ground.files.yaml_files import read_yaml
    from drumcorpus.ground.sound.onset_settings import OnsetSettings

    return read_settings(OnsetSettings, read_yaml(CONFIG)["onsets"])


def detect(samples, rate):
    """Onsets by drumcorpus."""
    from drumcorpus.ground.sound.onsets import analyse_stem

    return analyse_stem(samples, rate, onset_settings()).onset


def detect_with_librosa(samples, rate):
    """Onsets by librosa, with the settings that it comes with."""
    import librosa

    return librosa.onset.onset_detect(y=samples, sr=rate, units="time")


def write_stem(path: Path, seconds: int) -> None:
    """Noise bursts, four a second, in blocks."""
    import numpy as np
    import soundfile

    rng = np.random.default_rng(0)
    fade = np.exp(-np.arange(RATE_HZ // 4) / (0.02 * RATE_HZ))[:, None]
    with soundfile.SoundFile(path, "w", RATE_HZ, 2, subtype="PCM_24") as file:
        for _ in range(4 * seconds):
            file.write(rng.normal(0, 0.2, (RATE_HZ // 4, 2)) * fade)


def analyse(path: Path) -> int:
    """Decode and analyse one stem; returns the number of onsets."""
    from drumcorpus.ground.sound.audio import read_mono
    from drumcorpus.ground.sound.onsets import analyse_stem

    samples, rate = read_mono(path)
    return len(analyse_stem(samples, rate, onset_settings()).onset)


if __name__ == "__main__":
    main()
