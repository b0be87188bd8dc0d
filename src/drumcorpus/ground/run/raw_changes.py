"""What is known of raw files before any is read: which will be read, and how much that is."""

import contextlib
from collections.abc import Iterable, Mapping

from drumcorpus.ground.files.fact_cache import FactCache
from drumcorpus.ground.files.leftovers import read_leftovers, split_refusals
from drumcorpus.ground.files.paths import is_sound_file, visible
from drumcorpus.ground.files.raw_files import RawFile
from drumcorpus.ground.run.job_plan import INVENTORY
from drumcorpus.ground.run.planned_work import RawChanges
from drumcorpus.ground.run.raw_state import scan_existing_roots
from drumcorpus.ground.run.state_folder import digests_path
from drumcorpus.vocabulary import NOT_OF_THE_SET

N_NAMED = 3  # files named in a sentence


class RawFiles:
    """The raw files of source sets, looked at once each; only names, sizes and times."""

    def __init__(self):
        self._changes: dict[str, RawChanges | None] = {}
        # Bytes that will be read; bytes and number of the files that are sound: by source set, and
        # none of one that is not there yet.
        self.bytes_to_read: dict[str, int] = {}
        self.sound_bytes: dict[str, int] = {}
        self.sound_files: dict[str, int] = {}

    def changes(self, job: Mapping) -> RawChanges | None:
        """What will be read by a job that takes an inventory; None of any other job.

        None too where the roots are not there yet, as of a demo that is not written.
        """
        if job["rule"] != INVENTORY:
            return None
        source_set = job["wildcards"]["source_set"]
        if source_set not in self._changes:
            self._changes[source_set] = self._look(source_set, job)
        return self._changes[source_set]

    def _look(self, source_set: str, job: Mapping) -> RawChanges | None:
        # They bring pyarrow, which takes as long as all else where no inventory is taken.
        from drumcorpus.ground.run.earlier_inventory import read_earlier_inventory
        from drumcorpus.ground.run.raw_scan import RawData

        inputs, local = dict(job["inputs"]), job["params"]["local"]
        leftovers = read_leftovers(inputs[NOT_OF_THE_SET])
        try:
            files, refusals = scan_existing_roots(
                source_set, local["roots"], leftovers, local["wanted"]
            )
        except (OSError, ValueError):  # a demo that is not written; all else a run refuses
            return None
        sound = [file.bytes for file in files.values() if is_sound_file(file.path)]
        self.sound_bytes[source_set], self.sound_files[source_set] = sum(sound), len(sound)
        cache = FactCache(digests_path(source_set), job["params"]["code"])
        # What is not known is not learnt here, and nothing is written down.
        digests = {path: cache.fact(file, "sha256", _unknown) for path, file in files.items()}
        unread = [path for path, digest in digests.items() if digest is None]
        inventory = dict(job["outputs"])["files"]
        earlier = {}
        with contextlib.suppress(ValueError):  # a damaged table, which the job will name
            earlier = read_earlier_inventory(
                inventory, leftovers, lambda sentence: None, of_demo=True
            )
        words = _in_words(earlier, digests)
        n_bytes = sum(files[path].bytes for path in unread)
        self.bytes_to_read[source_set] = n_bytes
        if unread:
            return RawChanges(None, len(files), words, n_bytes)
        refused, left = split_refusals(refusals)
        seen = RawData(source_set, files, digests, refused, cache, tuple(left)).describe()
        return RawChanges(seen["sha256"], seen["rows"], words, 0)


def _unknown(file: RawFile) -> None:
    return None


def _in_words(earlier: Mapping[str, str], digests: Mapping[str, str | None]) -> list[str]:
    """Which files are new, gone, changed, or to be read again, each kind by its first names."""
    kinds: dict[str, list[str]] = {
        "new": [path for path in digests if path not in earlier],
        "gone": [path for path in earlier if path not in digests],
        "changed": [
            path for path, sha256 in earlier.items() if digests.get(path) not in (None, sha256)
        ],
        "written since": [path for path in earlier if path in digests and digests[path] is None],
    }
    if not earlier:
        kinds = {"new": kinds["new"]}
    return [f"{len(paths):,} {kind} ({_named(paths)})" for kind, paths in kinds.items() if paths]


def _named(paths: Iterable[str]) -> str:
    paths = list(paths)
    more = f" and {len(paths) - N_NAMED:,} more" if len(paths) > N_NAMED else ""
    return ", ".join(visible(path) for path in paths[:N_NAMED]) + more
