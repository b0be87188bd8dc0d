"""
What each job asks of the machine: the functions for `threads` and `resources` of all rules, and the
memory that jobs on one machine share.
"""

from drumcorpus.ground.run.resources import (
    NEEDS,
    check_stated,
    machine_memory_mb,
    memory_of,
    minutes_of,
    minutes_together,
    what_is_read,
)

try:
    check_stated(config["resources"]["rules"])
except ValueError as error:
    raise WorkflowError(str(error))


def threads_of(name):
    """Threads of a job of a rule."""
    stated = config["resources"]["rules"].get(name, {})
    return stated.get("threads", NEEDS[name].threads)


def needs_of(name):
    """Memory in MB and time in minutes of a job of a rule, as functions of what the job reads."""
    stated = config["resources"]["rules"].get(name, {})

    def mem_mb(wildcards, input, attempt):
        return memory_of(name, what_is_read(input), attempt, stated, LARGEST["mem_mb"])

    def runtime(wildcards, input, attempt):
        return minutes_of(
            name, what_is_read(input), attempt, stated, LARGEST["runtime"]
        )

    return {"mem_mb": mem_mb, "runtime": runtime}


# Jobs of one machine share its memory. A cluster has its own account of it, and a job that a
# cluster runs is alone in what it was given.
if workflow.is_main_process and not RUNS_ON_A_CLUSTER:
    shared = config["resources"]["memory_mb"] or machine_memory_mb()
    is_stated = "mem_mb" in workflow.global_resources  # --resources mem_mb=N
    if shared and not is_stated:
        workflow.register_resource("mem_mb", shared)
