"""Why SLURM did not take a job, or ended it before its work began, in words and with advice.

What `sbatch` says stands in what Snakemake's executor says of the job that failed.
"""

import re
from collections.abc import Iterable

# As the executor has them; the second is of an account that is not the user's.
_REFUSALS = (
    re.compile(r"sbatch failed\. The error message was '(.*?)'\.\n", re.DOTALL),
    re.compile(r"Job submission failed with exception: (.*)", re.DOTALL),
)
_PREFIX = re.compile(r"^(?:sbatch: )?(?:error: )?(?:Batch job submission failed: )?")
# What to do, by words of which one is in what was said; the first that fits counts. SLURM says
# first which limit it was, and then the same of all limits.
_ADVICE = (
    (
        r"MaxSubmit|MaxJobs|GrpSubmit|MaxJobCount|temporarily un|job submit limit$",
        "the queue has no room for more of your jobs: wait until some have ended, or keep fewer in "
        "it at a time (--jobs N; jobs that wait count as well)",
    ),
    (
        r"[Tt]ime limit is invalid|[Nn]ode configuration|[Mm]emory spec|CPU count|MaxWall|MaxTRES",
        "ask for less (config: resources.rules), or name a partition that grants more "
        "(--default-resources slurm_partition=NAME)",
    ),
    (
        r"account|Account|QOS|qos",
        "name an account that you may use (--default-resources slurm_account=NAME; sacctmgr show "
        "associations user=$USER lists them)",
    ),
    (
        r"[Pp]artition",
        "see which partitions take jobs (sinfo), and name one (--default-resources "
        "slurm_partition=NAME), or wait until this one does",
    ),
    (
        r"contact|connect|onnection",
        "see whether the cluster is up (scontrol ping)",
    ),
)


def refusal_in(message: str) -> str | None:
    """What SLURM said when it did not take a job, as one line; None of another message."""
    for pattern in _REFUSALS:
        if matched := pattern.search(message):
            lines = (_PREFIX.sub("", line.strip()) for line in matched[1].splitlines())
            return ": ".join(line.rstrip(".:") for line in lines if line)
    return None


def refusal_in_words(said: str) -> tuple[str, str]:
    """What happened and what to do, of what `refusal_in` gave."""
    for pattern, advice in _ADVICE:
        if re.search(pattern, said):
            return f"SLURM did not take a job ({said})", advice
    return f"SLURM did not take a job ({said})", "see to it"


def ended_before_it_began(nodes: Iterable[str]) -> str:
    """A sentence on a job that ended before its work began, on nodes of these names if any."""
    nodes = sorted(set(nodes))
    listed = ",".join(nodes)
    where = f" on {', '.join(nodes)}" if nodes else ""
    without = (
        f" To go on without {listed} meanwhile: --default-resources "
        f"slurm_extra=\"'--exclude={listed}'\"."
        if nodes
        else ""
    )
    return (
        f"STOPPED: a SLURM job ended{where} before its work began. Its log in logs/slurm/ says "
        "why. Every node must see this checkout, its environment and this folder by the paths "
        f"they have here.{without} Then run the same command again: it carries on where it stopped."
    )
