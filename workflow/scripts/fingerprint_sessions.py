"""Take the fingerprints of the sessions of one shard."""

from drumcorpus.ground.run.job import start_job

job = start_job(snakemake)

from drumcorpus.ground.sound.landmarks import SAMPLE_RATE_HZ
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.splits.fingerprints import fingerprint_sessions
from drumcorpus.sessions import file_digests
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.files.raw_files import RawReader
from drumcorpus.ground.sound.recordings import recording_reader
from drumcorpus.schemas import FINGERPRINTS
from drumcorpus.stages.splits.silent_files import silent_file_finder
from drumcorpus.ground.files.tables import count_by, read_table, write_batches

sessions = read_table(snakemake.input.sessions)
sound_files = read_table(snakemake.input.sound_files)
digests = dict(zip(*(sound_files[name].to_pylist() for name in ("path", "sha256")), strict=True))
reader = RawReader(snakemake.params.local["roots"], digests | file_digests(sessions))
progress = Progress(job.title, sessions.num_rows, "sessions")
batches = fingerprint_sessions(
    sessions,
    read_table(snakemake.input.events, ["session_id", "onset_time", "audio_path", "components"]),
    read_yaml(snakemake.input.class_maps)["classes_5"],
    recording_reader(sessions, reader.read, SAMPLE_RATE_HZ),
    find_silent=silent_file_finder(sound_files, reader),
    on_session=progress.advance,
    **snakemake.params.fingerprints,
)
fingerprints = snakemake.output.fingerprints
n_sessions = write_batches(fingerprints, FINGERPRINTS, batches)
job.finish({"sessions": n_sessions, **count_by(fingerprints, "audio_reason")})
