"""Take the fingerprints of the sessions of one shard."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.files.tables import read_table
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.run.raw_data import open_raw_data
from drumcorpus.stages.splits.fingerprints import fingerprint_sessions, sound_of, write_fingerprints
from drumcorpus.stages.splits.unheard_files import unheard_file_finder

source_set, roots = snakemake.wildcards.source_set, snakemake.params.local["roots"]
sessions, files = read_table(snakemake.input.sessions), read_table(snakemake.input.sound_files)
reader = open_raw_data(source_set, roots, sessions, files)
batches = fingerprint_sessions(
    sessions,
    read_table(snakemake.input.events, ["session_id", "onset_time", "audio_path", "components"]),
    read_yaml(snakemake.input.class_maps)["classes_5"],
    sound_of(sessions, reader.verified),
    find_unheard=unheard_file_finder(files, reader),
    on_session=Progress(job.title, sessions.num_rows, "sessions").advance,
    **snakemake.params.fingerprints,
)
job.finish(write_fingerprints(snakemake.output.fingerprints, batches))
