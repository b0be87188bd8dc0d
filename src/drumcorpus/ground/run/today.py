"""What the jobs of a checkout would record today, with the files as they are; nothing is run."""

from collections.abc import Callable, Mapping
from pathlib import Path

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.fact_cache import FactCache, digest_raw_files
from drumcorpus.ground.files.leftovers import read_leftovers, split_refusals
from drumcorpus.ground.files.paths import ELSEWHERE
from drumcorpus.ground.files.project_files import PACKAGE_FOLDER, package_folder
from drumcorpus.ground.run.code_digest import Library
from drumcorpus.ground.run.job_plan import (
    INVENTORY,
    RESOURCE,
    job_plan,
    kind_of_input,
    recorded_inputs,
)
from drumcorpus.ground.run.raw_scan import RawData
from drumcorpus.ground.run.raw_state import scan_existing_roots
from drumcorpus.ground.run.state_folder import digests_path
from drumcorpus.vocabulary import NOT_OF_THE_SET


class Today:
    """The plans of the jobs of a checkout.

    Parameters
    ----------
    planned : mapping
        As of `ask_snakemake.plan_jobs`.
    checkout : Path
    looks_at : mapping, optional
        Of rules whose jobs look at more than their inputs, what describes that as one more input,
        from the job.
    workers : int
        Threads that read raw files.
    """

    def __init__(
        self,
        planned: Mapping,
        checkout: Path,
        *,
        looks_at: Mapping[str, Callable[[dict], dict]] | None = None,
        workers: int = 4,
    ):
        self.checkout, self.workers = Path(checkout).resolve(), workers
        self._looks_at = {INVENTORY: lambda job: self._raw_data(job)[0], **(looks_at or {})}
        self.listings: dict[str, dict[str, str]] = planned["listings"]
        self._jobs = {path: job for job in planned["jobs"] for _, path in job["outputs"]}
        self._digests: dict[Path, str | None] = {}
        self._raw: dict[str, tuple[dict, dict[str, str]]] = {}

    def job(self, product: str) -> dict | None:
        """The job that makes a product; None where no rule does."""
        return self._jobs.get(product)

    def plan(self, product: str) -> dict | None:
        """What the job of a product would record; the digest of an input that is not there is None.

        Raises
        ------
        OSError, ValueError
            If raw files cannot be looked at.
        """
        job = self._jobs.get(product)
        if job is None:
            return None
        inputs = [self._describe(*pair) for pair in recorded_inputs(job["inputs"])]
        if job["rule"] in self._looks_at:
            inputs.append(self._looks_at[job["rule"]](job))
        return job_plan(job["rule"], job["wildcards"], job["params"], inputs)

    def raw_files(self, product: str) -> dict[str, str]:
        """SHA-256 of the raw files that the job of a product looks at, by path; else empty."""
        job = self._jobs.get(product)
        return self._raw_data(job)[1] if job and job["rule"] == INVENTORY else {}

    def digest(self, path: str | Path) -> str | None:
        """SHA-256 of a file; None where there is none to be read."""
        path = Path(path)
        if path not in self._digests:
            self._digests[path] = _digest(path)
        return self._digests[path]

    def _describe(self, name: str, path: str) -> dict:
        kind, shown = kind_of_input(path, self.checkout)
        return {"name": name, "path": shown, "kind": kind, "sha256": self.digest(path)}

    def _raw_data(self, job: dict) -> tuple[dict, dict[str, str]]:
        source_set = job["wildcards"]["source_set"]
        if source_set not in self._raw:
            # The input has the name of what it lists.
            leftovers = read_leftovers(dict(job["inputs"])[NOT_OF_THE_SET])
            local = job["params"]["local"]
            files, refusals = scan_existing_roots(
                source_set, local["roots"], leftovers, local["wanted"]
            )
            # What the last run has read is known by its stat record, and nothing is written down.
            cache = FactCache(digests_path(source_set), job["params"]["code"])
            digests, unread = digest_raw_files(files.values(), cache, workers=self.workers)
            refused, left = split_refusals(refusals)
            seen = RawData(source_set, files, digests, [*refused, *unread], cache, tuple(left))
            self._raw[source_set] = seen.describe(), digests
        return self._raw[source_set]


class AsStated:
    """Plans of files that no rule makes: all is as stated, but for their inputs and known code.

    Parameters
    ----------
    manifest_of
        The run manifest of a product by its path; None where there is none.
    checkout : Path
        Of which a function may have made the product: its code is looked at.
    """

    def __init__(self, manifest_of: Callable[[str], Mapping | None], checkout: Path):
        self.checkout = Path(checkout)
        self._library = Library(package_folder(self.checkout))
        self._manifest_of = manifest_of

    @property
    def listings(self) -> dict[str, dict[str, str]]:
        """The modules of each digest of code that a plan had."""
        return self._library.listings

    def plan(self, product: str) -> dict | None:
        """The run manifest of a product with the digests that inputs and code have now."""
        manifest = self._manifest_of(product)
        if manifest is None:
            return None
        inputs = [row | {"sha256": self._digest(row)} for row in manifest["inputs"]]
        return dict(manifest) | {"inputs": inputs, "script": self._script(manifest["script"])}

    def raw_files(self, product: str) -> dict[str, str]:
        """Nothing: its raw files, if any, are inputs of their own."""
        return {}

    def _digest(self, row: Mapping) -> str | None:
        """The digest that an input has now: a resource, such as a scale, lies in the checkout."""
        if row["path"].startswith(ELSEWHERE):
            return None
        return _digest((self.checkout if row["kind"] == RESOURCE else Path()) / row["path"])

    def _script(self, stated: dict) -> dict:
        if not stated["path"].startswith(f"{PACKAGE_FOLDER}/"):
            return stated
        path = package_folder(self.checkout) / stated["path"].removeprefix(f"{PACKAGE_FOLDER}/")
        if not path.is_file():
            return stated | {"code": "", "software": {}}
        code = self._library.describe_code(path)
        return stated | {"code": code["digest"], "software": code["software"]}


def _digest(path: str | Path) -> str | None:
    return sha256_file(path) if Path(path).is_file() else None
