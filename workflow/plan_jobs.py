"""Write what every job on the way to some targets would record, without running any.

plan_jobs.py OUT --snakefile FILE [options of snakemake] -- TARGET...

It reads the Snakefile as a dry run does, which changes nothing. OUT is JSON: `jobs` in an order in
which they can run (none where no rule makes one of the targets), each with rule, wildcards, inputs,
outputs, benchmark, and whether a run would start it (`asked`; with --forceall every job); of those
that it would start also parameters and Snakemake's `reasons`, with the files that each is about.
`listings` are the modules of each digest of code, `rules` all rules in their order, `memory_mb`
what the jobs share, `stated` what the config says of the needs of rules, `problem` why there are no
jobs.
"""

import contextlib
import gc
import io
import os
import sys
from pathlib import Path

import orjson

from drumcorpus.ground.run.asked_targets import check_targets
from drumcorpus.ground.run.job_plan import named_paths
from drumcorpus.ground.run.quick_plan import ImportsWhenUsed

# Snakemake's plug-in for SLURM names it, of which nothing is asked here.
sys.meta_path.insert(0, ImportsWhenUsed("pandas"))

from snakemake.api import SnakemakeApi  # noqa: E402
from snakemake.cli import parse_args, parse_config  # noqa: E402
from snakemake.exceptions import MissingRuleException, WorkflowError  # noqa: E402
from snakemake.logging import logger  # noqa: E402
from snakemake.settings.types import (  # noqa: E402
    ConfigSettings,
    DAGSettings,
    OutputSettings,
    ResourceSettings,
)


def reasons_of(job) -> dict:
    """Why Snakemake would start a job, as far as it is not that a job before it is started."""
    reason = workflow.dag.reason(job)
    newer = {str(path) for path in reason.updated_input - reason.updated_input_run}
    files = {
        "missing": {str(path) for path in reason.missing_output},
        "unfinished": {str(path) for path in reason.incomplete_output},
        "newer": newer,
        "inputs": () if reason.input_changed else None,
        "code": () if reason.code_changed else None,
        "params": () if reason.params_changed else None,
        "forced": () if reason.forced else None,
    }
    return {
        name: sorted(paths)
        for name, paths in files.items()
        if paths is not None and (paths or paths == ())
    }


def described(job) -> dict:
    """One job; of those that no run would start little is wanted, and that saves most time."""
    row = {
        "rule": job.rule.name,
        "wildcards": dict(job.wildcards.items()),
        "inputs": named_paths(job.input),
        "outputs": named_paths(job.output),
        "benchmark": job.benchmark and str(job.benchmark),
        "asked": workflow.dag.needrun(job),
    }
    if row["asked"]:
        row["params"] = dict(job.params.items())
        row["reasons"] = reasons_of(job)
    return row


def jobs_of(job) -> list[dict]:
    """A job, or those that it does one after the other (rules/together.smk), each by itself."""
    params = dict(job.params.items())
    if "parts" in params:
        row = described(job)
        return [part_of(row, part) for part in params["parts"]]
    return [described(job)] if "code" in params else []


def part_of(row: dict, part: dict) -> dict:
    """One of several jobs that are done together, with the reasons that are about its files."""
    own = {
        "rule": part["rule"],
        "wildcards": dict(part["wildcards"].items()),
        "inputs": named_paths(part["input"]),
        "outputs": named_paths(part["output"]),
        "benchmark": part["benchmark"],
        "asked": row["asked"],
    }
    if own["asked"]:
        files = {path for _, path in [*own["inputs"], *own["outputs"]]}
        reasons = {name: sorted(files.intersection(of)) for name, of in row["reasons"].items()}
        own["params"] = dict(part["params"].items())
        # A reason without files is about the whole of them.
        own["reasons"] = {
            name: of for name, of in reasons.items() if of or not row["reasons"][name]
        }
    return own


gc.disable()  # which would look through all jobs again and again: a fifth of the time
out, *words = sys.argv[1:]
with contextlib.redirect_stderr(io.StringIO()):  # it names the profile that every run has
    _, options = parse_args(words)
with SnakemakeApi(OutputSettings(dryrun=True, enable_file_logging=False)) as api:
    logger.setLevel("WARNING")
    asked = api.workflow(
        ResourceSettings(cores=options.cores or 1),
        ConfigSettings(
            parse_config(options.config or []), [Path(p) for p in options.configfile or []]
        ),
        snakefile=Path(options.snakefile),
        workdir=options.directory and Path(options.directory),
    )
    dag_settings = DAGSettings(
        targets=options.targets,
        forceall=options.forceall,
        force_incomplete=options.rerun_incomplete,
        rerun_triggers=options.rerun_triggers,
        max_checksum_file_size=options.max_checksum_file_size,
    )
    try:
        workflow = asked.dag(dag_settings).workflow_api._workflow
    except WorkflowError as error:  # the configuration is refused
        sys.exit(str(error))
    named, problem, planned = workflow.globals, "", []
    order = {rule.name: number for number, rule in enumerate(workflow.rules)}
    try:
        check_targets(
            options.targets,
            order,
            lambda path: any(rule.is_producer(path) for rule in workflow.rules),
            used=named["SOURCE_SETS"],
            configured=named["config"]["source_sets"],
            manifests=named["MANIFESTS"],
        )
        workflow._prepare_dag(
            forceall=options.forceall, ignore_incomplete=True, lock_warn_only=True, nolock=True
        )
        workflow._build_dag()
        for level in workflow.dag.toposorted():
            planned += sorted(
                level, key=lambda job: (order[job.rule.name], sorted(job.wildcards.items()))
            )
    except (MissingRuleException, ValueError) as error:  # of this configuration
        problem = str(error)
    except WorkflowError as error:
        sys.exit(str(error))
    shared = workflow.global_resources.get("mem_mb")
    answer = {
        "jobs": [row for job in planned for row in jobs_of(job)],
        "listings": named["LIBRARY"].listings,
        "rules": list(order),
        "memory_mb": getattr(shared, "value", shared),
        "stated": named["config"]["resources"]["rules"],
        "problem": problem,
    }
    Path(out).write_bytes(orjson.dumps(answer, default=os.fspath))
