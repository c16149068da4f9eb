"""The job that answers a message of the SPDCI standard at its sender's address.

It goes to the address that was registered for him, never to one that a message names. Begun again,
it asks the registry again; an address that does not take the answer is tried some times more.
"""

from collections.abc import Awaitable, Callable, Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from app.commands import spdci
from app.commands.agreements import as_of_now
from app.commands.jobs import JobRun, handles
from app.commands.spdci_subscribing import on_subscribe, on_unsubscribe
from app.db import spdci_requests
from app.db.access import Access
from app.db.sessions import Database
from app.db.tables.base import new_id, now
from app.db.tables.spdci import SpdciRequest
from app.domain.errors import Conflict, Language, Said
from app.domain.jobs import MOST_STARTS, JobKind
from app.domain.sight import USUAL_PURPOSE_OF
from app.domain.spdci import writing
from app.domain.spdci.asking import read_status
from app.domain.spdci.partners import Partner
from app.domain.spdci.words import Action
from app.domain.spdci.writing import Message
from app.exchange.outgoing import Answer, Timeouts, post

OPERATION = "answer_spdci"
TIMEOUTS = Timeouts(look_up=3, connect=3, read=5, body=1, whole=8)


class NotTakenYet(ConnectionError):
    """It passes, perhaps: the worker begins the job again."""


class CallbackNotTaken(Conflict):
    """The partner's address did not take the answer."""

    title = Said(id="Alamat mitra tidak menerima jawaban", en="The answer was not taken")
    detail = Said(
        id="Alamat mitra tidak menerima jawaban ({why}). Perbaiki penerimanya, lalu tanyakan "
        "statusnya (txn/status) atau kirim ulang pesan yang sama.",
        en="The partner's address did not take the answer ({why}). Mend the receiver, then ask for "
        "its status (txn/status) or send the same message again.",
    )


@handles(JobKind.ANSWER_SPDCI)
async def answer_spdci(database: Database, run: JobRun) -> None:
    assert run.webhooks is not None, "a worker that answers knows where it may post"  # noqa: S101
    actor = await as_of_now(database, run.by)
    partner = await spdci.partner_of(database, actor)
    async with run.transaction() as session:
        rows = await spdci_requests.of_message(
            session, run.subject_id, within=actor.region, by=actor
        )
        if not rows or partner is None:
            return
        access = Access(actor, USUAL_PURPOSE_OF[actor.role], OPERATION, run.errand.request_id)
        answer = await _ANSWERS[rows[0].action](session, rows, partner, access)
    body = spdci.written(spdci.signed(answer, run.webhooks.sign))
    await _deliver(run, partner.address(rows[0].action), body)
    async with run.transaction() as session:
        await spdci_requests.answered(session, run.subject_id, now(), within=actor.region, by=actor)


async def _deliver(run: JobRun, url: str, body: bytes) -> None:
    """No hand waits for an address that is away: the queue comes again in some seconds."""
    assert run.webhooks is not None  # noqa: S101
    networks = run.webhooks.networks
    answer = await post(url, body, spdci.HEADERS, networks=networks, timeouts=TIMEOUTS)
    if answer.is_taken:
        return
    if run.start < MOST_STARTS:
        raise NotTakenYet(_why(answer))
    raise CallbackNotTaken(why=_why(answer))


def _why(answer: Answer) -> str:
    return str(answer.status) if answer.reason is None else answer.reason.value


# --- what is answered

LANGUAGE = Language.INDONESIAN  # where a request names none


async def _search(
    session: AsyncSession, rows: Sequence[SpdciRequest], partner: Partner, access: Access
) -> Message:
    items = [
        await spdci.answered(session, spdci.request_in(each), access=access, language=LANGUAGE)
        for each in rows
    ]
    first = rows[0]
    message = writing.search_message(first.transaction_id, first.correlation_id, items)
    return writing.answer(
        Action.SEARCH, message, id_=new_id(), at=now(), to=partner.sender_id, items=items
    )


async def _status(
    session: AsyncSession, rows: Sequence[SpdciRequest], partner: Partner, access: Access
) -> Message:
    first = rows[0]
    asked = {"transaction_id": first.transaction_id, "txnstatus_request": first.asked["content"]}
    transaction_id, status = read_status(asked)
    return await spdci.status_of(
        session,
        transaction_id,
        status,
        correlation_id=first.correlation_id,
        to=partner.sender_id,
        access=access,
        language=LANGUAGE,
    )


Writer = Callable[[AsyncSession, Sequence[SpdciRequest], Partner, Access], Awaitable[Message]]
_ANSWERS: dict[Action, Writer] = {
    Action.SEARCH: _search,
    Action.TXN_STATUS: _status,
    Action.SUBSCRIBE: on_subscribe,
    Action.UNSUBSCRIBE: on_unsubscribe,
}
