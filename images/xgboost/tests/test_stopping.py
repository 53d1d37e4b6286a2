"""Being asked to stop, alone and among hosts."""

from xgboost_image.stopping import StopRequest


def test_all_hosts_stop_when_one_of_them_was_asked() -> None:
    stop = StopRequest()

    assert stop.agreed(lambda own: True)
    assert stop.made


def test_a_request_that_comes_while_the_hosts_ask_each_other_stands_for_the_next_round() -> None:
    stop = StopRequest()

    def ask(own: bool) -> bool:
        stop.note()
        return own

    assert not stop.agreed(ask)
    assert stop.agreed(lambda own: own)
