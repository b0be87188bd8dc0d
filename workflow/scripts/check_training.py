"""Learn from the training split of an export, and score its test split."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.settings import read_settings
from drumcorpus.ground.files.taxonomy_files import load_taxonomy
from drumcorpus.stages.train_check.check import check_training
from drumcorpus.stages.train_check.describe import by_family, read_described
from drumcorpus.stages.train_check.settings import TrainCheckSettings

settings = read_settings(TrainCheckSettings, snakemake.params.check)
described = by_family(
    read_described(snakemake.input.events, settings.features), snakemake.input.splits
)
families = load_taxonomy(*snakemake.input.taxonomy).families
crashes = [label for label, family in families.items() if family == "crash"]
report = check_training(described, settings, crashes)
names = snakemake.wildcards
write_json(snakemake.output.report, report | {"manifest": names.manifest, "export": names.export})
job.finish({"events": len(described.truth), "classes": len(described.classes)})
