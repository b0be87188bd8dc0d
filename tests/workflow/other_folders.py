"""What tests share that make a built project's products in another folder, such as a small disk."""

from small_project import Project

MAKE_RUN = ("-m", "drumcorpus.ground.run.launch")
SNAKEMAKE = ("-m", "snakemake")
# What writing leaves beside a product while it is at work.
HALF_MADE = (".part", ".link", ".old")


def command_into(built: Project, folder, command=MAKE_RUN) -> list[str]:
    """The arguments of Python that make `all` in `folder`, by the code and data of `built`."""
    folder.mkdir(exist_ok=True)
    for name in ("raw", "gates.yaml"):  # pages show the paths that the config has
        link = folder / name
        if not link.is_symlink():
            link.symlink_to(built.path(name))
    config = str(built.path("mine.yaml"))
    options = ["--configfile", config, "--directory", str(folder), "--cores", "2"]
    return [*command, *options, "--quiet", "rules", "--", "all"]


def half_made(folder) -> list[str]:
    """Everything in a working folder that a writer has begun and not put in its place."""
    found = [path for path in folder.rglob(".*") if path.name.endswith(HALF_MADE)]
    return sorted(path.relative_to(folder).as_posix() for path in found)
