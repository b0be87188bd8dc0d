"""Stop where a gate fails and is not waived, unless the config says to report only."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.json_files import read_json, write_json
from drumcorpus.stages.gates.gates import enforce_gates

verdicts = read_json(snakemake.input.report)["gates"]
verdict = enforce_gates(verdicts, manifest=snakemake.wildcards.manifest, mode=snakemake.params.mode)
for row in verdicts:
    if row["waiver"]:
        job.say(
            f"{row['gate']} ({row['status']}, waiver {row['waiver']['state']}): {row['sentence']}"
        )
write_json(snakemake.output.verdict, verdict)
job.finish({name: len(verdict[name]) for name in ("failed", "waived", "unneeded_waivers")})
