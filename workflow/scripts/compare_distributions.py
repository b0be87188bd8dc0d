"""Find what has drifted in the source sets of one manifest."""

from pathlib import Path

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.figures import read_baseline
from drumcorpus.stages.baselines.distribution import describe_drift
from drumcorpus.ground.files.json_files import write_json

now, frozen = (
    {Path(path).name.split(".")[0]: read_baseline(path) for path in paths}
    for paths in (snakemake.input.candidates, snakemake.input.get("blessed", []))
)
drift = describe_drift(now, frozen, snakemake.params.distribution)
write_json(snakemake.output.drift, drift)
job.finish({"baseline": drift["baseline"], "n_drifted": drift["n_drifted"]})
