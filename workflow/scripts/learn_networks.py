"""Let networks learn from an export, and score its test split; without torch say that none did."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.settings import read_settings
from drumcorpus.ground.files.taxonomy_files import load_taxonomy
from drumcorpus.load.exports import open_export
from drumcorpus.stages.train_check.network_check import check_networks
from drumcorpus.stages.train_check.network_settings import NetworkSettings

params, of = snakemake.params, dict(snakemake.wildcards.items())
families = load_taxonomy(*snakemake.input.taxonomy).families
report = check_networks(
    open_export(f"results/export/{of['manifest']}/{of['export']}"),
    snakemake.input.splits,
    read_settings(NetworkSettings, params.networks),
    labels=list(families),
    crashes=[label for label, family in families.items() if family == "crash"],
    n_draws=params.draws,
    n_threads=snakemake.threads,
    memory=params.local["memory"],
    say=job.say,
    progress=job.progress,
)
write_json(snakemake.output.report, report | of)
job.finish({"seeds": len(report.get("seeds", []))})
