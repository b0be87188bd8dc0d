"""Write what every job on the way to some products would record, without running any.

plan_jobs.py OUT --snakefile FILE [options of snakemake] -- PRODUCT...

It reads the Snakefile as a dry run does, which changes nothing. OUT is JSON: `jobs` (rule,
wildcards, parameters, inputs and outputs; none where no rule makes one of the products) and
`listings`, the modules of each digest of code.
"""

import json
import sys
from pathlib import Path

from snakemake.api import SnakemakeApi
from snakemake.cli import get_argument_parser, parse_config
from snakemake.exceptions import MissingRuleException, WorkflowError
from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, ResourceSettings

from drumcorpus.ground.run.job_plan import named_paths

out, *words = sys.argv[1:]
options = get_argument_parser().parse_args(words)
with SnakemakeApi(OutputSettings(dryrun=True, enable_file_logging=False)) as api:
    asked = api.workflow(
        ResourceSettings(cores=1),
        ConfigSettings(
            parse_config(options.config or []), [Path(p) for p in options.configfile or []]
        ),
        snakefile=Path(options.snakefile),
        workdir=options.directory and Path(options.directory),
    )
    workflow = asked.dag(DAGSettings(targets=options.targets, forceall=True)).workflow_api._workflow
    workflow._prepare_dag(forceall=True, ignore_incomplete=True, lock_warn_only=True, nolock=True)
    try:
        workflow._build_dag()
        planned = list(workflow.dag.jobs)
    except MissingRuleException:  # of this configuration; what says so is the empty list
        planned = []
    except WorkflowError as error:
        sys.exit(str(error))
    jobs = [
        {
            "rule": job.rule.name,
            "wildcards": dict(job.wildcards.items()),
            "params": dict(job.params.items()),
            "inputs": named_paths(job.input),
            "outputs": named_paths(job.output),
        }
        for job in planned
        if "code" in job.params.keys()  # noqa: SIM118
    ]
    answer = {"jobs": jobs, "listings": workflow.globals["LIBRARY"].listings}
    Path(out).write_text(json.dumps(answer, default=str))
