"""``python -m drumcorpus replay``: would today's checkout and inputs give a product again?"""

import argparse
import contextlib
import json
import os
import shlex
import shutil
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from drumcorpus.commands.configured import (
    add_configuration,
    checkout_of,
    configuration,
    require_checkout,
)
from drumcorpus.commands.named import named
from drumcorpus.commands.numbers import count
from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.run.ask_snakemake import make_again, plan_jobs
from drumcorpus.ground.run.code_listings import CODE_LISTINGS, read_listings
from drumcorpus.ground.run.job_plan import WORKFLOW_SCRIPTS
from drumcorpus.ground.run.product_walk import manifest_files
from drumcorpus.ground.run.run_manifest import (
    SUFFIX,
    recorded_output,
)
from drumcorpus.ground.run.sidecars import read_sidecar
from drumcorpus.ground.run.today import AsStated, Today
from drumcorpus.stages.provenance.chain import chain_of_products, describe_chain, raw_listing
from drumcorpus.stages.provenance.replay import Replayed, replay, replayed_in_words

USAGE = """\
Say whether today's checkout and inputs would give a product again, and if not
what differs: code, versions of libraries, parameters, inputs, raw files. FILE
is the product or its run manifest, which may lie anywhere, as in the folder of
a release. The configuration is that of the run: name it as for snakemake.

example:
  python -m drumcorpus replay results/manifests/prod_combined.jsonl \\
    --configfile mine.yaml
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("file", metavar="FILE", type=named, help="a product, or its run manifest")
    parser.add_argument(
        "--manifest", metavar="PATH", help="the run manifest of FILE, if it is not beside it"
    )
    add_configuration(parser)
    parser.add_argument(
        "--records",
        metavar="DIR",
        action="append",
        default=[],
        help="folder with further run manifests of that time, such as that of a release",
    )
    parser.add_argument(
        "--run",
        dest="again",
        choices=["last", "all"],
        help="make the product again, in a folder of its own, and compare: its own job on the "
        "inputs that stand, or all jobs from the raw files on",
    )
    parser.add_argument("--cores", metavar="N", type=count, default=1, help="of --run (default: 1)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Replay, and print what differs."""
    stands = Path(arguments.file.removesuffix(SUFFIX)).absolute()
    manifest = read_sidecar(stands, arguments.manifest)
    checkout, options = checkout_of(arguments), configuration(arguments)
    folders = [Path(folder).absolute() for folder in arguments.records]
    for folder in folders:
        if not folder.is_dir():
            raise NotADirectoryError(20, "is no folder, which --records names", str(folder))
    if arguments.checkout is not None:
        require_checkout(checkout)
    with contextlib.chdir(arguments.directory):
        product = _product(stands, manifest)
        records = _Records(manifest, folders)
        if not _is_of_a_rule(manifest):
            if arguments.again:
                raise argparse.ArgumentError(None, _no_rule(product, manifest))
            today = AsStated(records.stated, checkout)
            replayed = replay(
                product, manifest, today, records.stated, listings=read_listings(CODE_LISTINGS)
            )
            return _say(replayed, arguments)
        planned = _plan_jobs(checkout, options, product)
        if arguments.again and not planned["jobs"]:
            raise argparse.ArgumentError(None, _no_rule(product, manifest))
        today = Today(planned, checkout, looks_at={"attest": _run_manifests})
        replayed = replay(
            product,
            manifest,
            today,
            records,
            listings=read_listings(CODE_LISTINGS),
            raw_listing_of=raw_listing,
        )
        if not arguments.again:
            return _say(replayed, arguments)
        work = {"cores": arguments.cores, "whole": arguments.again == "all"}
        folder = make_again(checkout, options, planned, product, **work)
        try:
            made = sha256_file(folder / product)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return _say(replayed, arguments, made, recorded_output(manifest, product)["sha256"])


def _say(
    replayed: Replayed, arguments: argparse.Namespace, made: str = "", recorded: str = ""
) -> int:
    """Print what was compared and made; returns the exit status."""
    same = made == recorded
    if arguments.json:
        document = asdict(replayed) | {"holds": replayed.holds}
        document |= {"made": made, "recorded": recorded} if made else {}
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        print(replayed_in_words(replayed))
        if made:
            became = "has the digest that is recorded" if same else "has another digest"
            print(f"made again, it {became} ({recorded[:12]}… recorded, {made[:12]}… made)")
        elif replayed.holds is False:
            print("It need not show in the product: --run all makes it again and compares.")
    if made and not same:
        return 1
    # Made from inputs that stand, it says nothing of the jobs that would make these.
    elsewhere = any(each.product != replayed.product for each in replayed.differences)
    if made and (arguments.again == "all" or not elsewhere):
        return 0
    return {True: 0, False: 1, None: 2}[replayed.holds]


class _Records:
    """Run manifests by path and digest of a product: what stands, or lies in further folders.

    That of the product asked for is given, and counts as standing.
    """

    def __init__(self, manifest: dict, folders: Iterable[Path]):
        self._folders, self._by_output = list(folders), None
        self._own = {row["path"]: manifest for row in manifest["outputs"]}

    def __call__(self, path: str, sha256: str) -> dict | None:
        standing = self._own.get(path) or _sound(path)
        record = recorded_output(standing, path)
        if record and record["sha256"] == sha256:
            return standing
        if self._by_output is None:
            self._by_output = {}
            for each in manifest_files([str(folder) for folder in self._folders]):
                manifest = _sound(str(each).removesuffix(SUFFIX))
                for row in (manifest or {}).get("outputs", ()):
                    self._by_output[row["path"], row["sha256"]] = manifest
        return self._by_output.get((path, sha256))

    def stated(self, path: str, sha256: str | None = None) -> dict | None:
        """The same of what no rule has made; without a digest, as it stands."""
        standing = self._own.get(path) or _sound(path)
        manifest = standing if sha256 is None else self(path, sha256)
        return None if manifest is None or _is_of_a_rule(manifest) else manifest


def _sound(product: str) -> dict | None:
    """The run manifest beside a product; None where there is none that holds."""
    try:
        return read_sidecar(product)
    except (OSError, ValueError):
        return None


def _is_of_a_rule(manifest: dict) -> bool:
    return manifest["script"]["path"].startswith(WORKFLOW_SCRIPTS)


def _product(stands: Path, manifest: dict) -> str:
    """Which product of the working folder a file is, that may be a copy somewhere else."""
    outputs = [row["path"] for row in manifest["outputs"]]
    here = os.path.relpath(stands)
    alike = [path for path in outputs if Path(path).name == stands.name]
    return here if here in outputs else (alike or outputs)[0]


def _no_rule(product: str, manifest: dict) -> str:
    """Why a product that no rule has made is not made again."""
    command = manifest.get("corpus", {}).get("command_line")
    remedy = f"; to make it again: {shlex.join(command)}" if command else ""
    return f"--run: no rule makes {product}{remedy}"


def _run_manifests(job: dict) -> dict:
    """What the job of a statement looks at beside its inputs."""
    return describe_chain(
        chain_of_products(path for name, path in job["inputs"] if name == "products")
    )


def _plan_jobs(checkout: Path, options: list[str], product: str) -> dict:
    """`plan_jobs`; what it cannot answer cannot be looked at."""
    require_checkout(checkout)
    try:
        return plan_jobs(checkout, options, [product])
    except ValueError as error:
        raise argparse.ArgumentError(None, str(error)) from error
