"""The tool of another pipeline that ingests the same files, in the turns of a benchmark."""

import statistics
import sys
from dataclasses import dataclass, field
from pathlib import Path

from measured import Figures, print_figures

sys.path.insert(0, str(Path(__file__).resolve().parent / "production"))

import peer


@dataclass
class Beside:
    """Turns of a tool beside those of this project.

    Attributes
    ----------
    folder
        BeatSight's `ai-pipeline/training`, or None: then nothing is run and nothing printed.
    source_set
        Which of its tools.
    """

    folder: Path | None
    source_set: str
    found: dict | None = None
    own: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def turn(self, root: Path, n_notes: int, out: Path, own: dict[str, list[Figures]]) -> None:
        """Keep what this project took, by what it did; run the tool in the first turn.

        Raises
        ------
        SystemExit
            If the folder has no such tool, or the tool made nothing.
        """
        if self.folder is None:
            return
        for name, parts in own.items():
            both = (sum(part.wall for part in parts), sum(part.cpu for part in parts))
            self.own.setdefault(name, []).append(both)
        if self.found is not None:
            return
        call = peer.ingestion(self.folder, self.source_set, root, out)
        if call is None:
            raise SystemExit(
                f"--peer {self.folder}: holds no tools/{peer.INGESTING[self.source_set]}.py; "
                "give ai-pipeline/training"
            )
        self.found = found = peer.measure(call, n_notes)
        figures = Figures(found["peer_wall"], found["peer"], found["peer_mb"], None)
        note = f"an event for {found['peer_share']:.1%} of the notes"
        print_figures("peer, all files, one process", figures, note)

    def print(self) -> None:
        """Print how many times as long it took as the medians of this project's turns."""
        for name, own in self.own.items() if self.found else ():
            wall, cpu = (statistics.median(column) for column in zip(*own, strict=True))
            print(
                f"peer beside {name}: {self.found['peer_wall'] / wall:.1f} times the wall time, "
                f"{self.found['peer'] / cpu:.1f} times the CPU time "
                f"(medians of {len(own)}: {wall:.2f} s, {cpu:.2f} s CPU)",
                flush=True,
            )
