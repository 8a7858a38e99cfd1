import math

import pytest

from guardians import registry
from guardians.tests.units import judge
from kit.errors import BadInput

ROUTES = {
    "attribute": "region",
    "routes": {"EU": ["frankfurt", "dublin"], "3": ["three"], "true": ["yes"], "0.5": ["half"]},
}
WITH_DEFAULT = ROUTES | {"default_route": ["elsewhere"]}


def test_a_value_with_a_route_passes_and_carries_its_directions():
    verdict = judge("DIRECTIONAL_FILTER", ROUTES, {"region": "EU"})

    assert verdict.allowed
    assert verdict.directions == ("frankfurt", "dublin")
    assert verdict.reason == "region leads to frankfurt, dublin."


def test_a_value_without_a_route_is_refused():
    verdict = judge("DIRECTIONAL_FILTER", ROUTES, {"region": "MARS"})

    assert not verdict.allowed
    assert verdict.directions == ()
    assert verdict.reason == 'region is "MARS", which has no route.'


@pytest.mark.parametrize("default", [["elsewhere"], "elsewhere"])
def test_a_value_without_a_route_takes_the_default(default):
    assert judge("DIRECTIONAL_FILTER", ROUTES | {"default_route": default}, {"region": "MARS"}).directions == (
        "elsewhere",
    )


@pytest.mark.parametrize("value, way", [(3, "three"), (3.0, "three"), (True, "yes"), (0.5, "half")])
def test_numbers_and_truths_are_looked_up_by_their_json_text(value, way):
    assert judge("DIRECTIONAL_FILTER", ROUTES, {"region": value}).directions == (way,)


def test_true_is_not_one():
    routes = {"attribute": "flag", "routes": {"1": ["one"]}}

    assert not judge("DIRECTIONAL_FILTER", routes, {"flag": True}).allowed


@pytest.mark.parametrize("value", [None, [], ["EU"], {"EU": 1}, math.nan, math.inf])
def test_what_no_route_can_be_chosen_by_is_refused_even_with_a_default(value):
    assert not judge("DIRECTIONAL_FILTER", WITH_DEFAULT, {"region": value}).allowed


def test_a_missing_attribute_is_refused_even_with_a_default():
    verdict = judge("DIRECTIONAL_FILTER", WITH_DEFAULT, {})

    assert not verdict.allowed
    assert verdict.reason == "region is missing."


def test_the_attribute_may_be_dotted():
    config = {"attribute": "deploy.targets.0", "routes": {"EU": ["frankfurt"]}}

    assert judge("DIRECTIONAL_FILTER", config, {"deploy": {"targets": ["EU"]}}).allowed


@pytest.mark.parametrize(
    "config, field",
    [
        ({"routes": {}}, "config.attribute"),
        ({"attribute": "", "routes": {"a": ["b"]}}, "config.attribute"),
        ({"attribute": "a"}, "config.routes"),
        ({"attribute": "a", "routes": {}}, "config.routes"),
        ({"attribute": "a", "routes": {"x": []}}, "config.routes.x"),
        ({"attribute": "a", "routes": {"x": "y"}}, "config.routes[...]"),
        ({"attribute": "a", "routes": {"x": ["y"]}, "default_route": []}, "config.default_route"),
        ({"attribute": "a", "routes": {"x": ["y"]}, "default_route": 5}, "config.default_route"),
        ({"attribute": "a", "routes": {str(n): ["y"] for n in range(1_001)}}, "config.routes"),
    ],
)
def test_a_setting_that_is_wrong_is_named(config, field):
    with pytest.raises(BadInput) as refused:
        registry.compile("DIRECTIONAL_FILTER", config)

    assert refused.value.errors[0]["field"] == field


def test_it_describes_itself():
    assert registry.compile("DIRECTIONAL_FILTER", ROUTES).describe() == (
        "region chooses one of 4 routes; a value without a route is stopped."
    )
    assert registry.compile("DIRECTIONAL_FILTER", WITH_DEFAULT).describe() == (
        "region chooses one of 4 routes; any other value goes to elsewhere."
    )
