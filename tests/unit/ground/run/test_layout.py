"""Products are never taken for raw data: a layout in which they could be is refused."""

import pytest

from drumcorpus.ground.run.layout import check_layout


@pytest.fixture
def disk(tmp_path):
    """A checkout, a working folder elsewhere, and raw data beside both."""
    for name in (
        *("checkout/src", "checkout/resources", "checkout/data/raw/groove"),
        *("work/results/export", "work/reports", "work/.drumcorpus", "work/data/raw/egmd"),
        *("raw/groove/drummer1", "raw/egmd", "lists"),
    ):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def check(disk, roots, working_folder="work", kinds=None, written=("lists",)):
    named = {name: [str(disk / root) for root in paths] for name, paths in roots.items()}
    check_layout(
        named,
        kinds or {},
        working_folder=disk / working_folder,
        checkout=disk / "checkout",
        written=[str(disk / folder) for folder in written],
    )


@pytest.mark.parametrize(
    ("roots", "working_folder"),
    [
        ({"groove": ["raw/groove"], "egmd": ["raw/egmd"]}, "work"),
        ({"groove": ["raw/groove", "raw/groove2"]}, "work"),
        ({"egmd": ["work/data/raw/egmd"]}, "work"),
        ({"groove": ["checkout/data/raw/groove"]}, "checkout"),
        ({"groove": ["checkout/data/raw/groove"]}, "work"),
        ({"groove": ["not/there"]}, "work"),
        ({"groove": ["work/results2"]}, "work"),
    ],
    ids=["apart", "two_roots", "below", "in_checkout", "elsewhere", "absent", "like_results"],
)
def test_raw_data_beside_products_are_no_problem(disk, roots, working_folder):
    check(disk, roots, working_folder)


REFUSED = [
    ({"groove": ["work"]}, "is the working folder", "work_is_root"),
    ({"groove": ["."]}, "holds the working folder", "work_in_root"),
    ({"groove": ["checkout"]}, "is the checkout", "checkout_is_root"),
    ({"groove": ["work/results/export"]}, "lies in results", "root_in_results"),
    ({"groove": ["work/results"]}, "holds results", "root_is_results"),
    ({"groove": ["work/reports"]}, "holds reports", "root_is_reports"),
    ({"groove": ["work/.drumcorpus"]}, "holds .drumcorpus", "root_is_state"),
    ({"groove": ["checkout/src"]}, "lies in src of the checkout", "root_in_code"),
    ({"groove": ["checkout/resources"]}, "lies in resources of the checkout", "root_in_resources"),
    ({"groove": ["lists"]}, "where products are written", "root_has_lists"),
    ({"groove": ["raw/groove"], "egmd": ["raw/groove"]}, "groove and egmd have one root", "shared"),
    ({"groove": ["raw/groove/."], "egmd": ["raw/groove/"]}, "have one root", "shared_otherwise"),
    (
        {"groove": ["raw"], "egmd": ["raw/egmd"]},
        "a root of groove, which would take its files too",
        "nested",
    ),
    (
        {"egmd": ["raw/egmd"], "groove": ["raw"]},
        "a root of groove, which would take its files too",
        "nested_the_other_way",
    ),
    ({"groove": ["raw/groove", "raw/groove"]}, "are one folder; name it once", "twice"),
    ({"groove": ["raw/groove", "raw/groove/drummer1"]}, "lies in", "nested_in_one_set"),
]


@pytest.mark.parametrize(
    ("roots", "reason"),
    [(roots, reason) for roots, reason, _ in REFUSED],
    ids=[name for *_, name in REFUSED],
)
@pytest.mark.parametrize("through", ["as_written", "links"])
def test_a_layout_in_which_products_could_be_raw_data_is_refused(disk, roots, reason, through):
    if through == "links":
        links = {}
        for name, paths in roots.items():
            for number, path in enumerate(paths):
                link = disk / f"{name}{number}"
                link.symlink_to(disk / path)
                links.setdefault(name, []).append(link.name)
        roots = links
    with pytest.raises(ValueError, match=r"^config: source_sets") as error:
        check(disk, roots)
    assert reason in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_link_that_leads_products_into_a_root_is_followed(disk):
    (disk / "work/results/export").rmdir()
    (disk / "work/results").rmdir()
    (disk / "work/results").symlink_to(disk / "raw/groove/drummer1")
    with pytest.raises(ValueError, match="holds results, where products are written"):
        check(disk, {"groove": ["raw/groove"]})


def test_sets_of_one_kind_may_share_a_root(disk):
    roots = {"enst_wet": ["raw/groove"], "enst_dry": ["raw/groove"]}
    check(disk, roots, kinds=dict.fromkeys(roots, "enst_drums"))
    with pytest.raises(ValueError, match="have one root"):
        check(disk, roots)


def test_every_root_with_a_problem_is_named(disk):
    with pytest.raises(ValueError) as error:
        check(disk, {"groove": ["work"], "egmd": ["checkout/src"]})
    lines = str(error.value).splitlines()
    assert "groove" in lines[0]
    assert "egmd" in lines[1]
