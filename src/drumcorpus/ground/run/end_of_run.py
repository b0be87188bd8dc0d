"""What a run says last: what the corpus holds now, what was left out of it, and its gates."""

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.files.natural_order import natural_key
from drumcorpus.ground.run.blessed import blessed_in_words
from drumcorpus.ground.run.first_page import first_page
from drumcorpus.ground.run.run_manifest import SUFFIX

HEALTH = "reports/health/*.json"
PASSED, WAIVED = "PASS", "WAIVED"  # of a verdict; every other one fails


def end_in_words(folder: Path, seconds: float) -> str:
    """Lines on every manifest that has a health report, how long it took, and what to open first.

    Parameters
    ----------
    folder : Path
        The working folder.
    seconds : float
        That the run took (s).
    """
    lines = []
    for path in sorted(folder.glob(HEALTH), key=lambda path: natural_key(path.name)):
        if not path.name.endswith(SUFFIX):
            # Gone meanwhile, damaged, or of an earlier version: the page says it.
            with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
                lines += corpus_in_words(path.stem, read_json(path))
                if blessed := blessed_in_words(folder, path.stem, time.time()):
                    lines.append(f"  {blessed}")
    lines.append(f"It took {seconds:,.0f} s.")
    if page := first_page(folder):
        lines.append(f"Open first: {page.absolute().as_uri()}")
    return "".join(f"{line}\n" for line in lines)


def corpus_in_words(name: str, report: Mapping) -> list[str]:
    """Lines on one manifest, of its health report: what it holds, what it lacks, its gates."""
    totals, sessions, drops = report["totals"], report["sessions"], report["drops"]
    hours = sessions["audio_duration"] / 3600
    nouns = {"events": "event", "sessions": "session", "source_sets": "source set"}
    events, n_sessions, source_sets = (
        f"{totals[key]:,} {noun}{'s' if totals[key] != 1 else ''}" for key, noun in nouns.items()
    )
    lines = [f"{name}: {events} in {n_sessions} of {source_sets}, {hours:,.2f} h of sound"]
    reasons = [
        (reason, row["hits"])
        for part in ("by_reason", "refused_by_reason")
        for reason, row in drops[part].items()
    ]
    reasons += [("no outcome", drops["unexplained_hits"])] if drops["unexplained_hits"] else []
    reasons.sort(key=lambda pair: (-pair[1], pair[0]))
    said = [f"{reason} {n:,}" for reason, n in reasons]
    lines.append(f"  hits dropped: {', '.join(said) or 'none'}")
    if n_files := report["quarantine"]["files"]:
        lines.append(f"  files not used: {n_files:,}")
    verdicts = report["gates"]
    if not verdicts:
        return [*lines, "  gates: none"]
    failed = [each["gate"] for each in verdicts if each["status"] not in (PASSED, WAIVED)]
    waived = [each["gate"] for each in verdicts if each["status"] == WAIVED]
    n_passed = len(verdicts) - len(failed) - len(waived)
    text = f"  gates: {n_passed:,} passed, {len(failed):,} failed"
    text += f" ({', '.join(failed)})" if failed else ""
    return [*lines, text + (f", {len(waived):,} waived ({', '.join(waived)})" if waived else "")]
