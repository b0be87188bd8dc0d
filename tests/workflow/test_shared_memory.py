"""Jobs on one machine share its memory: no job asks for more, and the limit is one of the run."""

import re

import pytest

from drumcorpus.ground.run.resources import AROUND_MB, NEEDS, machine_memory_mb

pytestmark = pytest.mark.workflow


def asked(project, *arguments):
    """The megabytes that the jobs of a plan ask for, each once."""
    said = project.snakemake("--dry-run", *arguments, "--", "all").said
    return {int(number) for number in re.findall(r"mem_mb=(\d+)", said)}


def test_jobs_ask_for_what_they_need(unmade):
    largest = AROUND_MB + max(NEEDS[name].mem_mb for name in ("embed_crashes", "ingest_sessions"))
    assert max(asked(unmade)) == min(largest, machine_memory_mb())
    assert min(asked(unmade)) == AROUND_MB + 200


@pytest.mark.parametrize(
    "arguments, limit",
    [
        (["--config", "resources={memory_mb: 600}"], 600),
        (["--resources", "mem_mb=650"], 650),
        (["--resources", "mem_mb=650", "--config", "resources={memory_mb: 600}"], 650),
    ],
    ids=["config", "option", "option_first"],
)
def test_no_job_asks_for_more_than_is_shared(unmade, arguments, limit):
    assert max(asked(unmade, *arguments)) == limit
