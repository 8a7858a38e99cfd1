"""The tester of the SCIM community, unmodified, against the application."""

from django.core.handlers.wsgi import WSGIHandler
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from accounts.actions import make_provisioning_key

GOOD = {Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE, Status.SKIPPED}
LEFT_OUT = ["search_with_attributes"]  # users and groups together; each for itself is searched


def test_the_communitys_tester_finds_nothing(transactional_db, max, settings):
    settings.BASE_URL = "http://localhost"
    _key, token = make_provisioning_key(actor=max)
    headers = {"Authorization": f"Bearer {token}"}
    results = check_server(WSGISCIMClient(WSGIHandler(), base_url="http://localhost/scim/v2", headers=headers))

    assert len(results) > 100
    wrong = [f"{one.title}: {one.reason}" for one in results if one.status not in GOOD and one.title not in LEFT_OUT]
    assert wrong == []
