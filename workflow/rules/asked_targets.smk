"""
Targets of the command line that no rule makes are refused with what was meant.
"""

from drumcorpus.ground.run.asked_targets import check_targets
from snakemake.cli import get_argument_parser

# Not where Snakemake is called from a program: what stands on its command line is not Snakemake's.
if workflow.is_main_process and Path(sys.argv[0]).name in ("snakemake", "__main__.py"):
    asked, _ = get_argument_parser().parse_known_args(sys.argv[1:])
    try:
        check_targets(
            asked.targets or (),
            [rule.name for rule in workflow.rules],
            lambda path: any(rule.is_producer(path) for rule in workflow.rules),
            used=SOURCE_SETS,
            configured=config["source_sets"],
            manifests=MANIFESTS,
        )
    except ValueError as error:
        raise WorkflowError(str(error))
