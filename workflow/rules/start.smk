"""
What the main process does before it plans: the layout of folders, what is kept, and the state of
the raw data.
"""

import gc

from drumcorpus.ground.files.leftovers import read_leftovers
from drumcorpus.ground.run.commands import remember_options
from drumcorpus.ground.run.layout import check_layout
from drumcorpus.ground.run.raw_state import stamp_path, stamp_raw_data
from drumcorpus.ground.run.write_failures import sentence
from drumcorpus.ground.run.roots import absent_in_words
from drumcorpus.ground.run.state import (
    keep_recorded_products,
    nothing_is_kept,
    records_are_lost,
)
from snakemake.cli import get_argument_parser

# Not where Snakemake is called from a program: what stands on its command line is not Snakemake's.
TYPED = {}
if workflow.is_main_process and Path(sys.argv[0]).name in ("snakemake", "__main__.py"):
    TYPED = vars(get_argument_parser().parse_known_args(sys.argv[1:])[0])

# Who looks ends soon, and the collector of garbage would go through all jobs again and again.
if TYPED and PURPOSE == LOOK:
    gc.disable()

# In every process: what a message tells the user to type has the options of this run.
remember_options(
    workflow.config_settings.configfiles,
    workflow.config_settings.config,
    workflow.overwrite_workdir,
    is_main=workflow.is_main_process,
    typed=TYPED,
)

# Snakemake sees neither a raw file that vanished nor one that appeared: the main process looks at
# the roots each time, and writes what it saw to a file that the inventory depends on. Where its
# records are lost that file is written anew: every job is asked, and leaves if its product is
# fresh. Snakemake takes products away before it asks, so those from elsewhere are kept first.
RAW_STATE = {name: str(stamp_path(name)) for name in SOURCE_SETS}

# What `verify_export` says is of the corpus that stands: raw files that are gone or cut short since
# then are named with their events, and no job is asked because of them.
VERIFIES_EXPORTS = TYPED.get("targets") == ["verify_export"]

# Who lists the rules wants no raw data, which may be on a drive that is not there.
if workflow.is_main_process and PURPOSE != LIST:
    try:
        check_layout(
            {name: config["source_sets"][name]["roots"] for name in SOURCE_SETS},
            {name: module_name(name) for name in SOURCE_SETS},
            working_folder=Path.cwd(),
            checkout=WORKFLOW,
            written=[config["inventory"]["integrity"]["folder"]],
        )
        # Beside a run that works the records are on their way, and not lost.
        anew = records_are_lost() and not RUN_LOCK.is_beside_a_run
        if WORKS and (anew or nothing_is_kept()):
            keep_recorded_products(["results", "reports", config["demo"]["folder"]])
        leftovers = read_leftovers(NOT_OF_THE_SET)
        for name in SOURCE_SETS:
            if absent := absent_in_words(name, config["source_sets"][name]["roots"]):
                sys.stderr.write(f"{absent}\n")
            RAW_STATE[name] = str(
                stamp_raw_data(
                    name,
                    config["source_sets"][name]["roots"],
                    leftovers,
                    is_demo=is_demo(name),
                    wanted=config["inventory"]["roots"],
                    anew=anew,
                    aside=ASIDE,
                    keep=VERIFIES_EXPORTS,
                )
            )
    except ValueError as error:
        raise WorkflowError(str(error))
    except OSError as error:
        raise WorkflowError(sentence(error) or f"{Path.cwd()}: {error}")
