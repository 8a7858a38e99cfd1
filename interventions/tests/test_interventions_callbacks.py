"""Telling the caller's URL: a real receiver, a real worker, and addresses nobody may point us at."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from asgiref.sync import sync_to_async
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.db import connection, connections
from procrastinate.contrib.django import app as jobs
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import Membership
from audit.models import Entry
from interventions import actions, tasks
from interventions.actions import Question
from interventions.callbacks import address_of, check_url
from interventions.models import Delivery, Intervention
from kit.errors import BadInput, Refusal


class Receiver(ThreadingHTTPServer):
    """A caller's own server: it answers with these statuses in turn, then 200, and keeps what it got."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Hook)
        self.statuses: list[int] = []
        self.letters: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.trickles = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hooks?from=chameleon"


class Hook(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.server.letters.append(msgspec.json.decode(self.rfile.read(int(self.headers["Content-Length"]))))
        self.server.headers.append(dict(self.headers) | {"path": self.path})
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 200)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        while self.server.trickles:
            self.wfile.write(b"x-more: of the same\r\n")
            time.sleep(0.05)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def receiver(transactional_db: None, settings: Any) -> Iterator[Receiver]:
    settings.CALLBACKS_TO_PRIVATE = True
    ProcrastinateJob.objects.all()._raw_delete("default")  # what other tests left: their tables are not flushed
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.trickles = False
    server.shutdown()
    server.server_close()
    thread.join()


def settled(sys: Membership, ada: Membership, url: str) -> Intervention:
    asked = actions.raise_intervention(Question(kind="approval", title="Deploy 4.18.2", callback_url=url), actor=sys)
    return actions.approve(asked.pk, reason="Green.", actor=ada)


def certificate_of(name: str, folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


def work() -> None:
    """What a worker would do now: every job that is due, waits cut short."""
    connection.cursor().execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")

    async def run() -> None:
        worker = jobs.with_connector(jobs.connector.get_worker_connector())
        async with worker.open_async():
            await worker.run_worker_async(
                queues=["deliveries"], wait=False, listen_notify=False, install_signal_handlers=False
            )
        # The worker's clock opened one, in a thread that outlives the test.
        await sync_to_async(connections.close_all)()

    asyncio.run(run())


def test_the_caller_is_told_what_was_decided_and_by_whom(sys, ada, receiver):
    question = settled(sys, ada, receiver.url)
    work()

    (letter,) = receiver.letters
    assert letter["type"] == "intervention.approved"
    assert letter["intervention"]["id"] == str(question.pk)
    assert letter["intervention"]["decision"]["by"] == "Ada Nyström"
    assert letter["intervention"]["decision"]["source"] == "human"
    (headers,) = receiver.headers
    assert headers["path"] == "/hooks?from=chameleon"
    assert headers["Host"] == f"127.0.0.1:{receiver.server_address[1]}"
    assert headers["Content-Type"] == "application/json"
    assert headers["Webhook-Id"] == str(question.pk)
    delivery = Delivery.objects.get(intervention=question)
    assert (delivery.attempts, delivery.status_code, delivery.error) == (1, 200, "")
    assert delivery.delivered_at is not None
    entry = Entry.objects.about("intervention", question.pk).latest("pk")
    assert (entry.verb, entry.actor_role, entry.data) == ("delivery.made", "System", {"attempt": 1, "status_code": 200})


def test_a_receiver_that_fails_is_told_again_until_it_listens(sys, ada, receiver):
    receiver.statuses = [500, 302, 404]
    question = settled(sys, ada, receiver.url)
    told = []
    for _ in range(5):
        work()
        delivery = Delivery.objects.get(intervention=question)
        told.append((delivery.attempts, delivery.status_code, delivery.delivered_at is not None))

    assert told == [(1, 500, False), (2, 302, False), (3, 404, False), (4, 200, True), (4, 200, True)]
    assert ProcrastinateJob.objects.filter(queue_name="deliveries", status="succeeded").count() == 1
    assert [e.verb for e in Entry.objects.filter(verb__startswith="delivery.").order_by("pk")] == [
        "delivery.failed",
        "delivery.failed",
        "delivery.failed",
        "delivery.made",
    ]


def test_the_next_attempt_waits_longer_each_time(sys, ada, receiver):
    receiver.statuses = [503, 503]
    settled(sys, ada, receiver.url)
    waits = []
    for _ in range(2):
        work()
        job = ProcrastinateJob.objects.get(queue_name="deliveries")
        waits.append(round(job.scheduled_at.timestamp() - time.time()))

    assert waits == [pytest.approx(4, abs=2), pytest.approx(16, abs=2)]


def test_the_job_gives_up_after_eight_attempts_and_the_row_says_so(sys, ada, receiver):
    receiver.statuses = [500] * 20
    question = settled(sys, ada, receiver.url)
    for _ in range(10):
        work()

    assert len(receiver.letters) == 8
    assert Delivery.objects.get(intervention=question).attempts == 8
    assert ProcrastinateJob.objects.get(queue_name="deliveries").status == "failed"


def test_a_receiver_that_is_gone_for_good_is_left_alone(sys, ada, receiver):
    receiver.statuses = [410]
    question = settled(sys, ada, receiver.url)
    work()
    work()

    assert len(receiver.letters) == 1
    assert Delivery.objects.get(intervention=question).status_code == 410


def test_a_job_that_runs_twice_tells_once(sys, ada, receiver):
    question = settled(sys, ada, receiver.url)
    work()
    asyncio.run(tasks.tell_caller(intervention_id=str(question.pk)))

    assert len(receiver.letters) == 1
    assert Delivery.objects.get(intervention=question).attempts == 1


def test_nobody_listening_is_written_down(sys, ada, receiver):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        question = settled(sys, ada, f"http://127.0.0.1:{taken.getsockname()[1]}/")
        work()

    delivery = Delivery.objects.get(intervention=question)
    assert delivery.status_code is None
    assert delivery.error.startswith("ConnectError")


def test_a_receiver_that_never_ends_its_answer_is_cut_off(sys, ada, receiver, monkeypatch):
    monkeypatch.setattr(tasks, "DELIVERY_SECONDS", 0.5)
    receiver.trickles = True
    question = settled(sys, ada, receiver.url)
    began = time.monotonic()
    work()

    assert time.monotonic() - began < 5
    assert Delivery.objects.get(intervention=question).error.startswith("TimeoutError")


def test_a_url_that_has_come_to_lead_inside_is_not_called_nor_tried_again(sys, ada, receiver, settings, monkeypatch):
    question = settled(sys, ada, receiver.url.replace("127.0.0.1", "localhost"))
    settings.CALLBACKS_TO_PRIVATE = False
    work()
    work()

    assert receiver.letters == []
    delivery = Delivery.objects.get(intervention=question)
    assert (delivery.attempts, delivery.error) == (1, "localhost leads to an address that is not a public one.")


@pytest.mark.parametrize("name, error", [("hooks.example", ""), ("other.example", "ConnectError")])
def test_the_certificate_has_to_be_that_of_the_name(sys, ada, receiver, monkeypatch, tmp_path, name, error):
    """We connect to an address we looked up, and still ask for the name."""
    certificate, key = certificate_of("hooks.example", tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    receiver.socket = context.wrap_socket(receiver.socket, server_side=True)

    async def resolve(_url: httpx.URL) -> str:
        return "127.0.0.1"

    monkeypatch.setattr(tasks, "address_of", resolve)
    monkeypatch.setattr(tasks, "_trusted", lambda: ssl.create_default_context(cafile=certificate))
    question = settled(sys, ada, f"https://{name}:{receiver.server_address[1]}/")
    work()

    delivery = Delivery.objects.get(intervention=question)
    assert (delivery.status_code, delivery.error.partition(":")[0]) == (None if error else 200, error)


async def test_what_is_connected_to_is_what_was_checked(settings, monkeypatch):
    """A name that answers differently the second time gains nothing: it is not asked a second time."""
    settings.CALLBACKS_TO_PRIVATE = False
    answers = [[(2, 1, 6, "", ("127.0.0.1", 0)), (2, 1, 6, "", ("93.184.215.14", 0))]]

    async def resolve(*_: Any, **__: Any) -> Any:
        return answers.pop(0)

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve, raising=False)

    assert await address_of(httpx.URL("https://rebinding.example/")) == "93.184.215.14"


@pytest.mark.parametrize(
    "url",
    ["https://example.com", "http://example.com:8080/a?b=c#d", "https://93.184.215.14/", "https://[2606:2800::1]/x"],
)
def test_public_urls_may_be_called(url):
    check_url(url, "callback_url")


@pytest.mark.parametrize(
    "url, why",
    [
        ("ftp://example.com/", "http"),
        ("javascript:alert(1)", "http"),
        ("file:///etc/passwd", "http"),
        ("//example.com/", "http"),
        ("example.com/hook", "http"),
        ("https://", "http"),
        ("https://me:secret@example.com/", "password"),
        ("https://token@example.com/", "password"),
        ("https://example.com\\@127.0.0.1/", "password"),
        ("https://example.com/" + "x" * 500, "500"),
        ("https://example.com:99999/", "not a URL"),
        ("https://exa\nmple.com/", "not a URL"),
        ("http://localhost:8000/", "public"),
        ("http://LOCALHOST./", "public"),
        ("http://chameleon.localhost/", "public"),
        ("http://127.0.0.1/", "public"),
        ("http://127.1/", "public"),
        ("http://2130706433/", "public"),
        ("http://0x7f.0.0.1/", "public"),
        ("http://0.0.0.0/", "public"),
        ("http://10.1.2.3/", "public"),
        ("http://172.16.0.1/", "public"),
        ("http://192.168.1.1/", "public"),
        ("http://100.64.0.1/", "public"),
        ("http://169.254.169.254/latest/meta-data/", "public"),
        ("http://224.0.0.1/", "public"),
        ("http://[::1]/", "public"),
        ("http://[::]/", "public"),
        ("http://[fe80::1]/", "public"),
        ("http://[fd00::1]/", "public"),
        ("http://[::ffff:127.0.0.1]/", "public"),
        ("http://[64:ff9b::7f00:1]/", "public"),
        ("http://[2002:7f00:1::]/", "public"),
    ],
)
def test_what_may_not_be_called(url, why):
    with pytest.raises(BadInput, match=why) as refused:
        check_url(url, "callback_url")

    assert refused.value.errors[0]["field"] == "callback_url"


def test_an_installation_at_home_may_call_itself(settings):
    settings.CALLBACKS_TO_PRIVATE = True

    check_url("http://localhost:8000/hook", "callback_url")
    check_url("http://192.168.1.20/hook", "callback_url")


async def test_a_name_that_leads_inside_is_refused_when_it_is_looked_up(settings):
    settings.CALLBACKS_TO_PRIVATE = False

    with pytest.raises(Refusal, match="not a public one"):
        await address_of(httpx.URL("http://localhost/"))


def test_a_question_with_such_a_url_is_not_asked(sys):
    with pytest.raises(BadInput, match="callback_url"):
        actions.raise_intervention(
            Question(kind="approval", title="x", callback_url="http://169.254.169.254/"), actor=sys
        )
    assert not Intervention.objects.exists()
