import asyncio

from storyfold.console.readiness import Answer, Probe, ask_all


async def well() -> None:
    return None


async def ill() -> str:
    return "locked; end the process that holds it"


async def silent() -> None:
    await asyncio.Event().wait()


def test_each_part_answers_for_itself() -> None:
    """Answers come in the order of the probes, and one in trouble does not hide the others."""
    answers = asyncio.run(ask_all((Probe("store", well), Probe("broker", ill), Probe("stages", well))))
    assert (Answer("store", None), Answer("broker", "locked; end the process that holds it")) == answers[:2]
    assert Answer("stages", None) == answers[2]


def test_a_part_that_does_not_answer_is_in_trouble() -> None:
    """Silence is an answer: after the deadline it counts as trouble, and says so."""
    (answer,) = asyncio.run(ask_all((Probe("broker", silent),), patience=0.0))
    assert answer.trouble is not None
    assert "no answer within 0 s" in answer.trouble
