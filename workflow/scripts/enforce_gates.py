"""Stop where a gate fails and is not waived, unless the config says to report only."""

from drumcorpus.ground.run.job import open_job

job = open_job(snakemake)

from drumcorpus.ground.files.json_files import read_json, write_json
from drumcorpus.ground.run.kept import standing
from drumcorpus.stages.gates.gates import enforce_gates, may_stand, waivers_in_words

name = snakemake.wildcards.measured.removeprefix("source_sets/")
mode = snakemake.params.local["mode"]
# One that stands may have been let through by the other mode.
job.leave_if_fresh(also=lambda: may_stand(read_json(standing(snakemake.output.verdict)), mode))
report = read_json(snakemake.input.report)
verdicts = report["gates"]
verdict = enforce_gates(verdicts, of=name, mode=mode, figures=snakemake.input.after[0])
for sentence in waivers_in_words(verdicts):
    job.say(sentence)
verdict["has_events"] = report["totals"]["events"] > 0
write_json(snakemake.output.verdict, verdict)
job.finish({name: len(verdict[name]) for name in ("failed", "waived", "unneeded_waivers")})
