"""
A SLURM cluster, asked by the main process: whether jobs of an earlier run still work for this
folder, what the partition grants to one job, and whether every request can be met.
"""

import shutil

from snakemake.executors.local import SubmittedJobInfo

from drumcorpus.ground.run.slurm import (
    NoSlurm,
    grants,
    no_end_is_told,
    nodes_that_failed,
    partitions,
    requests_of,
    threads_of_this_job,
    unmeetable,
    wait_for_left_jobs,
    was_used_here,
)

# Snakemake names its executor only when it has read this; on one machine it gives no `nodes`.
RUNS_ON_A_CLUSTER = workflow.resource_settings.nodes is not None
# Of a cluster: what its largest node and its longest partition grant; nothing is known of others.
LARGEST = {"mem_mb": None, "runtime": None}

# The jobs of a killed run go on: what they make is found only by a plan that is made after them.
if WORKS and was_used_here():
    try:
        wait_for_left_jobs(Path.cwd(), sys.stderr.write)
    except NoSlurm as error:
        sys.stderr.write(
            f"It is not known whether SLURM jobs of an earlier run still work here: {error}.\n"
        )

if WORKS and RUNS_ON_A_CLUSTER and shutil.which("sinfo"):
    stated = workflow.resource_settings._parsed_default_resources
    partition = (
        str(stated["slurm_partition"].raw).strip("'\"")
        if "slurm_partition" in stated
        else None
    )
    try:
        granted = grants(partitions(), partition)
    except (NoSlurm, ValueError) as error:
        raise WorkflowError(f"STOPPED: {error}.")
    LARGEST |= {name: granted[name] for name in LARGEST}
    # Neither a job nor a group of jobs is wider than the largest node.
    if workflow.global_resources["_cores"].value > granted["threads"]:
        workflow.register_resource("_cores", granted["threads"])

# Within a SLURM job: what it was given, which may be less than the --cores that it is told of.
if not workflow.is_main_process and (n_threads := threads_of_this_job()):
    if n_threads < (workflow.global_resources["_cores"].value or 0):
        workflow.register_resource("_cores", n_threads)


def hear_refusals(executor):
    """
    Let what SLURM says when it takes no job be heard. Of a group of jobs the plug-in does not pass it
    on; and where it finds the account wrong, its own words for a group fail and it waits for ever.
    """
    submit, say = executor.run_job, executor.print_job_error

    def run_job(job):
        try:
            submit(job)
        except AttributeError as error:
            why = f"Job submission failed with exception: {error.__context__ or error}"
            executor._report_job_error_threadsafe(SubmittedJobInfo(job), why)

    def print_job_error(job_info, msg=None, **more):
        FAILURES.hear(msg or "")
        say(job_info, msg, **more)

    executor.run_job, executor.print_job_error = run_job, print_job_error


def look_at_one_pace(executor):
    """
    Ask for the state of jobs at the pace that the profile states. The plug-in waits ten seconds longer
    after each look at which none has ended, and short jobs that follow one another would stand still.
    """
    seconds = workflow.executor_settings.init_seconds_before_status_checks
    plug_in = type(executor)
    at_one_pace = property(lambda self: seconds, lambda self, longer: None)
    executor.__class__ = type(
        plug_in.__name__,
        (plug_in,),
        {"next_seconds_between_status_checks": at_one_pace},
    )


def check_requests():
    """Refuse a run with a request that SLURM could never meet, or of which no end would be told."""
    if workflow.executor_plugin.name != "slurm":
        return
    executor = workflow.scheduler._executor
    FAILURES.speak_for_jobs(lambda: nodes_that_failed(executor.run_uuid))
    hear_refusals(executor)
    look_at_one_pace(executor)
    jobs = {
        workflow.dag.get_job_group(job) or job for job in workflow.dag.needrun_jobs()
    }
    requests = requests_of(
        {"job": str(job), "threads": job.threads, **job.resources}
        for job in jobs
        if not job.is_local
    )
    try:
        said = [no_end_is_told(), *unmeetable(requests, partitions())]
    except (NoSlurm, ValueError) as error:
        said = [str(error)]
    if said := [sentence for sentence in said if sentence]:
        raise WorkflowError(
            f"STOPPED: {'; '.join(said)}; nothing was begun. Ask for less (config: "
            "resources.rules), or name another partition (--default-resources "
            "slurm_partition=NAME)."
        )


def start_jobs_at_once():
    """Let a job of this machine begin as soon as there is room for it, unless the call says otherwise.

    Snakemake's own limit, 100 jobs a second, is for queues. To keep it the scheduler looks at all
    jobs anew a second after each look, and after each of those: every job that ends adds a thread
    for the rest of the run. Of 280 jobs that took more than all of their plan.
    """
    limiter = workflow.scheduler.job_rate_limiter
    is_default = limiter and (limiter.max_jobs, limiter.timespan) == (100, 1)
    if is_default and not RUNS_ON_A_CLUSTER:
        workflow.scheduler.job_rate_limiter = None
