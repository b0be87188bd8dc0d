"""Words that one process leaves to another: all, none, and never in another file."""

import os
import tempfile

import pytest

from drumcorpus.ground.run.last_words import VARIABLE, asked_for, leave, words_left


@pytest.fixture
def last():
    with tempfile.TemporaryFile() as file:
        yield file


def test_what_is_left_is_found_whatever_characters_it_has(last, monkeypatch):
    monkeypatch.setenv(VARIABLE, asked_for(last)[VARIABLE])
    assert leave(begun=True)
    assert leave(said=["größe\n\udce4"], words="first")
    assert leave(words="last")
    assert words_left(last) == {"begun": True, "said": ["größe\n\udce4"], "words": "last"}


@pytest.mark.parametrize(
    "asked", ["", "none", "7", "1:2", "99999:1:1"], ids=["none", "word", "short", "two", "closed"]
)
def test_where_nobody_asks_nothing_is_left(monkeypatch, asked):
    monkeypatch.setenv(VARIABLE, asked)
    assert not leave(words="last")


def test_a_number_that_is_of_another_file_here_is_left_alone(last, tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, asked_for(last)[VARIABLE])
    product = tmp_path / "product"
    product.write_text("")
    taken = os.open(product, os.O_WRONLY)
    os.dup2(taken, last.fileno())
    assert not leave(words="last")
    os.close(taken)
    assert product.read_text() == ""


def test_a_line_that_was_cut_is_passed_over(last):
    last.write(b'{"begun": true}\n{"words": "ST\n[1]\n')
    assert words_left(last) == {"begun": True}
