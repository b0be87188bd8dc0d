"""A request to end (SIGTERM) that Snakemake always hears.

Its own handler runs in the midst of whatever its main thread does, and takes a lock that this
thread may hold at that moment: then both wait for ever. Here the handler runs in a thread of its
own, which waits until the lock is free.
"""

import signal
import threading


def hear_termination() -> None:
    """From here on the present handler of SIGTERM runs beside the main thread, not within it.

    To be called from the main thread, once Snakemake has set its handler; where there is none,
    nothing is changed.
    """
    handler = signal.getsignal(signal.SIGTERM)
    if not callable(handler):
        return

    def run_beside(number, frame):
        threading.Thread(target=handler, args=(number, None), daemon=True).start()

    signal.signal(signal.SIGTERM, run_beside)
