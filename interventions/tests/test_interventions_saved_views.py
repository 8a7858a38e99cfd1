"""Ways to look at the queue that are worth a name: one's own, or shared with the organization."""

import pytest

from interventions import actions
from interventions.models import SavedView
from interventions.tests.asking import verbs
from kit.errors import BadInput, NotAllowed, NotThere, Refusal

MONEY = "gate=refunds&kind=approval"


@pytest.fixture
def money(ada) -> SavedView:
    return actions.create_saved_view("Money", query=MONEY, actor=ada)


def tabs_of(client_of, member) -> str:
    page = client_of(member).get("/").text
    return page[page.index('<nav class="tabs"') : page.index("</nav>", page.index('<nav class="tabs"'))]


def test_a_view_is_a_tab_of_its_owner(client_of, ada, bo, money):
    assert "?gate=refunds&amp;kind=approval" in tabs_of(client_of, ada)
    assert "Money" not in tabs_of(client_of, bo)


def test_a_shared_view_is_everybodys_tab_and_no_strangers(client_of, ada, bo, vi, cy, money):
    actions.change_saved_view(money.pk, name="Money first", is_shared=True, actor=ada)

    for member in (ada, bo, vi):
        assert "Money first" in tabs_of(client_of, member)
    assert "Money" not in tabs_of(client_of, cy)


def test_each_change_leaves_its_line(ada, money):
    actions.change_saved_view(money.pk, name="Cash", is_shared=True, actor=ada)
    actions.delete_saved_view(money.pk, actor=ada)

    assert verbs(money) == ["saved_view.created", "saved_view.changed", "saved_view.deleted"]
    assert not SavedView.objects.exists()


def test_only_its_owner_changes_a_view(ada, bo, cy, money):
    actions.change_saved_view(money.pk, name="Money", is_shared=True, actor=ada)

    for act in (
        lambda who: actions.delete_saved_view(money.pk, actor=who),
        lambda who: actions.change_saved_view(money.pk, name="Mine", is_shared=False, actor=who),
    ):
        with pytest.raises(NotAllowed, match="Ada Nyström"):
            act(bo)
        with pytest.raises(NotThere):
            act(cy)


def test_what_is_not_shared_is_not_there_for_others(bo, money):
    with pytest.raises(NotThere):
        actions.delete_saved_view(money.pk, actor=bo)


def test_a_name_is_given_once_by_each(ada, bo, money):
    with pytest.raises(Refusal, match="already have a view of that name"):
        actions.create_saved_view(" Money ", query="kind=waiver", actor=ada)
    actions.create_saved_view("Money", query="kind=waiver", actor=bo)


@pytest.mark.parametrize("name, query", [(" ", MONEY), ("x" * 61, MONEY), ("Money", "search=" + "x" * 1000)])
def test_what_does_not_fit_is_refused(ada, name, query):
    with pytest.raises(BadInput):
        actions.create_saved_view(name, query=query, actor=ada)


def test_thirty_are_enough(ada, monkeypatch):
    monkeypatch.setattr("interventions.actions.saved_views.MOST_EACH", 1)
    actions.create_saved_view("One", query=MONEY, actor=ada)

    with pytest.raises(Refusal, match="You have 1 views already"):
        actions.create_saved_view("Two", query=MONEY, actor=ada)


# The pages


def test_the_queue_as_it_is_narrowed_is_saved_in_one_spelling(client_of, ada):
    client = client_of(ada)

    answer = client.post(
        "/views", {"name": "Money", "query": "kind=approval&cursor=abc&gate=refunds&status=", "is_shared": "on"}
    )

    assert answer.url == "/?kind=approval&gate=refunds"
    page = client.get(answer.url).text
    assert "Saved: Money" in page
    assert 'aria-current="page">Money</a>' in page
    assert SavedView.objects.get().is_shared


def test_it_is_renamed_and_deleted_from_its_tab(client_of, ada, money):
    client = client_of(ada)

    client.post(f"/views/{money.pk}", {"name": "Cash"})
    assert "Cash" in tabs_of(client_of, ada)
    client.post(f"/views/{money.pk}/deletion")

    assert "Cash" not in tabs_of(client_of, ada)


@pytest.mark.parametrize(
    "said", [{"name": "", "query": MONEY}, {"name": "All", "query": ""}, {"name": "x", "query": "kind=nonsense"}]
)
def test_what_is_no_view_is_refused(client_of, ada, said):
    assert client_of(ada).post("/views", said).status_code == 422
    assert not SavedView.objects.exists()


def test_a_name_with_markup_is_only_a_name(client_of, ada):
    actions.create_saved_view("<script>alert(1)</script>", query=MONEY, actor=ada)

    assert "<script>alert" not in client_of(ada).get("/").text
