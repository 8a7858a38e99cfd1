from django.urls import path

from clients.scim import api

app_name = "scim"

urlpatterns = [
    path("Users", api.Users.as_view(), name="users"),
    path("Users/.search", api.UserSearch.as_view(), name="user-search"),
    path("Users/<uuid:pk>", api.User.as_view(), name="user"),
    path("Groups", api.Groups.as_view(), name="groups"),
    path("Groups/.search", api.GroupSearch.as_view(), name="group-search"),
    path("Groups/<uuid:pk>", api.Group.as_view(), name="group"),
    path("ServiceProviderConfig", api.ServiceProviderConfig.as_view(), name="config"),
    path("ResourceTypes", api.ResourceTypes.as_view(), name="resource-types"),
    path("ResourceTypes/<str:name>", api.ResourceTypes.as_view(), name="resource-type"),
    path("Schemas", api.Schemas.as_view(), name="schemas"),
    path("Schemas/<str:name>", api.Schemas.as_view(), name="schema"),
    path("<path:rest>", api.Nothing.as_view()),
    path("", api.Nothing.as_view()),
]
