"""When jobs of one machine begin: at once; the scheduler looks once for each job that ends."""

import pytest

pytestmark = pytest.mark.workflow

SHARDS = [f"results/sessions/groove_mididataset/{number:03d}.parquet" for number in range(8)]


def looks(project, *arguments):
    """How often the scheduler looked at the jobs that are ready, most of which wait for a core."""
    shards = f"source_sets={{groove_mididataset: {{shards: {len(SHARDS)}}}}}"
    options = ["--verbose", "--forceall", "--cores", "1", "--config", shards, *arguments]
    return project.snakemake(*options, "--", *SHARDS).said.count("Ready jobs: ")


@pytest.mark.long
def test_the_scheduler_looks_once_for_each_job_that_ends(unmade):
    n_jobs = len(SHARDS) + 1  # and the inventory
    assert looks(unmade) <= n_jobs
    assert looks(unmade, "--max-jobs-per-timespan", "200/1s") > n_jobs
