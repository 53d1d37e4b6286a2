"""Whether SageMaker has asked the job to stop."""

import signal
import threading
from collections.abc import Callable


class StopRequest:
    """SIGTERM, noted; the boosting round that has begun is finished first.

    SIGTERM comes two minutes before SIGKILL, so a model is kept if a round takes less than that.
    """

    def __init__(self) -> None:
        self.made = False

    def listen(self) -> None:
        """Note SIGTERM from now on, in a thread of its own.

        The signal is kept from all other threads: it would break off the calls by which XGBoost 1.7 waits
        for other hosts. Threads that exist already are out of reach, so this comes before NumPy is imported.
        """
        signal.signal(signal.SIGTERM, lambda *_: self.note())
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        threading.Thread(target=self._wait, name="stop-request", daemon=True).start()

    def _wait(self) -> None:
        while True:
            signal.sigwait({signal.SIGTERM})
            self.note()

    def note(self) -> None:
        """The job is asked to stop, from now on and for good."""
        self.made = True

    def agreed(self, any_says: Callable[[bool], bool]) -> bool:
        """Whether all hosts stop now; `any_says` tells if any host was asked, by this one's word among them.

        A request that comes while the hosts ask each other is not in their answer. It stands for the next
        round: were it overwritten by the answer, hosts that are asked in one round would train on for ever.
        """
        if any_says(self.made):
            self.made = True
            return True
        return False
