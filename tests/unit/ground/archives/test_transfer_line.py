"""A transfer has one line on a terminal, in its width, and a line when it is done elsewhere."""

import io

import pytest

from drumcorpus.ground.archives.transfer_line import TransferLine


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock():
    """A clock that stands still until it is set."""

    class Clock:
        now = 0.0

        def __call__(self):
            return self.now

    return Clock()


def line_on(stream, clock, columns=80):
    return TransferLine(stream, clock, lambda: columns)


def test_off_a_terminal_a_step_has_one_line_when_it_is_done(clock):
    stream = io.StringIO()
    line = line_on(stream, clock)
    line.begin("set.zip", 3_000_000)
    for clock.now in range(10):
        line.advance(300_000)
    line.begin("checking set.zip", 3_000_000)
    line.advance(3_000_000)
    line.end()
    line.end()
    assert stream.getvalue() == "set.zip: 3 MB\nchecking set.zip: 3 MB\n"


def test_one_more_try_of_the_same_is_no_step_of_its_own(clock):
    stream = io.StringIO()
    line = line_on(stream, clock)
    line.begin("set.zip", 3_000_000)
    line.advance(1_000_000)
    line.say("set.zip: broke off")
    line.begin("set.zip", 3_000_000, 1_000_000)
    line.advance(2_000_000)
    line.end()
    assert stream.getvalue() == "set.zip: broke off\nset.zip: 3 MB\n"


def test_a_terminal_has_a_line_that_is_written_over(clock, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    line = line_on(stream, clock)
    line.begin("set.zip", 5_000_000_000, 1_000_000_000)
    line.advance(1_000_000)
    assert stream.getvalue() == ""  # a quarter of a second has not passed
    clock.now = 10.0
    line.advance(399_000_000)
    assert stream.getvalue() == ("\r\x1b[Kset.zip  1.4 GB of 5 GB  28%  40 MB/s  90 s left")


@pytest.mark.parametrize("columns", [10, 40, 79])
def test_the_line_fits_any_width(clock, columns):
    line = line_on(Terminal(), clock, columns)
    line.begin("checking slakh2100_flac_redux.tar.gz", 104_322_767_708)
    line.advance(50_000_000_000)
    assert len(line.line(600.0)) < columns
    assert line.line(600.0).startswith("checking")


@pytest.mark.parametrize(
    ("done", "elapsed", "left"),
    [
        (100, 10.0, "90 s left"),
        (10, 10.0, "16 min left"),
        (1, 100.0, "27.8 h left"),
    ],
)
def test_the_time_left_is_said_in_words(clock, done, elapsed, left):
    line = line_on(Terminal(), clock)
    line.begin("a", 1000)
    line.advance(done)
    assert line.line(elapsed).endswith(left)


def test_of_an_unknown_size_the_rate_is_said(clock):
    line = line_on(Terminal(), clock)
    line.begin("a", None)
    assert line.line(2.0) == "a  0 bytes"
    line.advance(4000)
    assert line.line(0.5) == "a  4 kB"
    assert line.line(2.0) == "a  4 kB  2 kB/s"


def test_nothing_is_left_of_the_line_when_it_is_taken_away(clock, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    for stream, cleared in ((Terminal(), "\r\x1b[K"), (io.StringIO(), "")):
        line_on(stream, clock).clear()
        assert stream.getvalue() == cleared
