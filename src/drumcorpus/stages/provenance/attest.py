"""The statement and the crate of some products, written side by side."""

import os
from collections.abc import Mapping
from pathlib import Path

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.run.job_plan import WORKFLOW_SCRIPTS
from drumcorpus.stages.provenance.chain import Chain, licences, raw_listings
from drumcorpus.stages.provenance.crate import METADATA, WORKFLOW, make_crate
from drumcorpus.stages.provenance.statement import make_statement

STATEMENT_FILE = "statement.intoto.json"


def state(chain: Chain, *, builder: str | None, max_raw_files: int) -> dict:
    """`make_statement` of products of the present folder, with the raw files that it knows."""
    raw_files = raw_listings(chain)
    return make_statement(chain, raw_files=raw_files, builder=builder, max_raw_files=max_raw_files)


def write_crate(
    folder: str | os.PathLike,
    chain: Chain,
    statement: Mapping,
    *,
    checkout: Path | None,
    name: str,
    published: str | None,
    max_jobs: int,
) -> None:
    """Write the files of a crate: its metadata, the statement, and the Snakefile of a checkout.

    Parameters
    ----------
    folder : path
    chain : Chain
    statement : mapping
    checkout : Path, optional
        Where the Snakefile and the cards lie; without one, or for files that no workflow made, the
        jobs are told as processes.
    name : str
        Of the crate, for people.
    published, max_jobs
        As of `make_crate`.
    """
    folder = Path(folder)
    made_by_rules = any(
        each["script"]["path"].startswith(WORKFLOW_SCRIPTS) for each in chain.manifests
    )
    has_workflow = made_by_rules and checkout is not None
    products = ", ".join(row["path"] for row in chain.subjects[:3])
    more = f" and {len(chain.subjects) - 3:,} more" if len(chain.subjects) > 3 else ""
    crate = make_crate(
        chain,
        name=name,
        description=f"How {products}{more} came about, by the run manifests of all jobs",
        licences=licences(chain, checkout) if checkout else {},
        parts=[STATEMENT_FILE],
        has_workflow=has_workflow,
        published=published,
        max_jobs=max_jobs,
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / STATEMENT_FILE, statement)
    write_json(folder / METADATA, crate)
    if has_workflow:
        write_text(folder / WORKFLOW, (checkout / WORKFLOW).read_text())
