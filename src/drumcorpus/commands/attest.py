"""``python -m drumcorpus attest``: statement and crate of files with run manifests."""

import argparse
import contextlib
import shlex
import sys
from pathlib import Path

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.json_files import canonical_json, write_json
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.run.lineage import place_of
from drumcorpus.ground.run.run_manifest import SUFFIX
from drumcorpus.stages.provenance.attest import state, write_crate
from drumcorpus.stages.provenance.chain import Chain, chain_of_products
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
    parser.add_argument("files", metavar="FILE", nargs="+", help="a product, or its run manifest")
    parser.add_argument(
        "--statement", metavar="OUT", help="where the statement goes (default: standard output)"
    )
    parser.add_argument("--crate", metavar="FOLDER", help="where the crate goes")
    parser.add_argument(
        "--builder", metavar="URI", help="who vouches for the machine of the runs (default: nobody)"
    )
    parser.add_argument(
        "--published", metavar="DATE", help="date of the crate, such as 2026-11-29 (default: none)"
    )
    parser.add_argument(
        "--max-raw-files",
        metavar="N",
        type=int,
        default=MAX_RAW_FILES,
        help="raw files of a source set that are named one by one (default: %(default)s)",
    )
    parser.add_argument(
        "--max-jobs",
        metavar="N",
        type=int,
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


def run(arguments: argparse.Namespace) -> int:
    """Attest, and say what was written."""
    if arguments.sign_with is not None and not arguments.statement:
        raise argparse.ArgumentError(None, "--sign-with: say where to, with --statement OUT")
    command = shlex.split(arguments.sign_with or "")
    if arguments.sign_with is not None and not command:
        raise argparse.ArgumentError(None, "--sign-with: names no program")
    chain, folder = _chain(arguments.files)
    checkout = Path(arguments.checkout or Path(__file__).resolve().parents[3]).absolute()
    with contextlib.chdir(folder):
        statement = state(chain, builder=arguments.builder, max_raw_files=arguments.max_raw_files)
    if arguments.statement:
        # Nothing is written where the program that signs fails.
        signature = sign(statement, command) if command else None
        write_json(arguments.statement, statement)
        print(f"{visible(arguments.statement)}: written")
        if signature is not None:
            signed = f"{arguments.statement}.dsse.json"
            write_json(signed, envelope(statement, [(arguments.key_id, signature)]))
            print(f"{visible(signed)}: written")
    if arguments.crate:
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
    elif not arguments.statement:
        sys.stdout.write(canonical_json(statement).decode())
    return 0


def _chain(files: list[str]) -> tuple[Chain, Path]:
    """The chain of files that stand as their run manifests say, and their working folder.

    Raises
    ------
    FileNotFoundError, ValueError
        If one does not, or they are of several working folders.
    """
    products = [Path(file.removesuffix(SUFFIX)) for file in files]
    places = [place_of(product) for product in products]
    folders = sorted({str(folder) for folder, _ in places})
    if len(folders) > 1:
        raise ValueError(
            f"{folders[0]} and {folders[1]} are two working folders; attest each one alone"
        )
    with contextlib.chdir(folders[0]):
        chain = chain_of_products({path for _, path in places})
        for row in chain.subjects:
            if (sha256 := sha256_file(row["path"])) != row["sha256"]:
                raise ValueError(
                    f"{visible(row['path'])}: is not what its run manifest says (sha256 "
                    f"{row['sha256'][:12]}… recorded, {sha256[:12]}… found); nothing is attested"
                )
    return chain, Path(folders[0])
