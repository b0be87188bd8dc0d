"""Figures that tests measure, printed at the end of the session, whichever worker measured them.

A test takes the fixture `figures` and calls it with a sentence: ``figures("20 kills: 0 lost")``.
"""

import pytest

KEY = "figure"


@pytest.fixture
def figures(request):
    """Call it with one sentence that says what was measured; it decides no test."""
    return lambda sentence: request.node.user_properties.append((KEY, sentence))


def measured(reports):
    """(test, sentence) of all figures in the reports of a session, in order."""
    return [
        (report.nodeid, sentence)
        for report in reports
        if getattr(report, "when", None) == "call"
        for key, sentence in report.user_properties
        if key == KEY
    ]


def pytest_terminal_summary(terminalreporter):
    """Print what was measured, also where tests failed."""
    reports = [report for kind in terminalreporter.stats.values() for report in kind]
    found = measured(reports)
    if found:
        terminalreporter.section("figures measured")
    test = None
    for nodeid, sentence in found:
        if nodeid != test:
            terminalreporter.write_line(nodeid)
        terminalreporter.write_line(f"  {sentence}")
        test = nodeid
