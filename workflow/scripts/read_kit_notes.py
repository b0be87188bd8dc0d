"""Read what notes beside the sounds say of the cymbals of one source set's kits."""

from functools import partial

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.cymbal_names import read_cymbal_words
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.tables import read_table
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.raw_data import open_raw_data
from drumcorpus.source_sets.shared.kit_notes import read_kit_notes
from drumcorpus.stages.crash.kit_notes import gather_kit_notes

inputs, source_set = snakemake.input, snakemake.wildcards.source_set
sessions = read_table(inputs.sessions)
words = read_cymbal_words(read_yaml(inputs.cymbal_words), inputs.cymbal_words)
read = open_raw_data(source_set, snakemake.params.local["roots"], sessions)
kits = gather_kit_notes(sessions, read, partial(read_kit_notes, words=words))
write_json(snakemake.output.notes, {"source_set": source_set, "kits": kits})
numbered = sum(len(kit["cymbals"]) for kit in kits.values())
job.finish({"kits_with_notes": len(kits), "sounds_numbered": numbered})
