"""``python -m drumcorpus attest``: statement and crate of files with run manifests."""

import argparse
import contextlib
import datetime
import re
import shlex
import sys
from pathlib import Path

from drumcorpus.commands.named import named
from drumcorpus.commands.numbers import whole_number
from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.json_files import canonical_json, write_json
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.project_files import project_folder
from drumcorpus.ground.run.lineage import place_of
from drumcorpus.ground.run.run_manifest import SUFFIX
from drumcorpus.ground.run.sidecars import read_sidecar
from drumcorpus.stages.provenance.attest import state, write_crate
from drumcorpus.stages.provenance.chain import Chain, chain_of_products
from drumcorpus.stages.provenance.crate import WORKFLOW
from drumcorpus.stages.provenance.places import (
    is_envelope,
    is_statement,
    require_crate_place,
    require_place,
)
from drumcorpus.stages.provenance.statement import envelope, sign

USAGE = """\
Write what the run manifests of FILE, and of all that it was made of, say: an
in-toto Statement with SLSA provenance, and a Workflow Run RO-Crate. Several
FILEs of one working folder come into one statement. It is unsigned; --sign-with
runs a program that reads what is to be signed and writes the signature.

example:
  python -m drumcorpus attest results/manifests/prod_combined.jsonl \\
    --statement prod_combined.intoto.json --crate crate \\
    --sign-with "openssl dgst -sha256 -sign key.pem"
"""
MAX_RAW_FILES, MAX_JOBS = 1_000, 1_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "files", metavar="FILE", type=named, nargs="+", help="a product, or its run manifest"
    )
    parser.add_argument(
        "--manifest", metavar="PATH", help="the run manifest of FILE, if it is not beside it"
    )
    parser.add_argument(
        "--statement", metavar="OUT", help="where the statement goes (default: standard output)"
    )
    parser.add_argument("--crate", metavar="FOLDER", help="where the crate goes")
    parser.add_argument(
        "--builder",
        metavar="URI",
        type=uri,
        help="who vouches for the machine of the runs (default: nobody)",
    )
    parser.add_argument(
        "--published",
        metavar="DATE",
        type=date,
        help="date of the crate, such as 2026-11-29 (default: none)",
    )
    parser.add_argument(
        "--max-raw-files",
        metavar="N",
        type=whole_number,
        default=MAX_RAW_FILES,
        help="raw files of a source set that are named one by one (default: %(default)s)",
    )
    parser.add_argument(
        "--max-jobs",
        metavar="N",
        type=whole_number,
        default=MAX_JOBS,
        help="jobs that the crate describes one by one (default: %(default)s)",
    )
    parser.add_argument(
        "--sign-with",
        metavar="COMMAND",
        help="program that signs: OUT.dsse.json gets statement and signature",
    )
    parser.add_argument("--key-id", metavar="TEXT", default="", help="hint at its key")
    parser.add_argument(
        "--checkout", metavar="DIR", help="folder of the Snakefile (default: that of this package)"
    )


def uri(text: str) -> str:
    """A URI, with its scheme."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"]+", text):
        raise argparse.ArgumentTypeError(f"got {text!r}; wanted: a URI, such as mailto:a@b.org")
    return text


def date(text: str) -> str:
    """A day that there is, as 2026-11-29."""
    try:
        if datetime.date.fromisoformat(text).isoformat() == text:
            return text
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"got {text!r}; wanted: a date, such as 2026-11-29")


def run(arguments: argparse.Namespace) -> int:
    """Attest, and say what was written."""
    if arguments.sign_with is not None and arguments.statement is None:
        raise argparse.ArgumentError(None, "--sign-with: say where to, with --statement OUT")
    command = shlex.split(arguments.sign_with or "")
    if arguments.sign_with is not None and not command:
        raise argparse.ArgumentError(None, "--sign-with: names no program")
    if arguments.manifest is not None and len(arguments.files) > 1:
        raise argparse.ArgumentError(None, "--manifest is that of one FILE; attest each one alone")
    chain, folder = _chain(arguments.files, arguments.manifest)
    checkout = Path(arguments.checkout or project_folder()).absolute()
    if arguments.checkout is not None and not (checkout / WORKFLOW).is_file():
        words = f"--checkout: {visible(arguments.checkout)}: holds no Snakefile of drumcorpus"
        raise argparse.ArgumentError(None, words)
    _require_places(arguments, chain, folder)
    with contextlib.chdir(folder):
        statement = state(chain, builder=arguments.builder, max_raw_files=arguments.max_raw_files)
    if arguments.statement is not None:
        # Nothing is written where the program that signs fails.
        signature = sign(statement, command) if command else None
        write_json(arguments.statement, statement)
        print(f"{visible(arguments.statement)}: written")
        if signature is not None:
            signed = f"{arguments.statement}.dsse.json"
            write_json(signed, envelope(statement, [(arguments.key_id, signature)]))
            print(f"{visible(signed)}: written")
    if arguments.crate is not None:
        write_crate(
            arguments.crate,
            chain,
            statement,
            checkout=checkout if (checkout / "Snakefile").is_file() else None,
            name=", ".join(Path(row["path"]).name for row in chain.subjects[:3]),
            published=arguments.published,
            max_jobs=arguments.max_jobs,
        )
        print(f"{visible(arguments.crate)}: written")
    elif arguments.statement is None:
        sys.stdout.write(canonical_json(statement).decode())
    return 0


def _require_places(arguments: argparse.Namespace, chain: Chain, folder: Path) -> None:
    """Refuse places where something else stands, before anything is written."""
    rows = [*chain.sources, *(row for each in chain.manifests for row in each["outputs"])]
    used = [folder / row["path"] for row in rows]
    if arguments.statement is not None:
        require_place(arguments.statement, "a statement", is_statement, used)
    if arguments.sign_with is not None:
        signed = f"{arguments.statement}.dsse.json"
        require_place(signed, "a signed statement", is_envelope, used)
    if arguments.crate is not None:
        require_crate_place(arguments.crate, used)


def _chain(files: list[str], at: str | None) -> tuple[Chain, Path]:
    """The chain of files that stand as their run manifests say, and their working folder.

    Raises
    ------
    FileNotFoundError, ValueError
        If one does not, or they are of several working folders.
    """
    products = [Path(file.removesuffix(SUFFIX)) for file in files]
    places = [place_of(product, at) for product in products]
    stated = {} if at is None else {places[0][1]: read_sidecar(products[0], at)}
    folders = sorted({str(folder) for folder, _ in places})
    if len(folders) > 1:
        raise ValueError(
            f"{folders[0]} and {folders[1]} are two working folders; attest each one alone"
        )
    with contextlib.chdir(folders[0]):
        chain = chain_of_products({path for _, path in places}, stated)
        for row in chain.subjects:
            if (sha256 := sha256_file(row["path"])) != row["sha256"]:
                raise ValueError(
                    f"{visible(row['path'])}: is not what its run manifest says (sha256 "
                    f"{row['sha256'][:12]}… recorded, {sha256[:12]}… found); nothing is attested"
                )
    return chain, Path(folders[0])
