"""Stop a release where crash classes are learned worse than when the check was blessed."""

from drumcorpus.ground.run.job import open_job

job = open_job(snakemake)

from drumcorpus.ground.files.json_files import read_json, write_json
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.kept import standing
from drumcorpus.stages.gates import gates as judge
from drumcorpus.stages.gates.train_gates import state_of

mode, name = snakemake.params.local["mode"], snakemake.wildcards.manifest
# One that stands may have been let through by the other mode.
stands = snakemake.output.verdict
job.leave_if_fresh(also=lambda: judge.may_stand(read_json(standing(stands)), mode))
reports = {key: read_json(snakemake.input[key]) for key in ("present", "blessed")}
gates, expired = read_yaml(snakemake.input.gates), snakemake.params.expired_waivers
verdicts = judge.check_release_gates(reports, gates, expired=expired)
figures = {"of": f"the training check of {name}", "figures": str(snakemake.input.present)}
verdict = judge.enforce_gates(verdicts, mode=mode, **figures)
for sentence in judge.waivers_in_words(verdicts):
    job.say(sentence)
stated = {"state": state_of(verdicts), "sentences": [each["sentence"] for each in verdicts]}
write_json(snakemake.output.verdict, verdict | stated)
job.finish({name: len(verdict[name]) for name in ("failed", "waived", "unneeded_waivers")})
