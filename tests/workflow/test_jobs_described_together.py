"""Jobs that are done together are described, without Snakemake's objects, as Snakemake has them."""

import re

import pytest

from drumcorpus.ground.run.ask_snakemake import plan_jobs

pytestmark = pytest.mark.workflow

TOLD = ("inputs", "outputs", "params", "benchmark")
# The demo's groups, and batches of the shards of a set that is none.
CONFIGS = {
    "demo": ["--config", "demo={together: 3}"],
    "batches": [
        *("--config", "use=[groove_mididataset, enst_drums]", "demo={together: null}"),
        *("source_sets={groove_mididataset: {shards: 7}}", "resources={jobs_per_set: 3}"),
    ],
}


@pytest.mark.parametrize("name", CONFIGS)
def test_each_job_is_described_as_where_it_is_alone(name, repo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    described = []
    for alone in ("", "1"):
        monkeypatch.setenv("DRUMCORPUS_ALONE", alone)
        planned = plan_jobs(repo, CONFIGS[name], ["all"], forced=True)
        assert not planned["problem"]
        described.append(
            {
                # What was seen of raw files lies in a folder of the call, where none is kept.
                (job["rule"], *sorted(job["wildcards"].items())): [
                    re.sub(r"drumcorpus-look-\w+", "look", str(job[key])) for key in TOLD
                ]
                for job in planned["jobs"]
            }
        )
    together, alone = described
    assert len(alone) > 60
    assert together == alone
