"""Rate the clips of the review as reviewers who do not exist."""

from pathlib import Path

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.demo.ratings import REVIEWERS, rate_clips
from drumcorpus.ground.files.jsonl import read_rows, write_rows

clips = list(read_rows(snakemake.input.clips))
counters = {"clips": len(clips)}
for path in map(Path, snakemake.output.ratings):
    ratings = rate_clips(clips, REVIEWERS[path.stem], seed=snakemake.params.seed)
    counters[path.stem] = write_rows(path, ratings)
job.finish(counters)
