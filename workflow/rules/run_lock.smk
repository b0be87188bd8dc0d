"""
Who works in this folder: one run, from here until its process ends, or those who only look.

A call that looks (a dry run, a list of targets, a graph, `verify`) changes no state: neither what
was seen of the raw data nor what is kept. Jobs that start Snakemake belong to their run.
"""

import atexit
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from snakemake.cli import get_argument_parser
from snakemake.persistence import MetadataRecord
from snakemake.logging import logger

from drumcorpus.ground.run.run_lock import (
    LIST,
    LOOK,
    READ,
    WORK,
    Refused,
    clear_snakemakes_locks,
    is_alone,
    purpose_of,
    take_part,
)
from drumcorpus.ground.run.file_lock import NoLocks
from drumcorpus.ground.run.run_log import append_line, describe_refusal
from drumcorpus.ground.run.snakemake_records import (
    damage_in_words,
    damaged_records,
    put_aside,
)
from drumcorpus.ground.run.state import forget_the_records
from drumcorpus.ground.run.surroundings import prepare, remarks_on_limits
from drumcorpus.ground.run.write_failures import sentence

# Targets without a product that change nothing.
READING_TARGETS = ("verify", "plan")


def purpose_of_this_call():
    """What Snakemake was called for, by its own reading of its command line."""
    if workflow.output_settings.dryrun:
        return LOOK
    if Path(sys.argv[0]).name not in ("snakemake", "__main__.py"):
        return WORK  # called by a program
    options, _ = get_argument_parser().parse_known_args(sys.argv[1:])
    return purpose_of(vars(options), READING_TARGETS)


def mend_records():
    """Put aside what Snakemake could not read of its records; every job is asked anew then."""
    found = damaged_records(MetadataRecord.model_validate, RECORDS)
    if not found:
        return
    said = damage_in_words(found)
    if WORKS:
        forget_the_records()
        sys.stderr.write(
            f"{said} They were put aside in {put_aside(found)}, and every job is asked "
            "whether its products are fresh.\n"
        )
    elif PURPOSE == LOOK:
        raise ValueError(
            f"{said} The next run puts them aside; a look changes nothing."
        )
    else:
        sys.stderr.write(f"{said} The next run puts them aside.\n")


# What Snakemake knows of each product, where it was read to see whether it can be read.
RECORDS = {}
PURPOSE = purpose_of_this_call() if workflow.is_main_process else None
WORKS = PURPOSE == WORK
# Where a call that looks writes what it needs for its plan.
ASIDE = None

if workflow.is_main_process:
    if PURPOSE in (WORK, READ):
        if refusal := prepare(Path.cwd()):
            raise WorkflowError(refusal)
        for remark in remarks_on_limits(Path.cwd()):
            logger.warning(remark)
    command = ["snakemake", *sys.argv[1:]]
    try:
        RUN_LOCK = take_part(PURPOSE, command)
        if WORKS and clear_snakemakes_locks():
            sys.stderr.write(
                "An earlier run was interrupted: carrying on where it stopped.\n"
            )
        # Beside a run that works some records are half written.
        if PURPOSE != LIST and is_alone(RUN_LOCK):
            mend_records()
        if not WORKS:
            ASIDE = Path(tempfile.mkdtemp(prefix="drumcorpus-look-"))
            atexit.register(shutil.rmtree, ASIDE, ignore_errors=True)
    except Refused as error:
        with suppress(OSError):
            append_line(describe_refusal(command, str(error)))
        raise WorkflowError(str(error))
    except (NoLocks, ValueError) as error:
        raise WorkflowError(str(error))
    except OSError as error:
        raise WorkflowError(sentence(error) or str(error))
