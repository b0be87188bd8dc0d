"""Cut and assemble a part of every export aside, measure it, and take it away again."""

from drumcorpus.ground.run.job import open_job

job = open_job(snakemake)

from drumcorpus.ground.run.raw_sound import export_sound
from drumcorpus.load.checks import check_samples
from drumcorpus.stages.export.smoke import Surroundings, smoke_exports, stop_if_sick
from drumcorpus.stages.export.smoke_report import smoke_in_words
from drumcorpus.stages.gates.gates import failing_export_gates

params, local, sick = snakemake.params, snakemake.params.local, {}
vocabulary = {n: snakemake.input[n] for n in ("taxonomy", "class_maps", "general_midi")}
around = Surroundings(
    open_sound=lambda name, *of: export_sound(name, local["roots"][name], *of),
    progress=job.progress,
    check_samples=check_samples,
    judge=lambda manifest, report: failing_export_gates(report, **local["gates"][manifest]),
    threads=snakemake.threads,
    memory_limit=local["memory_limit"],
)
made = smoke_exports(params.exports, local["tables"], vocabulary, around, **params.smoke)
for name, figures in made:
    job.say(f"{name}\n{smoke_in_words(figures)}")
    sick[name] = figures["sick"]
stop_if_sick(sick)
