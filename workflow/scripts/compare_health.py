"""Compare the figures of one manifest with those that are blessed."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.figures import read_baseline, write_baseline
from drumcorpus.stages.baselines.reports import compare_with_blessed, health_figures
from drumcorpus.ground.files.json_files import read_json, write_json

figures = health_figures(read_json(snakemake.input.report))
blessed = next((read_baseline(path) for path in snakemake.input.get("blessed", [])), None)
comparison = compare_with_blessed(figures, blessed, snakemake.params.tolerances)
write_baseline(snakemake.output.candidate, figures)
write_json(snakemake.output.diff, comparison)
job.finish({name: comparison[name] for name in ("baseline", "n_differences", "n_beyond")})
