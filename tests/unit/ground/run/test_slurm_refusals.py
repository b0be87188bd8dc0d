"""What SLURM says when it takes no job, or when a job never began, is said again with advice."""

import pytest

from drumcorpus.ground.run.slurm_refusals import (
    ended_before_it_began,
    refusal_in,
    refusal_in_words,
)

# As Snakemake's executor passes on what sbatch says.
SBATCH = """\
SLURM sbatch failed. The error message was '{said}'.
    sbatch call:
        sbatch --parsable --job-name 1 --wrap="python -m snakemake"
"""
OF_LIMITS = "Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)"


def batch(said):
    return f"sbatch: error: Batch job submission failed: {said}"


@pytest.mark.parametrize(
    ("lines", "said", "advice"),
    [
        (
            ["sbatch: error: AssocMaxSubmitJobLimit", batch(OF_LIMITS)],
            f"AssocMaxSubmitJobLimit: {OF_LIMITS}",
            "the queue has no room for more of your jobs: wait until some have ended, or keep few",
        ),
        (
            ["sbatch: error: QOSMaxSubmitJobPerUserLimit", batch(OF_LIMITS)],
            f"QOSMaxSubmitJobPerUserLimit: {OF_LIMITS}",
            "the queue has no room for more of your jobs: wait until some have ended, or keep few",
        ),
        (
            [batch("Resource temporarily unavailable")],
            "Resource temporarily unavailable",
            "the queue has no room for more of your jobs: wait until some have ended, or keep few",
        ),
        (
            [batch("Required partition not available (inactive or drain)")],
            "Required partition not available (inactive or drain)",
            "see which partitions take jobs (sinfo), and name one (--default-resources slurm_part",
        ),
        (
            [batch("Invalid account or account/partition combination specified")],
            "Invalid account or account/partition combination specified",
            "name an account that you may use (--default-resources slurm_account=NAME; sacctmgr",
        ),
        (
            [batch("Requested time limit is invalid (missing or exceeds some limit)")],
            "Requested time limit is invalid (missing or exceeds some limit)",
            "ask for less (config: resources.rules), or name a partition that grants more (--def",
        ),
        (
            [batch("Unable to contact slurm controller (connect failure)")],
            "Unable to contact slurm controller (connect failure)",
            "see whether the cluster is up (scontrol ping)",
        ),
    ],
    ids=["account_limit", "qos_limit", "all_jobs", "partition", "account", "time", "controller"],
)
def test_a_job_that_is_not_taken_is_said_with_what_to_do(lines, said, advice):
    refused = refusal_in(SBATCH.format(said="\n".join(lines)))
    assert refused == said
    what, to_do = refusal_in_words(refused)
    assert what == f"SLURM did not take a job ({said})"
    assert to_do.startswith(advice)


def test_an_account_of_somebody_else_is_said_as_the_executor_says_it():
    message = (
        "Job submission failed with exception: The given account nope appears to be invalid. "
        "Available accounts:\nmusic, physics"
    )
    refused = refusal_in(message)
    assert refused.endswith("appears to be invalid. Available accounts: music, physics")
    assert refusal_in_words(refused)[1].startswith("name an account that you may use")


@pytest.mark.parametrize(
    "message", ["", "SLURM-job '7' failed, SLURM status is: 'FAILED'.", "Error in rule all"]
)
def test_a_job_that_was_taken_and_failed_is_no_refusal(message):
    assert refusal_in(message) is None


def test_nodes_on_which_no_job_began_are_named_with_how_to_leave_them_out():
    said = ended_before_it_began(["node7", "node2", "node7"])
    assert said.startswith("STOPPED: a SLURM job ended on node2, node7 before its work began. Its")
    assert "--default-resources slurm_extra=\"'--exclude=node2,node7'\". Then run the" in said
    assert said.endswith("run the same command again: it carries on where it stopped.")


def test_where_no_node_is_told_none_is_named():
    said = ended_before_it_began([])
    assert said.startswith("STOPPED: a SLURM job ended before its work began. Its log in logs/")
    assert "exclude" not in said
