"""List the clips of the review of crashes, for people who rate them."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.files.jsonl import write_rows
from drumcorpus.stages.corpora.review_clips import review_clips

source_sets = snakemake.params.source_sets
doubts = zip(source_sets, map(read_json, snakemake.input.doubts), strict=True)
clips, counters = review_clips(dict(doubts))
write_rows(snakemake.output.clips, clips)
job.finish(counters)
