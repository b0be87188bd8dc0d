"""Draw the metrics of every source set over all releases."""

from pathlib import Path

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.stages.releases.trend import read_snapshots, render_trend_page

paths = [Path(path) for path in [*snakemake.input.snapshots, *snakemake.input.earlier]]
snapshots = read_snapshots((path.parents[1].name, path) for path in paths)
write_text(snakemake.output.page, render_trend_page(snapshots))
job.finish({"snapshots": len(paths)})
