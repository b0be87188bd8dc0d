"""Progress speaks on a terminal and is silent elsewhere."""

import io

from drumcorpus.ground.run.progress import Progress, ProgressByPart


class Terminal(io.StringIO):
    def isatty(self):
        return True


def clock(*seconds):
    times = iter(seconds)
    return lambda: next(times)


def test_a_terminal_sees_items_rate_and_time_left():
    stream = Terminal()
    progress = Progress("ingest 003", 100, "sessions", stream, clock(0.0, 1.0, 4.0))
    progress.advance(10)  # too early to say anything
    progress.advance(30)
    line = stream.getvalue().removeprefix("\r\x1b[K")  # over the bar of the run
    assert line == "  ingest 003: 40 of 100 sessions, 10 a second, 6 s left\n"


def test_a_file_sees_nothing():
    stream = io.StringIO()
    progress = Progress("ingest 003", 2, "sessions", stream, clock(0.0, 60.0, 120.0))
    progress.advance()
    progress.advance()
    assert stream.getvalue() == "" and progress.done == 2


def test_before_the_first_item_the_time_left_is_unknown():
    progress = Progress("x", 5, "files", io.StringIO(), clock(0.0))
    assert progress.line(3.0).endswith("time unknown")
    assert progress.line(0.0).endswith("time unknown")


def test_a_counted_function_counts_each_call_and_gives_its_result():
    progress = Progress("x", 3, "files", io.StringIO(), clock(0.0, 1.0, 2.0))
    double = progress.counting(lambda value: 2 * value)
    assert [double(1), double(2)] == [2, 4]
    assert progress.done == 2


def test_a_log_has_the_lines_that_a_terminal_sees_and_every_part_of_the_work():
    lines = []
    totals = {"train": 80, "validation": 20}
    progress = ProgressByPart(
        "write_samples m clips egmd 000",
        totals,
        "clips",
        stream=io.StringIO(),
        clock=clock(0.0, 1.0, 4.0, 5.0),
        log=lines.append,
    )
    with progress as advance:
        advance("train", 10)  # too early to say anything
        advance("train", 30)
    assert lines == [
        "write_samples m clips egmd 000: 40 of 100 clips, 10 a second, 6 s left "
        "(train 40 of 80, validation 0 of 20)",
        "write_samples m clips egmd 000: 40 clips (train 40, validation 0) in 5.0 s, 8 a second",
    ]


def test_a_part_that_grows_beyond_what_was_expected_takes_its_total_along():
    progress = ProgressByPart("x", {"train": 2}, "segments", clock=clock(0.0, 1.0, 1.0))
    progress.advance_part("train", 3)
    progress.advance_part("test", 1)
    assert progress.line(2.0) == (
        "  x: 4 of 4 segments, 2 a second, 0 s left (train 3 of 3, test 1 of 1)"
    )
